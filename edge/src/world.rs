//! The platform's adapters together, for one event.

use engine::error::Result;
use engine::identity::IdentityWorld;
use worker::Env;

use crate::cloudflare::clock::{self, EventClock};
use crate::cloudflare::d1::Database;
use crate::cloudflare::entropy::PlatformEntropy;
use crate::cloudflare::identity::D1Identity;
use crate::cloudflare::passwords::Peppered;
use crate::config::Config;

/// What identity needs, on Cloudflare.
pub struct EdgeWorld {
    identity: D1Identity,
    passwords: Peppered,
    clock: EventClock,
    entropy: PlatformEntropy,
}

impl EdgeWorld {
    /// Opens the bindings. The clock is read once: one event has one present.
    pub async fn open(env: &Env, config: &Config) -> Result<Self> {
        Ok(Self {
            identity: D1Identity::new(Database::of(env)?),
            passwords: Peppered::new(&config.pepper)?,
            clock: clock::load(env).await?,
            entropy: PlatformEntropy::open()?,
        })
    }
}

impl IdentityWorld for EdgeWorld {
    type Identity = D1Identity;
    type Passwords = Peppered;
    type Clock = EventClock;
    type Entropy = PlatformEntropy;
    fn identity(&self) -> &D1Identity {
        &self.identity
    }
    fn passwords(&self) -> &Peppered {
        &self.passwords
    }
    fn clock(&self) -> &EventClock {
        &self.clock
    }
    fn entropy(&self) -> &PlatformEntropy {
        &self.entropy
    }
}
