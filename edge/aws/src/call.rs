//! The one way to call AWS: sign, send, read, and ask again where that helps.

use crate::classify;
use crate::credentials::Credentials;
use crate::endpoints::Endpoints;
use crate::error::{AwsError, ErrorKind};
use crate::operation::{Operation, Request, Response, Service};
use crate::pace::{Experience, MAX_ATTEMPTS, Pace, backoff};
use crate::signer::{Unsigned, signature};
use crate::transport::{Http, HttpError, HttpRequest, HttpResponse};

/// Milliseconds an answer may take.
const TIMEOUT_MS: u32 = 25_000;

/// What every call needs besides credentials and operation. Cheap to build for each use.
#[derive(Debug)]
pub struct Client<'a, H, P> {
    /// The way out.
    pub http: &'a H,
    /// Time and chance.
    pub pace: &'a P,
    /// Where the services are.
    pub endpoints: &'a Endpoints,
    /// What earlier calls of this workspace taught.
    pub experience: &'a Experience,
}

impl<H, P> Clone for Client<'_, H, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H, P> Copy for Client<'_, H, P> {}

/// A successful call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was asked for.
    pub output: T,
    /// AWS's request id, for the call ledger; empty when AWS sent none.
    pub request_id: String,
    /// Requests sent until this answer.
    pub attempts: u8,
}

impl<H: Http, P: Pace> Client<'_, H, P> {
    /// Calls an operation: at most three attempts, of which one more may follow a corrected clock.
    ///
    /// Errors: the last attempt's. `Expired` is for the caller to renew once; a longer wait than 20 s is an alarm's.
    pub async fn call<O: Operation>(
        &self,
        credentials: &Credentials,
        operation: &O,
    ) -> Result<Answer<O::Output>, AwsError> {
        let mut output = None;
        let mut read = |response| {
            output = Some(operation.parse(response)?);
            Ok(())
        };
        let question = Question {
            name: O::NAME,
            service: O::SERVICE,
            is_object: O::IS_OBJECT,
            request: operation.request(),
        };
        let (request_id, attempts) = self.ask(credentials, &question, &mut read).await?;
        let output = output.ok_or_else(|| AwsError::malformed(O::NAME, "no answer was read"))?;
        Ok(Answer { output, request_id, attempts })
    }

    /// The same for every operation, so that it is compiled once.
    async fn ask(
        &self,
        credentials: &Credentials,
        question: &Question,
        read: &mut Reader<'_>,
    ) -> Result<(String, u8), AwsError> {
        let mut attempts = 0_u8;
        let mut retries = 0_u8;
        let mut clock_corrected = false;
        loop {
            attempts = attempts.saturating_add(1);
            let failure = match self.attempt(credentials, question, read).await {
                Ok(request_id) => {
                    self.experience.succeeded(question.service);
                    return Ok((request_id, attempts));
                }
                Err(failure) => failure,
            };
            if failure.may_be_clock && !clock_corrected {
                clock_corrected = true;
                if self.experience.learn_offset(self.pace.now(), failure.date.as_deref()) {
                    continue;
                }
            }
            let again = retries + 1 < MAX_ATTEMPTS
                && is_retryable(&failure.error.kind)
                && self.experience.may_retry(question.service, self.pace.now());
            if !again {
                return Err(failure.error);
            }
            retries += 1;
            self.pace.sleep(backoff(retries, self.pace.random())).await;
        }
    }

    async fn attempt(
        &self,
        credentials: &Credentials,
        question: &Question,
        read: &mut Reader<'_>,
    ) -> Result<String, Failure> {
        let (name, service) = (question.name, question.service);
        let request = self.signed(credentials, question).map_err(Failure::from)?;
        let max_body = request.max_body;
        let answer = self.http.send(request).await.map_err(|error| {
            let kind = match error {
                HttpError::Unreachable | HttpError::Timeout => ErrorKind::Unreachable,
                HttpError::TooLarge => ErrorKind::TooLarge,
            };
            Failure::from(AwsError::new(name, kind))
        })?;
        // The sender cuts at the cap; one that did not is not trusted further.
        if answer.body.len() > max_body {
            return Err(AwsError::new(name, ErrorKind::TooLarge).into());
        }
        let is_success = (200..300).contains(&answer.status);
        if !is_success || (!question.is_object && classify::is_disguised_error(service, &answer.body)) {
            return Err(Failure::refused(question, &answer));
        }
        let request_id = classify::request_id(&answer);
        let HttpResponse { status, headers, body } = answer;
        let from_body = query_request_id(service, request_id.is_none(), &body);
        let request_id = request_id.or(from_body).unwrap_or_default();
        read(Response { status, headers, body })
            .map_err(|error| AwsError { request_id: request_id.clone(), ..error })?;
        Ok(request_id)
    }

    fn signed(&self, credentials: &Credentials, question: &Question) -> Result<HttpRequest, AwsError> {
        let request = question.request.clone();
        let unsendable =
            |why| AwsError { message: String::from(why), ..AwsError::new(question.name, ErrorKind::Invalid) };
        // Any URL parser on the way would resolve such segments and so name another object.
        if request.path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(unsendable("a path segment of dots cannot be requested"));
        }
        let url = self.endpoints.address(question.service, &request);
        let now = self.experience.aws_time(self.pace.now());
        let unsigned = Unsigned {
            method: request.method.as_str(),
            url: &url,
            headers: &request.headers,
            body: &request.body,
        };
        let added = signature(question.service, request.region, credentials, now, &unsigned)
            .map_err(|_| unsendable("the request cannot be signed"))?;
        let mut headers = request.headers;
        headers.extend(added);
        Ok(HttpRequest {
            method: request.method,
            url,
            headers,
            body: request.body,
            max_body: request.max_body,
            timeout_ms: TIMEOUT_MS,
        })
    }
}

/// What is asked, without its type.
struct Question {
    name: &'static str,
    service: Service,
    is_object: bool,
    request: Request,
}

/// Reads a success and keeps what it holds.
type Reader<'a> = dyn FnMut(Response) -> Result<(), AwsError> + 'a;

/// A failed attempt, with what it says about our clock.
struct Failure {
    error: AwsError,
    may_be_clock: bool,
    date: Option<String>,
}

impl Failure {
    fn refused(question: &Question, answer: &HttpResponse) -> Self {
        let refusal = classify::refusal(question.service, answer);
        // A HEAD's refusal has no body, so no code: its date alone has to tell.
        let bare = refusal.code.is_empty() && answer.body.is_empty() && answer.status == 403;
        Self {
            may_be_clock: bare || classify::SKEWED.contains(&&*refusal.code),
            date: answer.header("date").map(str::to_owned),
            error: classify::error(question.name, question.service, answer.status, refusal),
        }
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self { error, may_be_clock: false, date: None }
    }
}

fn is_retryable(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Throttled
            | ErrorKind::Unreachable
            | ErrorKind::Malformed
            | ErrorKind::Upstream(500 | 502 | 503 | 504)
    )
}

/// The query protocol writes the request id into the answer; the header is there only by courtesy.
fn query_request_id(service: Service, wanted: bool, body: &[u8]) -> Option<String> {
    let is_query = service.protocol() == crate::service::Protocol::Query;
    (wanted && is_query).then_some(())?;
    crate::xml::read(body, |root| root.child("ResponseMetadata")?.text("RequestId")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DeniedBy;
    use crate::exchange::{Script, run};
    use crate::sts::{CallerIdentity, GetCallerIdentity};

    const OK: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><UserId>u</UserId>\
        <Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r-9</RequestId>\
        </ResponseMetadata></GetCallerIdentityResponse>";

    fn refusal(code: &str) -> String {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>")
    }

    fn call(script: &Script) -> Result<Answer<CallerIdentity>, AwsError> {
        call_with(script, &Experience::default())
    }

    fn call_with(script: &Script, experience: &Experience) -> Result<Answer<CallerIdentity>, AwsError> {
        let endpoints = Endpoints::aws();
        let client = Client { http: script, pace: script, endpoints: &endpoints, experience };
        run(client.call(&Credentials::permanent("AKIA", "secret"), &GetCallerIdentity))
    }

    fn check_error(script: Script, expect: ErrorKind, sent: usize) {
        assert_eq!(call(&script).unwrap_err().kind, expect);
        assert_eq!(script.sent.borrow().len(), sent, "{expect:?}");
    }

    #[test]
    fn a_call_is_signed_sent_and_read() {
        let script = Script::default().then(200, &[], OK);
        let answer = call(&script).unwrap();
        assert_eq!((&*answer.request_id, answer.attempts), ("r-9", 1));
        let sent = script.sent.borrow();
        let authorization = &sent[0].headers.iter().find(|header| header.0 == "authorization").unwrap().1;
        let scope = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/sts/aws4_request, ";
        assert!(authorization.starts_with(scope), "{authorization}");
    }

    #[test]
    fn what_may_pass_is_asked_again_with_full_jitter() {
        let throttled = refusal("Throttling");
        let script = Script::default().then(400, &[], &throttled).then(503, &[], "").then(200, &[], OK);
        assert_eq!(call(&script).unwrap().attempts, 3);
        assert_eq!(script.waited_ms.get(), 1_400);
        assert_eq!(script.dates(), ["20261123T100000Z", "20261123T100000Z", "20261123T100001Z"]);
        let storm = Script::default().then(400, &[], &throttled).then(400, &[], &throttled);
        check_error(storm.then(400, &[], &throttled).then(200, &[], OK), ErrorKind::Throttled, 3);
        check_error(Script::default(), ErrorKind::Unreachable, 3);
    }

    // security.md row 29
    #[test]
    fn a_success_without_its_answer_is_asked_again() {
        for body in ["", "<html>maintenance</html>", "<GetCallerIdentityResponse><GetCallerIden"] {
            let script = Script::default().then(200, &[], body).then(200, &[], OK);
            assert_eq!(call(&script).unwrap().attempts, 2, "{body}");
        }
        let html = Script::default().then(200, &[], "<html>").then(200, &[], "").then(200, &[], "<a/>");
        check_error(html, ErrorKind::Malformed, 3);
    }

    // security.md rows 13, 24 and 32
    #[test]
    fn what_will_not_pass_is_asked_once() {
        let denied = ErrorKind::Denied(DeniedBy::Unknown);
        check_error(Script::default().then(403, &[], &refusal("AccessDenied")), denied.clone(), 1);
        check_error(Script::default().then(200, &[], &refusal("AccessDenied")), denied, 1);
        check_error(Script::default().then(301, &[("location", "x")], ""), ErrorKind::Upstream(301), 1);
        check_error(Script::default().then(400, &[], &refusal("ValidationError")), ErrorKind::Invalid, 1);
        check_error(Script::default().then(403, &[], &refusal("ExpiredToken")), ErrorKind::Expired, 1);
        // security.md row 21
        check_error(Script::default().then(403, &[], &refusal("InvalidClientTokenId")), ErrorKind::BadKey, 1);
    }

    // security.md row 30
    #[test]
    fn an_endless_body_is_cut() {
        check_error(Script::default().then_fails(HttpError::TooLarge), ErrorKind::TooLarge, 1);
        let huge = " ".repeat(crate::operation::MAX_XML + 1);
        check_error(Script::default().then(200, &[], &huge), ErrorKind::TooLarge, 1);
    }

    // security.md row 22
    #[test]
    fn a_wrong_clock_is_learnt_and_signed_once_more() {
        for (date, code, expect) in [
            ("Mon, 23 Nov 2026 10:06:00 GMT", "SignatureDoesNotMatch", "20261123T100600Z"),
            ("Mon, 23 Nov 2026 09:40:00 GMT", "RequestExpired", "20261123T094000Z"),
        ] {
            let experience = Experience::default();
            let skewed = Script::default().then(403, &[("date", date)], &refusal(code)).then(200, &[], OK);
            assert_eq!(call_with(&skewed, &experience).unwrap().attempts, 2);
            assert_eq!(skewed.dates(), ["20261123T100000Z", expect]);
            assert_eq!(skewed.waited_ms.get(), 0);
            let later = Script::default().then(200, &[], OK);
            call_with(&later, &experience).unwrap();
            assert_eq!(later.dates(), [expect]);
        }
    }

    // security.md row 23
    #[test]
    fn without_a_readable_date_no_offset_is_learnt() {
        for headers in [vec![], vec![("date", "soon")], vec![("date", "Mon, 23 Nov 2026 10:01:00 GMT")]] {
            check_error(
                Script::default().then(403, &headers, &refusal("SignatureDoesNotMatch")),
                ErrorKind::BadKey,
                1,
            );
        }
    }

    // security.md row 25
    #[test]
    fn a_storm_leaves_each_call_one_attempt_until_it_calms() {
        let experience = Experience::default();
        let mut sent = 0;
        for _ in 0..30 {
            let script =
                (0..3).fold(Script::default(), |script, _| script.then(503, &[], &refusal("SlowDown")));
            assert_eq!(call_with(&script, &experience).unwrap_err().kind, ErrorKind::Throttled);
            sent += script.sent.borrow().len();
        }
        assert!((50..=60).contains(&sent), "{sent}");
        let calm = Script::default().then(200, &[], OK);
        assert!(call_with(&calm, &experience).is_ok());
    }
}
