//! Which column is what: names normalised, the dialect recognised, each thing the cost math needs bound by name.

use std::collections::BTreeMap;

use crate::error::{DecodeError, shortened};
use crate::tree::{Form, Schema};

/// What a file calls its columns by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Cost and Usage Report, one column per tag.
    LegacyCur,
    /// CUR 2.0, maps.
    Cur2,
    /// FOCUS.
    Focus,
}

/// A thing the cost math knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are those of the table below")]
pub enum Field_ {
    BillingAccount,
    SubAccount,
    SubAccountName,
    BillingPeriod,
    Start,
    Invoice,
    Publisher,
    BillingEntity,
    ProductCode,
    ServiceCode,
    ProductName,
    ServiceName,
    Region,
    RegionFallback,
    UsageType,
    Operation,
    Resource,
    Sku,
    LineItemType,
    Description,
    PricingCategory,
    CommitmentArn,
    ReservationArn,
    SavingsPlanArn,
    Unit,
    Currency,
    Unblended,
    NetUnblended,
    PublicCost,
    Quantity,
    SavingsPlanEffective,
    NetSavingsPlanEffective,
    SavingsPlanTotal,
    SavingsPlanUsed,
    ReservationEffective,
    NetReservationEffective,
    UnusedUpfront,
    UnusedRecurring,
    NetUnusedUpfront,
    NetUnusedRecurring,
    Billed,
    Effective,
    List,
    ChargeCategory,
}

use Field_ as F;

impl Field_ {
    /// Whether it is a cost or a quantity.
    pub const fn is_amount(self) -> bool {
        matches!(
            self,
            F::Unblended
                | F::NetUnblended
                | F::PublicCost
                | F::Quantity
                | F::SavingsPlanEffective
                | F::NetSavingsPlanEffective
                | F::SavingsPlanTotal
                | F::SavingsPlanUsed
                | F::ReservationEffective
                | F::NetReservationEffective
                | F::UnusedUpfront
                | F::UnusedRecurring
                | F::NetUnusedUpfront
                | F::NetUnusedRecurring
                | F::Billed
                | F::Effective
                | F::List
        )
    }
}

/// Names of the legacy report and of CUR 2.0, normalised.
pub(crate) const CUR: &[(Field_, &str)] = &[
    (F::BillingAccount, "bill_payer_account_id"),
    (F::SubAccount, "line_item_usage_account_id"),
    (F::SubAccountName, "line_item_usage_account_name"),
    (F::BillingPeriod, "bill_billing_period_start_date"),
    (F::Start, "line_item_usage_start_date"),
    (F::Invoice, "bill_invoice_id"),
    (F::Publisher, "line_item_legal_entity"),
    (F::BillingEntity, "bill_billing_entity"),
    (F::ProductCode, "line_item_product_code"),
    (F::ServiceCode, "product_servicecode"),
    (F::ProductName, "product_product_name"),
    (F::Region, "product_region_code"),
    (F::RegionFallback, "product_region"),
    (F::UsageType, "line_item_usage_type"),
    (F::Operation, "line_item_operation"),
    (F::Resource, "line_item_resource_id"),
    (F::Sku, "product_sku"),
    (F::LineItemType, "line_item_line_item_type"),
    (F::Description, "line_item_line_item_description"),
    (F::ReservationArn, "reservation_reservation_a_r_n"),
    (F::SavingsPlanArn, "savings_plan_savings_plan_a_r_n"),
    (F::Unit, "pricing_unit"),
    (F::Currency, "line_item_currency_code"),
    (F::Unblended, "line_item_unblended_cost"),
    (F::NetUnblended, "line_item_net_unblended_cost"),
    (F::PublicCost, "pricing_public_on_demand_cost"),
    (F::Quantity, "line_item_usage_amount"),
    (F::SavingsPlanEffective, "savings_plan_savings_plan_effective_cost"),
    (F::NetSavingsPlanEffective, "savings_plan_net_savings_plan_effective_cost"),
    (F::SavingsPlanTotal, "savings_plan_total_commitment_to_date"),
    (F::SavingsPlanUsed, "savings_plan_used_commitment"),
    (F::ReservationEffective, "reservation_effective_cost"),
    (F::NetReservationEffective, "reservation_net_effective_cost"),
    (F::UnusedUpfront, "reservation_unused_amortized_upfront_fee_for_billing_period"),
    (F::UnusedRecurring, "reservation_unused_recurring_fee"),
    (F::NetUnusedUpfront, "reservation_net_unused_amortized_upfront_fee_for_billing_period"),
    (F::NetUnusedRecurring, "reservation_net_unused_recurring_fee"),
];

/// Names of FOCUS, in lower case.
const FOCUS: &[(Field_, &str)] = &[
    (F::BillingAccount, "billingaccountid"),
    (F::SubAccount, "subaccountid"),
    (F::SubAccountName, "subaccountname"),
    (F::BillingPeriod, "billingperiodstart"),
    (F::Start, "chargeperiodstart"),
    (F::Invoice, "invoiceid"),
    (F::Publisher, "publishername"),
    (F::ServiceName, "servicename"),
    (F::ServiceCode, "x_servicecode"),
    (F::Region, "regionid"),
    (F::UsageType, "x_usagetype"),
    (F::Operation, "x_operation"),
    (F::Resource, "resourceid"),
    (F::Sku, "skuid"),
    (F::ChargeCategory, "chargecategory"),
    (F::PricingCategory, "pricingcategory"),
    (F::CommitmentArn, "commitmentdiscountid"),
    (F::Unit, "consumedunit"),
    (F::Currency, "billingcurrency"),
    (F::Billed, "billedcost"),
    (F::Effective, "effectivecost"),
    (F::List, "listcost"),
    (F::Quantity, "consumedquantity"),
];

/// What a report of AWS calls a thing.
pub fn name_of(field: Field_) -> &'static str {
    let known = CUR.iter().chain(FOCUS).find(|(known, _)| *known == field);
    known.map_or("", |(_, name)| *name)
}

/// Where the tags of a row stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Columns of their own: (place, normalised key).
    pub columns: Vec<(usize, String)>,
    /// Maps, newer first.
    pub maps: Vec<usize>,
}

/// A file's columns, bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it is.
    pub dialect: Dialect,
    /// Place of each thing among the root columns.
    pub fields: BTreeMap<Field_, usize>,
    /// The tags.
    pub tags: Tags,
    /// CUR 2.0's map of product attributes.
    pub product: Option<usize>,
}

/// `lineItem/UnblendedCost`, `line_item_unblended_cost` → `line_item_unblended_cost`; `BilledCost` stays recognisable.
pub fn normalised(name: &str) -> String {
    let mut normal = String::with_capacity(name.len() + 8);
    let is_slashed = name.contains('/') || name.contains(':');
    let mut before = '_';
    for letter in name.chars() {
        if is_slashed && letter.is_ascii_uppercase() && before != '_' {
            normal.push('_');
        }
        let letter = if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
        if letter != '_' || before != '_' {
            normal.push(letter);
        }
        before = letter;
    }
    normal.trim_end_matches('_').to_owned()
}

/// A tag key as keys are compared: AWS writes one key in several ways.
pub fn tag_key(key: &str) -> String {
    let key = ["resource_tags_user_", "resource_tags_", "resourceTags/user:", "resourceTags/"]
        .iter()
        .chain(&["userAttribute/", "accountTag/", "user:", "user_"])
        .find_map(|prefix| key.strip_prefix(prefix))
        .unwrap_or(key);
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl Bound {
    /// Binds a schema. Unknown columns never hurt; a missing needed one is named.
    pub fn of(schema: &Schema) -> Result<Self, DecodeError> {
        let names: Vec<String> = schema.roots.iter().map(|root| normalised(&root.name)).collect();
        let is_map =
            |place: usize| schema.roots.get(place).is_some_and(|root| matches!(root.form, Form::Map(_, _)));
        let find = |name: &str| names.iter().position(|known| known == name);
        let is_focus = find("billedcost").is_some();
        let is_cur = find("line_item_unblended_cost").is_some() || find("line_item_line_item_type").is_some();
        let (dialect, table) = match (is_focus, is_cur) {
            (true, _) => (Dialect::Focus, FOCUS),
            (false, true) => {
                // A name that only CUR 2.0 has, for files whose maps another tool wrote as texts.
                let has_maps = (0..names.len()).any(is_map) || find("resource_tags").is_some();
                (if has_maps { Dialect::Cur2 } else { Dialect::LegacyCur }, CUR)
            }
            (false, false) => {
                let some: Vec<&str> = schema.roots.iter().take(12).map(|root| root.name.as_str()).collect();
                return Err(DecodeError::UnknownSchema(shortened(&some.join(", "))));
            }
        };
        let fields: BTreeMap<Field_, usize> =
            table.iter().filter_map(|(field, name)| Some((*field, find(name)?))).collect();
        let needed: &[Field_] = match dialect {
            Dialect::Focus => {
                &[F::Billed, F::Effective, F::Start, F::SubAccount, F::ServiceName, F::ChargeCategory]
            }
            _ => &[F::Unblended, F::Start, F::SubAccount, F::ProductCode, F::LineItemType],
        };
        for field in needed {
            if !fields.contains_key(field) {
                let name = table.iter().find(|(known, _)| known == field).map_or("", |(_, name)| *name);
                return Err(DecodeError::MissingColumn(name.to_owned()));
            }
        }
        let mut tags = Tags::default();
        for (place, name) in names.iter().enumerate() {
            let is_readable = schema.roots.get(place).is_some_and(|root| !matches!(root.form, Form::Other));
            match (is_map(place), name.as_str()) {
                (_, "tags") if is_readable => tags.maps.insert(0, place),
                (_, "resource_tags") if is_readable => tags.maps.push(place),
                (false, name) if name.starts_with("resource_tags_") => {
                    tags.columns.push((place, tag_key(name)))
                }
                _ => {}
            }
        }
        let product = find("product")
            .filter(|place| schema.roots.get(*place).is_some_and(|root| !matches!(root.form, Form::Other)));
        Ok(Self { dialect, fields, tags, product })
    }

    /// Place of a thing.
    pub fn find(&self, field: Field_) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// Root columns that are read, tags among them if any is tracked.
    pub fn wanted(
        &self,
        wants: impl Fn(Field_) -> bool,
        wants_product: bool,
        tracked: &[String],
    ) -> Vec<usize> {
        let mut wanted: Vec<usize> =
            self.fields.iter().filter(|(field, _)| wants(**field)).map(|(_, place)| *place).collect();
        if !tracked.is_empty() {
            let keys: Vec<String> = tracked.iter().map(|key| tag_key(key)).collect();
            wanted.extend(
                self.tags.columns.iter().filter(|(_, key)| keys.contains(key)).map(|(place, _)| *place),
            );
            wanted.extend(&self.tags.maps);
        }
        wanted.extend(self.product.filter(|_| wants_product));
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Root;

    #[test]
    fn names_are_one_however_they_are_spelled() {
        let check = |name: &str, expect: &str| assert_eq!(normalised(name), expect);
        check("lineItem/UnblendedCost", "line_item_unblended_cost");
        check("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n");
        check("line_item_unblended_cost", "line_item_unblended_cost");
        check("BilledCost", "billedcost");
        check("x_UsageType", "x_usagetype");
        check("resourceTags/user:Cost Center", "resource_tags_user_cost_center");
    }

    #[test]
    fn tag_keys_are_one_however_aws_writes_them() {
        for key in [
            "user:CostCenter",
            "user_cost_center",
            "userAttribute/CostCenter",
            "resource_tags_user_cost_center",
            "CostCenter",
        ] {
            assert_eq!(tag_key(key), "costcenter", "{key}");
        }
        for key in ["aws:createdBy", "aws_created_by", "resource_tags_aws_created_by"] {
            assert_eq!(tag_key(key), "awscreatedby", "{key}");
        }
    }

    // security.md row 49
    #[test]
    fn what_is_missing_is_named_and_what_is_strange_is_listed() {
        let schema = |names: &[&str]| Schema {
            roots: names.iter().map(|name| Root { name: (*name).to_owned(), form: Form::Flat(0) }).collect(),
            leaves: Vec::new(),
        };
        let check = |names: &[&str], expect: &str| {
            assert_eq!(Bound::of(&schema(names)).unwrap_err().to_string(), expect)
        };
        check(&["line_item_line_item_type"], "the column line_item_unblended_cost is missing");
        check(&["BilledCost", "EffectiveCost"], "the column chargeperiodstart is missing");
        check(&["a", "b"], "this is no report of AWS: its columns are a, b");
    }
}
