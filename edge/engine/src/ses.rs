//! Mail through Amazon SES: one call of the API, signed with the operator's key.

use aws::ses::SendEmail;
use aws::{Client, Credentials, Endpoints, ErrorKind, Experience, Http, Pace};
use shared::Region;

use crate::ports::{Mail, Mailer, MailerError};

/// SES as a mailer.
pub struct Ses<'a, H, P> {
    /// The way out.
    pub http: &'a H,
    /// Time and chance, for signatures and retries.
    pub pace: &'a P,
    /// Where AWS is.
    pub endpoints: &'a Endpoints,
    /// The operator's key; it may send mail and assume roles, nothing else.
    pub credentials: &'a Credentials,
    /// The key that takes over when AWS knows the first no more; none outside a rotation.
    pub second_credentials: Option<&'a Credentials>,
    /// Where the sender's identity is verified.
    pub region: Region,
    /// The sender.
    pub from: &'a str,
}

impl<H: Http, P: Pace> Mailer for Ses<'_, H, P> {
    async fn send(&self, mail: &Mail) -> Result<(), MailerError> {
        let experience = Experience::default();
        let client =
            Client { http: self.http, pace: self.pace, endpoints: self.endpoints, experience: &experience };
        let operation = SendEmail {
            region: self.region,
            from: self.from.to_owned(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: None,
        };
        // The error shows operation, kind, code and request id: nothing of the mail.
        let mut sent = client.call(self.credentials, &operation).await;
        let is_key_gone = sent.as_ref().is_err_and(|error| error.kind == ErrorKind::BadKey);
        if let Some(second) = self.second_credentials.filter(|_| is_key_gone) {
            sent = client.call(second, &operation).await;
        }
        sent.map(|_| ()).map_err(|error| MailerError { internal: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use aws::{HttpError, HttpRequest, HttpResponse};
    use shared::Timestamp;

    use super::*;

    struct Answering {
        status: u16,
        body: &'static str,
        asked: RefCell<Vec<HttpRequest>>,
    }

    impl Http for Answering {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
            self.asked.borrow_mut().push(request);
            let headers = vec![("x-amzn-requestid".to_owned(), "7f3c".to_owned())];
            Ok(HttpResponse { status: self.status, headers, body: self.body.into() })
        }
    }

    struct Still;

    impl Pace for Still {
        fn now(&self) -> Timestamp {
            "2026-11-23T09:00:00Z".parse().unwrap()
        }
        fn random(&self) -> u64 {
            0
        }
        async fn sleep(&self, _milliseconds: u32) {}
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn sent(status: u16, body: &'static str) -> (Result<(), MailerError>, Vec<HttpRequest>) {
        let http = Answering { status, body, asked: RefCell::default() };
        let endpoints = Endpoints::aws();
        let credentials = Credentials::permanent("AKIAEXAMPLE", "secret");
        let ses = Ses {
            http: &http,
            pace: &Still,
            endpoints: &endpoints,
            credentials: &credentials,
            second_credentials: Some(&Credentials::permanent("AKIASECOND", "secret")),
            region: Region::EuWest1,
            from: "hello@cloudthread.example",
        };
        let mail = Mail::new("dana@example.com", "Confirm", "the code".to_owned(), "k").unwrap();
        let result = now(ses.send(&mail));
        (result, http.asked.into_inner())
    }

    #[test]
    fn a_mail_is_one_signed_call() {
        let (result, asked) = sent(200, r#"{"MessageId":"m-1"}"#);
        assert_eq!(result, Ok(()));
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].url, "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails");
        assert!(asked[0].headers.iter().any(|(name, _)| name == "authorization"));
    }

    // security.md row 21
    #[test]
    fn a_key_that_aws_does_not_know_gives_way_to_the_second() {
        let signers = |status, body| -> Vec<bool> {
            let (_, asked) = sent(status, body);
            let is_second = |request: &HttpRequest| {
                request.headers.iter().any(|(_, value)| value.contains("Credential=AKIASECOND/"))
            };
            asked.iter().map(is_second).collect()
        };
        assert_eq!(signers(403, r#"{"__type":"UnrecognizedClientException","message":"no"}"#), [false, true]);
        assert_eq!(signers(403, r#"{"__type":"AccessDeniedException","message":"no"}"#), [false]);
    }

    // security.md, I9: nothing of the mail reaches the log.
    #[test]
    fn a_refusal_names_its_code_and_no_address() {
        let body =
            r#"{"__type":"MessageRejected","message":"Email address dana@example.com is not verified"}"#;
        let (result, _) = sent(400, body);
        let cause = result.unwrap_err().internal;
        assert!(cause.contains("ses:SendEmail") && !cause.contains("dana"), "{cause}");
    }
}
