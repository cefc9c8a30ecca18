//! Signature version 2 of SNS: RSA PKCS#1 v1.5 over SHA-256, with a key that is published on purpose and trusted by
//! nobody but a development world that was told to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;

const KEY: &str = include_str!("signing_key.pem");
/// The certificate of the key.
pub const CERTIFICATE: &str = include_str!("certificate.pem");

/// The text that is signed: names and values of the members of a type, each on its line.
pub fn canonical(message: &Value) -> String {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    let members: &[&str] = match text("Type") {
        Some("Notification") => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    members.iter().filter_map(|name| text(name).map(|value| format!("{name}\n{value}\n"))).collect()
}

/// The signature of a message, in base64; empty only if the built-in key were unreadable.
pub fn signature(message: &Value) -> String {
    let Some(key) = key() else { return String::new() };
    let mut signature = vec![0; key.public().modulus_len()];
    match key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), canonical(message).as_bytes(), &mut signature) {
        Ok(()) => STANDARD.encode(signature),
        Err(_) => String::new(),
    }
}

fn key() -> Option<RsaKeyPair> {
    let body: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_text_leaves_out_an_absent_subject() {
        let message = json!({ "Type": "Notification", "Message": "m", "MessageId": "i", "Timestamp": "t", "TopicArn": "a", "Signature": "x" });
        assert_eq!(
            canonical(&message),
            "Message\nm\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"
        );
    }

    #[test]
    fn a_signature_verifies_with_the_key_in_the_certificate() {
        let message = json!({ "Type": "Notification", "Message": "m" });
        let public = key().unwrap().public_key().as_ref().to_vec();
        let certificate: String = CERTIFICATE.lines().filter(|line| !line.starts_with("-----")).collect();
        let certificate = STANDARD.decode(certificate).unwrap();
        assert!(certificate.windows(public.len()).any(|part| part == public));
        let signature = STANDARD.decode(signature(&message)).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(canonical(&message).as_bytes(), &signature)
            .unwrap();
    }
}
