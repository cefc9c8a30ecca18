//! Identity in memory, with quick hashes, a clock that moves on request and repeatable randomness: for tests of use
//! cases, of the contract and of whole worlds.

mod tables;

use std::cell::{Cell, RefCell};

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use shared::Timestamp;

use super::IdentityWorld;
use crate::error::Result;
use crate::ports::{Clock, Entropy, Mail, Mailer, MailerError, Passwords, Verdict};

pub use tables::MemoryIdentity;

/// Quick hashes that count the work a real one would do.
#[derive(Default)]
pub struct QuickPasswords {
    /// How many slow hashes were computed.
    pub work: Cell<u32>,
}

impl Passwords for QuickPasswords {
    fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String> {
        self.work.set(self.work.get() + 1);
        let salt = hex::encode(salt);
        Ok(format!("{salt}${}", hex::encode(Sha256::digest(format!("{salt}{password}")))))
    }

    fn verify(&self, password: &str, hash: &str) -> Result<Verdict> {
        self.work.set(self.work.get() + 1);
        let (salt, digest) = hash.split_once('$').unwrap_or_default();
        let right = hex::encode(Sha256::digest(format!("{salt}{password}"))) == digest;
        Ok(if right { Verdict::Right } else { Verdict::Wrong })
    }

    fn dummy(&self) -> &str {
        "00$00"
    }

    fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        Sha256::digest(format!("{purpose}\0{}", parts.join("\0"))).into()
    }
}

/// A clock that stands until it is moved.
pub struct MovableClock(Cell<Timestamp>);

impl MovableClock {
    /// Standing at a moment.
    pub const fn at(now: Timestamp) -> Self {
        Self(Cell::new(now))
    }

    /// Moves on.
    pub fn advance(&self, by: SignedDuration) {
        self.0.set(super::access::after(self.0.get(), by));
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }
}

/// Repeatable bytes: SHA-256 of a count.
#[derive(Default)]
pub struct CountingEntropy(Cell<u64>);

impl Entropy for CountingEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            self.0.set(self.0.get() + 1);
            let block = Sha256::digest(self.0.get().to_be_bytes());
            chunk.copy_from_slice(block.get(..chunk.len()).unwrap_or_default());
        }
    }
}

/// A mailer that keeps what it is given, or refuses on request.
#[derive(Default)]
pub struct MemoryMailer {
    /// What was sent, oldest first.
    pub sent: RefCell<Vec<Mail>>,
    /// While down, nothing leaves.
    pub down: Cell<bool>,
}

impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> std::result::Result<(), MailerError> {
        if self.down.get() {
            return Err(MailerError { internal: "the in-memory mailer is switched off".to_owned() });
        }
        self.sent.borrow_mut().push(mail.clone());
        Ok(())
    }
}

/// All of it together.
pub struct MemoryWorld {
    /// Users, sessions, workspaces.
    pub identity: MemoryIdentity,
    /// Hashes.
    pub passwords: QuickPasswords,
    /// The present.
    pub clock: MovableClock,
    /// Randomness.
    pub entropy: CountingEntropy,
}

impl MemoryWorld {
    /// An empty world at a moment.
    pub fn at(now: Timestamp) -> Self {
        Self {
            identity: MemoryIdentity::default(),
            passwords: QuickPasswords::default(),
            clock: MovableClock::at(now),
            entropy: CountingEntropy::default(),
        }
    }
}

impl IdentityWorld for MemoryWorld {
    type Identity = MemoryIdentity;
    type Passwords = QuickPasswords;
    type Clock = MovableClock;
    type Entropy = CountingEntropy;
    fn identity(&self) -> &MemoryIdentity {
        &self.identity
    }
    fn passwords(&self) -> &QuickPasswords {
        &self.passwords
    }
    fn clock(&self) -> &MovableClock {
        &self.clock
    }
    fn entropy(&self) -> &CountingEntropy {
        &self.entropy
    }
}
