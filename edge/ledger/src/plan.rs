//! What is read of a report: which columns, into which lanes, and the cost math over them.

use cube::{Dimension, Metric};
use shared::BillingPeriod;

use crate::batch::Batch;
use crate::charge::{Charges, SELDOM};
use crate::dimensions::{PRODUCT_NAME, fields_of, product_key_of};
use crate::error::DecodeError;
use crate::schema::{Asked, Bound, Dialect, Field_};
use crate::tree::{Form, Schema};

/// When a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// For every row.
    Always,
    /// Where rows are fees or refunds, or have no product code.
    Seldom,
    /// Where rows are of the Marketplace, whose services bear the names of products.
    Marketplace,
    /// Of row groups that may hold rows of the Marketplace. It is large, and fetched after the others.
    Late,
    /// Where it can hold what splits cost that is counted elsewhere.
    SplitRows,
    /// For rows of the kinds whose figures it is part of.
    Amount(Field_),
}

/// A report's columns, bound for a choice of dimensions and metrics.
#[derive(Debug)]
pub struct Plan {
    /// Which column is what.
    pub bound: Bound,
    /// Root columns that are read, one lane each.
    pub places: Vec<usize>,
    /// When each of them is read.
    pub needs: Vec<Need>,
    /// The lanes.
    pub batch: Batch,
    /// The cost math.
    pub charges: Charges,
}

impl Plan {
    /// Binds a schema. `period` is the manifest's, if there is one; else each row's own counts.
    pub fn new(
        schema: &Schema,
        dimensions: &[Dimension],
        metrics: &[Metric],
        period: Option<BillingPeriod>,
    ) -> Result<Self, DecodeError> {
        let bound = Bound::of(schema)?;
        let dialect = bound.dialect;
        let charges = Charges::new(dialect, metrics, period);
        let of_dimensions =
            |field: Field_| dimensions.iter().any(|dimension| fields_of(dimension, dialect).contains(&field));
        let has = |field: Field_| bound.find(field).is_some();
        // What splits cost is told by its operation, wherever there is one.
        let is_idle = |field: Field_| field == Field_::SplitParent && has(Field_::Operation);
        let wants = |field: Field_| (charges.reads(field) && !is_idle(field)) || of_dimensions(field);
        let product_keys: Vec<&str> =
            dimensions.iter().filter_map(|dimension| product_key_of(dimension, has)).collect();
        let asked = Asked::of(dimensions);
        let wants_product = dialect == Dialect::Cur2 && !product_keys.is_empty();
        let places = bound.wanted(wants, wants_product, &asked);
        let roots = places.iter().filter_map(|place| Some((*place, schema.roots.get(*place)?)));
        let columns: Vec<(usize, &str, bool)> = roots
            .map(|(place, root)| (place, root.name.as_str(), matches!(root.form, Form::Map(..))))
            .collect();
        let batch = Batch::new(&bound, &columns, &asked);
        let needs = places
            .iter()
            .map(|place| {
                let fields =
                    bound.fields.iter().filter(|(_, known)| *known == place).map(|(field, _)| *field);
                let wanted: Vec<Field_> = fields.filter(|field| wants(*field)).collect();
                let all =
                    |is: &dyn Fn(Field_) -> bool| !wanted.is_empty() && wanted.iter().all(|field| is(*field));
                // The service's own code stands in for the product's alone, unless somebody groups by it.
                let is_asked = |field: Field_| match field {
                    Field_::ServiceCode => {
                        dialect == Dialect::Focus || dimensions.contains(&Dimension::XServiceCode)
                    }
                    field => of_dimensions(field),
                };
                if bound.product == Some(*place) && product_keys.iter().all(|key| *key == PRODUCT_NAME) {
                    Need::Late
                } else if all(&|field| SELDOM.contains(&field) && !is_asked(field)) {
                    Need::Seldom
                } else if all(&|field| field == Field_::ProductName)
                    && bound.find(Field_::BillingEntity).is_some()
                {
                    Need::Marketplace
                } else if all(&|field| field == Field_::Operation && !is_asked(field)) {
                    Need::SplitRows
                } else if let (true, [field, ..]) = (all(&Field_::is_amount), wanted.as_slice()) {
                    Need::Amount(*field)
                } else {
                    Need::Always
                }
            })
            .collect();
        Ok(Self { bound, places, needs, batch, charges })
    }
}
