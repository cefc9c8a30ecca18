//! From a refusal on the wire to its meaning: AWS's code first, the status only where there is no code.

use serde::Deserialize;

use crate::error::{AwsError, DeniedBy, ErrorKind, shortened};
use crate::service::{Protocol, Service};
use crate::transport::HttpResponse;
use crate::xml;

/// Codes that ask for a slower pace, in any service.
const THROTTLED: [&str; 12] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "RequestTimeout",
    "EC2ThrottledException",
];
/// Codes that can mean a wrong clock on our side.
pub(crate) const SKEWED: [&str; 4] =
    ["RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"];
/// Codes after which a listing starts again at page one.
pub(crate) const STALE_PAGE: [&str; 3] =
    ["BillExpirationException", "RequestChangedException", "InvalidNextTokenException"];

/// Code, message and request id of a refusal; each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
    /// S3's hint where the bucket lives.
    pub(crate) region: Option<String>,
}

/// Reads a refusal in the service's own protocol. What cannot be read stays empty: the status then decides.
pub(crate) fn refusal(service: Service, response: &HttpResponse) -> Refusal {
    let mut refusal = match service.protocol() {
        Protocol::Query | Protocol::RestXml => xml::read(&response.body, |root| {
            let error = root.find("Error").unwrap_or(root);
            let is_error = error.name() == "Error";
            let text = |name| error.find_text(name).filter(|_| is_error).unwrap_or_default();
            Ok(Refusal {
                code: text("Code"),
                message: text("Message"),
                request_id: root.find_text("RequestId").unwrap_or_default(),
                region: error.find_text("Region").filter(|_| is_error),
            })
        })
        .unwrap_or_default(),
        Protocol::Json | Protocol::RestJson => json_refusal(&response.body),
    };
    // CloudWatch speaks JSON and keeps the codes of its query days in a header.
    if let Some((code, _)) = response.header("x-amzn-query-error").and_then(|value| value.split_once(';')) {
        refusal.code = code.to_owned();
    }
    if refusal.code.is_empty()
        && let Some(code) = response.header("x-amzn-errortype")
    {
        refusal.code = bare(code).to_owned();
    }
    if let Some(id) = request_id(response) {
        refusal.request_id = id;
    }
    if let Some(region) = response.header("x-amz-bucket-region") {
        refusal.region = Some(region.to_owned());
    }
    // Codes are short words; anything else is noise that must not reach a log.
    refusal.code.retain(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'));
    refusal.code.truncate(100);
    refusal.message = shortened(&refusal.message);
    refusal
}

/// Whether a success is an error in disguise (a 200 with `<Error>`, or with `__type`).
pub(crate) fn is_disguised_error(service: Service, body: &[u8]) -> bool {
    match service.protocol() {
        Protocol::Query | Protocol::RestXml => {
            let starts_as_xml = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
            starts_as_xml
                && xml::read(body, |root| Ok(matches!(root.name(), "Error" | "ErrorResponse")))
                    .unwrap_or(false)
        }
        // A page may be large: it is searched only where it is small enough to be nothing but an error.
        Protocol::Json | Protocol::RestJson => body.len() < 4096 && !json_refusal(body).code.is_empty(),
    }
}

/// AWS's id of the exchange; only characters that are safe in a log.
pub(crate) fn request_id(response: &HttpResponse) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .into_iter()
        .find_map(|name| response.header(name))
        .map(clean_id)
        .filter(|id| !id.is_empty())
}

fn clean_id(id: &str) -> String {
    id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(80).collect()
}

/// What a refusal means.
pub(crate) fn error(operation: &'static str, service: Service, status: u16, refusal: Refusal) -> AwsError {
    let kind = kind(service, status, &refusal);
    AwsError {
        operation,
        kind,
        code: refusal.code,
        message: refusal.message,
        request_id: clean_id(&refusal.request_id),
    }
}

fn kind(service: Service, status: u16, refusal: &Refusal) -> ErrorKind {
    let message = refusal.message.to_ascii_lowercase();
    let region = || ErrorKind::WrongRegion(refusal.region.as_deref().and_then(|text| text.parse().ok()));
    match &*refusal.code {
        code if THROTTLED.contains(&code) => ErrorKind::Throttled,
        // CloudFormation's exception of this name is a quota, not a pace.
        "LimitExceededException" if service == Service::CostExplorer => ErrorKind::Throttled,
        "AccessDenied" | "AccessDeniedException" if message.contains("not enabled for cost explorer") => {
            ErrorKind::NotReady
        }
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AllAccessDisabled" => {
            ErrorKind::Denied(denied_by(&message))
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "InvalidSecurity"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => ErrorKind::BadKey,
        "RequestExpired" | "RequestTimeTooSkewed" => ErrorKind::ClockSkew,
        "SignatureDoesNotMatch" | "InvalidSignatureException" => ErrorKind::BadKey,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken" => {
            ErrorKind::Expired
        }
        code if STALE_PAGE.contains(&code) => ErrorKind::Expired,
        "DataUnavailableException" => ErrorKind::NotReady,
        "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchBucketPolicy"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "ResourceNotFoundException"
        | "AWSOrganizationsNotInUseException" => ErrorKind::NotFound,
        "ValidationError" if message.contains("does not exist") => ErrorKind::NotFound,
        "PreconditionFailed" => ErrorKind::Changed,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "Redirect"
        | "AuthorizationHeaderMalformed"
        | "IncorrectEndpoint" => region(),
        "InternalError"
        | "InternalFailure"
        | "InternalErrorException"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceFault"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => ErrorKind::Upstream(if status < 500 { 500 } else { status }),
        _ => match status {
            300..=399 if service == Service::S3 => region(),
            400 if service == Service::S3 && refusal.code.is_empty() && refusal.region.is_some() => region(),
            401 | 403 => ErrorKind::Denied(denied_by(&message)),
            404 => ErrorKind::NotFound,
            412 => ErrorKind::Changed,
            429 => ErrorKind::Throttled,
            400..=499 => ErrorKind::Invalid,
            // A disguised error with a code of its own is what the code says; unknown ones are ours to fix.
            200..=299 => ErrorKind::Invalid,
            other => ErrorKind::Upstream(other),
        },
    }
}

fn denied_by(message: &str) -> DeniedBy {
    if message.contains("service control policy") {
        DeniedBy::ServiceControlPolicy
    } else if message.contains("is not authorized to perform") {
        DeniedBy::Iam
    } else {
        DeniedBy::Unknown
    }
}

#[derive(Default, Deserialize)]
struct JsonError {
    #[serde(rename = "__type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    capital_message: Option<String>,
}

fn json_refusal(body: &[u8]) -> Refusal {
    let error: JsonError = serde_json::from_slice(body).unwrap_or_default();
    Refusal {
        code: error.kind.or(error.code).map(|code| bare(&code).to_owned()).unwrap_or_default(),
        message: error.message.or(error.capital_message).unwrap_or_default(),
        ..Refusal::default()
    }
}

/// The word between `#` and `:`.
fn bare(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    code.split_once(':').map_or(code, |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
        let headers = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        HttpResponse { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn check(service: Service, response: &HttpResponse, code: &str, expect: ErrorKind) {
        let error = error("x:Y", service, response.status, refusal(service, response));
        assert_eq!((&*error.code, error.kind), (code, expect), "{response:?}");
    }

    #[test]
    fn each_protocol_names_its_code() {
        let denied = ErrorKind::Denied(DeniedBy::Iam);
        let text = "User: arn:aws:sts::1:x is not authorized to perform: sts:AssumeRole";
        let body = format!(
            "<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>\
             <Code>AccessDenied</Code><Message>{text}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        check(Service::Sts, &answer(403, &[], &body), "AccessDenied", denied.clone());
        let body = format!(
            "{{\"__type\":\"com.amazon.coral#AccessDeniedException:http://x\",\"Message\":\"{text}\"}}"
        );
        check(Service::CostExplorer, &answer(400, &[], &body), "AccessDeniedException", denied);
        let body = "<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>1</RequestId></Error>";
        check(Service::S3, &answer(404, &[], body), "NoSuchKey", ErrorKind::NotFound);
        let header = [("x-amzn-query-error", "Throttling;Sender")];
        check(Service::CloudWatch, &answer(400, &header, "{}"), "Throttling", ErrorKind::Throttled);
        let header = [("x-amzn-errortype", "TooManyRequestsException:http://x")];
        check(Service::Ses, &answer(429, &header, "{}"), "TooManyRequestsException", ErrorKind::Throttled);
    }

    // security.md row 24
    #[test]
    fn cost_explorer_throttles_with_400() {
        let body = "{\"__type\":\"LimitExceededException\"}";
        let code = "LimitExceededException";
        check(Service::CostExplorer, &answer(400, &[], body), code, ErrorKind::Throttled);
        let body = "<ErrorResponse><Error><Code>LimitExceededException</Code></Error></ErrorResponse>";
        check(Service::CloudFormation, &answer(400, &[], body), code, ErrorKind::Invalid);
    }

    #[test]
    fn causes_are_told_apart() {
        let json = |code: &str, message: &str| {
            answer(400, &[], &format!("{{\"__type\":\"{code}\",\"message\":\"{message}\"}}"))
        };
        let scp = json("AccessDeniedException", "... with an explicit deny in a service control policy");
        let by_scp = ErrorKind::Denied(DeniedBy::ServiceControlPolicy);
        check(Service::CostExplorer, &scp, "AccessDeniedException", by_scp);
        let off = json("AccessDeniedException", "User not enabled for cost explorer access");
        check(Service::CostExplorer, &off, "AccessDeniedException", ErrorKind::NotReady);
        let wait = json("DataUnavailableException", "");
        check(Service::CostExplorer, &wait, "DataUnavailableException", ErrorKind::NotReady);
        let page = json("RequestChangedException", "");
        check(Service::CostExplorer, &page, "RequestChangedException", ErrorKind::Expired);
        let key = json("UnrecognizedClientException", "");
        check(Service::CostExplorer, &key, "UnrecognizedClientException", ErrorKind::BadKey);
        let gone = "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist\
                    </Message></Error></ErrorResponse>";
        check(Service::CloudFormation, &answer(400, &[], gone), "ValidationError", ErrorKind::NotFound);
    }

    // security.md row 13
    #[test]
    fn a_redirect_is_read_and_never_followed() {
        let elsewhere = [("location", "https://evil.example/"), ("x-amz-bucket-region", "eu-west-1")];
        let region = ErrorKind::WrongRegion(Some(shared::Region::EuWest1));
        check(Service::S3, &answer(301, &elsewhere, ""), "", region);
        let unknown = [("x-amz-bucket-region", "us-east-1.evil.com/#")];
        check(Service::S3, &answer(307, &unknown, ""), "", ErrorKind::WrongRegion(None));
        check(Service::Sts, &answer(302, &elsewhere, ""), "", ErrorKind::Upstream(302));
    }

    #[test]
    fn without_a_code_the_status_decides() {
        check(Service::Sts, &answer(503, &[], "<html>busy</html>"), "", ErrorKind::Upstream(503));
        check(Service::S3, &answer(412, &[], ""), "", ErrorKind::Changed);
        check(Service::S3, &answer(403, &[], ""), "", ErrorKind::Denied(DeniedBy::Unknown));
        check(Service::CostExplorer, &answer(429, &[], "{"), "", ErrorKind::Throttled);
        check(Service::CostExplorer, &answer(418, &[], "[]"), "", ErrorKind::Invalid);
    }

    #[test]
    fn noise_stays_out_of_codes_and_ids() {
        let body = "<Error><Code>A b\n&quot;},31m</Code><RequestId>x</RequestId></Error>";
        let response = answer(400, &[("x-amz-request-id", "a\"},{\"b")], body);
        let refusal = refusal(Service::S3, &response);
        assert_eq!((&*refusal.code, &*refusal.request_id), ("Ab31m", "ab"));
    }

    // security.md row 32
    #[test]
    fn a_success_may_be_an_error_in_disguise() {
        let is = |service, body: &str| is_disguised_error(service, body.as_bytes());
        assert!(is(Service::S3, "<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>"));
        assert!(is(Service::Sts, "<ErrorResponse><Error/></ErrorResponse>"));
        assert!(is(Service::CostExplorer, "{\"__type\":\"InternalServerError\"}"));
        assert!(!is(Service::S3, "<ListBucketResult/>"));
        assert!(!is(Service::CostExplorer, "{\"ResultsByTime\":[]}"));
    }
}
