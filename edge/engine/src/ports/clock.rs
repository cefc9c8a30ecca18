//! Time and randomness, as arguments.

use shared::Timestamp;

/// The present.
pub trait Clock {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Cryptographically secure randomness.
pub trait Entropy {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// 32 bytes, enough for any token.
    fn token(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUIDv4.
    fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        shared::id::uuid_v4(bytes)
    }
}
