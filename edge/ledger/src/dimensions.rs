//! What a row is called in each dimension, and which columns decide it: the values are made once for each combination
//! of codes, not once a row.

use cube::Dimension;
use shared::{ChargeCategory, order};

use crate::batch::{Batch, Key};
use crate::each::Each;
use crate::schema::{Dialect, Field_ as F};
use crate::texts::Dictionary;

/// Tax stands apart from the service it taxes, as Cost Explorer shows it: days of either source compare.
const TAX: &str = "Tax";
/// The billing entity of rows of the Marketplace.
pub const MARKETPLACE: &str = "AWS Marketplace";

/// Columns the values of a dimension are made of, those of maps and tags aside.
pub fn fields_of(dimension: &Dimension, dialect: Dialect) -> &'static [F] {
    match (dimension, dialect) {
        (Dimension::BillingAccount, _) => &[F::BillingAccount],
        (Dimension::SubAccount, _) => &[F::SubAccount],
        (Dimension::Region, Dialect::Focus) => &[F::Region],
        (Dimension::Region, _) => &[F::Region, F::RegionFallback],
        (Dimension::Service, Dialect::Focus) => &[F::ServiceName, F::ServiceCode, F::ChargeCategory],
        (Dimension::Service, _) => {
            &[F::ProductCode, F::ServiceCode, F::BillingEntity, F::ProductName, F::LineItemType]
        }
        (Dimension::XServiceCode, _) => &[F::ProductCode, F::ServiceCode],
        (Dimension::XUsageType, _) => &[F::UsageType],
        (Dimension::XOperation, _) => &[F::Operation],
        (Dimension::Resource, _) => &[F::Resource],
        (Dimension::Sku, _) => &[F::Sku],
        (Dimension::ChargeCategory, Dialect::Focus) => &[F::ChargeCategory],
        (Dimension::ChargeCategory | Dimension::XLineItemType, _) => &[F::LineItemType],
        (Dimension::PricingCategory, Dialect::Focus) => &[F::PricingCategory],
        (Dimension::PricingCategory, _) => &[F::LineItemType, F::UsageType],
        (Dimension::CommitmentDiscount, Dialect::Focus) => &[F::CommitmentArn],
        (Dimension::CommitmentDiscount, _) => &[F::SavingsPlanArn, F::ReservationArn],
        (Dimension::Publisher, _) => &[F::Publisher],
        (Dimension::Unit, Dialect::Focus) => &[F::Unit, F::PricingUnit],
        (Dimension::Unit, _) => &[F::Unit],
        (Dimension::Tag(_) | Dimension::CostCategory(_), _) => &[],
    }
}

/// The attribute of the product that a dimension takes from CUR 2.0's map, where the file has no column that says it.
pub fn product_key_of(dimension: &Dimension, has: impl Fn(F) -> bool) -> Option<&'static str> {
    match dimension {
        Dimension::Region if !has(F::Region) && !has(F::RegionFallback) => Some("region"),
        // Of the Marketplace alone, which the billing entity tells.
        Dimension::Service if has(F::BillingEntity) && !has(F::ProductName) => Some(PRODUCT_NAME),
        Dimension::Sku if !has(F::Sku) => Some("sku"),
        _ => None,
    }
}

/// The attribute that names a product of the Marketplace.
pub const PRODUCT_NAME: &str = "product_name";

/// Whether a row is of the Marketplace.
pub fn has_marketplace(batch: &Batch) -> bool {
    let Some(lane) = batch.texts(F::BillingEntity) else { return false };
    let Some(wanted) = lane.dictionary().find(MARKETPLACE) else { return false };
    let codes = lane.codes();
    codes.same() == Some(wanted) || codes.rows().iter().fold(false, |any, code| any | (*code == wanted))
}

/// Values of a batch by dimension.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) dialect: Dialect,
}

impl<'a> Words<'a> {
    /// Columns whose codes decide the values of these dimensions.
    pub fn keys(&self, dimensions: &[Dimension]) -> Vec<Key> {
        order::distinct(dimensions.iter().flat_map(|dimension| self.keys_of(dimension)))
    }

    /// The codes of a column, and the dictionary they belong to.
    pub fn codes(&self, key: Key) -> Option<(&'a Each<u32>, &'a Dictionary)> {
        self.batch.codes(key)
    }

    /// Changes whenever codes that were given before mean nothing any more.
    pub fn generation(&self) -> u32 {
        self.batch.generation()
    }

    fn keys_of(&self, dimension: &Dimension) -> Vec<Key> {
        match dimension {
            Dimension::Tag(key) => return self.batch.keys_of_tag(key),
            Dimension::CostCategory(name) => return self.batch.keys_of_cost_category(name),
            _ => {}
        }
        let fields = fields_of(dimension, self.dialect).iter();
        let mut keys: Vec<Key> = fields.flat_map(|field| self.batch.keys_of(*field)).collect();
        if let Some(key) = product_key_of(dimension, |field| self.batch.has(field)) {
            keys.extend(self.batch.keys_of_product(key));
        }
        keys
    }

    /// The value of a row.
    pub fn value(&self, dimension: &Dimension, row: usize) -> String {
        let text = |field: F| self.batch.text(field, row);
        let or = |first: F, second: F| if text(first).is_empty() { text(second) } else { text(first) };
        let product = || {
            let key = product_key_of(dimension, |field| self.batch.has(field));
            key.map(|key| self.batch.product(key, row))
        };
        match dimension {
            Dimension::BillingAccount => text(F::BillingAccount).to_owned(),
            Dimension::SubAccount => text(F::SubAccount).to_owned(),
            Dimension::Region => product().unwrap_or_else(|| or(F::Region, F::RegionFallback).to_owned()),
            Dimension::Service => self.service(row),
            Dimension::XServiceCode => or(F::ProductCode, F::ServiceCode).to_owned(),
            Dimension::XUsageType => text(F::UsageType).to_owned(),
            Dimension::XOperation => text(F::Operation).to_owned(),
            Dimension::Resource => text(F::Resource).to_owned(),
            Dimension::Sku => product().unwrap_or_else(|| text(F::Sku).to_owned()),
            Dimension::ChargeCategory if self.dialect == Dialect::Focus => text(F::ChargeCategory).to_owned(),
            Dimension::ChargeCategory => {
                ChargeCategory::from_line_item_type(text(F::LineItemType)).as_str().to_owned()
            }
            Dimension::PricingCategory if self.dialect == Dialect::Focus => {
                text(F::PricingCategory).to_owned()
            }
            Dimension::PricingCategory => String::from(match text(F::LineItemType) {
                "DiscountedUsage" | "SavingsPlanCoveredUsage" => "Committed",
                "Usage" | "FlatRateSubscription" if text(F::UsageType).contains("SpotUsage") => "Dynamic",
                "Usage" | "FlatRateSubscription" => "Standard",
                _ => "Other",
            }),
            Dimension::CommitmentDiscount if self.dialect == Dialect::Focus => {
                text(F::CommitmentArn).to_owned()
            }
            Dimension::CommitmentDiscount => or(F::SavingsPlanArn, F::ReservationArn).to_owned(),
            Dimension::Publisher => text(F::Publisher).to_owned(),
            Dimension::XLineItemType => text(F::LineItemType).to_owned(),
            Dimension::Unit => or(F::Unit, F::PricingUnit).to_owned(),
            Dimension::Tag(key) => self.batch.tag(key, row),
            Dimension::CostCategory(name) => self.batch.cost_category(name, row),
        }
    }

    /// The name of the service, as Cost Explorer is compared with; of the marketplace that of the product.
    fn service(&self, row: usize) -> String {
        let text = |field: F| self.batch.text(field, row);
        if self.dialect == Dialect::Focus {
            if text(F::ChargeCategory) == TAX {
                return TAX.to_owned();
            }
            // One name per service, whatever the source: the code tells it where the report has one.
            let name = text(F::ServiceName);
            let known = shared::service::find_by_code(text(F::ServiceCode))
                .or_else(|| shared::service::find_by_cost_explorer(name));
            return known.unwrap_or(name).to_owned();
        }
        if text(F::LineItemType) == TAX {
            return TAX.to_owned();
        }
        if text(F::BillingEntity) == MARKETPLACE {
            let product = if self.batch.has(F::ProductName) {
                text(F::ProductName).to_owned()
            } else {
                self.batch.product(PRODUCT_NAME, row)
            };
            if !product.is_empty() {
                return product;
            }
        }
        let code = match text(F::ProductCode) {
            "" => text(F::ServiceCode),
            code => code,
        };
        shared::service::find_by_code(code).unwrap_or(code).to_owned()
    }
}
