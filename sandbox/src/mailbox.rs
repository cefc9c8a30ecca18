//! SES v2's SendEmail into a mail box that anyone may read.

use serde_json::{Value, json};
use shared::Timestamp;

use crate::clock::iso_seconds;
use crate::iam::Caller;
use crate::iam::policy::Ask;
use crate::state::State;
use crate::wire::{Answer, Refusal, Reply, Request, escape};

/// A mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Message id.
    pub id: String,
    /// When it was sent.
    pub at: Timestamp,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML, if any.
    pub html: String,
}

/// Answers SES.
pub fn handle(state: &mut State, caller: &Caller, request: &Request, now: Timestamp) -> Answer {
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/v2/email/outbound-emails") {
        return Err(Refusal::new(404, "NotFoundException", "Only SendEmail is simulated"));
    }
    let input = request.json().ok_or_else(|| Refusal::bad("BadRequestException", "The body is not JSON"))?;
    let invalid = |words: &str| Refusal::bad("BadRequestException", words);
    let known = [
        "FromEmailAddress",
        "Destination",
        "Content",
        "ReplyToAddresses",
        "ConfigurationSetName",
        "EmailTags",
    ];
    if let Some(unknown) =
        input.as_object().and_then(|object| object.keys().find(|key| !known.contains(&key.as_str())))
    {
        return Err(invalid(&format!("Unknown member {unknown}")));
    }
    let at = |path: &str| input.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let from = at("/FromEmailAddress");
    crate::iam::authorize(
        state,
        caller,
        &Ask::new(
            "ses:SendEmail",
            &format!("arn:aws:ses:us-east-1:{}:identity/{}", caller.account, address(&from)),
        ),
        None,
    )?;
    let to: Vec<String> = ["ToAddresses", "CcAddresses", "BccAddresses"]
        .iter()
        .flat_map(|list| {
            input
                .pointer(&format!("/Destination/{list}"))
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        })
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect();
    if from.is_empty() || to.is_empty() || to.iter().any(|one| !one.contains('@')) {
        return Err(invalid("Missing or malformed address"));
    }
    let mail = Mail {
        id: format!("0100{}-000000", state.random.uuid()),
        at: now,
        from,
        to,
        subject: at("/Content/Simple/Subject/Data"),
        text: at("/Content/Simple/Body/Text/Data"),
        html: at("/Content/Simple/Body/Html/Data"),
    };
    if mail.subject.is_empty() || (mail.text.is_empty() && mail.html.is_empty()) {
        return Err(invalid("A simple message needs a subject and a body"));
    }
    let id = mail.id.clone();
    state.mails.push(mail);
    Ok(Reply::json(&json!({ "MessageId": id })))
}

/// `a@b` of `Name <a@b>`.
fn address(from: &str) -> &str {
    from.rsplit_once('<').map_or(from, |(_, rest)| rest.trim_end_matches('>'))
}

/// Every mail, newest first.
pub fn json(state: &State) -> Value {
    state
        .mails
        .iter()
        .rev()
        .map(|mail| {
            json!({
                "id": mail.id, "at": iso_seconds(mail.at), "from": mail.from, "to": mail.to,
                "subject": mail.subject, "text": mail.text, "html": mail.html,
            })
        })
        .collect::<Vec<_>>()
        .into()
}

/// The mail box as the inside of a page.
pub fn page(state: &State) -> String {
    if state.mails.is_empty() {
        return "<p>No mail yet.</p>".to_owned();
    }
    state
        .mails
        .iter()
        .rev()
        .map(|mail| {
            format!(
                "<article class=\"panel\" id=\"mail-{}\"><h2>{}</h2><p class=\"quiet\">To {} · from {} · {}</p><div class=\"letter\">{}</div></article>",
                escape(&mail.id),
                escape(&mail.subject),
                escape(&mail.to.join(", ")),
                escape(&mail.from),
                iso_seconds(mail.at),
                linked(&mail.text)
            )
        })
        .collect()
}

/// Text with its addresses made into links.
fn linked(text: &str) -> String {
    text.lines()
        .map(|line| {
            line.split(' ')
                .map(|word| {
                    if word.starts_with("http://") || word.starts_with("https://") {
                        format!("<a href=\"{0}\">{0}</a>", escape(word))
                    } else {
                        escape(word)
                    }
                })
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect::<Vec<_>>()
        .join("<br>\n")
}
