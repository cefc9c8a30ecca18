//! What the operator set: variables, secrets and bindings, read by name in this one place.
//!
//! An instance is in development when it has a test key. Everything else is production, and production that is set up
//! by halves is refused rather than served insecurely.

use engine::Secret;
use engine::error::{Error, Kind, Result};
use worker::Env;

/// Fewest characters of the pepper: 128 bits in hexadecimal.
const PEPPER_CHARACTERS: usize = 32;
/// Variables that point elsewhere than AWS; for development alone.
const OVERRIDES: [&str; 15] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_CE",
    "AWS_ENDPOINT_URL_CUR",
    "AWS_ENDPOINT_URL_BCM_DATA_EXPORTS",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_MONITORING",
    "AWS_ENDPOINT_URL_SUPPORT",
    "AWS_ENDPOINT_URL_SES",
    "CONSOLE_BASE_URL",
    "SNS_CERT_ORIGIN",
    "RESPONSE_URL_ORIGIN",
];

/// Who carries the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailerKind {
    /// Amazon SES, signed with the operator's key.
    Ses,
    /// Cloudflare's `send_email` binding.
    Cloudflare,
}

/// A set-up that may serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which build answers.
    pub build: String,
    /// Where people reach the instance, without a slash at the end.
    pub public_url: String,
    /// The key of password hashes and derived tokens.
    pub pepper: Secret<String>,
    /// Who carries the mail.
    pub mailer: MailerKind,
    /// The sender's address; none means that no mail leaves.
    pub mail_from: Option<String>,
    /// The key of test routes; none in production.
    pub test_key: Option<Secret<String>>,
    /// What is not set up, in words for the pages it breaks.
    pub missing: Vec<String>,
}

/// A variable or secret; `None` when it is not set or empty.
pub fn find(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty())
}

/// Which build answers.
pub fn build_id(env: &Env) -> String {
    find(env, "BUILD_ID").unwrap_or_else(|| "development".to_owned())
}

impl Config {
    /// Reads the environment.
    pub fn of(env: &Env) -> Result<Self> {
        let has_email = env.send_email("EMAIL").is_ok();
        Self::read(|name| find(env, name), has_email)
    }

    /// Reads variables through `find`; `has_email` tells whether the `send_email` binding is there.
    pub fn read(find: impl Fn(&str) -> Option<String>, has_email: bool) -> Result<Self> {
        let pepper = find("PEPPER").filter(|pepper| pepper.len() >= PEPPER_CHARACTERS);
        let pepper = pepper.ok_or_else(|| refused("the secret PEPPER has fewer than 32 characters"))?;
        let public_url = find("PUBLIC_URL").and_then(|url| origin(&url));
        let public_url = public_url.ok_or_else(|| refused("PUBLIC_URL is no http(s) origin"))?;
        let test_key = find("TEST_KEY");
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_local = local.iter().any(|host| {
            public_url.strip_prefix(host).is_some_and(|rest| matches!(rest.get(..1), None | Some(":")))
        });
        match (&test_key, OVERRIDES.iter().find(|name| find(name).is_some())) {
            (None, Some(name)) => return Err(refused(&format!("{name} is set without TEST_KEY"))),
            (None, None) if !public_url.starts_with("https://") => {
                return Err(refused("PUBLIC_URL is not https"));
            }
            (Some(_), _) if !is_local => return Err(refused("TEST_KEY is set on a public address")),
            _ => {}
        }
        let mailer = match find("MAILER").as_deref() {
            None | Some("ses") => MailerKind::Ses,
            Some("cloudflare") => MailerKind::Cloudflare,
            Some(_) => return Err(refused("MAILER is neither ses nor cloudflare")),
        };
        let mail_from = find("MAIL_FROM");
        let missing = missing(&find, mailer, has_email);
        Ok(Self {
            build: find("BUILD_ID").unwrap_or_else(|| "development".to_owned()),
            public_url,
            pepper: Secret::new(pepper),
            mailer,
            mail_from,
            test_key: test_key.map(Secret::new),
            missing,
        })
    }
}

fn missing(find: &impl Fn(&str) -> Option<String>, mailer: MailerKind, has_email: bool) -> Vec<String> {
    let has_key = find("AWS_ACCESS_KEY_ID").is_some() && find("AWS_SECRET_ACCESS_KEY").is_some();
    let has_mailer = find("MAIL_FROM").is_some()
        && match mailer {
            MailerKind::Ses => has_key,
            MailerKind::Cloudflare => has_email,
        };
    let checks = [
        (has_mailer, "no mailer: confirmation mails do not leave"),
        (has_key, "no AWS credential: nothing can be connected"),
        (
            find("OPERATOR_PRINCIPAL_ARN").is_some(),
            "no operator principal: the stack cannot trust this instance",
        ),
        (find("CALLBACK_TOPIC_ARN").is_some(), "no callback topic: the role's ARN must be pasted by hand"),
        (find("TEMPLATE_URL").is_some(), "no published template: download and upload it yourself"),
    ];
    checks.into_iter().filter(|(there, _)| !there).map(|(_, words)| words.to_owned()).collect()
}

/// The origin of an address that is nothing but an origin.
fn origin(url: &str) -> Option<String> {
    let url = url.trim_end_matches('/');
    let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let plain = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', ' ']);
    plain.then(|| url.to_ascii_lowercase())
}

fn refused(cause: &str) -> Error {
    Error::new(
        Kind::Upstream,
        "not_configured",
        "This instance is not set up completely.",
        "Its operator finds the reason in the log.",
    )
    .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEPPER: (&str, &str) = ("PEPPER", "0123456789abcdef0123456789abcdef");
    const URL: (&str, &str) = ("PUBLIC_URL", "https://app.example/");

    fn read(variables: &[(&str, &str)]) -> std::result::Result<Config, String> {
        let find =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(find, false).map_err(|error| error.internal)
    }

    #[test]
    fn production_set_up_by_halves_is_refused() {
        let check = |variables: &[(&str, &str)], expect: &str| {
            assert_eq!(read(variables).unwrap_err(), expect);
        };
        check(&[URL], "the secret PEPPER has fewer than 32 characters");
        check(&[URL, ("PEPPER", "short")], "the secret PEPPER has fewer than 32 characters");
        check(&[PEPPER], "PUBLIC_URL is no http(s) origin");
        check(&[PEPPER, ("PUBLIC_URL", "https://a.example/app")], "PUBLIC_URL is no http(s) origin");
        check(&[PEPPER, ("PUBLIC_URL", "http://app.example")], "PUBLIC_URL is not https");
        check(&[PEPPER, URL, ("MAILER", "pigeon")], "MAILER is neither ses nor cloudflare");
    }

    // security.md section 2: overrides and the test clock never reach production.
    #[test]
    fn development_stays_at_home() {
        let key = ("TEST_KEY", "k");
        assert_eq!(
            read(&[PEPPER, URL, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]).unwrap_err(),
            "AWS_ENDPOINT_URL is set without TEST_KEY"
        );
        assert_eq!(read(&[PEPPER, URL, key]).unwrap_err(), "TEST_KEY is set on a public address");
        let tricky = ("PUBLIC_URL", "http://localhost.example");
        assert_eq!(read(&[PEPPER, tricky, key]).unwrap_err(), "TEST_KEY is set on a public address");
        for url in ["http://127.0.0.1:8787", "http://localhost:8787", "http://localhost"] {
            assert!(read(&[PEPPER, ("PUBLIC_URL", url), key]).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_missing_has_words() {
        let config = read(&[PEPPER, URL]).unwrap();
        assert_eq!((config.public_url.as_str(), config.missing.len()), ("https://app.example", 5));
        let full = read(&[
            PEPPER,
            URL,
            ("MAIL_FROM", "hello@app.example"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            ("OPERATOR_PRINCIPAL_ARN", "c"),
            ("CALLBACK_TOPIC_ARN", "d"),
            ("TEMPLATE_URL", "e"),
        ]);
        assert!(full.unwrap().missing.is_empty());
    }

    // security.md row 86
    #[test]
    fn secrets_do_not_show() {
        let shown = format!("{:?}", read(&[PEPPER, URL]).unwrap());
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
