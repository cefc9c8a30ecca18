//! How values look: moments, durations and costs in words. Pure; the zone is looked up in one place.

pub mod money;
pub mod time;
