//! The columns of FOCUS 1.0 as Data Exports writes them: covered usage at no billed cost, no negations, nulls.

use shared::Day;

use super::super::charges::Row;
use super::super::lines::{Kind, RESERVATION, SAVINGS_PLAN};
use super::super::organization::MANAGEMENT;
use super::columns::Context;
use super::{Cell, Definition};

/// Negations have no row in FOCUS: the covered usage itself is billed at nothing.
pub fn keeps(row: &Row<'_>) -> bool {
    row.kind != Kind::SavingsPlanNegation
}

fn some(text: &str) -> Cell {
    Cell::NullText((!text.is_empty()).then(|| text.to_owned()))
}

fn money(units: i64) -> Cell {
    Cell::NullDouble(Some(units as f64 / 1e10))
}

fn hours(hours: i64) -> Cell {
    Cell::NullMillis(Some(hours * 3_600_000))
}

fn day(day: Day) -> Cell {
    hours(i64::from(day.epoch_days()) * 24)
}

fn billed(c: &Context<'_>) -> i64 {
    if c.row.kind == Kind::SavingsPlanCovered { 0 } else { c.row.amounts.unblended }
}

fn category(c: &Context<'_>) -> &'static str {
    match c.row.kind {
        Kind::Usage | Kind::SavingsPlanCovered | Kind::SavingsPlanNegation | Kind::Reserved => "Usage",
        Kind::SavingsPlanFee | Kind::ReservationFee | Kind::MarketplaceFee | Kind::Support => "Purchase",
        Kind::Tax => "Tax",
        Kind::Credit => "Credit",
        Kind::Refund | Kind::Discount => "Adjustment",
    }
}

fn commitment(c: &Context<'_>) -> &'static str {
    match c.row.kind {
        Kind::SavingsPlanCovered | Kind::SavingsPlanFee => SAVINGS_PLAN,
        Kind::Reserved | Kind::ReservationFee => RESERVATION,
        _ => "",
    }
}

fn pricing_category(c: &Context<'_>) -> &'static str {
    match c.row.kind {
        Kind::SavingsPlanCovered | Kind::Reserved => "Committed",
        Kind::Usage if c.row.line.usage_type.contains("SpotUsage") => "Dynamic",
        Kind::Usage => "Standard",
        _ => "",
    }
}

macro_rules! columns {
    ($($name:literal $fill:expr),* $(,)?) => { &[$(Definition { name: $name, fill: $fill }),*] };
}

/// FOCUS 1.0.
pub const FOCUS: &[Definition] = columns![
    "AvailabilityZone" | _ | Cell::NullText(None),
    "BilledCost" | c | money(billed(c)),
    "BillingAccountId" | _ | some(MANAGEMENT),
    "BillingAccountName" | c | some(&c.account_name(MANAGEMENT)),
    "BillingCurrency" | _ | some("USD"),
    "BillingPeriodEnd" | c | day(c.period.days().end),
    "BillingPeriodStart" | c | day(c.period.first_day()),
    "ChargeCategory" | c | some(category(c)),
    "ChargeClass" | _ | Cell::NullText(None),
    "ChargeDescription" | c | some(&c.description()),
    "ChargeFrequency" | c | some(if c.row.line.monthly { "Recurring" } else { "Usage-Based" }),
    "ChargePeriodEnd" | c | hours(c.row.until_hour),
    "ChargePeriodStart" | c | hours(c.row.from_hour),
    "CommitmentDiscountId" | c | some(commitment(c)),
    "CommitmentDiscountStatus"
        | c
        | some(match c.row.kind {
            Kind::SavingsPlanCovered | Kind::Reserved => "Used",
            Kind::SavingsPlanFee | Kind::ReservationFee => "Unused",
            _ => "",
        }),
    "CommitmentDiscountType"
        | c
        | some(match commitment(c) {
            SAVINGS_PLAN => "Savings Plan",
            RESERVATION => "Reserved Instance",
            _ => "",
        }),
    "ConsumedQuantity" | c | Cell::NullDouble((category(c) == "Usage").then_some(c.row.amounts.quantity)),
    "ConsumedUnit" | c | some(if category(c) == "Usage" { c.row.line.unit } else { "" }),
    "ContractedCost" | c | money(c.row.amounts.unblended),
    "EffectiveCost" | c | money(c.row.amounts.amortized),
    "InvoiceIssuerName" | c | some(c.legal_entity()),
    "ListCost" | c | money(c.row.amounts.public),
    "PricingCategory" | c | some(pricing_category(c)),
    "PricingQuantity" | c | Cell::NullDouble(Some(c.row.amounts.quantity)),
    "PricingUnit" | c | some(c.row.line.unit),
    "ProviderName" | _ | some("AWS"),
    "PublisherName" | c | some(c.legal_entity()),
    "RegionId" | c | some(c.row.line.region),
    "RegionName" | c | some(c.row.line.region),
    "ResourceId" | c | some(&c.row.line.resource),
    "ResourceName" | _ | Cell::NullText(None),
    "ResourceType" | _ | Cell::NullText(None),
    "ServiceCategory" | _ | some("Other"),
    "ServiceName" | c | some(c.row.line.product),
    "SkuId" | c | some(&c.sku()),
    "SubAccountId" | c | some(c.row.line.account.id),
    "SubAccountName" | c | some(c.row.line.account.name),
    "Tags"
        | c
        | Cell::Map(
            c.row.line.tags.iter().map(|(key, value)| (format!("user:{key}"), value.clone())).collect()
        ),
    "x_Operation" | c | some(c.row.line.operation),
    "x_ServiceCode" | c | some(c.row.line.code),
    "x_UsageType" | c | some(&c.row.line.usage_type),
];
