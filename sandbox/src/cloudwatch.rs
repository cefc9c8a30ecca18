//! CloudWatch: a few metrics per account, with values that follow the day and the seed.

use serde_json::{Value, json};

use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::state::State;
use crate::wire::{Answer, Refusal};

/// Namespace, metric, dimension, value.
const METRICS: [(&str, &str, &str, &str); 6] = [
    ("AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/shop/50dc6c495c0c9188"),
    ("AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/api/7c1d2e3f4a5b6c7d"),
    ("AWS/Lambda", "Invocations", "FunctionName", "checkout"),
    ("AWS/Lambda", "Invocations", "FunctionName", "thumbnailer"),
    ("AWS/S3", "NumberOfObjects", "BucketName", "acme-media"),
    ("AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders"),
];

/// Answers the service.
pub fn handle(state: &State, caller: &Caller, action: &str, input: &Value) -> Answer<Value> {
    match action {
        "ListMetrics" => {
            authorize(state, caller, &Ask::new("cloudwatch:ListMetrics", "*"), None)?;
            list(state, input)
        }
        "GetMetricData" => {
            authorize(state, caller, &Ask::new("cloudwatch:GetMetricData", "*"), None)?;
            read(input)
        }
        _ => Err(Refusal::bad("UnknownOperationException", format!("{action} is not simulated"))),
    }
}

fn list(state: &State, input: &Value) -> Answer<Value> {
    let namespace = input.get("Namespace").and_then(Value::as_str);
    let start = match input.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token
            .strip_prefix("met-")
            .and_then(|rest| rest.parse::<usize>().ok())
            .ok_or_else(|| Refusal::bad("InvalidParameterValue", "NextToken is not valid"))?,
    };
    let all: Vec<Value> = METRICS
        .iter()
        .filter(|(known, ..)| namespace.is_none_or(|wanted| wanted == *known))
        .map(|(namespace, metric, name, value)| {
            json!({ "Namespace": namespace, "MetricName": metric, "Dimensions": [{ "Name": name, "Value": value }] })
        })
        .collect();
    let size = state.settings.page.max(1);
    let more = all.len() > start + size;
    let page: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let mut answer = json!({ "Metrics": page });
    if let (Some(object), true) = (answer.as_object_mut(), more) {
        object.insert("NextToken".to_owned(), json!(format!("met-{}", start + size)));
    }
    Ok(answer)
}

/// One value per period: a working day's curve, scaled by the metric's name.
fn read(input: &Value) -> Answer<Value> {
    let second = |name: &str| input.get(name).and_then(Value::as_f64);
    let (Some(start), Some(end)) = (second("StartTime"), second("EndTime")) else {
        return Err(Refusal::bad("ValidationError", "StartTime and EndTime are required"));
    };
    let queries = input.get("MetricDataQueries").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut results = Vec::new();
    for query in &queries {
        let text = |path: &str| query.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let period =
            query.pointer("/MetricStat/Period").and_then(Value::as_f64).filter(|period| *period >= 60.0);
        let period =
            period.ok_or_else(|| Refusal::bad("ValidationError", "Period must be a multiple of 60"))?;
        let (namespace, metric) =
            (text("/MetricStat/Metric/Namespace"), text("/MetricStat/Metric/MetricName"));
        let is_known = METRICS.iter().any(|(known, name, ..)| *known == namespace && *name == metric);
        let size = 1_000.0 + f64::from(u32::try_from(metric.len() * 977).unwrap_or(0));
        let (mut times, mut values, mut at) = (Vec::new(), Vec::new(), (start / period).floor() * period);
        while is_known && at < end && times.len() < 100_800 {
            let day = (at / 86_400.0).fract();
            times.push(at);
            values
                .push((size * period / 3_600.0 * (1.0 + (day * std::f64::consts::TAU).sin() * 0.4)).round());
            at += period;
        }
        results.push(json!({ "Id": text("/Id"), "Label": metric, "Timestamps": times, "Values": values, "StatusCode": "Complete" }));
    }
    Ok(json!({ "MetricDataResults": results, "Messages": [] }))
}
