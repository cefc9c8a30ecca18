//! A report of AWS's shape and of invented content: the 110 columns of a legacy report in their order, as wide and as
//! repetitive as real ones are. The same seed gives the same report.

use shared::BillingPeriod;

use crate::write::{Column, Values};

/// Accounts, products and so on that usage is spread over.
const LINES: u64 = 1_800;
const ACCOUNTS: u64 = 40;
const PRODUCTS: u64 = 60;
const REGIONS: u64 = 16;

/// A row: a line of usage in one hour, or what covers it.
struct Row {
    start: i64,
    hour: u64,
    line: u64,
    kind: &'static str,
    /// Hundredths of a millionth.
    cost: u64,
    noise: u64,
}

/// How a column is filled.
enum Fill {
    Empty,
    Zero,
    Always(&'static str),
    /// One of so many attributes of the line, or none.
    One(&'static str, u64),
    Text(fn(&Row) -> String),
    Cost(fn(&Row) -> u64),
    Day(fn(&Row) -> u64),
}
use Fill::{Always, Cost, Day, Empty, One, Text, Zero};

/// A report of so many rows.
pub fn report(period: BillingPeriod, rows: usize, seed: u64) -> Vec<Column> {
    let start = i64::from(period.first_day().epoch_days()).saturating_mul(86_400_000);
    let days = u64::from(period.days().len().unsigned_abs());
    let rows: Vec<Row> = (0..rows as u64)
        .map(|place| {
            let noise = mixed(seed ^ mixed(place));
            let line = mixed(noise) % LINES;
            let kind = match mixed(line) % 20 {
                0..=3 => "SavingsPlanCoveredUsage",
                4 => "SavingsPlanNegation",
                5 | 6 => "DiscountedUsage",
                7 if noise.is_multiple_of(50) => "Tax",
                _ => "Usage",
            };
            let hour = mixed(noise ^ 1) % days.saturating_mul(24).max(1);
            Row { start, hour, line, kind, cost: mixed(noise ^ 2) % 40_000_000, noise }
        })
        .collect();
    let column =
        |(name, fill): &(&str, Fill)| Column { name: (*name).to_owned(), values: values(&rows, fill) };
    COLUMNS.iter().map(column).collect()
}

fn values(rows: &[Row], fill: &Fill) -> Values {
    let text = |make: &dyn Fn(&Row) -> String| Values::Text(rows.iter().map(make).collect());
    match fill {
        Empty => text(&|_| String::new()),
        Always(word) => text(&|_| (*word).to_owned()),
        One(word, of) => text(&|row| {
            let number = mixed(row.line ^ *of) % of;
            if number == 0 { String::new() } else { format!("{word}{number}") }
        }),
        Text(make) => text(make),
        Zero => Values::Double(vec![0.0; rows.len()]),
        Cost(make) => Values::Double(rows.iter().map(|row| make(row) as f64 / 1e8).collect()),
        Day(hour) => {
            let millis = |row: &Row| row.start.saturating_add_unsigned(hour(row).saturating_mul(3_600_000));
            Values::TimestampMillis(rows.iter().map(millis).collect())
        }
    }
}

/// SplitMix64's last step: near numbers come out far from each other.
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Row {
    fn covered(&self) -> bool {
        self.kind == "SavingsPlanCoveredUsage"
    }

    fn reserved(&self) -> bool {
        self.kind == "DiscountedUsage"
    }

    fn when(&self, is: bool, word: &str) -> String {
        if is { word.to_owned() } else { String::new() }
    }

    /// The rate of the line, as a decimal in a string.
    fn rate(&self) -> String {
        format!("0.{:010}", mixed(self.line ^ 9) % 10_000_000_000)
    }

    fn product(&self) -> u64 {
        self.line % PRODUCTS
    }

    fn region(&self) -> u64 {
        self.line / 7 % REGIONS
    }

    fn sku(&self) -> String {
        format!("{:016X}", mixed(self.line / 4)).chars().take(16).collect()
    }
}

/// The columns of a legacy report, in AWS's order.
const COLUMNS: [(&str, Fill); 110] = [
    (
        "identity_line_item_id",
        Text(|row| format!("{:016x}{:016x}{:020x}", row.noise, mixed(row.line), row.noise >> 9)),
    ),
    ("identity_time_interval", Text(|row| format!("{0}T{1:02}/{0}T{1:02}:59", row.hour / 24, row.hour % 24))),
    ("bill_invoice_id", Empty),
    ("bill_invoicing_entity", Always("Amazon Web Services, Inc.")),
    ("bill_billing_entity", Always("AWS")),
    ("bill_bill_type", Always("Anniversary")),
    ("bill_payer_account_id", Always("447120569018")),
    ("bill_billing_period_start_date", Day(|_| 0)),
    ("bill_billing_period_end_date", Day(|_| 744)),
    ("line_item_usage_account_id", Text(|row| format!("{:012}", 447_120_569_018 + row.line % ACCOUNTS))),
    ("line_item_line_item_type", Text(|row| row.kind.to_owned())),
    ("line_item_usage_start_date", Day(|row| row.hour)),
    ("line_item_usage_end_date", Day(|row| row.hour.saturating_add(1))),
    ("line_item_product_code", Text(|row| format!("Product{:02}", row.product()))),
    ("line_item_usage_type", Text(|row| format!("R{}-Usage:type{:03}", row.region(), row.line % 900))),
    ("line_item_operation", One("Operation", 120)),
    ("line_item_availability_zone", Text(|row| format!("region-{}-{}", row.region(), row.line % 3))),
    (
        "line_item_resource_id",
        Text(|row| {
            format!("arn:aws:ec2:region-{}:447120569018:instance/i-{:017x}", row.region(), mixed(row.line))
        }),
    ),
    ("line_item_usage_amount", Cost(|row| row.noise % 100_000_000)),
    ("line_item_normalization_factor", Zero),
    ("line_item_normalized_usage_amount", Zero),
    ("line_item_currency_code", Always("USD")),
    ("line_item_unblended_rate", Text(Row::rate)),
    ("line_item_unblended_cost", Cost(|row| if row.reserved() { 0 } else { row.cost })),
    ("line_item_blended_rate", Empty),
    ("line_item_blended_cost", Cost(|row| row.cost)),
    (
        "line_item_line_item_description",
        Text(|row| {
            format!("${} per unit of type{:03} in region-{}", row.rate(), row.line % 900, row.region())
        }),
    ),
    ("line_item_tax_type", Empty),
    ("line_item_legal_entity", Always("Amazon Web Services, Inc.")),
    ("product_product_name", Text(|row| format!("Amazon Product {:02}", row.product()))),
    ("product_availability", Empty),
    ("product_availability_zone", Empty),
    ("product_capacitystatus", One("Used", 3)),
    ("product_category", Empty),
    ("product_classicnetworkingsupport", One("false", 2)),
    ("product_clock_speed", One("GHz ", 20)),
    ("product_current_generation", One("Yes", 2)),
    ("product_database_engine", One("Engine", 9)),
    ("product_dedicated_ebs_throughput", One("Mbps ", 40)),
    ("product_deployment_option", One("Single-AZ", 4)),
    ("product_description", Empty),
    ("product_durability", Empty),
    ("product_ecu", One("", 60)),
    ("product_engine_code", One("", 9)),
    ("product_enhanced_networking_supported", One("Yes", 2)),
    ("product_event_type", Empty),
    ("product_from_location", One("Location ", 16)),
    ("product_from_location_type", One("AWS Region", 2)),
    ("product_group", One("Group-", 90)),
    ("product_group_description", One("Description of the group ", 90)),
    ("product_instance_family", One("General purpose ", 8)),
    ("product_instance_type", One("m7g.", 160)),
    ("product_instance_type_family", One("m", 40)),
    ("product_intel_avx_available", One("Yes", 2)),
    ("product_license_model", One("No License required", 3)),
    ("product_location", One("Location ", 16)),
    ("product_location_type", Always("AWS Region")),
    ("product_marketoption", One("OnDemand", 2)),
    ("product_memory", One("GiB ", 60)),
    ("product_network_performance", One("Gigabit ", 24)),
    ("product_normalization_size_factor", One("", 14)),
    ("product_operating_system", One("Linux", 6)),
    ("product_operation", One("Operation", 120)),
    ("product_physical_processor", One("Processor ", 24)),
    ("product_pre_installed_sw", One("NA", 3)),
    ("product_processor_architecture", One("64-bit", 2)),
    ("product_processor_features", One("AVX", 12)),
    ("product_product_family", One("Family ", 40)),
    ("product_region", Text(|row| format!("region-{}", row.region()))),
    ("product_region_code", Text(|row| format!("region-{}", row.region()))),
    ("product_servicecode", Text(|row| format!("Product{:02}", row.product()))),
    ("product_servicename", Text(|row| format!("Amazon Product {:02}", row.product()))),
    ("product_sku", Text(Row::sku)),
    ("product_storage", One("EBS only", 30)),
    ("product_storage_class", One("Class ", 7)),
    ("product_tenancy", One("Shared", 3)),
    ("product_to_location", One("Location ", 16)),
    ("product_transfer_type", One("Transfer", 9)),
    ("product_usagetype", Text(|row| format!("R{}-Usage:type{:03}", row.region(), row.line % 900))),
    ("product_vcpu", One("", 16)),
    ("product_volume_type", One("Volume ", 8)),
    ("pricing_rate_code", Text(|row| format!("{}.JRTCKXETXF.6YS6EN2CT7", row.sku()))),
    ("pricing_rate_id", Text(|row| format!("{}", mixed(row.line) >> 30))),
    ("pricing_currency", Always("USD")),
    ("pricing_public_on_demand_cost", Cost(|row| row.cost)),
    ("pricing_public_on_demand_rate", Text(Row::rate)),
    ("pricing_term", One("OnDemand", 3)),
    ("pricing_unit", One("Hrs", 12)),
    ("reservation_amortized_upfront_cost_for_usage", Zero),
    ("reservation_effective_cost", Cost(|row| if row.reserved() { row.cost * 6 / 10 } else { 0 })),
    ("reservation_end_time", Text(|row| row.when(row.reserved(), "2027-02-11T09:14:21.000Z"))),
    ("reservation_modification_status", Text(|row| row.when(row.reserved(), "Original"))),
    ("reservation_normalized_units_per_reservation", Empty),
    ("reservation_recurring_fee_for_usage", Cost(|row| if row.reserved() { row.cost * 6 / 10 } else { 0 })),
    (
        "reservation_reservation_a_r_n",
        Text(|row| row.when(row.reserved(), "arn:aws:ec2:region-1:447120569018:reserved-instances/6f2f3a")),
    ),
    ("reservation_start_time", Text(|row| row.when(row.reserved(), "2026-02-11T09:14:22.000Z"))),
    ("reservation_unused_amortized_upfront_fee_for_billing_period", Zero),
    ("reservation_unused_recurring_fee", Zero),
    ("savings_plan_total_commitment_to_date", Zero),
    (
        "savings_plan_savings_plan_a_r_n",
        Text(|row| row.when(row.covered(), "arn:aws:savingsplans::447120569018:savingsplan/8a52")),
    ),
    (
        "savings_plan_savings_plan_rate",
        Cost(|row| if row.covered() { mixed(row.line) % 100_000_000 } else { 0 }),
    ),
    ("savings_plan_used_commitment", Zero),
    (
        "savings_plan_savings_plan_effective_cost",
        Cost(|row| if row.covered() { row.cost * 7 / 10 } else { 0 }),
    ),
    ("savings_plan_amortized_upfront_commitment_for_billing_period", Zero),
    ("savings_plan_recurring_commitment_for_billing_period", Zero),
    ("savings_plan_offering_type", Text(|row| row.when(row.covered(), "ComputeSavingsPlans"))),
    ("resource_tags_aws_created_by", One("AssumedRole:AROA:", 300)),
    ("resource_tags_user_name", Text(|row| format!("name-{:05}", row.line / 2))),
    ("resource_tags_user_team", One("team-", 24)),
    ("resource_tags_user_env", One("env-", 5)),
];
