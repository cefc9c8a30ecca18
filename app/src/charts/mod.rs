//! Charts: options built by charming, drawn by ECharts through a small bridge of our own. Every chart has a table with the
//! same figures beside it, so that nothing is told by a picture alone.

mod bridge;
mod costs;
mod spark;
pub mod why;

pub use bridge::{Chart, save_picture};
pub use costs::{Plot, Series, Tick, options};
pub use spark::{Share, Spark, Swing};
