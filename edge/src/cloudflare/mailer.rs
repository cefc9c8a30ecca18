//! Mail out: Amazon SES signed with the operator's key, or Cloudflare's `send_email` binding.

use engine::ports::{Mail, Mailer, MailerError};
use worker::{Env, SendEmailBuilder};

use crate::config::{Config, MailerKind};

/// The mailer the operator chose.
pub struct EdgeMailer<'a> {
    env: &'a Env,
    config: &'a Config,
}

impl<'a> EdgeMailer<'a> {
    /// With this set-up.
    pub const fn new(env: &'a Env, config: &'a Config) -> Self {
        Self { env, config }
    }
}

impl Mailer for EdgeMailer<'_> {
    async fn send(&self, mail: &Mail) -> Result<(), MailerError> {
        let from = self.config.mail_from.as_deref().ok_or_else(|| failed("MAIL_FROM is not set"))?;
        match self.config.mailer {
            MailerKind::Cloudflare => by_binding(self.env, from, mail).await,
            MailerKind::Ses => Err(failed("SES is not wired yet")),
        }
    }
}

async fn by_binding(env: &Env, from: &str, mail: &Mail) -> Result<(), MailerError> {
    let binding = env.send_email("EMAIL").map_err(|_| failed("the binding EMAIL is missing"))?;
    let message = SendEmailBuilder::builder(from, &mail.to, &mail.subject).text(&mail.text).build();
    // The platform's message may quote the address: only its code is kept.
    binding.send_with_builder(&message).await.map(|_| ()).map_err(|error| {
        let name = String::from(error.name());
        failed(&format!("send_email failed: {name}"))
    })
}

fn failed(cause: &str) -> MailerError {
    MailerError { internal: cause.to_owned() }
}
