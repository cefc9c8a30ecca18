//! All ports of a workspace, bundled.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws::{Credentials, Endpoints, Experience, Http, Pace};
use shared::WorkspaceId;

use crate::ports::{Blobs, Clock, Entropy, Mailer, Queue, StackTokens, WorkspaceStore};

/// What a workspace needs from outside. Futures are not `Send` on Workers, so ports are types, not boxes.
#[allow(missing_docs, reason = "each is documented at its port")]
pub trait World {
    type Store: WorkspaceStore;
    type Http: Http;
    type Blobs: Blobs;
    type Queue: Queue;
    type Mailer: Mailer;
    type StackTokens: StackTokens;
    type Clock: Clock;
    type Entropy: Entropy;
    type Pace: Pace;

    fn workspace(&self) -> &WorkspaceId;
    fn store(&self) -> &Self::Store;
    fn http(&self) -> &Self::Http;
    fn blobs(&self) -> &Self::Blobs;
    fn queue(&self) -> &Self::Queue;
    fn mailer(&self) -> &Self::Mailer;
    fn stack_tokens(&self) -> &Self::StackTokens;
    fn clock(&self) -> &Self::Clock;
    fn entropy(&self) -> &Self::Entropy;
    fn pace(&self) -> &Self::Pace;
    fn settings(&self) -> &OperatorSettings;
    fn memory(&self) -> &Memory;
}

/// What the operator set once for all workspaces.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    /// Where the services are.
    pub endpoints: Endpoints,
    /// The identity that assumes customers' roles and nothing else; none when the operator set none.
    pub credentials: Option<Credentials>,
    /// The key that takes over when AWS knows the first no more; none outside a rotation.
    pub second_credentials: Option<Credentials>,
    /// Its ARN, for the trust policy.
    pub principal_arn: String,
    /// The topic stacks call back through; empty for none.
    pub topic_arn: String,
    /// The published template object; none when there is none.
    pub template_url: Option<String>,
    /// The AWS console, `https://us-east-1.console.aws.amazon.com` unless developing.
    pub console_base: String,
    /// An origin beside AWS's own to which stacks may ask us to answer; development only.
    pub response_origin: Option<String>,
    /// Where people reach this instance, without a slash at the end.
    pub public_url: String,
}

/// What may be forgotten at any time: session credentials, and what calls taught about clocks and throttling.
#[derive(Debug, Default)]
pub struct Memory {
    /// Session credentials by role and policy.
    pub sessions: RefCell<BTreeMap<String, Credentials>>,
    /// Clock offset and retry quotas.
    pub experience: Experience,
}
