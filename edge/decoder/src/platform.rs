//! The ports over workerd's bindings, opened for each message: nothing of one workspace outlives its message.

use engine::error::{Error, Result};
use engine::ports::{Endpoints, Experience};
use worker::Env;

use crate::blobs::R2Blobs;
use crate::entropy::PlatformEntropy;
use crate::http_out::PlatformHttp;
use crate::object::BoundObject;
use crate::pace::PlatformPace;
use crate::world::{Limits, World};

/// What workerd gives.
pub struct Platform<'a> {
    object: BoundObject<'a>,
    blobs: R2Blobs,
    pace: PlatformPace,
    endpoints: Endpoints,
    experience: Experience,
    limits: Limits,
}

impl<'a> Platform<'a> {
    /// Opens the bindings.
    pub fn open(env: &'a Env) -> Result<Self> {
        let find =
            |name: &str| env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty());
        let limits = match find("MAX_FILE_MIB") {
            Some(text) => Limits::default()
                .with_file_mib(&text)
                .ok_or_else(|| Error::bug("MAX_FILE_MIB is no number of MiB"))?,
            None => Limits::default(),
        };
        Ok(Self {
            object: BoundObject(env),
            blobs: R2Blobs::of(env)?,
            pace: PlatformPace::new(PlatformEntropy::open()?),
            endpoints: Endpoints::from_variables(find).map_err(Error::bug)?,
            experience: Experience::default(),
            limits,
        })
    }
}

impl<'a> World for Platform<'a> {
    type Object = BoundObject<'a>;
    type Http = PlatformHttp;
    type Pace = PlatformPace;
    type Blobs = R2Blobs;

    fn object(&self) -> &BoundObject<'a> {
        &self.object
    }
    fn http(&self) -> &PlatformHttp {
        &PlatformHttp
    }
    fn pace(&self) -> &PlatformPace {
        &self.pace
    }
    fn blobs(&self) -> &R2Blobs {
        &self.blobs
    }
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }
    fn experience(&self) -> &Experience {
        &self.experience
    }
    fn limits(&self) -> Limits {
        self.limits
    }
}
