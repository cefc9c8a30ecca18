//! The bill of a simulated organization: from a seed, exact charges of fourteen months in units of 10⁻¹⁰ dollars.
//! Cost Explorer's answers and the report files are two readings of the same charges, so they agree to the last
//! digit. Cost arithmetic is written here a second time on purpose: nothing of it is shared with the ledger.

mod catalogue;
mod charges;
mod cost_explorer;
mod lines;
mod noise;
mod organization;
mod report;

pub use charges::Row;
pub use cost_explorer::CostExplorerError;
pub use organization::{Account, MANAGEMENT};
pub use report::Dialect;

use shared::{BillingPeriod, Day, DayRange, Timestamp};

/// Hours between a moment of use and its appearance in Cost Explorer and in reports.
pub const DATA_DELAY_HOURS: i64 = 10;
/// Months of history before the current one.
pub const HISTORY_MONTHS: i32 = 13;

/// Everything the organization was ever charged.
#[derive(Debug)]
pub struct Billing {
    seed: u64,
    /// The day the world was made; spikes and steps lie relative to it.
    anchor: Day,
    lines: Vec<lines::Line>,
    savings_plan: lines::SavingsPlan,
    /// Cost of each line on each day from the first period on.
    costs: Vec<Vec<i64>>,
    /// The first day with charges.
    first_day: Day,
    written: report::Written,
}

impl Billing {
    /// Makes a world. The same seed and day make the same world, to the last digit.
    pub fn generate(seed: u64, today: Day) -> Self {
        let lines = lines::generate(seed, today);
        let savings_plan = lines::SavingsPlan::sized_for(&lines, seed, today);
        let first = today.period().plus(-HISTORY_MONTHS).first_day();
        let days = DayRange::new(first, today.plus(62));
        let costs = lines
            .iter()
            .map(|line| days.days().map(|day| lines::day_cost(line, day, seed, today)).collect())
            .collect();
        Self {
            seed,
            anchor: today,
            lines,
            savings_plan,
            costs,
            first_day: first,
            written: report::Written::default(),
        }
    }

    /// The accounts, management account first.
    pub fn accounts(&self) -> &'static [Account] {
        organization::ACCOUNTS
    }

    /// The first period with charges.
    pub fn first_period(&self) -> BillingPeriod {
        self.anchor.period().plus(-HISTORY_MONTHS)
    }

    /// Charges up to this moment are known at `now`: usage shows ten hours late, in whole hours.
    pub fn cutoff(now: Timestamp) -> i64 {
        now.as_second().div_euclid(3_600) - DATA_DELAY_HOURS
    }

    /// Whether the bill of a period is issued at `now`: from the eighth of the next month on.
    pub fn is_final(period: BillingPeriod, now: Timestamp) -> bool {
        now >= period.plus(1).first_day().plus(7).start()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    const NOW: &str = "2026-11-23T09:00:00Z";

    fn world() -> Billing {
        Billing::generate(1, "2026-11-23".parse().unwrap())
    }

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// 10⁻¹⁰ dollars from a decimal.
    fn units(text: &str) -> i64 {
        let (whole, fraction) =
            text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
        let magnitude = format!("{whole}{fraction:0<10}").parse::<i64>().unwrap();
        if text.starts_with('-') { -magnitude } else { magnitude }
    }

    fn ask(billing: &Billing, body: Value) -> Value {
        billing.cost_explorer("GetCostAndUsage", &body, now(), 500).unwrap()
    }

    fn groups(answer: &Value, metric: &str) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for group in answer["ResultsByTime"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|bin| bin["Groups"].as_array().unwrap())
        {
            let keys: Vec<&str> =
                group["Keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
            *sums.entry(keys.join("|")).or_default() +=
                units(group["Metrics"][metric]["Amount"].as_str().unwrap());
        }
        sums
    }

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let total = |seed| {
            let mut sum = 0;
            let billing = Billing::generate(seed, "2026-11-23".parse().unwrap());
            billing
                .rows("2026-10".parse().unwrap(), Billing::cutoff(now()), |row| sum += row.amounts.unblended);
            sum
        };
        assert_eq!(total(1), total(1));
        assert_ne!(total(1), total(2));
    }

    #[test]
    fn cost_explorer_and_report_rows_agree_to_the_last_digit() {
        let billing = world();
        for period in ["2026-11", "2026-10", "2026-02"] {
            let period: BillingPeriod = period.parse().unwrap();
            let mut rows: BTreeMap<String, (i64, i64)> = BTreeMap::new();
            billing.rows(period, Billing::cutoff(now()), |row| {
                let sum =
                    rows.entry(format!("{}|{}", row.line.cost_explorer, row.line.account.id)).or_default();
                sum.0 += row.amounts.unblended;
                sum.1 += row.amounts.amortized;
            });
            let answer = ask(
                &billing,
                json!({
                    "TimePeriod": { "Start": period.first_day().to_string(), "End": period.days().end.to_string() },
                    "Granularity": "DAILY", "Metrics": ["UnblendedCost", "AmortizedCost"],
                    "GroupBy": [{ "Type": "DIMENSION", "Key": "SERVICE" }, { "Type": "DIMENSION", "Key": "LINKED_ACCOUNT" }],
                }),
            );
            let unblended: BTreeMap<_, _> = rows.iter().map(|(key, sum)| (key.clone(), sum.0)).collect();
            let amortized: BTreeMap<_, _> = rows.iter().map(|(key, sum)| (key.clone(), sum.1)).collect();
            assert_eq!(groups(&answer, "UnblendedCost"), unblended, "{period}");
            assert_eq!(groups(&answer, "AmortizedCost"), amortized, "{period}");
        }
    }

    #[test]
    fn every_grouping_has_the_same_total() {
        let billing = world();
        let total = |group: &str| -> i64 {
            groups(&ask(&billing, json!({
                "TimePeriod": { "Start": "2025-10-01", "End": "2026-11-24" }, "Granularity": "MONTHLY",
                "Metrics": ["UnblendedCost"], "GroupBy": [{ "Type": "DIMENSION", "Key": group }],
            })), "UnblendedCost").values().sum()
        };
        let by_service = total("SERVICE");
        for group in ["LINKED_ACCOUNT", "REGION", "RECORD_TYPE", "USAGE_TYPE"] {
            assert_eq!(total(group), by_service, "{group}");
        }
    }

    #[test]
    fn a_month_looks_like_a_real_one() {
        let billing = world();
        let (mut rows, mut resources, mut dollars) = (0, std::collections::BTreeSet::new(), 0);
        let mut kinds = std::collections::BTreeSet::new();
        billing.rows("2026-10".parse().unwrap(), Billing::cutoff(now()), |row| {
            rows += 1;
            dollars += row.amounts.unblended;
            kinds.insert(row.kind);
            resources.insert(row.line.resource.clone());
        });
        assert!((60_000..400_000).contains(&rows), "{rows} rows");
        assert!((1_300..2_500).contains(&resources.len()), "{} resources", resources.len());
        assert!((55_000..130_000).contains(&(dollars / 10_000_000_000)), "${}", dollars / 10_000_000_000);
        assert!(kinds.len() >= 11, "{kinds:?}");
    }

    #[test]
    fn cost_explorer_refuses_as_aws_does() {
        let billing = world();
        let check = |body: Value, code: &str, words: &str| {
            let error = billing.cost_explorer("GetCostAndUsage", &body, now(), 500).unwrap_err();
            assert_eq!(error.code, code, "{body}");
            assert!(error.message.contains(words), "{}", error.message);
        };
        let period = json!({ "Start": "2026-11-01", "End": "2026-11-24" });
        check(json!({ "TimePeriod": period, "Granularity": "DAILY" }), "ValidationException", "Metrics");
        check(
            json!({ "TimePeriod": period, "Granularity": "HOURLY", "Metrics": ["UnblendedCost"] }),
            "ValidationException",
            "Hourly",
        );
        check(
            json!({ "TimePeriod": { "Start": "2025-09-01", "End": "2026-11-24" }, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"] }),
            "ValidationException",
            "historical data beyond 14 months",
        );
        check(
            json!({ "TimePeriod": period, "Granularity": "DAILY", "Metrics": ["UnblendedCost"], "Sort": 1 }),
            "ValidationException",
            "Unknown member",
        );
        check(
            json!({ "TimePeriod": period, "Granularity": "DAILY", "Metrics": ["UnblendedCost"], "NextPageToken": "x" }),
            "InvalidNextTokenException",
            "token",
        );
    }
}
