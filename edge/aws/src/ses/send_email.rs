use serde::Deserialize;
use serde_json::json;
use shared::Region;

use crate::error::AwsError;
use crate::json;
use crate::operation::{MAX_JSON, Operation, Request, Response, Service};

/// Sends one mail to one address. The answer is SES's message id.
#[derive(Clone, PartialEq, Eq)]
pub struct SendEmail {
    /// Where the operator's SES identity lives.
    pub region: Region,
    /// Sender, verified in SES.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML, if any.
    pub html: Option<String>,
}

impl std::fmt::Debug for SendEmail {
    /// Mails hold addresses and one-time links: nothing is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SendEmail(…)")
    }
}

impl Operation for SendEmail {
    type Output = String;
    const SERVICE: Service = Service::Ses;
    const NAME: &'static str = "ses:SendEmail";

    fn request(&self) -> Request {
        let part = |text: &str| json!({ "Data": text, "Charset": "UTF-8" });
        let mut body = json!({ "Text": part(&self.text) });
        if let (Some(body), Some(html)) = (body.as_object_mut(), &self.html) {
            body.insert("Html".to_owned(), part(html));
        }
        let mail = json!({
            "FromEmailAddress": self.from,
            "Destination": { "ToAddresses": [self.to] },
            "Content": { "Simple": { "Subject": part(&self.subject), "Body": body } },
        });
        Request {
            method: http::Method::POST,
            region: self.region,
            bucket: None,
            path: "/v2/email/outbound-emails".to_owned(),
            query: Vec::new(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: mail.to_string().into(),
            max_body: MAX_JSON,
        }
    }

    fn parse(&self, response: Response) -> Result<String, AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire {
            message_id: String,
        }
        json::read::<Wire>(Self::NAME, &response.body).map(|wire| wire.message_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let send = SendEmail {
            region: Region::UsEast1,
            from: "Cloudthread <no-reply@example.com>".to_owned(),
            to: "ada@example.com".to_owned(),
            subject: "Confirm".to_owned(),
            text: "Hello".to_owned(),
            html: None,
        };
        let id = exchange::check(
            &send,
            "POST https://email.us-east-1.amazonaws.com/v2/email/outbound-emails",
            "{\"Content\":{\"Simple\":{\"Body\":{\"Text\":{\"Charset\":\"UTF-8\",\"Data\":\"Hello\"}},\"Subject\":\
             {\"Charset\":\"UTF-8\",\"Data\":\"Confirm\"}}},\"Destination\":{\"ToAddresses\":[\"ada@example.com\"]},\
             \"FromEmailAddress\":\"Cloudthread <no-reply@example.com>\"}",
            "{\"MessageId\":\"m-1\"}",
        );
        assert_eq!(id, "m-1");
        assert_eq!(format!("{send:?}"), "SendEmail(…)");
        exchange::check_malformed(&send, &["", "{}"]);
    }
}
