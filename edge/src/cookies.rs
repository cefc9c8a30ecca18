//! The three cookies. All are `__Host-`: this host alone, https alone, no script.

use engine::Secret;
use engine::identity::{Cookie, Tokens};

const SESSION: &str = "__Host-sid";
const PENDING: &str = "__Host-pending";
const DEVICE: &str = "__Host-device";

/// Reads the tokens out of a `Cookie` header. Of two cookies with one name neither counts.
pub fn read(header: &str) -> Tokens {
    let find = |name: &str| {
        let mut values = header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let first = values.next().filter(|value| is_token(value));
        first.filter(|_| values.next().is_none()).map(|value| Secret::new(value.to_owned()))
    };
    Tokens { session: find(SESSION), pending: find(PENDING), device: find(DEVICE) }
}

/// The `Set-Cookie` header of a token to keep or to drop.
pub fn write(cookie: &Cookie) -> String {
    let (name, token, seconds) = match cookie {
        Cookie::Session(token) => (SESSION, token, 12 * 3_600),
        Cookie::Pending(token) => (PENDING, token, 24 * 3_600),
        Cookie::Device(token) => (DEVICE, token, 180 * 24 * 3_600),
    };
    let (value, age) = token.as_ref().map_or(("", 0), |token| (token.reveal().as_str(), seconds));
    format!("{name}={value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax")
}

fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn what_was_set_is_read_again() {
        let set = write(&Cookie::Session(Some(Secret::new(TOKEN.to_owned()))));
        assert_eq!(set, format!("__Host-sid={TOKEN}; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"));
        let sent = set.split(';').next().unwrap();
        let tokens = read(&format!("theme=dark; {sent}; __Host-pending=short"));
        assert_eq!(tokens.session.unwrap().reveal(), TOKEN);
        assert!(tokens.pending.is_none() && tokens.device.is_none());
        assert!(write(&Cookie::Pending(None)).starts_with("__Host-pending=; Path=/; Max-Age=0;"));
    }

    // security.md row 73
    #[test]
    fn a_doubled_cookie_is_none() {
        assert!(read(&format!("__Host-sid={TOKEN}; __Host-sid={TOKEN}")).session.is_none());
        assert!(read(&format!("__Host-sid={TOKEN}x")).session.is_none());
        assert!(read("__Host-sid").session.is_none());
    }
}
