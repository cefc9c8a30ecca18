//! Tokens: 256 bits, base64url; only their SHA-256 is stored. Cookies are random. Links and codes are derived from a
//! record's id under the key no store holds, so that the outbox can send them without keeping them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::Secret;
use crate::ports::{Entropy, Passwords, TokenHash};

/// A new random token.
pub fn random(entropy: &impl Entropy) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(entropy.token()))
}

/// What is stored of a token.
pub fn hash(token: &str) -> TokenHash {
    TokenHash(hex::encode(Sha256::digest(token.as_bytes())))
}

/// The token of a sign-up's link.
pub fn confirm_link(passwords: &impl Passwords, pending: &str) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(passwords.derive("confirm link", &[pending])))
}

/// The token of a reset link.
pub fn reset_link(passwords: &impl Passwords, reset: &str) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(passwords.derive("reset link", &[reset])))
}

/// The eight digits of a sign-up's mail.
pub fn confirm_code(passwords: &impl Passwords, pending: &str, generation: u32) -> Secret<String> {
    let bytes = passwords.derive("confirm code", &[pending, &generation.to_string()]);
    let number = bytes.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    Secret::new(format!("{:08}", number % 100_000_000))
}

/// The name of a counter of something that must not lie in the clear: an address.
pub fn counter_key(passwords: &impl Passwords, what: &str, subject: &str) -> String {
    let bytes = passwords.derive("counter", &[what, subject]);
    format!("{what}:{}", hex::encode(bytes.get(..16).unwrap_or(&bytes)))
}

/// Compares in a time that tells nothing about where texts differ.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::memory::QuickPasswords;

    #[test]
    fn links_and_codes_belong_to_one_record() {
        let passwords = QuickPasswords::default();
        assert_eq!(confirm_link(&passwords, "a").reveal().len(), 43);
        assert_ne!(confirm_link(&passwords, "a"), confirm_link(&passwords, "b"));
        assert_ne!(confirm_link(&passwords, "a"), reset_link(&passwords, "a"));
        let code = confirm_code(&passwords, "a", 1);
        assert!(code.reveal().len() == 8 && code.reveal().bytes().all(|byte| byte.is_ascii_digit()));
        assert_ne!(code, confirm_code(&passwords, "a", 2));
    }

    #[test]
    fn comparison_sees_every_byte() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }
}
