//! Charts: options built by charming, drawn by ECharts through a small bridge of our own. Every chart has a table with the
//! same figures beside it, so that nothing is told by a picture alone.

mod bridge;
mod costs;

pub use bridge::Chart;
pub use costs::{Bars, Series, options};
