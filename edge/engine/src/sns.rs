//! Messages of the topic: which envelope is worth a look, what exactly was signed, and by which certificate. Pure; the
//! edge brings the certificate and the RSA check.

use serde::Deserialize;
use shared::Timestamp;

pub use aws::sns::confirm_subscription;

/// Largest body that is read.
pub const MAX_BODY: usize = 300 * 1024;
/// Seconds a message may be old.
const MAX_AGE: i64 = 3_600;
/// Seconds the sender's clock may be ahead of ours.
const MAX_AHEAD: i64 = 300;
/// Host of the certificates.
const CERTIFICATE_HOST: &str = "https://sns.us-east-1.amazonaws.com";

/// A message of a topic, its signature not yet checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// What kind of message.
    #[serde(rename = "Type")]
    pub kind: EnvelopeKind,
    /// Its id; the same one is looked at once.
    pub message_id: String,
    /// The topic it passed through.
    pub topic_arn: String,
    /// What it says.
    pub message: String,
    /// Subject, if there is one.
    #[serde(default)]
    pub subject: Option<String>,
    /// When it was sent, as it was signed.
    pub timestamp: String,
    /// Token of a confirmation.
    #[serde(default)]
    pub token: Option<String>,
    /// Signed, never followed.
    #[serde(default, rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
    /// `2`; nothing older is believed.
    pub signature_version: String,
    /// Base64.
    pub signature: String,
    /// Where the certificate lies.
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
}

/// The kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names are SNS's")]
pub enum EnvelopeKind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

/// Why a message is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Untrusted {
    #[error("not a message of SNS")]
    Malformed,
    #[error("another topic")]
    Topic,
    #[error("another signature version")]
    Version,
    #[error("a certificate from elsewhere")]
    Certificate,
    #[error("a signature that does not match")]
    Signature,
    #[error("older than an hour, or from the future")]
    Stale,
}

impl Envelope {
    /// Reads a body and checks all that needs no certificate, in the order that costs least. `origin` is a further place
    /// for certificates, in development.
    pub fn parse(body: &[u8], topic_arn: &str, origin: Option<&str>) -> Result<Self, Untrusted> {
        if body.len() > MAX_BODY {
            return Err(Untrusted::Malformed);
        }
        let envelope: Self = serde_json::from_slice(body).map_err(|_| Untrusted::Malformed)?;
        if !is_uuid(&envelope.message_id) {
            return Err(Untrusted::Malformed);
        }
        if topic_arn.is_empty() || envelope.topic_arn != topic_arn {
            return Err(Untrusted::Topic);
        }
        if envelope.signature_version != "2" {
            return Err(Untrusted::Version);
        }
        if !is_certificate_address(&envelope.signing_cert_url, origin) {
            return Err(Untrusted::Certificate);
        }
        Ok(envelope)
    }

    /// Whether it is recent; checked after the signature, which covers the time.
    pub fn is_recent(&self, now: Timestamp) -> Result<(), Untrusted> {
        let at: Timestamp = self.timestamp.parse().map_err(|_| Untrusted::Malformed)?;
        let age = now.duration_since(at).as_secs();
        if (-MAX_AHEAD..=MAX_AGE).contains(&age) { Ok(()) } else { Err(Untrusted::Stale) }
    }

    /// The text that was signed.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                text.push_str(name);
                text.push('\n');
                text.push_str(value);
                text.push('\n');
            }
        };
        let is_notification = self.kind == EnvelopeKind::Notification;
        line("Message", Some(&self.message));
        line("MessageId", Some(&self.message_id));
        if is_notification {
            line("Subject", self.subject.as_deref());
        } else {
            line("SubscribeURL", self.subscribe_url.as_deref());
        }
        line("Timestamp", Some(&self.timestamp));
        if !is_notification {
            line("Token", self.token.as_deref());
        }
        line("TopicArn", Some(&self.topic_arn));
        line("Type", Some(self.kind.as_str()));
        text
    }

    /// The signature's bytes.
    pub fn signature_bytes(&self) -> Result<Vec<u8>, Untrusted> {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(&self.signature).map_err(|_| Untrusted::Malformed)
    }
}

impl EnvelopeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// Whether an id is a UUID, as those of SNS are. It becomes part of a key.
fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a certificate may be fetched from there: AWS's host exactly, no port, no user, one plain file name.
fn is_certificate_address(url: &str, origin: Option<&str>) -> bool {
    let is_file = |path: &str| {
        let name =
            path.strip_prefix("/SimpleNotificationService-").and_then(|rest| rest.strip_suffix(".pem"));
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let origins = [Some(CERTIFICATE_HOST), origin.filter(|origin| !origin.is_empty())];
    origins
        .into_iter()
        .flatten()
        .any(|origin| url.strip_prefix(origin.trim_end_matches('/')).is_some_and(is_file))
}

/// The public key in a PEM certificate, as SubjectPublicKeyInfo, if the certificate is valid at `now`.
pub fn public_key(pem: &str, now: Timestamp) -> Result<Vec<u8>, Untrusted> {
    use base64::Engine;
    let wrong = Untrusted::Certificate;
    let body = pem
        .split_once("-----BEGIN CERTIFICATE-----")
        .and_then(|(_, rest)| rest.split_once("-----END CERTIFICATE-----"));
    let text: String = body.ok_or(wrong)?.0.split_whitespace().collect();
    let der = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| wrong)?;
    let certificate = Der(&der).enter(0x30).ok_or(wrong)?;
    let mut fields = certificate.enter(0x30).ok_or(wrong)?;
    if fields.0.first() == Some(&0xA0) {
        fields = fields.skip().ok_or(wrong)?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        fields = fields.skip().ok_or(wrong)?;
    }
    let (from, until) = fields.enter(0x30).and_then(Der::times).ok_or(wrong)?;
    // Validity, subject.
    for _ in 0..2 {
        fields = fields.skip().ok_or(wrong)?;
    }
    let is_valid = from <= now && now <= until;
    fields.whole().filter(|_| is_valid).map(<[u8]>::to_vec).ok_or(wrong)
}

/// DER, one element after the other.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Lengths of header and content of the first element.
    fn measure(self) -> Option<(usize, usize)> {
        let first = *self.0.get(1)?;
        if first < 0x80 {
            return Some((2, usize::from(first)));
        }
        let count = usize::from(first & 0x7F);
        if !(1..=3).contains(&count) {
            return None;
        }
        let bytes = self.0.get(2..2 + count)?;
        Some((2 + count, bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte))))
    }

    /// The content of the first element, which must have this tag.
    fn enter(self, tag: u8) -> Option<Self> {
        let (header, length) = self.measure()?;
        (self.0.first() == Some(&tag)).then(|| self.0.get(header..header + length)).flatten().map(Self)
    }

    /// What follows the first element.
    fn skip(self) -> Option<Self> {
        let (header, length) = self.measure()?;
        self.0.get(header + length..).map(Self)
    }

    /// The first element, header included.
    fn whole(self) -> Option<&'a [u8]> {
        let (header, length) = self.measure()?;
        self.0.get(..header + length)
    }

    /// Two times one after the other.
    fn times(self) -> Option<(Timestamp, Timestamp)> {
        Some((self.time()?, self.skip()?.time()?))
    }

    /// UTCTime or GeneralizedTime, both in UTC.
    fn time(self) -> Option<Timestamp> {
        let tag = *self.0.first()?;
        let text = std::str::from_utf8(self.enter(tag)?.0).ok()?;
        let text = match tag {
            0x17 => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
            0x18 => text.to_owned(),
            _ => return None,
        };
        let part = |from: usize, to: usize| text.get(from..to);
        let moment = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4)?,
            part(4, 6)?,
            part(6, 8)?,
            part(8, 10)?,
            part(10, 12)?,
            part(12, 14)?
        );
        moment.parse().ok().filter(|_| text.ends_with('Z'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f2c61d0-5b7e-4c19-a3f4-00000000000A";
    const TOPIC: &str = "arn:aws:sns:us-east-1:999999999999:cloudthread";
    const PEM: &str = include_str!("../../../sandbox/src/sns/certificate.pem");

    fn envelope(change: impl Fn(&mut serde_json::Value)) -> Result<Envelope, Untrusted> {
        let mut json = serde_json::json!({
            "Type": "Notification", "MessageId": ID, "TopicArn": TOPIC, "Subject": "s", "Message": "hello",
            "Timestamp": "2026-11-23T09:00:00.000Z", "SignatureVersion": "2", "Signature": "AAAA",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        });
        change(&mut json);
        Envelope::parse(json.to_string().as_bytes(), TOPIC, None)
    }

    #[test]
    fn what_was_signed_is_put_together_as_sns_does() {
        let notification = envelope(|_| {}).unwrap();
        assert_eq!(
            notification.canonical(),
            format!(
                "Message\nhello\nMessageId\n{ID}\nSubject\ns\nTimestamp\n2026-11-23T09:00:00.000Z\nTopicArn\n{TOPIC}\nType\nNotification\n"
            )
        );
        let confirmation = envelope(|json| {
            json["Type"] = "SubscriptionConfirmation".into();
            json["Token"] = "t".into();
            json["SubscribeURL"] = "https://x".into();
        });
        assert_eq!(
            confirmation.unwrap().canonical(),
            format!(
                "Message\nhello\nMessageId\n{ID}\nSubscribeURL\nhttps://x\nTimestamp\n2026-11-23T09:00:00.000Z\nToken\nt\nTopicArn\n{TOPIC}\nType\nSubscriptionConfirmation\n"
            )
        );
    }

    #[test]
    fn envelopes_from_elsewhere_are_turned_away() {
        let check = |name: &str, value: &str, expect| {
            assert_eq!(envelope(|json| json[name] = value.into()), Err(expect), "{name} {value}");
        };
        check("TopicArn", "arn:aws:sns:us-east-1:111111111111:other", Untrusted::Topic);
        check("SignatureVersion", "1", Untrusted::Version);
        for id in ["", "m1", "0f2c61d0-5b7e-4c19-a3f4-00000000000g", "0f2c61d05b7e4c19a3f4000000000000aaaa"] {
            check("MessageId", id, Untrusted::Malformed);
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.us-east-1.amazonaws.com.evil.com/SimpleNotificationService-0a1b.pem",
            "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-0a1b.pem",
            "https://a@sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.us-east-1.amazonaws.com/x/SimpleNotificationService-0a1b.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-../a.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem?x",
        ] {
            check("SigningCertURL", url, Untrusted::Certificate);
        }
        assert_eq!(Envelope::parse(b"{}", TOPIC, None), Err(Untrusted::Malformed));
        assert_eq!(Envelope::parse(&vec![b' '; MAX_BODY + 1], TOPIC, None), Err(Untrusted::Malformed));
        assert_eq!(Envelope::parse(b"{}", "", None), Err(Untrusted::Malformed));
    }

    #[test]
    fn a_message_is_believed_for_an_hour() {
        let message = envelope(|_| {}).unwrap();
        let check = |now: &str, expect| assert_eq!(message.is_recent(now.parse().unwrap()), expect, "{now}");
        check("2026-11-23T09:30:00Z", Ok(()));
        check("2026-11-23T10:00:01Z", Err(Untrusted::Stale));
        check("2026-11-23T08:55:00Z", Ok(()));
        check("2026-11-23T08:54:59Z", Err(Untrusted::Stale));
    }

    #[test]
    fn a_certificate_gives_its_key_while_it_is_valid() {
        let key = public_key(PEM, "2026-11-23T09:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(key.first(), Some(&0x30));
        assert!(key.len() > 200);
        assert_eq!(public_key(PEM, "1999-01-01T00:00:00Z".parse().unwrap()), Err(Untrusted::Certificate));
        for broken in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(
                public_key(broken, "2026-11-23T09:00:00Z".parse().unwrap()),
                Err(Untrusted::Certificate)
            );
        }
    }
}
