//! STS and CloudFormation's answer address, as far as a connection needs them. Every other service refuses.

use std::cell::{Cell, RefCell};

use bytes::Bytes;

use crate::ports::{Http, HttpError, HttpRequest, HttpResponse};

pub const ACCOUNT: &str = "123456789012";

/// Whom the role trusts.
pub struct Trust {
    /// Whether the role exists.
    pub is_there: bool,
    /// The id it wants.
    pub external_id: String,
    /// Whether it also takes no id.
    pub takes_none: bool,
    /// Whether it also takes any other id.
    pub takes_any: bool,
    /// The account it really belongs to.
    pub account: &'static str,
}

/// What AWS says instead.
#[derive(Clone, Copy)]
pub enum Fault {
    Throttle,
    Html,
    Truncated,
    Huge,
    Silence,
}

/// AWS, as a test sets it.
pub struct FakeAws {
    pub trust: RefCell<Trust>,
    pub fault: Cell<Option<Fault>>,
    /// Accounts in which a role of the StackSet lives.
    pub members: RefCell<Vec<&'static str>>,
    /// Access keys that AWS does not know.
    pub revoked: RefCell<Vec<&'static str>>,
    /// Whether an answer takes a moment in which others get on.
    pub is_slow: Cell<bool>,
    /// Calls of STS so far.
    pub calls: Cell<u32>,
    /// Bodies put to CloudFormation's address.
    pub answers: RefCell<Vec<String>>,
}

impl Default for FakeAws {
    fn default() -> Self {
        let trust = Trust {
            is_there: true,
            external_id: String::new(),
            takes_none: false,
            takes_any: false,
            account: ACCOUNT,
        };
        Self {
            trust: RefCell::new(trust),
            fault: Cell::new(None),
            members: RefCell::default(),
            revoked: RefCell::default(),
            is_slow: Cell::new(false),
            calls: Cell::new(0),
            answers: RefCell::default(),
        }
    }
}

impl Http for FakeAws {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.is_slow.get() {
            a_moment().await;
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if request.url.starts_with("https://cloudformation-custom-resource-response-useast1.s3.") {
            self.answers.borrow_mut().push(body);
            return Ok(answer(200, ""));
        }
        if !request.url.starts_with("https://sts.") {
            return Ok(refusal("AccessDenied"));
        }
        self.calls.set(self.calls.get() + 1);
        match self.fault.get() {
            Some(Fault::Throttle) => return Ok(refusal("Throttling")),
            Some(Fault::Html) => return Ok(answer(500, "<html><body>Sorry</body></html>")),
            Some(Fault::Truncated) => return Ok(answer(200, "<AssumeRoleResponse><AssumeRoleRes")),
            Some(Fault::Huge) => return Ok(answer(200, &" ".repeat(request.max_body + 1))),
            Some(Fault::Silence) => return Err(HttpError::Timeout),
            None => {}
        }
        let signed =
            request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| &**value);
        let signed = signed.unwrap_or_default();
        if self.revoked.borrow().iter().any(|key| signed.contains(&format!("Credential={key}/"))) {
            return Ok(refusal("InvalidClientTokenId"));
        }
        let trust = self.trust.borrow();
        if body.starts_with("Action=GetCallerIdentity") {
            return Ok(answer(200, &identity(trust.account)));
        }
        if body.contains("cloudthread-member") {
            let lives = |member: &&str| {
                body.contains(&format!("%3A%3A{member}%3A")) && body.contains(&format!("%3A{member}&"))
            };
            let is_live = self.members.borrow().iter().any(lives);
            return Ok(if is_live { answer(200, SESSION) } else { refusal("AccessDenied") });
        }
        let given = body.split('&').find_map(|pair| pair.strip_prefix("ExternalId="));
        let is_let_in = match given {
            None => trust.takes_none,
            Some(given) => given == trust.external_id || trust.takes_any,
        };
        Ok(if trust.is_there && is_let_in { answer(200, SESSION) } else { refusal("AccessDenied") })
    }
}

/// Lets whoever else waits go first, once.
async fn a_moment() {
    let mut is_over = false;
    std::future::poll_fn(|_| {
        let ready = std::mem::replace(&mut is_over, true);
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn refusal(code: &str) -> HttpResponse {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>r1</RequestId></ErrorResponse>"
    );
    answer(403, &body)
}

fn identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/access/c</Arn>\
         <UserId>AROA:c</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}

const SESSION: &str = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
    <Arn>arn:aws:sts::123456789012:assumed-role/access/x</Arn></AssumedRoleUser><Credentials>\
    <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
    <Expiration>2027-11-23T10:15:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
