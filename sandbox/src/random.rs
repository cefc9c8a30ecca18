//! Names and tokens by seed: the same seed and the same order of events give the same world.

use sha2::{Digest, Sha256};

/// A seeded source of identifiers. Nothing here is secret: the whole world is simulated.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    count: u64,
}

impl Random {
    /// A source that repeats itself for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// The next 32 bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        self.count += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.count.to_be_bytes());
        hash.finalize().into()
    }

    /// The next `length` characters of an alphabet.
    pub fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes() {
                if text.len() < length {
                    let index = usize::from(byte) % alphabet.len().max(1);
                    text.push(char::from(*alphabet.get(index).unwrap_or(&b'A')));
                }
            }
        }
        text
    }

    /// Upper-case letters and digits, as in access key ids and role ids.
    pub fn upper(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    /// Lower-case letters and digits, as in generated bucket names.
    pub fn lower(&mut self, length: usize) -> String {
        self.text(length, b"abcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// Letters and digits.
    pub fn mixed(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// A UUID, version 4 in form.
    pub fn uuid(&mut self) -> String {
        let digits = hex::encode(self.bytes());
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
        format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        let bytes = self.bytes();
        let number = bytes.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        number % bound.max(1)
    }
}
