//! E-mail addresses: one spelling per mailbox, and nothing that could end a header line.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// A valid address in lower case. `Debug` shows it masked: addresses are never logged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Email(String);

/// Punctuation an unquoted local part may hold (RFC 5321's atext).
const PUNCTUATION: &[u8] = b"!#$%&'*+/=?^_`{|}~-.";

impl Email {
    /// Reads what a person typed. Quoted local parts, address literals and names without a dot are refused; a domain
    /// in other scripts must be written in its `xn--` form, so that look-alikes cannot pass for each other.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim_matches(' ');
        if !text.is_ascii() && text.len() <= 254 {
            return Err(invalid("Use plain letters; write a domain in another script in its xn-- form."));
        }
        let accepted = text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| text.len() <= 254 && is_local(local) && is_domain(domain));
        if accepted {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(invalid("An address looks like dana@example.com."))
        }
    }

    /// Takes an address back from the store.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `d•••@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or(("", ""));
        format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email(•••)")
    }
}

fn invalid(hint: &'static str) -> Error {
    Error::new(Kind::Invalid, "email_invalid", "This is not an e-mail address.", hint).on_field("email")
}

fn is_local(local: &str) -> bool {
    (1..=64).contains(&local.len())
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(&byte))
        && local.split('.').all(|atom| !atom.is_empty())
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && !top.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<&str>) {
        let email = Email::parse(text).ok();
        assert_eq!(email.as_ref().map(Email::as_str), expect, "{text:?}");
    }

    // security.md row 67
    #[test]
    fn addresses_are_normalised_or_refused() {
        check("Dana@Example.COM", Some("dana@example.com"));
        check("  dana@example.com ", Some("dana@example.com"));
        check("dana+aws@example.com", Some("dana+aws@example.com"));
        check("dana@xn--exmple-cua.com", Some("dana@xn--exmple-cua.com"));
        for text in [
            "",
            "a@b",
            "dana",
            "@example.com",
            "dana@",
            "dana@example",
            "dana@.com",
            "dana@example..com",
            ".dana@example.com",
            "da..na@example.com",
            "dana@-example.com",
            "dana@example.com-",
            "dana@127.0.0.1",
            "dana@[127.0.0.1]",
            "\"dana\"@example.com",
            "da na@example.com",
            "dana@exаmple.com",
            "dаna@example.com",
            "dana@example.com\r\nBcc: eve@example.com",
            "dana@example.com\n",
            "\tdana@example.com",
            "dana@example.com,eve@example.com",
            "dana@example.com\0",
            "a@eve@example.com",
        ] {
            check(text, None);
        }
        check(&format!("{}@example.com", "a".repeat(10_240)), None);
        check(&format!("{}@example.com", "é".repeat(10_240)), None);
    }

    #[test]
    fn only_its_first_letter_is_shown() {
        let email = Email::parse("dana@example.com").unwrap();
        assert_eq!(email.masked(), "d•••@example.com");
        assert_eq!(format!("{email:?}"), "Email(•••)");
    }
}
