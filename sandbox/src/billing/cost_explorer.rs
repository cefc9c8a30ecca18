//! Cost Explorer's answers over the charges: required members, enumerations, limits and shapes as AWS documents them.

mod request;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{Day, DayRange, Timestamp};

use super::charges::{Amounts, Row};
use super::lines::Kind;
use super::{Billing, HISTORY_MONTHS};
use request::{Filter, GROUPS, Grouping, bins, grouping, list, text, time_period};

/// A refusal, as AWS words it: exception name and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostExplorerError {
    /// `ValidationException`, `DataUnavailableException` …
    pub code: &'static str,
    /// Its message.
    pub message: String,
}

type Answer<T = Value> = Result<T, CostExplorerError>;

fn invalid(message: impl Into<String>) -> CostExplorerError {
    CostExplorerError { code: "ValidationException", message: message.into() }
}

/// Metrics of GetCostAndUsage.
const METRICS: [&str; 7] = [
    "AmortizedCost",
    "BlendedCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "NormalizedUsageAmount",
    "UnblendedCost",
    "UsageQuantity",
];

impl Billing {
    /// Answers an operation of Cost Explorer at `now`. `page` is how many results a page holds.
    pub fn cost_explorer(&self, operation: &str, input: &Value, now: Timestamp, page: usize) -> Answer {
        let members: &[&str] = match operation {
            "GetCostAndUsage" => &[
                "TimePeriod",
                "Granularity",
                "Filter",
                "Metrics",
                "GroupBy",
                "BillingViewArn",
                "NextPageToken",
            ],
            "GetCostForecast" => &[
                "TimePeriod",
                "Metric",
                "Granularity",
                "Filter",
                "BillingViewArn",
                "PredictionIntervalLevel",
            ],
            "GetAnomalies" => {
                &["MonitorArn", "DateInterval", "Feedback", "TotalImpact", "NextPageToken", "MaxResults"]
            }
            "GetSavingsPlansUtilization" => &["TimePeriod", "GroupBy", "Granularity", "Filter", "SortBy"],
            "GetReservationUtilization" => {
                &["TimePeriod", "GroupBy", "Granularity", "Filter", "SortBy", "NextPageToken", "MaxResults"]
            }
            "GetTags" => &[
                "SearchString",
                "TimePeriod",
                "TagKey",
                "Filter",
                "SortBy",
                "BillingViewArn",
                "MaxResults",
                "NextPageToken",
            ],
            "GetDimensionValues" => &[
                "SearchString",
                "TimePeriod",
                "Dimension",
                "Context",
                "Filter",
                "SortBy",
                "BillingViewArn",
                "MaxResults",
                "NextPageToken",
            ],
            _ => {
                return Err(CostExplorerError { code: "UnknownOperationException", message: String::new() });
            }
        };
        let object = input.as_object().ok_or_else(|| invalid("The request is not an object"))?;
        if let Some(unknown) = object.keys().find(|key| !members.contains(&key.as_str())) {
            return Err(invalid(format!("Unknown member {unknown}")));
        }
        match operation {
            "GetCostAndUsage" => self.cost_and_usage(input, now, page),
            "GetCostForecast" => self.forecast(input, now),
            "GetAnomalies" => self.anomalies(input),
            "GetSavingsPlansUtilization" => self.savings_plans(input, now),
            "GetReservationUtilization" => self.reservations(input, now),
            "GetTags" => self.tags(input, now),
            _ => self.dimension_values(input, now),
        }
    }

    fn cost_and_usage(&self, input: &Value, now: Timestamp, page: usize) -> Answer {
        let range = self.history(input, now)?;
        let granularity = text(input, "Granularity")?;
        let bins = bins(range, granularity)?;
        let metrics = list(input, "Metrics");
        if metrics.is_empty() || metrics.iter().any(|metric| !METRICS.contains(metric)) {
            return Err(invalid("Metrics must name at least one known metric"));
        }
        let groups = grouping(input)?;
        let filter = Filter::read(input.get("Filter"))?;
        let start = match input.get("NextPageToken") {
            None => 0,
            Some(token) => token
                .as_str()
                .and_then(|token| token.strip_prefix("page-")?.parse::<usize>().ok())
                .filter(|start| *start < bins.len())
                .ok_or_else(|| CostExplorerError {
                    code: "InvalidNextTokenException",
                    message: "The pagination token is invalid".to_owned(),
                })?,
        };
        let page = page.max(1);
        let results: Vec<Value> = bins
            .iter()
            .skip(start)
            .take(page)
            .map(|bin| self.result(*bin, now, &metrics, &groups, &filter))
            .collect();
        let mut answer = json!({ "ResultsByTime": results, "DimensionValueAttributes": [] });
        if let Some(object) = answer.as_object_mut() {
            if groups.iter().any(|group| group.key == "LINKED_ACCOUNT") {
                object.insert("DimensionValueAttributes".to_owned(), self.account_attributes());
            }
            if !groups.is_empty() {
                let definitions =
                    groups.iter().map(|group| json!({ "Type": group.kind, "Key": group.key })).collect();
                object.insert("GroupDefinitions".to_owned(), Value::Array(definitions));
            }
            if start + page < bins.len() {
                object.insert("NextPageToken".to_owned(), format!("page-{}", start + page).into());
            }
        }
        Ok(answer)
    }

    fn result(
        &self,
        bin: DayRange,
        now: Timestamp,
        metrics: &[&str],
        groups: &[Grouping<'_>],
        filter: &Filter,
    ) -> Value {
        // A line's key never changes, so its days are added first and its strings made once.
        let mut by_line: Vec<[Option<Amounts>; 2]> = vec![[None; 2]; self.lines.len()];
        self.daily(bin, Self::cutoff(now), |_, row| {
            let slot = by_line
                .get_mut(row.line.number as usize)
                .and_then(|slots| slots.get_mut(usize::from(row.kind == Kind::SavingsPlanNegation)));
            if let Some(slot) = slot {
                slot.get_or_insert_default().add(&row.amounts);
            }
        });
        let mut sums: BTreeMap<Vec<String>, Amounts> = BTreeMap::new();
        for (line, slots) in self.lines.iter().zip(&by_line) {
            for (kind, amounts) in [line.kind, Kind::SavingsPlanNegation].into_iter().zip(slots) {
                if let Some(amounts) = amounts.as_ref().filter(|_| filter.admits(line, kind)) {
                    let key = groups.iter().map(|group| group.value(line, kind)).collect();
                    sums.entry(key).or_default().add(amounts);
                }
            }
        }
        let figures = |sum: &Amounts| -> Value {
            metrics
                .iter()
                .map(|metric| {
                    let (amount, unit) = match *metric {
                        "UnblendedCost" | "BlendedCost" | "NetUnblendedCost" => {
                            (decimal(sum.unblended), "USD")
                        }
                        "AmortizedCost" | "NetAmortizedCost" => (decimal(sum.amortized), "USD"),
                        _ => (format!("{:.10}", sum.quantity), "N/A"),
                    };
                    ((*metric).to_owned(), json!({ "Amount": amount, "Unit": unit }))
                })
                .collect::<Map<_, _>>()
                .into()
        };
        let is_final = bin.periods().iter().all(|period| Self::is_final(*period, now));
        let (total, rows) = if groups.is_empty() {
            (figures(&sums.values().next().copied().unwrap_or_default()), Vec::new())
        } else {
            let rows =
                sums.iter().map(|(keys, sum)| json!({ "Keys": keys, "Metrics": figures(sum) })).collect();
            (json!({}), rows)
        };
        json!({ "TimePeriod": period(bin), "Total": total, "Groups": rows, "Estimated": !is_final })
    }

    fn forecast(&self, input: &Value, now: Timestamp) -> Answer {
        let range = time_period(input, "TimePeriod", "Start", "End")?;
        if !["UNBLENDED_COST", "AMORTIZED_COST", "NET_UNBLENDED_COST", "NET_AMORTIZED_COST", "BLENDED_COST"]
            .contains(&text(input, "Metric")?)
        {
            return Err(invalid("Metric is not one that can be forecast"));
        }
        if range.start < Day::of(now) {
            return Err(invalid("Start time must not be before today"));
        }
        let level = input.get("PredictionIntervalLevel").and_then(Value::as_i64).unwrap_or(80);
        if !(51..=99).contains(&level) {
            return Err(invalid("PredictionIntervalLevel must be between 51 and 99"));
        }
        let today = Day::of(now);
        let mut recent = 0;
        self.daily(DayRange::new(today.plus(-29), today.plus(-1)), Self::cutoff(now), |_, row| {
            if !row.line.monthly {
                recent += row.amounts.unblended;
            }
        });
        let bins = bins(range, text(input, "Granularity")?)?;
        let mean = |days: i32| recent / 28 * i64::from(days);
        let results: Vec<Value> = bins
            .iter()
            .map(|bin| {
                let mean = mean(bin.len());
                json!({
                    "TimePeriod": period(*bin), "MeanValue": decimal(mean),
                    "PredictionIntervalLowerBound": decimal(mean / 100 * 96), "PredictionIntervalUpperBound": decimal(mean / 100 * 105),
                })
            })
            .collect();
        Ok(
            json!({ "Total": { "Amount": decimal(mean(range.len())), "Unit": "USD" }, "ForecastResultsByTime": results }),
        )
    }

    fn anomalies(&self, input: &Value) -> Answer {
        let range = input
            .get("DateInterval")
            .map(|_| time_period(input, "DateInterval", "StartDate", "EndDate"))
            .ok_or_else(|| invalid("DateInterval is required"))??;
        let spike = |id: &str,
                     days: (i32, i32),
                     code: &str,
                     what: &str,
                     usage_type: &str,
                     service: &str|
         -> Option<Value> {
            let (from, until) = (self.anchor.plus(days.0), self.anchor.plus(days.1));
            let mut actual = 0;
            let mut before = 0;
            let matches = |row: &Row<'_>| {
                row.line.code == code
                    && row.line.account.name == what
                    && row.line.usage_type.contains(usage_type)
            };
            let cutoff = i64::from(until.epoch_days()) * 24;
            self.daily(DayRange::new(from, until), cutoff, |_, row| {
                if matches(&row) {
                    actual += row.amounts.unblended;
                }
            });
            let length = until.epoch_days() - from.epoch_days();
            self.daily(DayRange::new(from.plus(-7), from.plus(length - 7)), cutoff, |_, row| {
                if matches(&row) {
                    before += row.amounts.unblended;
                }
            });
            let account = self.accounts().iter().find(|account| account.name == what)?;
            (from >= range.start && from < range.end.plus(1)).then(|| {
                json!({
                    "AnomalyId": id, "AnomalyStartDate": format!("{from}T00:00:00Z"), "AnomalyEndDate": format!("{}T00:00:00Z", until.plus(-1)),
                    "DimensionValue": service,
                    "RootCauses": [{ "Service": service, "Region": "us-east-1", "LinkedAccount": account.id, "LinkedAccountName": account.name, "UsageType": usage_type }],
                    "AnomalyScore": { "MaxScore": 0.9, "CurrentScore": 0.4 },
                    "Impact": {
                        "MaxImpact": dollars(actual - before), "TotalImpact": dollars(actual - before),
                        "TotalActualSpend": dollars(actual), "TotalExpectedSpend": dollars(before),
                    },
                    "MonitorArn": "arn:aws:ce::447120569018:anomalymonitor/4a7d1c02-3f6e-4b83-9d51-2f0e6c1b8a97",
                })
            })
        };
        let found: Vec<Value> = [
            spike(
                "b2e61f0c-8b5e-4e7f-9a53-0f5a3d1c7e21",
                (-6, -4),
                "AWSDataTransfer",
                "production",
                "DataTransfer-Out-Bytes",
                "AWS Data Transfer",
            ),
            spike(
                "0d94ac7b-61c2-4f17-8a0b-77e5b1d2c3f9",
                (-11, -2),
                "AmazonEC2",
                "production",
                "BoxUsage:c7g.4xlarge",
                "Amazon Elastic Compute Cloud - Compute",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok(json!({ "Anomalies": found }))
    }

    fn savings_plans(&self, input: &Value, now: Timestamp) -> Answer {
        let range = time_period(input, "TimePeriod", "Start", "End")?;
        let (mut commitment, mut used) = (0, 0);
        self.daily(range, Self::cutoff(now), |_, row| {
            commitment += row.amounts.commitment.0;
            used += row.amounts.commitment.1;
        });
        if commitment == 0 {
            return Err(unavailable());
        }
        Ok(json!({ "Total": { "Utilization": {
            "TotalCommitment": decimal(commitment), "UsedCommitment": decimal(used), "UnusedCommitment": decimal(commitment - used),
            "UtilizationPercentage": percent(used, commitment),
        }}}))
    }

    fn reservations(&self, input: &Value, now: Timestamp) -> Answer {
        let range = time_period(input, "TimePeriod", "Start", "End")?;
        let (mut used, mut unused, mut hours) = (0, 0, 0.0);
        self.daily(range, Self::cutoff(now), |_, row| match row.kind {
            Kind::Reserved => {
                used += row.amounts.amortized;
                hours += row.amounts.quantity;
            }
            Kind::ReservationFee => unused += row.amounts.unused_fee,
            _ => {}
        });
        if used + unused == 0 {
            return Err(unavailable());
        }
        Ok(json!({ "Total": {
            "UtilizationPercentage": percent(used, used + unused), "UtilizationPercentageInUnits": percent(used, used + unused),
            "PurchasedHours": format!("{:.1}", hours), "TotalActualHours": format!("{hours:.1}"),
            "TotalAmortizedFee": decimal(used + unused), "UnusedUnits": "0",
            "AmortizedRecurringFee": decimal(used + unused), "AmortizedUpfrontFee": "0",
        }, "UtilizationsByTime": [] }))
    }

    fn tags(&self, input: &Value, now: Timestamp) -> Answer {
        let range = self.history(input, now)?;
        let mut values: Vec<String> = Vec::new();
        let key = input.get("TagKey").and_then(Value::as_str);
        let live = self.lines.iter().filter(|line| line.from < range.end && range.start < line.until);
        for (name, value) in live.flat_map(|line| &line.tags) {
            match key {
                None => values.push((*name).to_owned()),
                Some(key) if key == *name => values.push(value.clone()),
                Some(_) => {}
            }
        }
        values.sort();
        values.dedup();
        Ok(json!({ "Tags": values, "ReturnSize": values.len(), "TotalSize": values.len() }))
    }

    fn dimension_values(&self, input: &Value, now: Timestamp) -> Answer {
        let range = self.history(input, now)?;
        let dimension = text(input, "Dimension")?;
        if !GROUPS.contains(&dimension) {
            return Err(invalid(format!("{dimension} is not a known dimension")));
        }
        let grouping = Grouping { kind: "DIMENSION", key: dimension };
        let mut values: BTreeMap<String, i64> = BTreeMap::new();
        self.daily(range, Self::cutoff(now), |_, row| {
            *values.entry(grouping.value(row.line, row.kind)).or_default() += row.amounts.unblended;
        });
        let rows: Vec<Value> = values
            .keys()
            .map(|value| {
                let name = self.accounts().iter().find(|account| account.id == value).map(|account| account.name);
                json!({ "Value": value, "Attributes": name.map_or(json!({}), |name| json!({ "description": name })) })
            })
            .collect();
        Ok(json!({ "DimensionValues": rows, "ReturnSize": rows.len(), "TotalSize": rows.len() }))
    }

    fn account_attributes(&self) -> Value {
        self.accounts()
            .iter()
            .map(|account| json!({ "Value": account.id, "Attributes": { "description": account.name } }))
            .collect::<Vec<_>>()
            .into()
    }

    /// The time period, held within what Cost Explorer keeps.
    fn history(&self, input: &Value, now: Timestamp) -> Answer<DayRange> {
        let range = time_period(input, "TimePeriod", "Start", "End")?;
        if range.start < Day::of(now).period().plus(-HISTORY_MONTHS).first_day() {
            return Err(invalid(
                "You haven't enabled historical data beyond 14 months. Please adjust the start date.",
            ));
        }
        if range.start > Day::of(now) {
            return Err(invalid("Start date must not be in the future"));
        }
        Ok(range)
    }
}

fn unavailable() -> CostExplorerError {
    CostExplorerError {
        code: "DataUnavailableException",
        message: "The requested data is unavailable.".to_owned(),
    }
}

fn period(range: DayRange) -> Value {
    json!({ "Start": range.start.to_string(), "End": range.end.to_string() })
}

/// 10⁻¹⁰ dollars as a decimal.
fn decimal(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    let text = format!("{sign}{}.{:010}", units / 10_000_000_000, units % 10_000_000_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn dollars(units: i64) -> f64 {
    (units as f64 / 1e8).round() / 100.0
}

fn percent(part: i64, whole: i64) -> String {
    format!("{:.8}", part as f64 * 100.0 / whole.max(1) as f64)
}
