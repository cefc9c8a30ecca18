//! What travels over the wire, grouped as the routes are. JSON, snake_case; money as decimal strings, moments as
//! RFC 3339 in UTC, days as `2026-11-21`, periods as `2026-11`.

mod connection;
mod costs;
mod identity;
mod reconcile;
mod settings;

pub use connection::*;
pub use costs::*;
pub use identity::*;
pub use reconcile::*;
pub use settings::*;
