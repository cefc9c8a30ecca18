//! Outgoing mail: SES, or Cloudflare's `send_email`.

use std::future::Future;

/// A plain-text mail. Header fields hold no line breaks: `Mail::new` refuses them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mail {
    /// Recipient, already validated.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// Sent once per key, however often it is tried.
    pub key: String,
}

impl Mail {
    /// A mail; `None` when a header field holds a control character, or the recipient more than one address.
    pub fn new(to: &str, subject: &str, text: String, key: &str) -> Option<Self> {
        let clean = |field: &str| !field.is_empty() && !field.chars().any(char::is_control);
        let single = !to.contains([',', ';', ' ', '<', '>']);
        (clean(to) && single && clean(subject)).then(|| Self {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text,
            key: key.to_owned(),
        })
    }
}

/// Why a mail did not leave. It stays in the outbox and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailerError {
    /// For the log; holds no address.
    pub internal: String,
}

/// Sends mail.
pub trait Mailer {
    /// Hands one mail to the provider.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), MailerError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(to: &str, subject: &str, accepted: bool) {
        assert_eq!(Mail::new(to, subject, String::new(), "key").is_some(), accepted, "{to:?} {subject:?}");
    }

    // security.md row 67
    #[test]
    fn header_fields_hold_one_line_and_one_address() {
        check("dana@example.com", "Confirm your address", true);
        check("dana@example.com\r\nBcc: eve@example.com", "Confirm", false);
        check("dana@example.com, eve@example.com", "Confirm", false);
        check("dana@example.com", "Confirm\nBcc: eve@example.com", false);
        check("", "Confirm", false);
    }
}
