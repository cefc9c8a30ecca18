//! Reports as AWS delivers them, and what they must come to: the oracle knows every row it wrote.

use std::collections::BTreeMap;

use bytes::Bytes;
use ledger::write::{Column, Form, Values, write_report};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{BillingPeriod, Currency, Day, Money};

use crate::dice::Dice;

/// Where the report lies.
pub const BUCKET: &str = "acme-reports";
/// Its prefix in the bucket, its name below it.
pub const PREFIX: &str = "report/daily/";

/// A row: a day of its month, a service, a currency, and cost in 10^-6.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    day: i64,
    service: usize,
    resource: usize,
    is_euro: bool,
    cost: i64,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// It is no Parquet.
    Garbage,
    /// Its end is missing.
    Cut,
    /// Whoever asks for so many ranges of it dies.
    Deadly(u32),
}

/// A file of a delivery.
#[derive(Clone, Debug)]
pub struct File {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// Its rows.
    pub lines: Vec<Line>,
    /// What is wrong with it.
    pub poison: Option<Poison>,
}

/// One delivery of a month: its files, and a manifest that names them.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Of which month.
    pub period: BillingPeriod,
    /// Files in the order of the manifest.
    pub files: Vec<File>,
}

/// What a month must come to: rows, and billed cost by currency, by service and by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// Rows.
    pub rows: u64,
    /// By currency.
    pub currencies: BTreeMap<Currency, Money>,
    /// By currency and service.
    pub services: BTreeMap<(Currency, String), Money>,
    /// By currency and day.
    pub days: BTreeMap<(Currency, Day), Money>,
}

impl Delivery {
    /// Whether any of its files can never be read.
    pub fn is_bad(&self) -> bool {
        let dies = |poison| matches!(poison, Poison::Garbage | Poison::Cut | Poison::Deadly(0..=2));
        self.files.iter().any(|file| file.poison.is_some_and(dies))
    }

    /// What it must come to.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for line in self.files.iter().flat_map(|file| &file.lines) {
            let cost = Money::from_units(i128::from(line.cost) * 1_000_000);
            let currency = line.currency();
            sums.rows += 1;
            *sums.currencies.entry(currency).or_default() += cost;
            *sums.services.entry((currency, line.service_name())).or_default() += cost;
            let day = self.period.days().start.plus(line.day as i32);
            *sums.days.entry((currency, day)).or_default() += cost;
        }
        sums.services.retain(|_, cost| !cost.is_zero());
        sums.days.retain(|_, cost| !cost.is_zero());
        sums
    }
}

impl Line {
    fn new(dice: &mut Dice) -> Self {
        Self {
            day: dice.within(0, 27),
            service: dice.below(4),
            resource: dice.below(12),
            is_euro: dice.permille(150),
            cost: dice.within(-2_000_000, 90_000_000),
        }
    }

    fn currency(&self) -> Currency {
        if self.is_euro { "EUR" } else { "USD" }.parse().unwrap()
    }

    fn service_name(&self) -> String {
        format!("Service{}", self.service)
    }
}

/// Rows of a file.
pub fn lines(dice: &mut Dice) -> Vec<Line> {
    (0..dice.within(1, 24)).map(|_| Line::new(dice)).collect()
}

/// A legacy report's file with these rows, a row group for every few of them. In the middle of a wide one stands so much
/// that nobody wants that a row group takes several requests.
pub fn write(period: BillingPeriod, lines: &[Line], row_group_rows: usize, is_wide: bool) -> Bytes {
    let start = i64::from(period.days().start.epoch_days());
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let text = |make: &dyn Fn(&Line) -> String| Values::Text(lines.iter().map(make).collect());
    let millis = |day: &dyn Fn(&Line) -> i64| {
        Values::TimestampMillis(lines.iter().map(|line| day(line) * 86_400_000).collect())
    };
    let mut columns = vec![
        column("line_item_usage_account_id", text(&|line| format!("{:012}", line.resource % 3))),
        column("line_item_line_item_type", text(&|_| "Usage".to_owned())),
        column("line_item_product_code", text(&|line| line.service_name())),
        column("line_item_resource_id", text(&|line| format!("arn:{}", line.resource))),
        column("line_item_currency_code", text(&|line| line.currency().to_string())),
        column("line_item_usage_start_date", millis(&|line| start + line.day)),
        column("bill_billing_period_start_date", millis(&|_| start)),
        column(
            "line_item_unblended_cost",
            Values::Double(lines.iter().map(|line| line.cost as f64 / 1e6).collect()),
        ),
        column("resource_tags_user_team", text(&|line| format!("team {}", line.resource % 2))),
    ];
    if is_wide {
        let mut dice = Dice::new(lines.len() as u64);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut noise = || (0..36_000).map(|_| char::from(*dice.pick(letters))).collect::<String>();
        let noise = Values::Text(lines.iter().map(|_| noise()).collect());
        columns.insert(4, column("identity_line_item_id", noise));
    }
    write_report(&columns, &Form { row_group_rows, ..Form::default() }).unwrap()
}

/// A manifest of these files.
pub fn manifest(version: u64, keys: &[&str]) -> Bytes {
    let text = json!({
        "assemblyId": format!("assembly-{version}"),
        "bucket": BUCKET,
        "columns": [{ "category": "resourceTags", "name": "user:Team" }],
        "reportKeys": keys,
    });
    Bytes::from(text.to_string())
}

/// S3's tag of an object's version, quotes included: a function of its content.
pub fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(bytes))[..32])
}
