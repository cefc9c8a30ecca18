//! From a batch of rows to charges: the cost math of ledger.md's table, and the dimensions of FOCUS.

use cube::Dimension;
use shared::{BillingPeriod, ChargeCategory, Currency, Day, DayRange};

use crate::column::{Amounts, Column, Texts, days, map_values};
use crate::error::DecodeError;
use crate::schema::{Bound, Dialect, Field_ as F, tag_key};

/// Charges of a batch, column by column.
#[derive(Clone, Debug)]
pub struct ChargeBlock {
    /// Rows of the batch, those left out included.
    pub rows: usize,
    /// Values of each dimension that was asked for, in that order.
    pub dimensions: Vec<Texts>,
    /// Per row: its charge, or why it has none.
    pub charges: Vec<Row>,
    /// Currencies by code.
    pub currencies: Texts,
    /// Whether every row bears an invoice.
    pub has_invoices: bool,
}

/// A row after cost math.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A charge.
    Charge(Charge),
    /// Repeats cost counted elsewhere.
    LeftOut,
    /// A cost in it is no number.
    Rejected,
}

/// Costs in units of 10⁻¹², and the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// UTC day of its start, held within its billing period.
    pub day: Day,
    /// Whether the day had to be held.
    pub is_outside: bool,
    /// Cost on the bill.
    pub billed: i128,
    /// Cost with commitments spread.
    pub effective: i128,
    /// Billed after discounts.
    pub net_billed: i128,
    /// Effective after discounts.
    pub net_effective: i128,
    /// At public prices.
    pub list: i128,
    /// Quantity, of usage only.
    pub quantity: i128,
}

/// Rows of a file: the columns that are read, and what they are called.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// How many.
    pub rows: usize,
    /// Name and values of each column, in the order of the places.
    pub columns: Vec<(String, Column)>,
}

/// Reads a batch. `period` is the manifest's, if there is one; else each row's own counts.
pub fn charges(
    batch: &Batch,
    bound: &Bound,
    places: &[usize],
    dimensions: &[Dimension],
    period: Option<BillingPeriod>,
) -> Result<ChargeBlock, DecodeError> {
    let reader = Reader { batch, bound, places };
    match bound.dialect {
        Dialect::Focus => reader.focus(dimensions, period),
        _ => reader.cur(dimensions, period),
    }
}

struct Reader<'a> {
    batch: &'a Batch,
    bound: &'a Bound,
    /// Root columns of the batch, as places in the file's schema.
    places: &'a [usize],
}

/// What the type of a line item decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usage,
    Discounted,
    Covered,
    Negation,
    PlanFee,
    PlanUpfront,
    ReservationFee,
    Fee,
    Other,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "Usage" | "FlatRateSubscription" => Self::Usage,
            "DiscountedUsage" => Self::Discounted,
            "SavingsPlanCoveredUsage" => Self::Covered,
            "SavingsPlanNegation" => Self::Negation,
            "SavingsPlanRecurringFee" => Self::PlanFee,
            "SavingsPlanUpfrontFee" => Self::PlanUpfront,
            "RIFee" => Self::ReservationFee,
            "Fee" => Self::Fee,
            _ => Self::Other,
        }
    }

    /// Columns without which the effective cost of such a row is unknown: never taken for zero.
    const fn needs(self) -> &'static [F] {
        match self {
            Self::Discounted => &[F::ReservationEffective],
            Self::Covered => &[F::SavingsPlanEffective],
            Self::PlanFee => &[F::SavingsPlanTotal, F::SavingsPlanUsed],
            Self::ReservationFee => &[F::UnusedRecurring],
            _ => &[],
        }
    }

    const fn has_quantity(self) -> bool {
        matches!(self, Self::Usage | Self::Discounted | Self::Covered)
    }
}

impl Reader<'_> {
    fn column(&self, field: F) -> Option<&(String, Column)> {
        self.at(self.bound.find(field)?)
    }

    fn at(&self, place: usize) -> Option<&(String, Column)> {
        let at = self.places.iter().position(|known| *known == place)?;
        self.batch.columns.get(at)
    }

    fn rows(&self) -> usize {
        self.batch.rows
    }

    fn texts(&self, field: F) -> Result<Texts, DecodeError> {
        match self.column(field) {
            Some((name, column)) => Texts::of(column, name),
            None => Ok(Texts::constant("", self.rows())),
        }
    }

    fn amounts(&self, field: F) -> Result<Amounts, DecodeError> {
        match self.column(field) {
            Some((name, column)) => Amounts::of(column, name),
            None => Ok(Amounts::default()),
        }
    }

    fn days(&self, field: F) -> Result<Vec<Option<Day>>, DecodeError> {
        match self.column(field) {
            Some((name, column)) => days(column, name),
            None => Ok(vec![None; self.rows()]),
        }
    }

    /// Values of a map column under keys that are compared as tags are.
    fn map(&self, place: usize, keys: &[String]) -> Result<Option<Vec<Texts>>, DecodeError> {
        let Some((name, column)) = self.at(place) else { return Ok(None) };
        map_values(column, name, keys, tag_key).map(Some)
    }

    /// A value of the map of product attributes, where it is one.
    fn product(&self, key: &str) -> Result<Option<Texts>, DecodeError> {
        let Some(place) = self.bound.product else { return Ok(None) };
        Ok(self.map(place, &[tag_key(key)])?.and_then(|columns| columns.into_iter().next()))
    }

    /// Values of one tag: of its column, else of the maps, the newer one first.
    fn tag(&self, key: &str) -> Result<Texts, DecodeError> {
        let normal = tag_key(key);
        for (place, known) in &self.bound.tags.columns {
            if *known == normal
                && let Some((name, column)) = self.at(*place)
            {
                return Texts::of(column, name);
            }
        }
        let mut found: Option<Texts> = None;
        for place in &self.bound.tags.maps {
            let Some(column) = self
                .map(*place, std::slice::from_ref(&normal))?
                .and_then(|columns| columns.into_iter().next())
            else {
                continue;
            };
            found = Some(match found {
                Some(newer) => {
                    newer.zip(&column, |newer, older| if newer.is_empty() { older } else { newer }.to_owned())
                }
                None => column,
            });
        }
        Ok(found.unwrap_or_else(|| Texts::constant("", self.rows())))
    }

    fn cur(
        &self,
        dimensions: &[Dimension],
        period: Option<BillingPeriod>,
    ) -> Result<ChargeBlock, DecodeError> {
        let types = self.texts(F::LineItemType)?;
        let kinds: Vec<Kind> = types.values.iter().map(|text| Kind::of(text)).collect();
        for needed in kinds.iter().flat_map(|kind| kind.needs()) {
            if self.bound.find(*needed).is_none() {
                return Err(DecodeError::MissingColumn(crate::schema::name_of(*needed).to_owned()));
            }
        }
        let operations = self.texts(F::Operation)?;
        let (codes, descriptions) = (self.texts(F::ProductCode)?, self.texts(F::Description)?);
        let reservations = self.texts(F::ReservationArn)?;
        let is_refunded_plan = codes.zip(&descriptions, |code, words| {
            let is = code == "ComputeSavingsPlans"
                && words.starts_with("Refund for one-time fee for Savings Plan ID");
            String::from(if is { "1" } else { "" })
        });
        let unblended = self.amounts(F::Unblended)?;
        let net_unblended = self.amounts(F::NetUnblended)?;
        let public = self.amounts(F::PublicCost)?;
        let quantity = self.amounts(F::Quantity)?;
        let (covered, net_covered) =
            (self.amounts(F::SavingsPlanEffective)?, self.amounts(F::NetSavingsPlanEffective)?);
        let (total, used) = (self.amounts(F::SavingsPlanTotal)?, self.amounts(F::SavingsPlanUsed)?);
        let (reserved, net_reserved) =
            (self.amounts(F::ReservationEffective)?, self.amounts(F::NetReservationEffective)?);
        let (upfront, recurring) = (self.amounts(F::UnusedUpfront)?, self.amounts(F::UnusedRecurring)?);
        let (net_upfront, net_recurring) =
            (self.amounts(F::NetUnusedUpfront)?, self.amounts(F::NetUnusedRecurring)?);
        let starts = self.days(F::Start)?;
        let periods = self.days(F::BillingPeriod)?;
        let mut holder = Holder::new(period);
        let effective_columns = [&covered, &total, &used, &reserved, &upfront, &recurring];
        let is_bad = |row: usize| {
            let mut columns = effective_columns.iter().copied().chain([&unblended]);
            columns.any(|column| column.bad.binary_search(&row).is_ok())
        };
        let or_zero = |amount: Option<i128>| amount.unwrap_or(0);
        let charges = (0..self.rows())
            .map(|row| {
                if matches!(operations.at(row), "EKSPod-EC2" | "ECSTask-EC2") {
                    return Row::LeftOut;
                }
                let Some(start) = starts.get(row).copied().flatten().filter(|_| !is_bad(row)) else {
                    return Row::Rejected;
                };
                let kind = kinds.get(types.code(row) as usize).copied().unwrap_or(Kind::Other);
                let billed = or_zero(unblended.at(row));
                let net_billed = net_unblended.at(row).unwrap_or(billed);
                let (effective, net_effective) = match kind {
                    Kind::Discounted => {
                        let effective = or_zero(reserved.at(row));
                        (effective, net_reserved.at(row).unwrap_or(effective))
                    }
                    Kind::Covered => {
                        let effective = or_zero(covered.at(row));
                        (effective, net_covered.at(row).unwrap_or(effective))
                    }
                    Kind::Negation | Kind::PlanUpfront => (0, 0),
                    Kind::PlanFee => {
                        let unused = or_zero(total.at(row)).saturating_sub(or_zero(used.at(row)));
                        (unused, unused)
                    }
                    Kind::ReservationFee => {
                        let (gross_upfront, gross_recurring) =
                            (or_zero(upfront.at(row)), or_zero(recurring.at(row)));
                        let net_up = net_upfront.at(row).unwrap_or(gross_upfront);
                        let net = net_up.saturating_add(net_recurring.at(row).unwrap_or(gross_recurring));
                        (gross_upfront.saturating_add(gross_recurring), net)
                    }
                    Kind::Fee if !reservations.at(row).is_empty() => (0, 0),
                    _ if is_refunded_plan.at(row) == "1" && types.at(row) == "Refund" => (0, 0),
                    _ => (billed, net_billed),
                };
                let list = if kind.has_quantity() { or_zero(public.at(row)) } else { 0 };
                let quantity = if kind.has_quantity() { or_zero(quantity.at(row)) } else { 0 };
                let (day, is_outside) = holder.hold(start, periods.get(row).copied().flatten());
                Row::Charge(Charge {
                    day,
                    is_outside,
                    billed,
                    effective,
                    net_billed,
                    net_effective,
                    list,
                    quantity,
                })
            })
            .collect();
        let invoices = self.texts(F::Invoice)?;
        let currencies = self.currencies()?;
        let columns = dimensions
            .iter()
            .map(|dimension| self.cur_dimension(dimension, &types, &codes))
            .collect::<Result<_, _>>()?;
        Ok(ChargeBlock {
            rows: self.rows(),
            dimensions: columns,
            charges,
            currencies,
            has_invoices: (0..self.rows()).all(|row| !invoices.at(row).is_empty()),
        })
    }

    fn cur_dimension(
        &self,
        dimension: &Dimension,
        types: &Texts,
        codes: &Texts,
    ) -> Result<Texts, DecodeError> {
        Ok(match dimension {
            Dimension::BillingAccount => self.texts(F::BillingAccount)?,
            Dimension::SubAccount => self.texts(F::SubAccount)?,
            Dimension::Region => {
                let region = self.texts(F::Region)?;
                let fallback = match self.bound.find(F::RegionFallback) {
                    Some(_) => self.texts(F::RegionFallback)?,
                    None => self.product("region")?.unwrap_or_else(|| Texts::constant("", self.rows())),
                };
                region
                    .zip(&fallback, |region, other| if region.is_empty() { other } else { region }.to_owned())
            }
            Dimension::Service => apart(self.service(codes)?, types),
            Dimension::XServiceCode => {
                let other = self.texts(F::ServiceCode)?;
                codes.zip(&other, |code, other| if code.is_empty() { other } else { code }.to_owned())
            }
            Dimension::XUsageType => self.texts(F::UsageType)?,
            Dimension::XOperation => self.texts(F::Operation)?,
            Dimension::Resource => self.texts(F::Resource)?,
            Dimension::Sku => match self.bound.find(F::Sku) {
                Some(_) => self.texts(F::Sku)?,
                None => self.product("sku")?.unwrap_or_else(|| Texts::constant("", self.rows())),
            },
            Dimension::ChargeCategory => {
                types.map(|text| ChargeCategory::from_line_item_type(text).as_str().to_owned())
            }
            Dimension::PricingCategory => {
                let usage_types = self.texts(F::UsageType)?;
                types.zip(&usage_types, |kind, usage_type| {
                    String::from(match kind {
                        "DiscountedUsage" | "SavingsPlanCoveredUsage" => "Committed",
                        "Usage" | "FlatRateSubscription" if usage_type.contains("SpotUsage") => "Dynamic",
                        "Usage" | "FlatRateSubscription" => "Standard",
                        _ => "Other",
                    })
                })
            }
            Dimension::CommitmentDiscount => {
                let (plans, reservations) = (self.texts(F::SavingsPlanArn)?, self.texts(F::ReservationArn)?);
                plans.zip(&reservations, |plan, reservation| {
                    if plan.is_empty() { reservation } else { plan }.to_owned()
                })
            }
            Dimension::Publisher => self.texts(F::Publisher)?,
            Dimension::XLineItemType => types.clone(),
            Dimension::Unit => self.texts(F::Unit)?,
            Dimension::Tag(key) => self.tag(key)?,
            Dimension::CostCategory(_) => Texts::constant("", self.rows()),
        })
    }

    /// The name of the service; of the marketplace that of the product.
    fn service(&self, codes: &Texts) -> Result<Texts, DecodeError> {
        let entities = self.texts(F::BillingEntity)?;
        let named = codes.map(|code| shared::service::find_by_code(code).unwrap_or(code).to_owned());
        if !entities.values.iter().any(|entity| entity == "AWS Marketplace") {
            return Ok(named);
        }
        let products = match self.bound.find(F::ProductName) {
            Some(_) => self.texts(F::ProductName)?,
            None => self.product("product_name")?.unwrap_or_else(|| Texts::constant("", self.rows())),
        };
        let sold = entities.zip(&products, |entity, product| {
            if entity == "AWS Marketplace" { product.to_owned() } else { String::new() }
        });
        Ok(named.zip(&sold, |named, sold| if sold.is_empty() { named } else { sold }.to_owned()))
    }

    fn currencies(&self) -> Result<Texts, DecodeError> {
        let found = self.texts(F::Currency)?;
        if let Some(odd) =
            found.values.iter().find(|text| !text.is_empty() && text.parse::<Currency>().is_err())
        {
            let column = self.column(F::Currency).map_or(String::new(), |(name, _)| name.clone());
            return Err(DecodeError::BadValue { column, value: crate::error::shortened(odd) });
        }
        Ok(found.map(|text| if text.is_empty() { "USD".to_owned() } else { text.to_owned() }))
    }

    fn focus(
        &self,
        dimensions: &[Dimension],
        period: Option<BillingPeriod>,
    ) -> Result<ChargeBlock, DecodeError> {
        let (billed, effective) = (self.amounts(F::Billed)?, self.amounts(F::Effective)?);
        let (list, quantity) = (self.amounts(F::List)?, self.amounts(F::Quantity)?);
        let categories = self.texts(F::ChargeCategory)?;
        let starts = self.days(F::Start)?;
        let periods = self.days(F::BillingPeriod)?;
        let mut holder = Holder::new(period);
        let charges = (0..self.rows())
            .map(|row| {
                let is_bad =
                    [&billed, &effective].iter().any(|column| column.bad.binary_search(&row).is_ok());
                let Some(start) = starts.get(row).copied().flatten().filter(|_| !is_bad) else {
                    return Row::Rejected;
                };
                let (day, is_outside) = holder.hold(start, periods.get(row).copied().flatten());
                let (billed, effective) = (billed.at(row).unwrap_or(0), effective.at(row).unwrap_or(0));
                let is_usage = categories.at(row) == "Usage";
                let of_usage = |amount: Option<i128>| if is_usage { amount.unwrap_or(0) } else { 0 };
                Row::Charge(Charge {
                    day,
                    is_outside,
                    billed,
                    effective,
                    net_billed: billed,
                    net_effective: effective,
                    list: of_usage(list.at(row)),
                    quantity: of_usage(quantity.at(row)),
                })
            })
            .collect();
        let invoices = self.texts(F::Invoice)?;
        let currencies = self.currencies()?;
        let columns = dimensions
            .iter()
            .map(|dimension| self.focus_dimension(dimension, &categories))
            .collect::<Result<_, _>>()?;
        Ok(ChargeBlock {
            rows: self.rows(),
            dimensions: columns,
            charges,
            currencies,
            has_invoices: (0..self.rows()).all(|row| !invoices.at(row).is_empty()),
        })
    }

    fn focus_dimension(&self, dimension: &Dimension, categories: &Texts) -> Result<Texts, DecodeError> {
        Ok(match dimension {
            Dimension::BillingAccount => self.texts(F::BillingAccount)?,
            Dimension::SubAccount => self.texts(F::SubAccount)?,
            Dimension::Region => self.texts(F::Region)?,
            Dimension::Service => {
                // One name per service, whatever the source: the code tells it where the report has one.
                let codes = self.texts(F::ServiceCode)?;
                let named = self.texts(F::ServiceName)?.zip(&codes, |name, code| {
                    let known = shared::service::find_by_code(code)
                        .or_else(|| shared::service::find_by_cost_explorer(name));
                    known.unwrap_or(name).to_owned()
                });
                apart(named, categories)
            }
            Dimension::XServiceCode => self.texts(F::ServiceCode)?,
            Dimension::XUsageType => self.texts(F::UsageType)?,
            Dimension::XOperation => self.texts(F::Operation)?,
            Dimension::Resource => self.texts(F::Resource)?,
            Dimension::Sku => self.texts(F::Sku)?,
            Dimension::ChargeCategory => categories.clone(),
            Dimension::PricingCategory => self.texts(F::PricingCategory)?,
            Dimension::CommitmentDiscount => self.texts(F::CommitmentArn)?,
            Dimension::Publisher => self.texts(F::Publisher)?,
            Dimension::Unit => self.texts(F::Unit)?,
            Dimension::Tag(key) => self.tag(key)?,
            Dimension::XLineItemType | Dimension::CostCategory(_) => Texts::constant("", self.rows()),
        })
    }
}

/// Tax stands apart from the service it taxes, as Cost Explorer shows it: days of either source compare.
fn apart(services: Texts, categories: &Texts) -> Texts {
    const TAX: &str = "Tax";
    if !categories.values.iter().any(|category| category == TAX) {
        return services;
    }
    services.zip(categories, |service, category| if category == TAX { TAX } else { service }.to_owned())
}

/// Finds the day a charge belongs to: of its start, held within its billing period.
struct Holder {
    given: Option<DayRange>,
    /// The period of the row before, which most rows share.
    last: Option<(Day, DayRange)>,
}

impl Holder {
    fn new(given: Option<BillingPeriod>) -> Self {
        Self { given: given.map(BillingPeriod::days), last: None }
    }

    fn hold(&mut self, start: Day, own: Option<Day>) -> (Day, bool) {
        let days = match (self.given, own, self.last) {
            (Some(days), _, _) => days,
            (None, Some(own), Some((last, days))) if last == own => days,
            (None, Some(own), _) => {
                let days = own.period().days();
                self.last = Some((own, days));
                days
            }
            (None, None, _) => return (start, false),
        };
        if (days.start..days.end).contains(&start) {
            return (start, false);
        }
        let day = if start < days.start { days.start } else { days.end.plus(-1) };
        (day, day != start)
    }
}

#[cfg(test)]
#[path = "charge_tests.rs"]
mod tests;
