//! A workspace in memory and the simulated AWS beside it, sharing one clock.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use aws::{Credentials, Endpoints, Http, HttpError, HttpRequest, HttpResponse};
use engine::connection::{callback, record};
use engine::identity::memory::MovableClock;
use engine::ports::{Clock, Entropy, PartMessage};
use engine::workspace::memory::MemoryWorkspace;
use engine::workspace::{self, Call, Wake};
use jiff::SignedDuration;
use sandbox::billing::Billing;
use sandbox::cloudformation::engine::{self as stacks, Launch};
use sandbox::server;
use sandbox::wire::{Body, Request};
use sandbox::world::{Options, World};
use serde_json::{Value, json};
use shared::Timestamp;
use shared::route::Route;

/// The management account of the simulated organization.
pub const MANAGEMENT: &str = "447120569018";
/// Where the simulated AWS answers.
const ORIGIN: &str = "http://aws.test";
const TEMPLATE: &str = include_str!("../../../template/customer.yaml");

/// The simulated AWS as a transport.
pub struct Aws {
    /// Its world.
    pub world: Arc<World>,
    clock: OnceCell<Rc<MovableClock>>,
}

impl Http for Aws {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(clock) = self.clock.get() {
            self.world.clock.set(clock.now());
        }
        let rest = request.url.strip_prefix(ORIGIN).ok_or(HttpError::Unreachable)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut headers: BTreeMap<String, String> = request.headers.into_iter().collect();
        headers.entry("host".to_owned()).or_insert_with(|| ORIGIN.trim_start_matches("http://").to_owned());
        let asked = Request {
            method: request.method.to_string(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: request.body,
        };
        let reply = server::route(&self.world, &asked).await;
        let body = match reply.body {
            Body::Whole(bytes) => bytes,
            Body::Truncated(_) => return Err(HttpError::Unreachable),
            Body::Endless => return Err(HttpError::TooLarge),
        };
        if body.len() > request.max_body {
            return Err(HttpError::TooLarge);
        }
        let headers = reply.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        Ok(HttpResponse { status: reply.status, headers, body })
    }
}

/// Both together.
pub type Town = MemoryWorkspace<Aws>;

/// One bill for all: it is the same every time, and making it and its files takes longest.
static BILLING: LazyLock<Arc<Billing>> =
    LazyLock::new(|| Arc::new(Billing::generate(1, "2026-11-23".parse().unwrap())));

/// A new workspace and a new AWS.
pub fn a_town() -> Town {
    let now = "2026-11-23T09:00:00Z".parse().unwrap();
    let world = World::new(Options {
        step: Duration::ZERO,
        template: Some(TEMPLATE.to_owned()),
        start: Some(now),
        role_delay: 0,
        billing: Some(BILLING.clone()),
        ..Options::default()
    });
    world.set_origin(ORIGIN.to_owned());
    at(world, now, "8f2c61d0-5b7e-4c19-a3f4-000000000000")
}

/// Another workspace beside the same AWS, of people who know nothing of each other.
pub fn a_neighbour(town: &Town) -> Town {
    let mut neighbour = at(town.http.world.clone(), town.clock.now(), "1b9d6bcd-bbfd-4b2d-9b5d-000000000001");
    neighbour.stack_tokens = town.stack_tokens.clone();
    // Their random numbers are others.
    neighbour.entropy.fill(&mut [0; 32_000]);
    neighbour
}

fn at(world: Arc<World>, now: Timestamp, workspace: &str) -> Town {
    let operator = {
        let state = world.lock();
        let (key, credential) = state.credentials.iter().next().unwrap();
        Credentials::permanent(key, &credential.secret)
    };
    let topic_arn = world.lock().topic.arn.clone();
    let (principal_arn, template_url) =
        ("arn:aws:iam::905418203411:user/cloudthread/operator".to_owned(), world.template_url());
    let http = Aws { world, clock: OnceCell::new() };
    let mut town = MemoryWorkspace::at(now, workspace.parse().unwrap(), http);
    town.settings.endpoints = Endpoints::with_all(ORIGIN).unwrap();
    town.settings.credentials = Some(operator);
    town.settings.principal_arn = principal_arn;
    town.settings.topic_arn = topic_arn;
    town.settings.template_url = Some(template_url);
    town.settings.response_origin = Some(ORIGIN.to_owned());
    let _ = town.http.clock.set(town.clock.clone());
    town
}

/// Runs a scenario.
pub fn run<T>(scenario: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, scenario)
}

/// Asks a route of the workspace.
pub async fn call(town: &Town, route: Route, query: &str, body: Value) -> Result<Value, engine::Error> {
    let call = Call {
        route,
        params: Vec::new(),
        query: query.to_owned(),
        body: body.to_string().into_bytes().into(),
        email: "dana@example.com".to_owned(),
    };
    let reply = workspace::serve(town, &call).await?;
    Ok(serde_json::from_slice(&reply.body).unwrap())
}

/// Where the connection stands, for the page.
pub async fn connection(town: &Town) -> Value {
    call(town, Route::GetConnection, "", json!({})).await.unwrap()
}

/// A step of the timeline.
pub fn step<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap()
}

/// Moves on by seconds, doing what falls due at its moment. Names of the jobs that failed.
pub async fn pass(town: &Town, seconds: i64) -> Vec<&'static str> {
    let end = workspace::jobs::after_seconds(town.clock.now(), seconds);
    let mut failures = Vec::new();
    for _ in 0..5_000 {
        let Wake { next, failures: failed } = workspace::wake(town).await;
        failures.extend(failed.into_iter().map(|(job, _)| job));
        let present = town.clock.now();
        let until = next.filter(|next| *next <= end);
        town.clock.advance(until.unwrap_or(end).duration_since(present).max(SignedDuration::ZERO));
        if until.is_none() {
            return failures;
        }
    }
    panic!("jobs go round in circles");
}

/// Connects with a report of the stack's own, as far as first insights.
pub async fn connect(town: &Town, account: &str) {
    connect_with(town, account, json!("create")).await;
}

/// Connects with that choice of a report, as far as first insights. The stack.
pub async fn connect_with(town: &Town, account: &str, report: Value) -> String {
    connect_granting(town, account, report, json!({})).await
}

/// Connects with that choice of a report and of permission sets. The stack.
pub async fn connect_granting(town: &Town, account: &str, report: Value, grants: Value) -> String {
    let parameters = link(town, report, grants).await;
    let stack = launch(town, account, "cloudthread-access", parameters).await;
    until("the stack", || (status(town, &stack) == "CREATE_COMPLETE").then_some(())).await;
    pass(town, 120).await;
    stack
}

/// Opens a link for that choice: the parameters its stack is created with.
pub async fn link(town: &Town, report: Value, grants: Value) -> BTreeMap<String, String> {
    let choice =
        json!({ "account": "management", "report": report, "access_level": "ReadOnly", "grants": grants });
    let link = call(town, Route::PostLink, "", choice).await.unwrap();
    call(town, Route::PostLinkOpened, "", json!({})).await.unwrap();
    serde_json::from_value(link["parameters"].clone()).unwrap()
}

/// Creates a stack with these parameters, and hears what it says. The stack.
pub async fn launch(town: &Town, account: &str, name: &str, parameters: BTreeMap<String, String>) -> String {
    let world = &town.http.world;
    let heard = world.lock().topic.sent.len();
    let launch = Launch {
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
        name: name.to_owned(),
        template: TEMPLATE.to_owned(),
        template_url: world.template_url(),
        parameters,
        capabilities: vec!["CAPABILITY_IAM".to_owned()],
    };
    let stack = stacks::create(world, launch)
        .unwrap_or_else(|refusal| panic!("{}: {}", refusal.code, refusal.message));
    let message = until("the stack's message", || world.lock().topic.sent.get(heard).cloned()).await;
    hear(town, &message).unwrap();
    pass(town, 1).await;
    stack
}

/// Hears whatever the stack says, again and again, until AWS says this of it.
pub async fn settles(town: &Town, stack: &str, expect: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while status(town, stack) != expect {
        assert!(Instant::now() < deadline, "waited in vain for {expect}: {}", status(town, stack));
        let said = town.http.world.lock().topic.sent.clone();
        for message in &said {
            hear(town, message).unwrap();
        }
        pass(town, 1).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What AWS says of a stack.
pub fn status(town: &Town, stack: &str) -> String {
    town.http.world.lock().stacks.get(stack).map(|stack| stack.status.clone()).unwrap_or_default()
}

/// Updates the stack with new values, and hears what it says.
pub async fn update(town: &Town, stack: &str, parameters: &[(&str, &str)]) {
    let world = &town.http.world;
    let parameters = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let heard = world.lock().topic.sent.len();
    stacks::update(world, stack, None, &parameters, vec!["CAPABILITY_IAM".to_owned()])
        .unwrap_or_else(|refusal| panic!("{}: {}", refusal.code, refusal.message));
    let message = until("the stack's message", || world.lock().topic.sent.get(heard).cloned()).await;
    hear(town, &message).unwrap();
    pass(town, 1).await;
    until("the stack", || (world.lock().stacks.get(stack)?.status == "UPDATE_COMPLETE").then_some(())).await;
}

/// Deletes the stack, and hears what it says.
pub async fn delete(town: &Town, stack: &str) {
    let world = &town.http.world;
    let heard = world.lock().topic.sent.len();
    stacks::delete(world, stack).unwrap_or_else(|refusal| panic!("{}: {}", refusal.code, refusal.message));
    let message = until("the stack's message", || world.lock().topic.sent.get(heard).cloned()).await;
    hear(town, &message).unwrap();
    pass(town, 1).await;
    until("the deletion", || world.lock().stacks.get(stack)?.is_deleted().then_some(())).await;
}

/// The callback hears a message whose signature was found right.
pub fn hear(town: &Town, envelope: &Value) -> Result<(), engine::Error> {
    callback::receive(town, envelope["MessageId"].as_str().unwrap(), envelope["Message"].as_str().unwrap())
}

/// Waits for what the simulated AWS does by itself, a minute at most.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The control interface of the simulated AWS.
pub async fn control(town: &Town, what: &str, body: Value) {
    town.http.world.clock.set(town.clock.now());
    sandbox::control::act(&town.http.world, what, &body)
        .await
        .unwrap_or_else(|words| panic!("{what}: {words}"));
}

/// Why the connection is broken, or why figures or report are held.
pub fn reasons(town: &Town) -> Vec<String> {
    let found = record::find(town).unwrap().unwrap();
    [found.broken, found.insights_held, found.report_held]
        .into_iter()
        .flatten()
        .map(|held| held.reason)
        .collect()
}

/// What waits in the queue, taken.
pub fn messages(town: &Town) -> Vec<PartMessage> {
    std::mem::take(&mut *town.queue.sent.borrow_mut())
}
