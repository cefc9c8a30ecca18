//! Passwords: argon2id over an HMAC under the pepper, a Worker secret. D1 alone can neither guess nor forge.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use engine::error::Result;
use engine::ports::{Passwords, Verdict};
use engine::{Error, Secret};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// OWASP's smallest recommended cost, about 40 ms in workerd. The memory stays with the isolate, so hashing is done in
/// one synchronous call: one block per isolate.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash of random bytes nobody kept, made with the parameters above.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRvZm5vYm9keQ$\
                     q5rUSDDSSlMq8ImHzZAjSqrmMBKVEnnwLOKOM0ZRrjA";

/// Hashes under the pepper.
pub struct Peppered {
    mac: Hmac<Sha256>,
}

impl Peppered {
    /// With this pepper.
    pub fn new(pepper: &Secret<String>) -> Result<Self> {
        let mac = <Hmac<Sha256> as Mac>::new_from_slice(pepper.reveal().as_bytes()).map_err(Error::bug)?;
        Ok(Self { mac })
    }

    fn keyed(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        // Lengths first, so that no two lists of parts look alike.
        for part in [purpose].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

fn argon() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::bug)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Passwords for Peppered {
    fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String> {
        let salt = SaltString::encode_b64(&salt).map_err(Error::bug)?;
        let keyed = self.keyed("password", &[password]);
        argon()?.hash_password(&keyed, &salt).map(|hash| hash.to_string()).map_err(Error::bug)
    }

    fn verify(&self, password: &str, hash: &str) -> Result<Verdict> {
        let parsed =
            PasswordHash::new(hash).map_err(|_| Error::bug("a stored password hash is not readable"))?;
        let keyed = self.keyed("password", &[password]);
        // `verify_password` takes cost and algorithm from the stored hash.
        if argon()?.verify_password(&keyed, &parsed).is_err() {
            return Ok(Verdict::Wrong);
        }
        let today = Params::try_from(&parsed).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
        });
        Ok(if today { Verdict::Right } else { Verdict::RightButOld })
    }

    fn dummy(&self) -> &str {
        DUMMY
    }

    fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        self.keyed(purpose, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peppered(pepper: &str) -> Peppered {
        Peppered::new(&Secret::new(pepper.to_owned())).unwrap()
    }

    #[test]
    fn a_password_is_right_under_its_pepper_alone() {
        let (ours, other) = (peppered("a pepper of ours, 32 bytes long."), peppered("another one"));
        let hash = ours.hash("seven anvils on a roof", [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(ours.verify("seven anvils on a roof", &hash).unwrap(), Verdict::Right);
        assert_eq!(ours.verify("seven anvils on a rooF", &hash).unwrap(), Verdict::Wrong);
        assert_eq!(other.verify("seven anvils on a roof", &hash).unwrap(), Verdict::Wrong);
    }

    // security.md row 70: nothing is cut off.
    #[test]
    fn every_byte_counts() {
        let ours = peppered("a pepper");
        let long = "x".repeat(1_024);
        let hash = ours.hash(&long, [1; 16]).unwrap();
        assert_eq!(ours.verify(&long, &hash).unwrap(), Verdict::Right);
        assert_eq!(ours.verify(&long[1..], &hash).unwrap(), Verdict::Wrong);
        let hash = ours.hash("before\0after", [1; 16]).unwrap();
        assert_eq!(ours.verify("before\0other", &hash).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn the_dummy_costs_as_much_and_never_fits() {
        let parsed = PasswordHash::new(DUMMY).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert_eq!(peppered("a pepper").verify("", DUMMY).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn an_older_cost_is_noticed() {
        let ours = peppered("a pepper");
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8_192, 1, 1, None).unwrap());
        let salt = SaltString::encode_b64(&[3; 16]).unwrap();
        let keyed = ours.keyed("password", &["old"]);
        let hash = cheap.hash_password(&keyed, &salt).unwrap().to_string();
        assert_eq!(ours.verify("old", &hash).unwrap(), Verdict::RightButOld);
    }

    #[test]
    fn derived_tokens_keep_their_parts_apart() {
        let ours = peppered("a pepper");
        assert_ne!(ours.derive("a", &["bc", "d"]), ours.derive("a", &["b", "cd"]));
        assert_ne!(ours.derive("ab", &[]), ours.derive("a", &["b"]));
    }
}
