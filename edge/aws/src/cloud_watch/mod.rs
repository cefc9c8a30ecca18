//! Metrics to divide cost by.

mod get_metric_data;
mod list_metrics;

pub use get_metric_data::{GetMetricData, MetricData, MetricQuery, MetricSeries};
pub use list_metrics::{ListMetrics, Metric, Metrics};
