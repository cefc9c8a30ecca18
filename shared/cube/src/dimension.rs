//! What cost can be grouped and filtered by.

use std::fmt;
use std::str::FromStr;

/// A dimension, named as in FOCUS and as in the address bar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are those of the glossary")]
pub enum Dimension {
    BillingAccount,
    SubAccount,
    Region,
    Service,
    XUsageType,
    XOperation,
    Resource,
    Sku,
    ChargeCategory,
    PricingCategory,
    CommitmentDiscount,
    Publisher,
    XLineItemType,
    XServiceCode,
    Unit,
    /// `tag.<key>`.
    Tag(String),
    /// `cost_category.<name>`.
    CostCategory(String),
}

/// Not the name of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a dimension")]
pub struct UnknownDimension;

impl Dimension {
    /// Every dimension but tags and cost categories.
    pub const PLAIN: [Dimension; 15] = [
        Self::BillingAccount,
        Self::SubAccount,
        Self::Region,
        Self::Service,
        Self::XUsageType,
        Self::XOperation,
        Self::Resource,
        Self::Sku,
        Self::ChargeCategory,
        Self::PricingCategory,
        Self::CommitmentDiscount,
        Self::Publisher,
        Self::XLineItemType,
        Self::XServiceCode,
        Self::Unit,
    ];

    fn plain_name(&self) -> &'static str {
        match self {
            Self::BillingAccount => "billing_account",
            Self::SubAccount => "sub_account",
            Self::Region => "region",
            Self::Service => "service",
            Self::XUsageType => "x_usage_type",
            Self::XOperation => "x_operation",
            Self::Resource => "resource",
            Self::Sku => "sku",
            Self::ChargeCategory => "charge_category",
            Self::PricingCategory => "pricing_category",
            Self::CommitmentDiscount => "commitment_discount",
            Self::Publisher => "publisher",
            Self::XLineItemType => "x_line_item_type",
            Self::XServiceCode => "x_service_code",
            Self::Unit => "unit",
            Self::Tag(_) => "tag",
            Self::CostCategory(_) => "cost_category",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(key) | Self::CostCategory(key) => write!(f, "{}.{key}", self.plain_name()),
            plain => f.write_str(plain.plain_name()),
        }
    }
}

impl FromStr for Dimension {
    type Err = UnknownDimension;
    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        match text.split_once('.') {
            Some(("tag", key)) if !key.is_empty() => Ok(Self::Tag(key.to_owned())),
            Some(("cost_category", name)) if !name.is_empty() => Ok(Self::CostCategory(name.to_owned())),
            _ => Self::PLAIN
                .iter()
                .find(|dimension| dimension.plain_name() == text)
                .cloned()
                .ok_or(UnknownDimension),
        }
    }
}
