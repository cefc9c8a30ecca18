//! A report as a company with 40 accounts gets it: the same for the same seed, in a legacy report's form.

use std::fmt::Write;

use bytes::Bytes;
use ledger::write::{Column, Form, Values, WriteError, write_report};

/// In which order lines stand in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Hour by hour, as usage is metered.
    Time,
    /// Without any order: the hardest case, for every reader.
    None,
}

/// Rows of a row group: about 128 MiB of a report with all its columns.
pub const ROW_GROUP: usize = 250_000;
/// Rows of a file.
pub const FILE: usize = 1_000_000;

const ACCOUNTS: u64 = 40;
const SERVICES: u64 = 60;
const REGIONS: u64 = 20;
/// Usage types of a region: 800 in all.
const OF_REGION: u64 = 40;
/// Usage types an account has in a region, at most.
const WAYS: u64 = 25;
const RESOURCES: u64 = 50_000;
const HOURS: u64 = 31 * 24;
/// 2026-10-01 in milliseconds since 1970.
const START: i64 = 20_727 * 86_400_000;

/// The same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// Between 0 and 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A number that belongs to another, always the same.
fn of(value: u64, salt: u64, limit: u64) -> u64 {
    Numbers(value.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ salt).below(limit)
}

/// Few of many get most: the first tenth gets half.
fn skewed(numbers: &mut Numbers, limit: u64) -> u64 {
    let among = if numbers.below(2) == 0 { limit.div_ceil(10) } else { limit };
    numbers.below(among)
}

/// One file of the report.
pub fn file(place: usize, rows: usize, all_rows: usize, order: Order) -> Result<Bytes, WriteError> {
    let mut numbers = Numbers(place as u64 + 1);
    let mut texts: Vec<Vec<String>> = TEXTS.iter().map(|_| Vec::with_capacity(rows)).collect();
    let mut doubles: Vec<Vec<f64>> = DOUBLES.iter().map(|_| Vec::with_capacity(rows)).collect();
    let mut starts = Vec::with_capacity(rows);
    for row in 0..rows {
        let hour = match order {
            Order::Time => ((place * FILE + row) as u64 * HOURS) / all_rows as u64,
            Order::None => numbers.below(HOURS),
        };
        starts.push(START + hour as i64 * 3_600_000);
        let line = line(&mut numbers);
        for (column, text) in texts.iter_mut().zip(line.texts) {
            column.push(text);
        }
        for (column, double) in doubles.iter_mut().zip(line.doubles) {
            column.push(double);
        }
    }
    let mut columns = vec![
        Column {
            name: "bill_billing_period_start_date".to_owned(),
            values: Values::TimestampMillis(vec![START; rows]),
        },
        Column { name: "line_item_usage_start_date".to_owned(), values: Values::TimestampMillis(starts) },
    ];
    for (name, values) in TEXTS.iter().zip(texts) {
        columns.push(Column { name: (*name).to_owned(), values: Values::Text(values) });
    }
    for (name, values) in DOUBLES.iter().zip(doubles) {
        columns.push(Column { name: (*name).to_owned(), values: Values::Double(values) });
    }
    write_report(&columns, &Form { row_group_rows: ROW_GROUP, ..Form::default() })
}

const TEXTS: [&str; 18] = [
    "bill_payer_account_id",
    "bill_invoice_id",
    "bill_billing_entity",
    "line_item_legal_entity",
    "line_item_usage_account_id",
    "line_item_line_item_type",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_operation",
    "line_item_resource_id",
    "line_item_currency_code",
    "line_item_line_item_description",
    "product_product_name",
    "product_region_code",
    "pricing_unit",
    "reservation_reservation_a_r_n",
    "savings_plan_savings_plan_a_r_n",
    "product_servicecode",
];

const DOUBLES: [&str; 9] = [
    "line_item_usage_amount",
    "line_item_unblended_cost",
    "pricing_public_on_demand_cost",
    "reservation_effective_cost",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
];

struct Line {
    texts: [String; TEXTS.len()],
    doubles: [f64; DOUBLES.len()],
}

/// A resource belongs to an account and one of its few regions, and is metered in one to three of the ways its account
/// uses there; a way of metering belongs to a region and a service, and has its price.
fn line(numbers: &mut Numbers) -> Line {
    let resource = skewed(numbers, RESOURCES);
    let account = of(resource, 1, ACCOUNTS);
    let region = of(account * REGIONS + of(resource, 2, 1 + of(account, 3, 5)), 4, REGIONS);
    let way = of(resource + numbers.below(1 + of(resource, 5, 3)) * RESOURCES, 6, WAYS);
    let usage_type = region * OF_REGION + of(account * WAYS + way, 7, OF_REGION);
    let service = of(usage_type, 8, SERVICES);
    // Half of what is metered are whole hours, the rest anything.
    let usage = if usage_type.is_multiple_of(2) { 1.0 } else { numbers.fraction() * 40.0 };
    let price = (of(usage_type, 10, 9_000) + 1) as f64 * 0.000_1;
    let list = usage * price;
    let has_plan = service < 12 && of(resource, 9, 3) == 0;
    let has_fees = usage_type.is_multiple_of(50);
    let kind = match numbers.below(1_000) {
        0..8 if has_fees => "Credit",
        8..16 if has_fees => "Tax",
        16..20 if has_fees => "SavingsPlanRecurringFee",
        20..24 if has_fees => "RIFee",
        _ if has_plan && numbers.below(2) == 0 => "SavingsPlanNegation",
        _ if has_plan => "SavingsPlanCoveredUsage",
        24..100 if service < 20 => "DiscountedUsage",
        _ => "Usage",
    };
    let mut doubles = [0.0; DOUBLES.len()];
    doubles[0] = usage;
    doubles[1] = match kind {
        "DiscountedUsage" => 0.0,
        "SavingsPlanNegation" | "Credit" => -list,
        _ => list,
    };
    let is_usage = matches!(kind, "Usage" | "DiscountedUsage" | "SavingsPlanCoveredUsage");
    doubles[2] = if is_usage { list } else { 0.0 };
    match kind {
        "DiscountedUsage" => doubles[3] = list * 0.6,
        "RIFee" => (doubles[4], doubles[5]) = (list * 0.1, list * 0.2),
        "SavingsPlanCoveredUsage" => doubles[6] = list * 0.7,
        "SavingsPlanRecurringFee" => (doubles[7], doubles[8]) = (list * 3.0, list * 2.5),
        _ => {}
    }
    let numbered = |prefix: &str, number: u64| {
        let mut text = String::with_capacity(prefix.len() + 8);
        let _ = write!(text, "{prefix}{number}");
        text
    };
    let account = format!("{:012}", 100_000_000_001_u64 + account * 7_919);
    let plan = matches!(kind, "SavingsPlanCoveredUsage" | "SavingsPlanNegation" | "SavingsPlanRecurringFee");
    let reserved = matches!(kind, "DiscountedUsage" | "RIFee");
    let texts = [
        "100000000001".to_owned(),
        String::new(),
        "AWS".to_owned(),
        "Amazon Web Services, Inc.".to_owned(),
        account.clone(),
        kind.to_owned(),
        numbered("Service", service),
        numbered("Usage:", usage_type),
        numbered("Operation", of(usage_type, 11, 90)),
        format!("arn:aws:service{service}:region-{region}:{account}:thing/{resource:08x}"),
        "USD".to_owned(),
        numbered("Price of usage type ", usage_type),
        numbered("Amazon Service ", service),
        numbered("region-", region),
        if usage_type.is_multiple_of(2) { "Hrs".to_owned() } else { "GB-Mo".to_owned() },
        if reserved {
            format!("arn:aws:ec2:region-{region}:{account}:reserved-instances/{}", of(resource, 12, 20))
        } else {
            String::new()
        },
        if plan { format!("arn:aws:savingsplans::{account}:savingsplan/1") } else { String::new() },
        numbered("Service", service),
    ];
    Line { texts, doubles }
}
