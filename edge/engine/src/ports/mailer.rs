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
