//! The platform's adapters together, for one event of an object.

use engine::error::Result;
use engine::workspace::{OperatorSettings, World, world::Memory};
use shared::WorkspaceId;
use worker::Env;

use crate::cloudflare::blobs::R2Blobs;
use crate::cloudflare::clock::{self, EventClock};
use crate::cloudflare::d1::Database;
use crate::cloudflare::entropy::PlatformEntropy;
use crate::cloudflare::http::PlatformHttp;
use crate::cloudflare::mailer::EdgeMailer;
use crate::cloudflare::pace::PlatformPace;
use crate::cloudflare::queue::PartQueue;
use crate::cloudflare::stack_tokens::D1StackTokens;
use crate::cloudflare::workspace_store::SqlStore;
use crate::config::Config;
use crate::settings;

/// What a workspace needs, on Cloudflare.
pub struct ObjectWorld<'a> {
    workspace: WorkspaceId,
    store: &'a SqlStore,
    http: PlatformHttp,
    blobs: R2Blobs,
    queue: PartQueue,
    mailer: EdgeMailer<'a>,
    stack_tokens: D1StackTokens,
    clock: EventClock,
    entropy: PlatformEntropy,
    pace: PlatformPace,
    settings: OperatorSettings,
    memory: &'a Memory,
}

impl<'a> ObjectWorld<'a> {
    /// Opens the bindings. The clock is read once: one event has one present.
    pub async fn open(
        workspace: WorkspaceId,
        env: &'a Env,
        config: &'a Config,
        store: &'a SqlStore,
        memory: &'a Memory,
    ) -> Result<Self> {
        Ok(Self {
            workspace,
            store,
            http: PlatformHttp,
            blobs: R2Blobs::of(env)?,
            queue: PartQueue::of(env)?,
            mailer: EdgeMailer::new(env, config),
            stack_tokens: D1StackTokens::new(Database::of(env)?),
            clock: clock::load(env).await?,
            entropy: PlatformEntropy::open()?,
            pace: PlatformPace::new(PlatformEntropy::open()?),
            settings: settings::operator(env, config)?,
            memory,
        })
    }
}

impl<'a> World for ObjectWorld<'a> {
    type Store = SqlStore;
    type Http = PlatformHttp;
    type Blobs = R2Blobs;
    type Queue = PartQueue;
    type Mailer = EdgeMailer<'a>;
    type StackTokens = D1StackTokens;
    type Clock = EventClock;
    type Entropy = PlatformEntropy;
    type Pace = PlatformPace;

    fn workspace(&self) -> &WorkspaceId {
        &self.workspace
    }
    fn store(&self) -> &SqlStore {
        self.store
    }
    fn http(&self) -> &PlatformHttp {
        &self.http
    }
    fn blobs(&self) -> &R2Blobs {
        &self.blobs
    }
    fn queue(&self) -> &PartQueue {
        &self.queue
    }
    fn mailer(&self) -> &EdgeMailer<'a> {
        &self.mailer
    }
    fn stack_tokens(&self) -> &D1StackTokens {
        &self.stack_tokens
    }
    fn clock(&self) -> &EventClock {
        &self.clock
    }
    fn entropy(&self) -> &PlatformEntropy {
        &self.entropy
    }
    fn pace(&self) -> &PlatformPace {
        &self.pace
    }
    fn settings(&self) -> &OperatorSettings {
        &self.settings
    }
    fn memory(&self) -> &Memory {
        self.memory
    }
}
