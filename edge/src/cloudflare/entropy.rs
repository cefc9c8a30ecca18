//! Randomness from the platform's `crypto.getRandomValues`.

use engine::ports::Entropy;

/// The platform's randomness.
pub struct PlatformEntropy(());

impl PlatformEntropy {
    /// Asks the platform once, so that nothing later can fail: without randomness nothing is served.
    pub fn open() -> engine::error::Result<Self> {
        getrandom::fill(&mut [0; 1])
            .map(|()| Self(()))
            .map_err(|cause| engine::Error::bug(format!("no randomness: {cause}")))
    }
}

impl Entropy for PlatformEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // Never carry on with a predictable buffer; `open` has shown that the source answers.
        while getrandom::fill(buffer).is_err() {}
    }
}
