//! The way to the edge: one typed function per route of `shared::route`. The only file that names gloo-net.
//!
//! Every call carries `x-cloudthread: 1`, which a foreign page cannot set, and sends JSON alone. Nothing here retries:
//! who called knows whether trying again makes sense, and `Problem::retry_after` says when.

use std::cell::RefCell;

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::*;
use shared::route::{Method, Route};
use shared::{Problem, WorkspaceId};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The edge was not reached.
    #[error("offline")]
    Offline,
    /// The edge says what is wrong and who acts next.
    #[error("{}", .0.title)]
    Problem(Box<Problem>),
    /// The answer is not what this build expects: an old page, or something between us and the edge.
    #[error("unexpected answer: {0}")]
    Contract(String),
}

impl ApiError {
    /// The problem's stable code; empty for the other kinds.
    pub fn code(&self) -> &str {
        self.problem().map_or("", |problem| problem.code.as_str())
    }

    /// The problem, if the edge gave one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ApiError::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The form field at fault, if the problem names one.
    pub fn field(&self) -> Option<&str> {
        self.problem()?.field.as_deref()
    }

    /// What is wrong with a form's field, found before the edge was asked.
    pub fn of_field(field: &str, title: &str) -> Self {
        ApiError::Problem(Box::new(Problem {
            kind: String::new(),
            status: 0,
            code: String::new(),
            title: title.to_owned(),
            hint: String::new(),
            field: Some(field.to_owned()),
            retry_after: None,
            request_id: String::new(),
        }))
    }

    /// Whether the sign-in has ended.
    pub fn is_signed_out(&self) -> bool {
        matches!(self.code(), "signed_out" | "session_expired")
    }
}

/// What calls return.
pub type Answer<T> = Result<T, ApiError>;

thread_local! {
    static ON_SIGNED_OUT: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Says what happens when the edge answers that nobody is signed in.
pub fn on_signed_out(act: impl Fn() + 'static) {
    ON_SIGNED_OUT.with(|held| *held.borrow_mut() = Some(Box::new(act)));
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $kind:ty),* $(; body $body:ident: $body_kind:ty)? $(; query $query:ident: $query_kind:ty)?)
        -> $answer:ty = $route:ident;)*) => {$(
        $(#[$doc])*
        pub async fn $name($($param: $kind,)* $($body: $body_kind,)? $($query: $query_kind,)?) -> Answer<$answer> {
            #[allow(unused_mut, unused_assignments)]
            let (mut body, mut query) = (None, String::new());
            $(body = Some(to_json($body)?);)?
            $(query = to_query($query)?;)?
            let parameters: &[&str] = &[$($param.as_ref(),)*];
            send(Route::$route, parameters, &query, body).await
        }
    )*};
}

/// A workspace as a path parameter.
struct Id<'a>(&'a WorkspaceId);
impl AsRef<str> for Id<'_> {
    fn as_ref(&self) -> &str {
        self.0.as_str()
    }
}

macro_rules! workspace_calls {
    ($($(#[$doc:meta])* $name:ident($(body $body:ident: $body_kind:ty)? $(; query $query:ident: $query_kind:ty)?) -> $answer:ty = $route:ident;)*) => {$(
        $(#[$doc])*
        pub async fn $name(workspace: &WorkspaceId, $($body: $body_kind,)? $($query: $query_kind,)?) -> Answer<$answer> {
            #[allow(unused_mut, unused_assignments)]
            let (mut body, mut query) = (None, String::new());
            $(body = Some(to_json($body)?);)?
            $(query = to_query($query)?;)?
            send(Route::$route, &[Id(workspace).as_ref()], &query, body).await
        }
    )*};
}

calls! {
    /// Readiness and build of the instance.
    fetch_health() -> Health = GetHealth;
    /// What a visitor may know of the instance.
    fetch_instance() -> Instance = GetInstance;
    /// Starts a sign-up.
    sign_up(; body form: &SignUp) -> PendingSignUp = SignUp;
    /// How the sign-up of this browser stands.
    fetch_sign_up() -> PendingSignUp = GetSignUp;
    /// Sends link and code again.
    resend_sign_up() -> PendingSignUp = ResendSignUp;
    /// Confirms an address.
    confirm(; body form: &Confirm) -> Me = Confirm;
    /// Signs in.
    sign_in(; body form: &SignIn) -> Me = SignIn;
    /// Signs this browser out.
    sign_out() -> () = SignOut;
    /// Asks for a reset link.
    forgot(; body form: &Forgot) -> () = Forgot;
    /// Sets a new password by the link's token.
    reset(; body form: &Reset) -> () = Reset;
    /// The signed-in user.
    fetch_me() -> Me = GetMe;
    /// Enters the password once more.
    reauthenticate(; body form: &Reauthenticate) -> () = Reauthenticate;
    /// Saves how the user likes to see things.
    put_profile(; body profile: &Profile) -> Me = PutProfile;
    /// Changes the password.
    put_password(; body form: &ChangePassword) -> () = PutPassword;
    /// Where the user is signed in.
    fetch_sessions() -> Vec<SessionRow> = ListSessions;
    /// Ends one sign-in.
    delete_session(session: &str) -> () = DeleteSession;
}

workspace_calls! {
    /// The connection with its timeline.
    fetch_connection() -> ConnectionView = GetConnection;
    /// The link that opens the pre-filled stack.
    post_link(body choice: &LinkChoice) -> StackLink = PostLink;
    /// The link was pressed.
    post_link_opened(body opened: &LinkOpened) -> ConnectionView = PostLinkOpened;
    /// A role ARN, pasted.
    post_role(body role: &PastedRole) -> ConnectionView = PostRole;
    /// Looks again now.
    post_check() -> ConnectionView = PostCheck;
    /// Ends the connection.
    post_disconnect(body choice: &Disconnect) -> ConnectionView = PostDisconnect;
    /// The published template, explained.
    fetch_template() -> TemplateView = GetTemplate;
    /// What is installed, beside what is published.
    fetch_policies() -> PoliciesView = GetPolicies;
    /// How the report stands.
    fetch_report() -> ReportView = GetReport;
    /// The report against Cost Explorer.
    fetch_reconcile() -> ReconcileView = GetReconcile;
    /// The ledger of AWS calls.
    fetch_calls() -> CallsView = GetCalls;
    /// Sets the monthly cap of AWS calls.
    put_calls_cap(body cap: &CallsCap) -> CallsView = PutCallsCap;
    /// Asks Cost Explorer again.
    post_refresh() -> InsightsView = PostRefresh;
    /// Which blobs answer which periods.
    fetch_data() -> DataIndex = GetData;
    /// Forecast, anomalies, commitments.
    fetch_insights() -> InsightsView = GetInsights;
    /// A page of resources.
    fetch_resources(; query query: &ResourceQuery) -> ResourcePage = ListResources;
    /// One resource in depth.
    fetch_resource(; query key: &ResourceKey) -> ResourceDetail = GetResource;
    /// The inbox.
    fetch_notifications() -> Notifications = ListNotifications;
    /// Marks notifications as read.
    post_notifications_read(body marks: &MarkRead) -> Notifications = PostNotificationsRead;
    /// The audit log.
    fetch_audit() -> Vec<AuditRow> = ListAudit;
    /// The members.
    fetch_members() -> Vec<MemberRow> = ListMembers;
    /// Renames the workspace.
    put_workspace(body name: &RenameWorkspace) -> WorkspaceSummary = PutWorkspace;
    /// Deletes the workspace, with seven days to undo.
    delete_workspace(body name: &DeleteWorkspace) -> () = DeleteWorkspace;
    /// Takes a deletion back.
    restore_workspace() -> WorkspaceSummary = RestoreWorkspace;
}

/// An immutable blob by its content hash; the browser keeps it for ever.
pub async fn fetch_blob(workspace: &WorkspaceId, hash: &str) -> Answer<Vec<u8>> {
    let response = request(Route::GetBlob, &[workspace.as_str(), hash], "", None).await?;
    if !response.ok() {
        return read(response).await;
    }
    response.binary().await.map_err(|_| ApiError::Offline)
}

/// The path of the published template's text, for links.
pub fn template_path() -> &'static str {
    Route::GetTemplateText.path()
}

async fn send<T: DeserializeOwned>(
    route: Route,
    parameters: &[&str],
    query: &str,
    body: Option<String>,
) -> Answer<T> {
    read(request(route, parameters, query, body).await?).await
}

async fn request(route: Route, parameters: &[&str], query: &str, body: Option<String>) -> Answer<Response> {
    let mut address = route.fill(parameters);
    if !query.is_empty() {
        address.push('?');
        address.push_str(query);
    }
    let builder = builder(route.method(), &address).header("x-cloudthread", "1");
    // A change is JSON even when it says nothing: forms of foreign pages cannot be.
    let body = if route.method() == Method::Get { None } else { body.or_else(|| Some("{}".to_owned())) };
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let request = request.map_err(|error| ApiError::Contract(error.to_string()))?;
    request.send().await.map_err(|_| ApiError::Offline)
}

fn builder(method: Method, address: &str) -> RequestBuilder {
    match method {
        Method::Get => Request::get(address),
        Method::Post => Request::post(address),
        Method::Put => Request::put(address),
        Method::Delete => Request::delete(address),
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Answer<T> {
    let status = response.status();
    let text = response.text().await.map_err(|_| ApiError::Offline)?;
    let answer = interpret(status, &text);
    if answer.as_ref().err().is_some_and(ApiError::is_signed_out) {
        ON_SIGNED_OUT.with(|act| {
            if let Some(act) = act.borrow().as_ref() {
                act();
            }
        });
    }
    answer
}

/// Reads an answer: a value, a problem, or something this build does not know.
fn interpret<T: DeserializeOwned>(status: u16, text: &str) -> Answer<T> {
    if (200..300).contains(&status) {
        let text = if text.trim().is_empty() { "null" } else { text };
        return serde_json::from_str(text)
            .or_else(|error| serde_json::from_str("null").map_err(|_| error))
            .map_err(|error| ApiError::Contract(error.to_string()));
    }
    match serde_json::from_str::<Problem>(text) {
        Ok(problem) => Err(ApiError::Problem(Box::new(problem))),
        Err(_) => Err(ApiError::Contract(format!("status {status} without an explanation"))),
    }
}

fn to_json(body: &impl Serialize) -> Answer<String> {
    serde_json::to_string(body).map_err(|error| ApiError::Contract(error.to_string()))
}

/// A flat struct as a query string; what is empty, false or zero is left out.
fn to_query(query: &impl Serialize) -> Answer<String> {
    let value = serde_json::to_value(query).map_err(|error| ApiError::Contract(error.to_string()))?;
    let pairs = value.as_object().into_iter().flatten().filter_map(|(key, value)| {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Bool(true) => "true".to_owned(),
            serde_json::Value::Number(number) if number.as_f64() != Some(0.0) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then(|| format!("{key}={}", encode(&text)))
    });
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

/// What stays as it is in an address: RFC 3986's unreserved characters.
const RESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a value of a query.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_become_values_problems_or_a_broken_contract() {
        assert_eq!(interpret::<()>(204, ""), Ok(()));
        assert_eq!(interpret::<()>(202, "{\"masked_email\":\"x\"}"), Ok(()));
        assert_eq!(interpret::<Vec<u8>>(200, "[1]"), Ok(vec![1]));
        assert!(matches!(interpret::<Vec<u8>>(200, "<html>"), Err(ApiError::Contract(_))));
        assert!(matches!(interpret::<()>(502, "<html>bad gateway"), Err(ApiError::Contract(_))));
        let text = r#"{"type":"urn:cloudthread:problem:signed_out","status":401,"code":"signed_out","title":"t","hint":"h","request_id":"r"}"#;
        let problem = interpret::<()>(401, text).unwrap_err();
        assert!(problem.is_signed_out() && problem.field().is_none());
    }

    #[test]
    fn queries_leave_out_what_is_not_set() {
        let query = ResourceQuery { r: "mtd".into(), q: "a&b=c d".into(), page: 2, ..Default::default() };
        assert_eq!(to_query(&query).unwrap(), "page=2&q=a%26b%3Dc%20d&r=mtd");
    }
}
