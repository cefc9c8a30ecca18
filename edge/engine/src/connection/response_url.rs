//! Where a custom resource is answered: a pre-signed address AWS made, never one anybody else chose.

/// Hosts AWS uses for answers of custom resources in us-east-1.
const HOSTS: [&str; 2] = [
    "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
    "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com",
];

/// Longest address that is looked at.
const MAX_LENGTH: usize = 8_192;

/// Whether an answer may be sent there: https, one of AWS's hosts exactly, no port, no user part. `origin` is one more
/// origin, for development.
pub fn is_trusted(url: &str, origin: Option<&str>) -> bool {
    let is_plain = url.len() <= MAX_LENGTH && url.bytes().all(|byte| byte.is_ascii_graphic());
    let is_aws = || {
        url.strip_prefix("https://")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(host, _)| HOSTS.contains(&host))
    };
    let is_own = || {
        origin
            .filter(|origin| !origin.is_empty())
            .and_then(|origin| url.strip_prefix(origin.trim_end_matches('/')))
            .is_some_and(|rest| rest.starts_with('/'))
    };
    is_plain && (is_aws() || is_own())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_aws_s_own_hosts_are_answered() {
        let check = |url: &str, expect: bool| assert_eq!(is_trusted(url, None), expect, "{url}");
        let host = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";
        check(&format!("https://{host}/arn?X-Amz-Signature=1"), true);
        check(&format!("https://{}/arn?x", HOSTS[1]), true);
        check(&format!("http://{host}/arn"), false);
        check(&format!("https://{host}:8443/arn"), false);
        check(&format!("https://a@{host}/arn"), false);
        check(&format!("https://{host}.evil.com/arn"), false);
        check(&format!("https://evil.com/{host}/"), false);
        check(&format!("https://{host}\r\n/arn"), false);
        check("", false);
        assert!(is_trusted("http://127.0.0.1:9/r?x", Some("http://127.0.0.1:9")));
        assert!(!is_trusted("http://127.0.0.1:99/r?x", Some("http://127.0.0.1:9")));
        assert!(!is_trusted("http://evil/r", Some("")));
    }
}
