//! The world: state behind one lock, the clock, the bill, and what was asked on the command line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{Day, Timestamp};

use crate::accounts::{self, HOME, OPERATOR};
use crate::billing::Billing;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::iam::policy::{Form, Policy};
use crate::iam::{Caller, Power};
use crate::random::Random;
use crate::s3::Bucket;
use crate::sns::Topic;
use crate::state::{Credential, Settings, State};
use crate::{exports, reports};

/// Bucket of the published templates.
pub const TEMPLATES: &str = "cloudthread-templates";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of everything.
    pub seed: u64,
    /// Pause between the steps of a stack.
    pub step: Duration,
    /// Text of the template, if one was given.
    pub template: Option<String>,
    /// Where the clock starts; the machine's clock if not given.
    pub start: Option<Timestamp>,
    /// Minutes for hours.
    pub demo: bool,
    /// Seconds until a new role can be assumed.
    pub role_delay: i64,
    /// The bill, if it was made before from this seed and the day of the start; worlds may share one.
    pub billing: Option<Arc<Billing>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            step: Duration::from_millis(400),
            template: None,
            start: None,
            demo: false,
            role_delay: 8,
            billing: None,
        }
    }
}

/// The world.
#[derive(Debug)]
pub struct World {
    /// The movable clock.
    pub clock: Clock,
    /// What was asked.
    pub options: Options,
    /// The bill of the organization.
    pub billing: Arc<Billing>,
    state: Mutex<State>,
    origin: OnceLock<String>,
}

impl World {
    /// A world as its options say.
    pub fn new(options: Options) -> Arc<Self> {
        let clock = options.start.map_or_else(Clock::default, Clock::starting_at);
        let now = clock.now();
        let billing = options
            .billing
            .clone()
            .unwrap_or_else(|| Arc::new(Billing::generate(options.seed, Day::of(now))));
        let mut random = Random::new(options.seed);
        let topic = Topic::new(format!("arn:aws:sns:{HOME}:{OPERATOR}:cloudthread-callback"));
        let mut credentials = BTreeMap::new();
        let (key, credential) = operator_key(&mut random);
        credentials.insert(key, credential);
        let hour = if options.demo { 60 } else { 1 };
        let mut state = State {
            random,
            settings: Settings {
                role_delay: options.role_delay,
                page: 2,
                first_delivery: options.demo.then_some(40),
                hour,
                rows_per_file: 200_000,
                ingesting: 24 * 3_600 / hour,
            },
            accounts: accounts::all(&billing),
            organization: accounts::organization(),
            credentials,
            roles: BTreeMap::new(),
            buckets: BTreeMap::new(),
            stacks: BTreeMap::new(),
            stack_sets: BTreeMap::new(),
            topic,
            awaited: BTreeMap::new(),
            mails: Vec::new(),
            faults: Faults::default(),
            calls: Vec::new(),
            cost_requests: BTreeMap::new(),
        };
        reports::furnish(&mut state, now);
        exports::furnish(&mut state, now);
        publish_templates(&mut state, options.template.as_deref(), now);
        Arc::new(Self { clock, options, billing, state: Mutex::new(state), origin: OnceLock::new() })
    }

    /// The state. A panic elsewhere does not close the world.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets where the world answers, once.
    pub fn set_origin(&self, origin: String) {
        // A second call changes nothing.
        let _ = self.origin.set(origin);
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        self.origin.get().cloned().unwrap_or_default()
    }

    /// Address of the published template, the directory if none was given.
    pub fn template_url(&self) -> String {
        let base = format!("{}/{TEMPLATES}/template", self.origin());
        match &self.options.template {
            Some(text) => format!("{base}/{}", template_key(text)),
            None => base,
        }
    }
}

/// The operator's user: it may assume the customers' roles and send mail, nothing else.
fn operator_key(random: &mut Random) -> (String, Credential) {
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/cloudthread/*" },
        { "Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*" },
    ]});
    let arn = format!("arn:aws:iam::{OPERATOR}:user/cloudthread/operator");
    let policy = Policy::parse(&document, Form::Identity).unwrap_or_default();
    let caller = Caller {
        account: OPERATOR.to_owned(),
        arn: arn.clone(),
        principal_arn: arn,
        user_id: format!("AIDA{}", random.upper(17)),
        power: Power::User(policy),
    };
    let key = format!("AKIA{}", random.upper(16));
    (key, Credential { secret: random.mixed(40), token: None, expires: None, caller })
}

/// `<version>/<sha256>.yaml`.
pub fn template_key(text: &str) -> String {
    let version = text
        .lines()
        .filter_map(|line| line.split_once("Version: { Number: ").map(|(_, rest)| rest))
        .find_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            rest.get(..end).filter(|version| version.split('.').count() == 3).map(str::to_owned)
        })
        .unwrap_or_else(|| "0.0.0".to_owned());
    format!("{version}/{}.yaml", hex::encode(Sha256::digest(text.as_bytes())))
}

fn publish_templates(state: &mut State, template: Option<&str>, now: Timestamp) {
    let mut bucket = Bucket::new(TEMPLATES, OPERATOR, HOME, now);
    bucket.policy = Some(json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{TEMPLATES}/template/*"),
    }]}));
    if let Some(text) = template {
        let bytes = Bytes::from(text.as_bytes().to_vec());
        bucket.put(&format!("template/{}", template_key(text)), bytes.clone(), now);
        bucket.put("template/customer.yaml", bytes, now);
    }
    state.buckets.insert(TEMPLATES.to_owned(), bucket);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_published_under_their_version() {
        let key = template_key(include_str!("../../template/customer.yaml"));
        assert!(key.starts_with("1.") && key.ends_with(".yaml"), "{key}");
        assert!(template_key("Resources: {}").starts_with("0.0.0/"));
    }
}
