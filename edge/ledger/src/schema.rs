//! Which column is what: names normalised, the dialect recognised, each thing the cost math needs bound by name.

use std::collections::BTreeMap;

use cube::Dimension;

use shared::order;

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
    BillingPeriod,
    Start,
    End,
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
    SplitParent,
    Resource,
    Sku,
    LineItemType,
    Description,
    PricingCategory,
    CommitmentArn,
    ReservationArn,
    SavingsPlanArn,
    Unit,
    PricingUnit,
    Currency,
    Unblended,
    NetUnblended,
    PublicCost,
    Quantity,
    PricingQuantity,
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
                | F::PricingQuantity
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

/// Names of the legacy report and of CUR 2.0, normalised. Where a thing has several, the first that is there counts.
pub(crate) const CUR: &[(Field_, &str)] = &[
    (F::BillingAccount, "bill_payer_account_id"),
    (F::SubAccount, "line_item_usage_account_id"),
    (F::BillingPeriod, "bill_billing_period_start_date"),
    (F::Start, "line_item_usage_start_date"),
    (F::End, "line_item_usage_end_date"),
    (F::Invoice, "bill_invoice_id"),
    (F::Publisher, "line_item_legal_entity"),
    (F::BillingEntity, "bill_billing_entity"),
    (F::ProductCode, "line_item_product_code"),
    (F::ProductCode, "product_servicecode"),
    (F::ServiceCode, "product_servicecode"),
    (F::ProductName, "product_product_name"),
    (F::Region, "product_region_code"),
    (F::RegionFallback, "product_region"),
    (F::UsageType, "line_item_usage_type"),
    (F::Operation, "line_item_operation"),
    (F::SplitParent, "split_line_item_parent_resource_id"),
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

/// Names of FOCUS, 1.0 and 1.2; found whatever their case.
const FOCUS: &[(Field_, &str)] = &[
    (F::BillingAccount, "BillingAccountId"),
    (F::SubAccount, "SubAccountId"),
    (F::BillingPeriod, "BillingPeriodStart"),
    (F::Start, "ChargePeriodStart"),
    (F::End, "ChargePeriodEnd"),
    (F::Invoice, "InvoiceId"),
    (F::Publisher, "PublisherName"),
    (F::Publisher, "InvoiceIssuerName"),
    (F::ServiceName, "ServiceName"),
    (F::ServiceName, "x_ServiceCode"),
    (F::ServiceCode, "x_ServiceCode"),
    (F::Region, "RegionId"),
    (F::UsageType, "x_UsageType"),
    (F::UsageType, "SkuMeter"),
    (F::Operation, "x_Operation"),
    (F::Resource, "ResourceId"),
    (F::Sku, "SkuId"),
    (F::ChargeCategory, "ChargeCategory"),
    (F::PricingCategory, "PricingCategory"),
    (F::CommitmentArn, "CommitmentDiscountId"),
    (F::Unit, "ConsumedUnit"),
    (F::PricingUnit, "PricingUnit"),
    (F::Currency, "BillingCurrency"),
    (F::Billed, "BilledCost"),
    (F::Effective, "EffectiveCost"),
    (F::List, "ListCost"),
    (F::Quantity, "ConsumedQuantity"),
    (F::PricingQuantity, "PricingQuantity"),
];

/// What a report calls a thing.
pub fn name_of(dialect: Dialect, field: Field_) -> &'static str {
    let table = if dialect == Dialect::Focus { FOCUS } else { CUR };
    table.iter().find(|(known, _)| *known == field).map_or("", |(_, name)| *name)
}

/// Where the tags of a row stand, or its cost categories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Columns of their own: (place, normalised key).
    pub columns: Vec<(usize, String)>,
    /// Maps, newer first.
    pub maps: Vec<usize>,
}

/// Keys of the tags and names of the cost categories that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Keys as [`asked_tag`] makes them.
    pub tags: Vec<String>,
    /// Names as [`folded`] makes them.
    pub cost_categories: Vec<String>,
}

impl Asked {
    /// Those that dimensions name.
    pub fn of(dimensions: &[Dimension]) -> Self {
        let mut asked = Self::default();
        for dimension in dimensions {
            match dimension {
                Dimension::Tag(key) => asked.tags.push(asked_tag(key)),
                Dimension::CostCategory(name) => asked.cost_categories.push(folded(name)),
                _ => {}
            }
        }
        asked
    }
}

/// A file's columns, bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it is.
    pub dialect: Dialect,
    /// Place of each thing among the root columns.
    pub fields: BTreeMap<Field_, usize>,
    /// The tags.
    pub tags: Labels,
    /// The cost categories.
    pub cost_categories: Labels,
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

/// The first of the columns a manifest lists that a report's file lacks, of those that something here may read. A name
/// that was damaged would else be taken for a column AWS left out, and its figures for zeros.
///
/// A legacy manifest lists columns after their category, `lineItem/UnblendedCost`; their names may repeat it, as those
/// of the files do. What cannot be found by its Latin letters and digits for sure is taken on trust: tags that bear
/// others, and what a query of Data Exports makes of a map, `product.region`.
pub fn find_lacking<'a>(schema: &Schema, listed: &'a [String]) -> Option<&'a str> {
    let is_lacking = |name: &&str| {
        let (category, rest) = name.split_once('/').unwrap_or(("", name));
        let is_plain =
            name.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'/'));
        let is_read = match category {
            "resourceTags" | "costCategory" => name.is_ascii(),
            _ => is_plain && (is_known(name) || CUR.iter().any(|(_, known)| is_alike(known, rest))),
        };
        is_read && !schema.roots.iter().any(|root| is_alike(&root.name, name) || is_alike(&root.name, rest))
    };
    listed.iter().map(String::as_str).find(is_lacking)
}

/// Whether a column of this name is read, in some kind of report.
fn is_known(name: &str) -> bool {
    let maps = ["tags", "resource_tags", "product", "cost_category", "x_CostCategories"];
    CUR.iter().chain(FOCUS).map(|(_, known)| *known).chain(maps).any(|known| is_alike(known, name))
}

/// Whether two names have the same Latin letters, in either case, and digits.
fn is_alike(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|name| name.bytes().filter(u8::is_ascii_alphanumeric));
    one.map(|letter| letter.to_ascii_lowercase()).eq(other.map(|letter| letter.to_ascii_lowercase()))
}

/// Where a tag comes from, as the newer map of CUR 2.0 says before its key. A resource's own tag goes before what its
/// account or its caller bears under the same key.
const SOURCES: [(&str, u8); 5] = [
    ("resourceTags/", 0),
    ("resourceTag/", 0),
    ("accountTag/", 1),
    ("userAttribute/", 2),
    ("iamPrincipal/", 3),
];

fn source_of(key: &str) -> (u8, &str) {
    let found = SOURCES.iter().find_map(|(prefix, rank)| Some((*rank, key.strip_prefix(prefix)?)));
    found.unwrap_or((0, key))
}

/// Which of several values under one key counts: that of the lowest rank.
pub fn tag_rank(key: &str) -> u8 {
    source_of(key).0
}

/// The key of a tag a file brings, as keys are compared: AWS writes one key in several ways, each with its mark of whose
/// the tag is, once.
pub fn tag_key(key: &str) -> String {
    let (_, key) = source_of(key);
    let prefixes = ["resource_tags_user_", "resource_tags_", "user:", "user_"];
    folded(prefixes.iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key))
}

/// The key of a tag that is asked for, as keys are compared. It bears no mark of whose it is: `user_id` is a tag of that
/// name, in a file `user_user_id`, and another one than `id`.
pub fn asked_tag(key: &str) -> String {
    folded(source_of(key).1)
}

/// The name of a cost category that a column of its own brings, as names are compared.
pub fn category_key(name: &str) -> String {
    let prefixes = ["cost_category_", "costCategory/"];
    folded(prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name))
}

/// Latin letters and digits alone, in lower case: what is left of a name in the legacy report. A name without any stays
/// as it is.
pub fn folded(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() { name.to_owned() } else { plain.to_ascii_lowercase() }
}

impl Bound {
    /// Binds a schema. Unknown columns never hurt; a missing needed one is named.
    pub fn of(schema: &Schema) -> Result<Self, DecodeError> {
        let names: Vec<String> = schema.roots.iter().map(|root| normalised(&root.name)).collect();
        let form_of = |place: usize| schema.roots.get(place).map_or(Form::Other, |root| root.form);
        let find = |name: &str| names.iter().position(|known| known == name);
        let focus: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let find_focus = |name: &str| focus.iter().position(|known| *known == folded(name));
        let is_focus = find_focus("BilledCost").is_some()
            || (find_focus("EffectiveCost").is_some() && find_focus("ChargeCategory").is_some());
        let is_cur = names.iter().any(|name| name.starts_with("line_item_"));
        let (dialect, table) = match (is_focus, is_cur) {
            (true, _) => (Dialect::Focus, FOCUS),
            (false, true) => {
                // Names that only CUR 2.0 has, also where another tool wrote its maps as texts.
                let has_maps = ["resource_tags", "tags", "product", "cost_category", "discount"];
                let is_newer = has_maps.iter().any(|name| find(name).is_some());
                (if is_newer { Dialect::Cur2 } else { Dialect::LegacyCur }, CUR)
            }
            (false, false) => {
                let some: Vec<&str> = schema.roots.iter().take(12).map(|root| root.name.as_str()).collect();
                return Err(DecodeError::UnknownSchema(shortened(&some.join(", "))));
            }
        };
        let mut fields: BTreeMap<Field_, usize> = BTreeMap::new();
        for (field, name) in table {
            let place = if is_focus { find_focus(name) } else { find(name) };
            if let Some(place) = place {
                fields.entry(*field).or_insert(place);
            }
        }
        let needed: &[Field_] = match dialect {
            Dialect::Focus => {
                &[F::Billed, F::Effective, F::Start, F::SubAccount, F::ServiceName, F::ChargeCategory]
            }
            _ => &[F::Unblended, F::Start, F::SubAccount, F::ProductCode, F::LineItemType],
        };
        if let Some(missing) = needed.iter().find(|field| !fields.contains_key(field)) {
            return Err(DecodeError::MissingColumn(name_of(dialect, *missing).to_owned()));
        }
        let (mut tags, mut cost_categories) = (Labels::default(), Labels::default());
        // One of a form that nobody reads is met where it is asked for.
        for (place, name) in names.iter().enumerate() {
            let is_map = matches!(form_of(place), Form::Map(..));
            match name.as_str() {
                "tags" => tags.maps.insert(0, place),
                "resource_tags" => tags.maps.push(place),
                "cost_category" | "x_costcategories" => cost_categories.maps.push(place),
                name if name.starts_with("resource_tags_") && !is_map => {
                    tags.columns.push((place, tag_key(name)));
                }
                name if name.starts_with("cost_category_") && !is_map => {
                    cost_categories.columns.push((place, category_key(name)));
                }
                _ => {}
            }
        }
        let product = find("product");
        Ok(Self { dialect, fields, tags, cost_categories, product })
    }

    /// Place of a thing.
    pub fn find(&self, field: Field_) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// Root columns that are read: those of wanted fields, and where what is asked for may stand.
    pub fn wanted(&self, wants: impl Fn(Field_) -> bool, wants_product: bool, asked: &Asked) -> Vec<usize> {
        let mut wanted: Vec<usize> =
            self.fields.iter().filter(|(field, _)| wants(**field)).map(|(_, place)| *place).collect();
        for (labels, keys) in [(&self.tags, &asked.tags), (&self.cost_categories, &asked.cost_categories)] {
            if !keys.is_empty() {
                let columns = labels.columns.iter().filter(|(_, key)| keys.contains(key));
                wanted.extend(columns.map(|(place, _)| *place));
                wanted.extend(&labels.maps);
            }
        }
        wanted.extend(self.product.filter(|_| wants_product));
        order::distinct(wanted)
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
            "accountTag/Cost Center",
            "iamPrincipal/CostCenter",
            "resourceTags/user:CostCenter",
        ] {
            assert_eq!(tag_key(key), "costcenter", "{key}");
        }
        for key in ["aws:createdBy", "aws_created_by", "resource_tags_aws_created_by"] {
            assert_eq!(tag_key(key), "awscreatedby", "{key}");
        }
        assert_eq!(["user_team", "accountTag/team", "iamPrincipal/team"].map(tag_rank), [0, 1, 3]);
        for name in ["cost_category_team_lead", "costCategory/TeamLead", "Team Lead"] {
            assert_eq!(category_key(name), "teamlead", "{name}");
        }
        // Keys of other alphabets are keys too.
        assert_eq!([tag_key("Équipe"), tag_key("user_quipe"), tag_key("部署")], ["quipe", "quipe", "部署"]);
    }

    #[test]
    fn a_tag_that_is_called_user_is_itself() {
        for (in_file, asked) in [
            ("resource_tags_user_user_id", "user_id"),
            ("user_user_id", "user_id"),
            ("user:user:id", "user:id"),
            ("resourceTags/user_user_id", "user_id"),
            ("accountTag/user_user_id", "user_id"),
            ("user_id", "id"),
            ("user_CostCenter", "CostCenter"),
            ("aws_created_by", "aws:createdBy"),
            ("iamPrincipal/team", "iamPrincipal/team"),
        ] {
            assert_eq!(tag_key(in_file), asked_tag(asked), "{in_file}");
        }
        assert_ne!(tag_key("user_id"), asked_tag("user_id"));
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
        check(&["line_item_usage_type"], "the column line_item_unblended_cost is missing");
        check(&["BilledCost", "EffectiveCost"], "the column ChargePeriodStart is missing");
        check(&["EFFECTIVECOST", "chargeCategory"], "the column BilledCost is missing");
        check(&["a", "b"], "this is no report of AWS: its columns are a, b");
    }

    // security.md row 59
    #[test]
    fn columns_that_a_manifest_lists_are_there_if_anything_reads_them() {
        let check = |held: &[&str], listed: &[&str], expect: Option<&str>| {
            let root = |name: &&str| Root { name: (*name).to_owned(), form: Form::Flat(0) };
            let schema = Schema { roots: held.iter().map(root).collect(), leaves: Vec::new() };
            let listed: Vec<String> = listed.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(find_lacking(&schema, &listed), expect, "{held:?}");
        };
        let legacy =
            ["lineItem/UnblendedCost", "savingsPlan/SavingsPlanARN", "resourceTags/user:Cost Center"];
        let held =
            ["line_item_unblended_cost", "savings_plan_savings_plan_a_r_n", "resource_tags_user_cost_center"];
        check(&held, &legacy, None);
        for (place, lacks) in legacy.iter().enumerate() {
            let mut damaged = held;
            damaged[place] = "line_iten_unblended_cost";
            check(&damaged, &legacy, Some(lacks));
        }
        check(
            &["BilledCost", "x_CostCategories"],
            &["BilledCost", "x_CostCategories", "ListCost"],
            Some("ListCost"),
        );
        check(&["billed_cost"], &["BilledCost"], None);
        check(&["tags"], &["tags", "resource_tags"], Some("resource_tags"));
        // The category in the name once more, as files have it.
        let twice = ["lineItem/line_item_unblended_cost", "resourceTags/resource_tags_user_cost_center"];
        check(&held, &twice, None);
        check(&held[2..], &twice, Some(twice[0]));
        check(&held[..2], &twice, Some(twice[1]));
        // What a query may call otherwise, and a tag that leaves little in a file.
        check(&["region"], &["product.region", "resource_tags.user_team", "resourceTags/user:équipe"], None);
        // What nobody reads may be missing.
        check(&["BilledCost"], &["BilledCost", "identity/LineItemId", "pricing_rate_id"], None);
    }
}
