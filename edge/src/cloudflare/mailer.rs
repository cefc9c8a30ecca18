//! Mail out: Amazon SES signed with the operator's key, or Cloudflare's `send_email` binding.

use engine::ports::{Credentials, Endpoints, Mail, Mailer, MailerError};
use engine::ses::Ses;
use shared::Region;
use worker::{EmailAddress, Env, SendEmailBuilder};

use super::entropy::PlatformEntropy;
use super::http::PlatformHttp;
use super::pace::PlatformPace;
use crate::config::{self, Config, MailerKind};

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
            MailerKind::Ses => by_ses(self.env, from, mail).await,
        }
    }
}

async fn by_ses(env: &Env, from: &str, mail: &Mail) -> Result<(), MailerError> {
    let find = |name: &str| config::find(env, name);
    let key = find("AWS_ACCESS_KEY_ID").zip(find("AWS_SECRET_ACCESS_KEY"));
    let (id, secret) = key.ok_or_else(|| failed("the operator's AWS key is not set"))?;
    let second = find("AWS_ACCESS_KEY_ID_2").zip(find("AWS_SECRET_ACCESS_KEY_2"));
    let second = second.map(|(id, secret)| Credentials::permanent(id, secret));
    let region = find("SES_REGION").map_or(Ok(Region::UsEast1), |region| region.parse());
    let endpoints = Endpoints::from_variables(find).map_err(|error| failed(&error.to_string()))?;
    let entropy = PlatformEntropy::open().map_err(|error| failed(&error.internal))?;
    let ses = Ses {
        http: &PlatformHttp,
        pace: &PlatformPace::new(entropy),
        endpoints: &endpoints,
        credentials: &Credentials::permanent(id, secret),
        second_credentials: second.as_ref(),
        region: region.map_err(|_| failed("SES_REGION is no AWS region"))?,
        from,
    };
    ses.send(mail).await
}

async fn by_binding(env: &Env, from: &str, mail: &Mail) -> Result<(), MailerError> {
    let binding = env.send_email("EMAIL").map_err(|_| failed("the binding EMAIL is missing"))?;
    let builder = match name_and_address(from) {
        Some((name, address)) => {
            let from = EmailAddress::new(name, address);
            SendEmailBuilder::builder_with_email_address_and_str(&from, &mail.to, &mail.subject)
        }
        None => SendEmailBuilder::builder(from, &mail.to, &mail.subject),
    };
    let message = builder.text(&mail.text).build();
    // The platform's message may quote the address: only the error's name is kept.
    let sent = binding.send_with_builder(&message).await;
    sent.map(|_| ()).map_err(|error| failed(&format!("send_email: {}", String::from(error.name()))))
}

fn failed(cause: &str) -> MailerError {
    MailerError { internal: cause.to_owned() }
}

/// `Cloudthread <hello@example.com>`, split; `None` for a bare address.
fn name_and_address(from: &str) -> Option<(&str, &str)> {
    let (name, rest) = from.split_once('<')?;
    Some((name.trim(), rest.strip_suffix('>')?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_may_have_a_name() {
        let check = |from, expect| assert_eq!(name_and_address(from), expect);
        check("Cloudthread <hello@example.com>", Some(("Cloudthread", "hello@example.com")));
        check("hello@example.com", None);
    }
}
