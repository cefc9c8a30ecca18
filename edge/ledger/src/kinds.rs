//! The cost math of ledger.md's table: which columns make up a charge of each kind.

use cube::Metric;

use crate::schema::{Dialect, Field_ as F};

/// What the type of a line item decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Usage at its price.
    Usage,
    /// Usage that a reservation covers.
    Discounted,
    /// Usage that a Savings Plan covers.
    Covered,
    /// What takes back the price of covered usage, and whatever else was paid before.
    Upfront,
    /// The recurring fee of a Savings Plan.
    PlanFee,
    /// The recurring fee of a reservation.
    ReservationFee,
    /// A fee: paid before, if it is that of a reservation.
    Fee,
    /// A refund: of something paid before, if it is that of a Savings Plan.
    Refund,
    /// Taxes, credits and everything else.
    Other,
    /// Usage of a FOCUS report.
    FocusUsage,
    /// Everything else of a FOCUS report.
    FocusOther,
}

/// How many kinds there are.
pub const KINDS: usize = 11;

/// A column that counts, and the one that counts where it is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The column.
    pub field: F,
    /// What stands in for it; nothing: zero.
    pub otherwise: Option<F>,
    /// Whether it is taken away.
    pub is_minus: bool,
}

const fn of(field: F) -> Term {
    Term { field, otherwise: None, is_minus: false }
}

const fn less(field: F) -> Term {
    Term { field, otherwise: None, is_minus: true }
}

const fn net(field: F, gross: F) -> Term {
    Term { field, otherwise: Some(gross), is_minus: false }
}

const PRICE: &[Term] = &[of(F::Unblended)];
const NET_PRICE: &[Term] = &[net(F::NetUnblended, F::Unblended)];
const UNUSED_PLAN: &[Term] = &[of(F::SavingsPlanTotal), less(F::SavingsPlanUsed)];
const UNUSED_RESERVATION: &[Term] = &[of(F::UnusedUpfront), of(F::UnusedRecurring)];
const NET_UNUSED_RESERVATION: &[Term] =
    &[net(F::NetUnusedUpfront, F::UnusedUpfront), net(F::NetUnusedRecurring, F::UnusedRecurring)];

impl Kind {
    /// Of a line item type, or of a charge category of FOCUS.
    pub fn of(dialect: Dialect, text: &str) -> Self {
        if dialect == Dialect::Focus {
            return if text == "Usage" { Self::FocusUsage } else { Self::FocusOther };
        }
        match text {
            "Usage" | "FlatRateSubscription" => Self::Usage,
            "DiscountedUsage" => Self::Discounted,
            "SavingsPlanCoveredUsage" => Self::Covered,
            "SavingsPlanNegation" | "SavingsPlanUpfrontFee" => Self::Upfront,
            "SavingsPlanRecurringFee" => Self::PlanFee,
            "RIFee" => Self::ReservationFee,
            "Fee" => Self::Fee,
            "Refund" => Self::Refund,
            _ => Self::Other,
        }
    }

    /// Whether a text of this kind is one that AWS documents: what it invents next counts as everything else does, and is
    /// counted.
    pub fn is_known(self, text: &str) -> bool {
        match self {
            Self::Other => matches!(text, "Tax" | "Credit") || text.ends_with("Discount"),
            Self::FocusOther => matches!(text, "Purchase" | "Tax" | "Credit" | "Adjustment"),
            _ => true,
        }
    }

    /// Columns without which the effective cost of such a row is unknown: never taken for zero. AWS delivers them together;
    /// a report lacks one where somebody chose its columns.
    pub const fn needs(self) -> &'static [F] {
        match self {
            Self::Discounted => &[F::ReservationEffective],
            Self::Covered => &[F::SavingsPlanEffective],
            Self::PlanFee => &[F::SavingsPlanTotal, F::SavingsPlanUsed],
            Self::ReservationFee => &[F::UnusedRecurring, F::UnusedUpfront],
            _ => &[],
        }
    }

    /// What a metric of such a row is the sum of.
    pub const fn terms(self, metric: Metric) -> &'static [Term] {
        match (metric, self) {
            (Metric::BilledCost | Metric::XNetBilledCost, Self::FocusUsage | Self::FocusOther) => {
                const { &[of(F::Billed)] }
            }
            (Metric::EffectiveCost | Metric::XNetEffectiveCost, Self::FocusUsage | Self::FocusOther) => {
                const { &[of(F::Effective)] }
            }
            // As it stands, like the others; savings are taken of usage alone.
            (Metric::ListCost, Self::FocusUsage | Self::FocusOther) => const { &[of(F::List)] },
            (Metric::BilledCost, _) => PRICE,
            (Metric::XNetBilledCost, _) => NET_PRICE,
            (Metric::EffectiveCost | Metric::XNetEffectiveCost, Self::Upfront) => &[],
            (Metric::EffectiveCost | Metric::XNetEffectiveCost, Self::PlanFee) => UNUSED_PLAN,
            (Metric::EffectiveCost, Self::Discounted) => const { &[of(F::ReservationEffective)] },
            (Metric::EffectiveCost, Self::Covered) => const { &[of(F::SavingsPlanEffective)] },
            (Metric::EffectiveCost, Self::ReservationFee) => UNUSED_RESERVATION,
            (Metric::EffectiveCost, _) => PRICE,
            (Metric::XNetEffectiveCost, Self::Discounted) => {
                const { &[net(F::NetReservationEffective, F::ReservationEffective)] }
            }
            (Metric::XNetEffectiveCost, Self::Covered) => {
                const { &[net(F::NetSavingsPlanEffective, F::SavingsPlanEffective)] }
            }
            (Metric::XNetEffectiveCost, Self::ReservationFee) => NET_UNUSED_RESERVATION,
            (Metric::XNetEffectiveCost, _) => NET_PRICE,
            (Metric::ListCost, Self::Usage | Self::Discounted | Self::Covered) => {
                const { &[of(F::PublicCost)] }
            }
            (Metric::ConsumedQuantity, Self::Usage | Self::Discounted | Self::Covered) => {
                const { &[of(F::Quantity)] }
            }
            (Metric::ConsumedQuantity, Self::FocusUsage) => const { &[net(F::Quantity, F::PricingQuantity)] },
            (Metric::ListCost | Metric::ConsumedQuantity, _) => &[],
        }
    }
}

/// Columns a row is set aside for if they hold a text that is no number: a word in a net column does not make its row
/// gross.
pub const DECISIVE: &[F] = &[
    F::Unblended,
    F::NetUnblended,
    F::SavingsPlanEffective,
    F::NetSavingsPlanEffective,
    F::SavingsPlanTotal,
    F::SavingsPlanUsed,
    F::ReservationEffective,
    F::NetReservationEffective,
    F::UnusedUpfront,
    F::NetUnusedUpfront,
    F::UnusedRecurring,
    F::NetUnusedRecurring,
    F::Billed,
    F::Effective,
];
