//! Which passwords are accepted: long ones that nobody would guess among the first. No rules of composition.

use crate::error::{Error, Kind, Result};

mod common;
mod leaked;

/// Fewest characters.
pub const MIN_CHARACTERS: usize = 15;
/// Most bytes.
pub const MAX_BYTES: usize = 1_024;

/// Accepts a new password or says why not. `context` holds what is known of the user: address, workspace, name.
pub fn check_new(password: &str, context: &[&str]) -> Result<()> {
    let refused = |code, title, hint| Err(Error::new(Kind::Invalid, code, title, hint).on_field("password"));
    if password.chars().count() < MIN_CHARACTERS {
        return refused(
            "password_short",
            "This password is too short.",
            "At least 15 characters. Any characters, spaces too.",
        );
    }
    if password.len() > MAX_BYTES {
        return refused("password_long", "This password is too long.", "At most 1,024 bytes.");
    }
    if leaked::is_leaked(password) || common::is_guessed_first(password, context) {
        return refused(
            "password_common",
            "This password is on public lists of stolen passwords. Choose another.",
            "Words strung together at random are easy to keep and hard to guess.",
        );
    }
    Ok(())
}

/// Whether a password of this size is worth the work of hashing it.
pub fn is_hashable(password: &str) -> bool {
    password.len() <= MAX_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, expect: Option<&str>) {
        let context = ["dana.fox@acme-corp.example", "Acme Corporation"];
        let code = check_new(password, &context).err().map(|error| error.code);
        assert_eq!(code, expect, "{password:?}");
    }

    // security.md row 70
    #[test]
    fn length_is_the_rule_and_nothing_is_cut() {
        check("x7#kQw!9zLm2pR", Some("password_short"));
        check("x7#kQw!9zLm2pRv", None);
        check("x7#kQw!9zLm2pRvx7#kQw!9zLm2pRvx7#kQw!9zLm2pRv-x7#kQw!9zLm2pRv-abcd", None);
        check(&"né7 ".repeat(256), Some("password_long"));
        check("un\0dix mots bleus", None);
        check("🦀🐙🦑🐋🐬🦈🐠🐡🦐🦞🐚🪸🐟🐳🌊", None);
        check("🦀🐙🦑🐋🐬🦈🐠🐡🦐🦞🐚🪸🐟🐳", Some("password_short"));
        check("correct horse battery", None);
        check("vier lange Tassen Tee", None);
    }

    // security.md row 70
    #[test]
    fn what_everybody_tries_first_is_refused() {
        for password in [
            "passwordpassword",
            "password12345678",
            "Password123456!!",
            "p@ssw0rdP@ssw0rd",
            "123456789012345",
            "111111111111111",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiopasdfghjkl",
            "1q2w3e4r5t6y7u8i",
            "1qaz2wsx3edc4rfv",
            "abcdefghijklmnop",
            "iloveyouforever1",
            "letmeinletmeinletmein",
            "changeme changeme",
            "administrator2026",
            "welcome to monkey",
            "zaq12wsxcde34rfv",
            "0987654321098765",
            "qwerty123456789",
            "314159265358979",
            "superman-batman-1",
            "abc123abc123abc123",
            "trustno1trustno1",
            "thisismypassword",
            "manchesterunited",
            "neworleans12345",
        ] {
            check(password, Some("password_common"));
        }
    }

    #[test]
    fn words_from_the_form_do_not_make_a_password() {
        check("acmecorporation1", Some("password_common"));
        check("danafoxdanafox99", Some("password_common"));
        check("Cloudthread-2026!", Some("password_common"));
        check("acme sells seven anvils", None);
    }
}
