//! The letters of identity, as plain text. What a person typed stands in the text only, never in a header.

use shared::date_words::month_name;
use shared::{Day, Timestamp};

use super::tokens;
use crate::error::{Error, Result};
use crate::ports::{Letter, LetterKind, Mail, Passwords};

/// Writes a letter out; `None` for one that only pretends.
pub fn render(letter: &Letter, passwords: &impl Passwords, public_url: &str) -> Result<Option<Mail>> {
    let base = public_url.trim_end_matches('/');
    let (subject, text) = match &letter.kind {
        LetterKind::Nothing => return Ok(None),
        LetterKind::Confirm { pending, generation } => {
            let link = tokens::confirm_link(passwords, pending);
            let code = tokens::confirm_code(passwords, pending, *generation);
            (
                "Confirm your address for Cloudthread",
                format!(
                    "Someone, hopefully you, signed up at Cloudthread with this address.\n\n\
                     Open this link in the same browser and press \"Confirm this address\". It is valid for 24 hours:\n\
                     {base}/confirm#token={}\n\n\
                     Or type this code on the page that waits. It is valid for 10 minutes:\n\
                     {}\n\n\
                     If it was not you, do nothing: without your confirmation there is no account.\n",
                    link.reveal(),
                    code.reveal()
                ),
            )
        }
        LetterKind::KnownAddress => (
            "You already have a Cloudthread account",
            format!(
                "Someone, hopefully you, signed up at Cloudthread with this address. It has an account already, and \
                 nothing was changed.\n\n\
                 Sign in: {base}/sign-in\n\
                 Forgotten the password? {base}/forgot\n\n\
                 If it was not you, do nothing.\n"
            ),
        ),
        LetterKind::Reset { reset } => (
            "Set a new password for Cloudthread",
            format!(
                "Someone, hopefully you, asked for a new password.\n\n\
                 Open this link to choose one. It is valid for 24 hours, and once:\n\
                 {base}/reset#token={}\n\n\
                 A new password ends all other sign-ins. If it was not you, do nothing: the old one stays.\n",
                tokens::reset_link(passwords, reset).reveal()
            ),
        ),
        LetterKind::PasswordChanged => (
            "Your Cloudthread password was changed",
            format!(
                "The password of your Cloudthread account was changed, and all other sign-ins have ended.\n\n\
                 If it was not you, set a new one now: {base}/forgot\n"
            ),
        ),
        LetterKind::WorkspaceDeletion { name, delete_at } => (
            "A Cloudthread workspace will be deleted",
            format!(
                "The workspace \"{name}\" will be deleted on {}. Until then an owner can take it back:\n\
                 {base}/\n\n\
                 Disconnect it before, so that you can see AWS refuse Cloudthread. The stack, the report and its bucket \
                 in AWS are yours and stay.\n",
                moment_in_words(*delete_at)
            ),
        ),
    };
    Mail::new(letter.to.as_str(), subject, text, &letter.key)
        .map(Some)
        .ok_or_else(|| Error::bug("a letter's header is not one line"))
}

fn moment_in_words(moment: Timestamp) -> String {
    let day = Day::of(moment);
    let minutes = moment.as_second().div_euclid(60).rem_euclid(1_440);
    let month = month_name(day.period());
    format!("{} {month}, {:02}:{:02} UTC", day.day_of_month(), minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Email;
    use crate::identity::memory::QuickPasswords;

    fn check(kind: LetterKind, subject: &str, holds: &[&str]) {
        let to = Email::parse("dana@example.com").unwrap();
        let letter = Letter { key: "k".to_owned(), to, kind, tries: 0, next_at: Timestamp::UNIX_EPOCH };
        let mail = render(&letter, &QuickPasswords::default(), "https://app.example/").unwrap().unwrap();
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("dana@example.com", subject));
        for text in holds {
            assert!(mail.text.contains(text), "{text} in\n{}", mail.text);
        }
    }

    #[test]
    fn letters_say_what_happened_and_what_to_do() {
        check(
            LetterKind::Confirm { pending: "p".to_owned(), generation: 1 },
            "Confirm your address for Cloudthread",
            &["https://app.example/confirm#token=", "24 hours", "10 minutes"],
        );
        check(
            LetterKind::KnownAddress,
            "You already have a Cloudthread account",
            &["https://app.example/sign-in"],
        );
        check(
            LetterKind::Reset { reset: "r".to_owned() },
            "Set a new password for Cloudthread",
            &["https://app.example/reset#token="],
        );
        check(LetterKind::PasswordChanged, "Your Cloudthread password was changed", &["/forgot"]);
    }

    // security.md rows 67 and 77
    #[test]
    fn what_a_person_typed_stands_in_the_text_alone() {
        check(
            LetterKind::WorkspaceDeletion {
                name: "x\" Bcc: eve@example.com".to_owned(),
                delete_at: "2026-11-30T14:00:00Z".parse().unwrap(),
            },
            "A Cloudthread workspace will be deleted",
            &["30 November 2026, 14:00 UTC", "Bcc: eve@example.com"],
        );
        // Mail is plain text: what would be markup elsewhere is read as it was typed.
        check(
            LetterKind::WorkspaceDeletion {
                name: "<img src=x onerror=alert(1)>".to_owned(),
                delete_at: "2026-11-30T14:00:00Z".parse().unwrap(),
            },
            "A Cloudthread workspace will be deleted",
            &["\"<img src=x onerror=alert(1)>\""],
        );
    }
}
