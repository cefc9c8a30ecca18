//! What travels over the wire, grouped as the routes are. JSON, snake_case; money as decimal strings, moments as
//! RFC 3339 in UTC, days as `2026-11-21`, periods as `2026-11`.

mod calls;
mod connection;
mod costs;
mod identity;
mod policies;
mod reconcile;
mod report;
mod settings;

pub use calls::*;
pub use connection::*;
pub use costs::*;
pub use identity::*;
pub use policies::*;
pub use reconcile::*;
pub use report::*;
pub use settings::*;
