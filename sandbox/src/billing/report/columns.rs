//! The columns of the legacy report and of CUR 2.0. The legacy report has one column per tag, CUR 2.0 has maps; what
//! both have, both fill alike.

use shared::{BillingPeriod, Day};

use super::super::charges::Row;
use super::super::lines::{Kind, RESERVATION, RESERVED_RATE, SAVINGS_PLAN, SAVINGS_PLAN_RATE};
use super::super::organization::{Account, MANAGEMENT};
use super::{Cell, Definition};
use crate::billing::noise;

/// A row and what stands around it.
pub struct Context<'a> {
    pub row: Row<'a>,
    pub period: BillingPeriod,
    pub is_final: bool,
    pub accounts: &'a [Account],
}

macro_rules! columns {
    ($($name:literal $fill:expr),* $(,)?) => { &[$(Definition { name: $name, fill: $fill }),*] };
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn money(units: i64) -> Cell {
    Cell::Double(units as f64 / 1e10)
}

/// A rate as the report writes it: a decimal in a string.
fn rate(units: i64) -> Cell {
    Cell::Text(format!("{}.{:010}", units / 10_000_000_000, units % 10_000_000_000))
}

fn millis(hours: i64) -> Cell {
    Cell::Millis(hours * 3_600_000)
}

fn start_of(day: Day) -> Cell {
    Cell::Millis(i64::from(day.epoch_days()) * 86_400_000)
}

impl Context<'_> {
    fn when(&self, kinds: &[Kind], value: &str) -> Cell {
        text(if kinds.contains(&self.row.kind) { value } else { "" })
    }

    /// Id of the line item: stable within a delivery, repeated day after day.
    pub fn line_item_id(&self) -> String {
        let bits = noise::bits(41, &[self.row.line.number, self.row.kind as u64]);
        format!("{bits:016x}{:016x}{:020x}", noise::bits(42, &[bits]), noise::bits(43, &[bits]))
    }

    fn interval(&self) -> String {
        let at =
            |hours: i64| format!("{}T{:02}:00:00Z", Day::from_epoch_days((hours / 24) as i32), hours % 24);
        format!("{}/{}", at(self.row.from_hour), at(self.row.until_hour))
    }

    /// `lineItem/LineItemType`.
    pub fn line_item_type(&self) -> &'static str {
        match self.row.kind {
            Kind::Usage => "Usage",
            Kind::SavingsPlanCovered => "SavingsPlanCoveredUsage",
            Kind::SavingsPlanNegation => "SavingsPlanNegation",
            Kind::SavingsPlanFee => "SavingsPlanRecurringFee",
            Kind::Reserved => "DiscountedUsage",
            Kind::ReservationFee => "RIFee",
            Kind::MarketplaceFee | Kind::Support => "Fee",
            Kind::Tax => "Tax",
            Kind::Credit => "Credit",
            Kind::Refund => "Refund",
            Kind::Discount => "BundledDiscount",
        }
    }

    /// What the line is for, in words.
    pub fn description(&self) -> String {
        let line = self.row.line;
        match self.row.kind {
            Kind::Usage | Kind::SavingsPlanCovered | Kind::Reserved => {
                format!(
                    "${:.10} per {} {} ({})",
                    line.price as f64 / 1e10,
                    line.unit,
                    line.usage_type,
                    line.region
                )
            }
            Kind::SavingsPlanNegation => "SavingsPlanNegation used by AccountId : 447120569018".to_owned(),
            Kind::SavingsPlanFee => "1 year No Upfront Compute Savings Plan".to_owned(),
            Kind::ReservationFee => "USD hourly fee per db.r6g.xlarge reserved instance".to_owned(),
            Kind::MarketplaceFee => "AWS Marketplace software usage: Lantern Observability".to_owned(),
            Kind::Support => "AWS Support (Business)".to_owned(),
            Kind::Tax => "Tax for product code AmazonEC2".to_owned(),
            Kind::Credit => "AWS Activate promotional credit".to_owned(),
            Kind::Refund => "Refund for incorrectly metered instance hours".to_owned(),
            Kind::Discount => "Bundled discount".to_owned(),
        }
    }

    fn has_usage(&self) -> bool {
        matches!(self.row.kind, Kind::Usage | Kind::SavingsPlanCovered | Kind::Reserved)
    }

    pub fn sku(&self) -> String {
        if !self.has_usage() {
            return String::new();
        }
        let key: Vec<u64> =
            self.row.line.usage_type.bytes().chain(self.row.line.code.bytes()).map(u64::from).collect();
        format!("{:X}", noise::bits(44, &key)).chars().take(16).collect()
    }

    fn instance_type(&self) -> &str {
        let line = self.row.line;
        if line.grain == super::super::catalogue::Grain::Hour && self.has_usage() {
            line.usage_type.rsplit(':').next().unwrap_or_default()
        } else {
            ""
        }
    }

    fn tag(&self, key: &str) -> Cell {
        let carries = self.has_usage() || self.row.kind == Kind::SavingsPlanNegation;
        text(if carries { self.row.line.tag(key).unwrap_or_default() } else { "" })
    }

    /// The tags as CUR 2.0 names them.
    fn tags(&self, prefix: &str) -> Vec<(String, String)> {
        let fold = |key: &str| format!("{prefix}{}", key.to_ascii_lowercase());
        let carries = self.has_usage() || self.row.kind == Kind::SavingsPlanNegation;
        let tags = if carries { self.row.line.tags.as_slice() } else { &[] };
        tags.iter().map(|(key, value)| (fold(key), value.clone())).collect()
    }

    pub fn account_name(&self, id: &str) -> String {
        self.accounts
            .iter()
            .find(|account| account.id == id)
            .map(|account| account.name.to_owned())
            .unwrap_or_default()
    }

    fn billing_entity(&self) -> &'static str {
        if self.row.kind == Kind::MarketplaceFee { "AWS Marketplace" } else { "AWS" }
    }

    pub fn legal_entity(&self) -> &'static str {
        if self.row.kind == Kind::MarketplaceFee {
            "Lantern Software GmbH"
        } else {
            "Amazon Web Services, Inc."
        }
    }

    pub fn invoice(&self) -> String {
        if self.is_final {
            format!("{}{:02}0047", self.period.year(), self.period.month())
        } else {
            String::new()
        }
    }

    fn reserved(&self, units: i64) -> Cell {
        money(if self.row.kind == Kind::Reserved { units } else { 0 })
    }

    fn covered(&self, units: i64) -> Cell {
        money(if self.row.kind == Kind::SavingsPlanCovered { units } else { 0 })
    }
}

/// What both reports have, in the order of the legacy report.
macro_rules! both {
    ($($more:tt)*) => {
        columns![
            "identity_line_item_id" |c| Cell::Text(c.line_item_id()),
            "identity_time_interval" |c| Cell::Text(c.interval()),
            "bill_invoice_id" |c| Cell::Text(c.invoice()),
            "bill_invoicing_entity" |_| text("Amazon Web Services, Inc."),
            "bill_billing_entity" |c| text(c.billing_entity()),
            "bill_bill_type" |c| text(if c.row.kind == Kind::Refund { "Refund" } else { "Anniversary" }),
            "bill_payer_account_id" |_| text(MANAGEMENT),
            "bill_billing_period_start_date" |c| start_of(c.period.first_day()),
            "bill_billing_period_end_date" |c| start_of(c.period.days().end),
            "line_item_usage_account_id" |c| text(c.row.line.account.id),
            "line_item_line_item_type" |c| text(c.line_item_type()),
            "line_item_usage_start_date" |c| millis(c.row.from_hour),
            "line_item_usage_end_date" |c| millis(c.row.until_hour),
            "line_item_product_code" |c| text(c.row.line.code),
            "line_item_usage_type" |c| text(&c.row.line.usage_type),
            "line_item_operation" |c| text(c.row.line.operation),
            "line_item_availability_zone" |c| text(if c.instance_type().is_empty() { "" } else { c.row.line.region }),
            "line_item_resource_id" |c| text(&c.row.line.resource),
            "line_item_usage_amount" |c| Cell::Double(c.row.amounts.quantity),
            "line_item_normalization_factor" |_| Cell::Double(0.0),
            "line_item_normalized_usage_amount" |_| Cell::Double(0.0),
            "line_item_currency_code" |_| text("USD"),
            "line_item_unblended_rate" |c| rate(if c.has_usage() && c.row.kind != Kind::Reserved { c.row.line.price } else { 0 }),
            "line_item_unblended_cost" |c| money(c.row.amounts.unblended),
            "line_item_blended_rate" |_| text(""),
            "line_item_blended_cost" |c| money(c.row.amounts.unblended),
            "line_item_line_item_description" |c| Cell::Text(c.description()),
            "line_item_tax_type" |c| c.when(&[Kind::Tax], "USSalesTax"),
            "line_item_legal_entity" |c| text(c.legal_entity()),
            "product_instance_type" |c| text(c.instance_type()),
            "product_instance_family" |c| text(if c.instance_type().is_empty() { "" } else { "General purpose" }),
            "product_location" |c| text(c.row.line.region),
            "product_product_family" |c| text(c.row.line.family),
            "product_region_code" |c| text(c.row.line.region),
            "product_servicecode" |c| text(c.row.line.code),
            "product_sku" |c| Cell::Text(c.sku()),
            "product_operation" |c| text(c.row.line.operation),
            "product_usagetype" |c| text(&c.row.line.usage_type),
            "pricing_rate_code" |c| Cell::Text(c.sku()),
            "pricing_currency" |_| text("USD"),
            "pricing_public_on_demand_cost" |c| money(c.row.amounts.public),
            "pricing_public_on_demand_rate" |c| rate(if c.has_usage() { c.row.line.price } else { 0 }),
            "pricing_term" |c| c.when(&[Kind::Usage, Kind::SavingsPlanCovered], "OnDemand"),
            "pricing_unit" |c| text(c.row.line.unit),
            "pricing_purchase_option" |_| text(""),
            "reservation_amortized_upfront_cost_for_usage" |_| Cell::Double(0.0),
            "reservation_amortized_upfront_fee_for_billing_period" |_| Cell::Double(0.0),
            "reservation_effective_cost" |c| c.reserved(c.row.amounts.amortized),
            "reservation_end_time" |c| c.when(&[Kind::Reserved, Kind::ReservationFee], "2027-02-11T09:14:21.000Z"),
            "reservation_modification_status" |c| c.when(&[Kind::Reserved, Kind::ReservationFee], "Original"),
            "reservation_number_of_reservations" |c| c.when(&[Kind::ReservationFee], "6"),
            "reservation_recurring_fee_for_usage" |c| c.reserved(c.row.amounts.amortized),
            "reservation_reservation_a_r_n" |c| c.when(&[Kind::Reserved, Kind::ReservationFee], RESERVATION),
            "reservation_start_time" |c| c.when(&[Kind::Reserved, Kind::ReservationFee], "2026-02-11T09:14:22.000Z"),
            "reservation_total_reserved_units" |c| c.when(&[Kind::ReservationFee], "4320"),
            "reservation_unused_amortized_upfront_fee_for_billing_period" |_| Cell::Double(0.0),
            "reservation_unused_quantity" |_| Cell::Double(0.0),
            "reservation_unused_recurring_fee" |c| money(c.row.amounts.unused_fee),
            "reservation_upfront_value" |_| Cell::Double(0.0),
            "savings_plan_total_commitment_to_date" |c| money(c.row.amounts.commitment.0),
            "savings_plan_savings_plan_a_r_n" |c| c.when(&[Kind::SavingsPlanCovered, Kind::SavingsPlanNegation, Kind::SavingsPlanFee], SAVINGS_PLAN),
            "savings_plan_savings_plan_rate" |c| c.covered(c.row.line.price * SAVINGS_PLAN_RATE / 100),
            "savings_plan_used_commitment" |c| money(c.row.amounts.commitment.1),
            "savings_plan_savings_plan_effective_cost" |c| c.covered(c.row.amounts.amortized),
            "savings_plan_amortized_upfront_commitment_for_billing_period" |_| Cell::Double(0.0),
            "savings_plan_recurring_commitment_for_billing_period" |c| money(c.row.amounts.commitment.0),
            "savings_plan_payment_option" |c| c.when(&[Kind::SavingsPlanFee], "No Upfront"),
            "savings_plan_purchase_term" |c| c.when(&[Kind::SavingsPlanFee], "1yr"),
            "savings_plan_offering_type" |c| c.when(&[Kind::SavingsPlanCovered, Kind::SavingsPlanFee], "ComputeSavingsPlans"),
            $($more)*
        ]
    };
}

/// The legacy report: flat.
pub const LEGACY: &[Definition] = both![
    "product_product_name" | c | text(c.row.line.product),
    "product_region" | c | text(c.row.line.region),
    "pricing_rate_id" | _ | text(""),
    "reservation_effective_rate"
        | c
        | rate(if c.row.kind == Kind::Reserved { c.row.line.price * RESERVED_RATE / 100 } else { 0 }),
    "resource_tags_user_name" | c | c.tag("Name"),
    "resource_tags_user_team" | c | c.tag("team"),
    "resource_tags_user_env" | c | c.tag("env"),
    "resource_tags_user_owner" | c | c.tag("Owner"),
];

/// CUR 2.0: maps for what varies.
pub const CUR2: &[Definition] = both![
    "bill_payer_account_name" | c | Cell::Text(c.account_name(MANAGEMENT)),
    "line_item_usage_account_name" | c | text(c.row.line.account.name),
    "product"
        | c
        | Cell::Map(vec![
            ("product_name".to_owned(), c.row.line.product.to_owned()),
            ("region".to_owned(), c.row.line.region.to_owned()),
            ("sku".to_owned(), c.sku()),
        ]),
    "product_comment" | _ | text(""),
    "resource_tags" | c | Cell::Map(c.tags("user_")),
    "cost_category" | _ | Cell::Map(Vec::new()),
    "discount" | _ | Cell::Map(Vec::new()),
];

/// Whether a column of CUR 2.0 or FOCUS is a map.
pub fn is_map(name: &str) -> bool {
    matches!(name, "product" | "resource_tags" | "cost_category" | "discount" | "Tags")
}

/// Whether a column of CUR 2.0 or FOCUS is a double.
pub fn is_double(name: &str) -> bool {
    let costs = ["cost", "amount", "fee", "factor", "quantity", "commitment", "Cost", "Quantity"];
    costs.iter().any(|word| name.contains(word)) && !name.ends_with("_id")
}

/// The manifest's (category, name) of a legacy column.
pub fn display_name(column: &str) -> (String, String) {
    const CATEGORIES: [(&str, &str); 9] = [
        ("identity_", "identity"),
        ("bill_", "bill"),
        ("line_item_", "lineItem"),
        ("product_", "product"),
        ("pricing_", "pricing"),
        ("reservation_", "reservation"),
        ("savings_plan_", "savingsPlan"),
        ("resource_tags_", "resourceTags"),
        ("cost_category_", "costCategory"),
    ];
    let tags = [
        ("user_name", "user:Name"),
        ("user_team", "user:team"),
        ("user_env", "user:env"),
        ("user_owner", "user:Owner"),
    ];
    for (prefix, category) in CATEGORIES {
        if let Some(rest) = column.strip_prefix(prefix) {
            let name = match tags.iter().find(|(column, _)| *column == rest) {
                Some((_, tag)) if category == "resourceTags" => (*tag).to_owned(),
                _ => rest.split('_').map(capital).collect(),
            };
            return (category.to_owned(), name);
        }
    }
    (String::new(), column.to_owned())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
