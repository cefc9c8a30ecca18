//! What a row is called in each dimension, and which columns decide it: the values are made once for each combination
//! of codes, not once a row.

use cube::Dimension;
use shared::ChargeCategory;

use crate::batch::{Batch, Key};
use crate::each::Each;
use crate::schema::{Dialect, Field_ as F};
use crate::texts::Dictionary;

/// Tax stands apart from the service it taxes, as Cost Explorer shows it: days of either source compare.
const TAX: &str = "Tax";
const MARKETPLACE: &str = "AWS Marketplace";

/// Values of a batch by dimension.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) dialect: Dialect,
}

impl<'a> Words<'a> {
    /// Columns whose codes decide the values of these dimensions.
    pub fn keys(&self, dimensions: &[Dimension]) -> Vec<Key> {
        let mut keys: Vec<Key> = dimensions.iter().flat_map(|dimension| self.keys_of(dimension)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
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
        let of = |fields: &[F]| -> Vec<Key> {
            fields.iter().flat_map(|field| self.batch.keys_of(*field)).collect()
        };
        let or_product = |mut keys: Vec<Key>, field: F, product: &str| {
            if !self.batch.has(field) {
                keys.extend(self.batch.keys_of_product(product));
            }
            keys
        };
        let types = if self.dialect == Dialect::Focus { F::ChargeCategory } else { F::LineItemType };
        match dimension {
            Dimension::BillingAccount => of(&[F::BillingAccount]),
            Dimension::SubAccount => of(&[F::SubAccount]),
            Dimension::Region => {
                or_product(of(&[F::Region, F::RegionFallback]), F::RegionFallback, "region")
            }
            Dimension::Service => {
                let own = of(&[F::ProductCode, F::ServiceCode, F::ServiceName, F::BillingEntity, types]);
                let named = or_product(of(&[F::ProductName]), F::ProductName, "product_name");
                [own, named].concat()
            }
            Dimension::XServiceCode => of(&[F::ProductCode, F::ServiceCode]),
            Dimension::XUsageType => of(&[F::UsageType]),
            Dimension::XOperation => of(&[F::Operation]),
            Dimension::Resource => of(&[F::Resource]),
            Dimension::Sku => or_product(of(&[F::Sku]), F::Sku, "sku"),
            Dimension::ChargeCategory => of(&[types]),
            Dimension::PricingCategory => of(&[types, F::UsageType, F::PricingCategory]),
            Dimension::CommitmentDiscount => of(&[F::SavingsPlanArn, F::ReservationArn, F::CommitmentArn]),
            Dimension::Publisher => of(&[F::Publisher]),
            Dimension::XLineItemType => of(&[F::LineItemType]),
            Dimension::Unit => of(&[F::Unit]),
            Dimension::Tag(key) => self.batch.keys_of_tag(key),
            Dimension::CostCategory(_) => Vec::new(),
        }
    }

    /// The value of a row.
    pub fn value(&self, dimension: &Dimension, row: usize) -> String {
        let text = |field: F| self.batch.text(field, row);
        let or = |first: F, second: F| if text(first).is_empty() { text(second) } else { text(first) };
        let or_product = |field: F, product: &str| {
            if self.batch.has(field) { text(field).to_owned() } else { self.batch.product(product, row) }
        };
        match dimension {
            Dimension::BillingAccount => text(F::BillingAccount).to_owned(),
            Dimension::SubAccount => text(F::SubAccount).to_owned(),
            Dimension::Region => match text(F::Region) {
                "" => or_product(F::RegionFallback, "region"),
                region => region.to_owned(),
            },
            Dimension::Service => self.service(row),
            Dimension::XServiceCode => or(F::ProductCode, F::ServiceCode).to_owned(),
            Dimension::XUsageType => text(F::UsageType).to_owned(),
            Dimension::XOperation => text(F::Operation).to_owned(),
            Dimension::Resource => text(F::Resource).to_owned(),
            Dimension::Sku => or_product(F::Sku, "sku"),
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
            Dimension::Unit => text(F::Unit).to_owned(),
            Dimension::Tag(key) => self.batch.tag(key, row),
            Dimension::CostCategory(_) => String::new(),
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
                self.batch.product("product_name", row)
            };
            if !product.is_empty() {
                return product;
            }
        }
        let code = text(F::ProductCode);
        shared::service::find_by_code(code).unwrap_or(code).to_owned()
    }
}
