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

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Usage,
    /// A Savings Plan pays for it: less than was billed.
    Covered,
    /// What was billed for covered usage, taken back.
    Negation,
    /// A reservation pays for it: nothing was billed.
    Discounted,
    /// Fees of a month, of which nothing is left to pay for.
    Upfront,
    /// Something AWS invents.
    Unheard,
}

/// A row: a day of its month, a kind, a service, a currency, and cost in 10^-6.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    day: i64,
    kind: Kind,
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
    /// The name of a column is damaged: its rows would seem to be of no resource.
    Misnamed,
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
    /// Rows of a type nobody knows.
    pub unknown: u64,
    /// By currency.
    pub currencies: BTreeMap<Currency, Money>,
    /// Effective cost by currency.
    pub effective: BTreeMap<Currency, Money>,
    /// By currency and service.
    pub services: BTreeMap<(Currency, String), Money>,
    /// By currency and day.
    pub days: BTreeMap<(Currency, Day), Money>,
}

impl Delivery {
    /// Whether any of its files can never be read.
    pub fn is_bad(&self) -> bool {
        let dies = |poison| {
            matches!(poison, Poison::Garbage | Poison::Cut | Poison::Misnamed | Poison::Deadly(0..=2))
        };
        self.files.iter().any(|file| file.poison.is_some_and(dies))
    }

    /// What it must come to.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for line in self.files.iter().flat_map(|file| &file.lines) {
            let cost = Money::from_units(i128::from(line.billed()) * 1_000_000);
            let effective = Money::from_units(i128::from(line.effective()) * 1_000_000);
            let currency = line.currency();
            sums.rows += 1;
            sums.unknown += u64::from(line.kind == Kind::Unheard);
            *sums.effective.entry(currency).or_default() += effective;
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
            kind: *dice.pick(&[
                Kind::Usage,
                Kind::Usage,
                Kind::Usage,
                Kind::Covered,
                Kind::Negation,
                Kind::Discounted,
                Kind::Upfront,
                Kind::Unheard,
            ]),
            service: dice.below(4),
            resource: dice.below(12),
            is_euro: dice.permille(150),
            cost: dice.within(-2_000_000, 90_000_000),
        }
    }

    /// What AWS calls it.
    fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Usage => "Usage",
            Kind::Covered => "SavingsPlanCoveredUsage",
            Kind::Negation => "SavingsPlanNegation",
            Kind::Discounted => "DiscountedUsage",
            Kind::Upfront => "SavingsPlanUpfrontFee",
            Kind::Unheard => "BottledUsage",
        }
    }

    /// Billed cost.
    fn billed(&self) -> i64 {
        match self.kind {
            Kind::Discounted => 0,
            Kind::Negation => -self.cost,
            _ => self.cost,
        }
    }

    /// What the commitment's column says of it.
    fn amortized(&self, kind: Kind) -> i64 {
        if self.kind == kind { self.cost / 3 } else { 0 }
    }

    /// Effective cost.
    fn effective(&self) -> i64 {
        match self.kind {
            Kind::Covered | Kind::Discounted => self.cost / 3,
            Kind::Negation | Kind::Upfront => 0,
            Kind::Usage | Kind::Unheard => self.cost,
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
    let amount = |make: &dyn Fn(&Line) -> i64| {
        Values::Double(lines.iter().map(|line| make(line) as f64 / 1e6).collect())
    };
    let mut columns = vec![
        column("line_item_usage_account_id", text(&|line| format!("{:012}", line.resource % 3))),
        column("line_item_line_item_type", text(&|line| line.kind_name().to_owned())),
        column("line_item_product_code", text(&|line| line.service_name())),
        column("line_item_resource_id", text(&|line| format!("arn:{}", line.resource))),
        column("line_item_currency_code", text(&|line| line.currency().to_string())),
        column("line_item_usage_start_date", millis(&|line| start + line.day)),
        column("bill_billing_period_start_date", millis(&|_| start)),
        column("line_item_unblended_cost", amount(&|line| line.billed())),
        column("savings_plan_savings_plan_effective_cost", amount(&|line| line.amortized(Kind::Covered))),
        column("reservation_effective_cost", amount(&|line| line.amortized(Kind::Discounted))),
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

/// The file with a flipped bit in the name of a column, wherever it stands.
pub fn misnamed(bytes: &[u8]) -> Bytes {
    let name = b"line_item_resource_id";
    let mut damaged = bytes.to_vec();
    for at in 0..damaged.len() - name.len() {
        if damaged[at..].starts_with(name) {
            damaged[at] ^= 1;
        }
    }
    damaged.into()
}

/// A manifest of these files.
pub fn manifest(version: u64, keys: &[&str]) -> Bytes {
    let text = json!({
        "assemblyId": format!("assembly-{version}"),
        "bucket": BUCKET,
        "columns": [
            { "category": "identity", "name": "TimeInterval" },
            { "category": "lineItem", "name": "ResourceId" },
            { "category": "lineItem", "name": "UnblendedCost" },
            { "category": "reservation", "name": "EffectiveCost" },
            { "category": "resourceTags", "name": "user:Team" },
            { "category": "savingsPlan", "name": "SavingsPlanEffectiveCost" },
        ],
        "reportKeys": keys,
    });
    Bytes::from(text.to_string())
}

/// The manifest of a Data Export with these files.
pub fn export_manifest(version: u64, keys: &[&str]) -> Bytes {
    let urls: Vec<String> = keys.iter().map(|key| format!("s3://{BUCKET}/{key}")).collect();
    let text = json!({
        "executionId": format!("execution-{version}"),
        "exportArn": "arn:aws:bcm-data-exports:us-east-1:123456789012:export/daily",
        "columns": [
            { "name": "identity_time_interval", "type": "string" },
            { "name": "line_item_resource_id", "type": "string" },
            { "name": "line_item_unblended_cost", "type": "double" },
            { "name": "reservation_effective_cost", "type": "double" },
            { "name": "savings_plan_savings_plan_effective_cost", "type": "double" },
        ],
        "dataFiles": urls,
    });
    Bytes::from(text.to_string())
}

/// S3's tag of an object's version, quotes included: a function of its content.
pub fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(bytes))[..32])
}
