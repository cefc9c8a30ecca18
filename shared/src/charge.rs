//! Charge categories of FOCUS, and the one mapping from AWS's line item types and record types.

use serde::{Deserialize, Serialize};

/// FOCUS `ChargeCategory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeCategory {
    /// Consumption, on demand or covered by a commitment.
    Usage,
    /// Commitments, recurring and one-time fees.
    Purchase,
    /// Tax.
    Tax,
    /// Credits.
    Credit,
    /// Refunds, discounts and whatever AWS invents next.
    Adjustment,
}

impl ChargeCategory {
    /// Every category, in the order they are shown.
    pub const ALL: [ChargeCategory; 5] =
        [Self::Usage, Self::Purchase, Self::Tax, Self::Credit, Self::Adjustment];

    /// The word of FOCUS, as shown and as stored in cubes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "Usage",
            Self::Purchase => "Purchase",
            Self::Tax => "Tax",
            Self::Credit => "Credit",
            Self::Adjustment => "Adjustment",
        }
    }

    /// From `lineItem/LineItemType`. Unknown types are `Adjustment`; the caller counts them.
    pub fn from_line_item_type(text: &str) -> Self {
        match text {
            "Usage"
            | "FlatRateSubscription"
            | "DiscountedUsage"
            | "SavingsPlanCoveredUsage"
            | "SavingsPlanNegation" => Self::Usage,
            "SavingsPlanRecurringFee" | "SavingsPlanUpfrontFee" | "RIFee" | "Fee" => Self::Purchase,
            "Tax" => Self::Tax,
            "Credit" => Self::Credit,
            _ => Self::Adjustment,
        }
    }

    /// From Cost Explorer's `RECORD_TYPE`, which says a line item type or, more often, what AWS's console calls it:
    /// "Reservation applied usage" is `DiscountedUsage`, "Recurring reservation fee" `RIFee`.
    pub fn from_record_type(text: &str) -> Self {
        let folded: String =
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match folded.as_str() {
            "usage"
            | "discountedusage"
            | "reservationappliedusage"
            | "savingsplancoveredusage"
            | "savingsplannegation"
            | "flatratesubscription" => Self::Usage,
            "recurring"
            | "recurringreservationfee"
            | "rifee"
            | "fee"
            | "upfrontreservationfee"
            | "upfront"
            | "savingsplanrecurringfee"
            | "savingsplanupfrontfee"
            | "otheroutofcyclecharges"
            | "subscription"
            | "support"
            | "supportfee" => Self::Purchase,
            "tax" => Self::Tax,
            "credit" => Self::Credit,
            _ => Self::Adjustment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ChargeCategory::{self, *};

    fn check(line: &str, expect: ChargeCategory) {
        assert_eq!(ChargeCategory::from_line_item_type(line), expect, "{line}")
    }

    #[test]
    fn line_item_types_map_to_categories() {
        check("Usage", Usage);
        check("SavingsPlanNegation", Usage);
        check("RIFee", Purchase);
        check("Fee", Purchase);
        check("Tax", Tax);
        check("Credit", Credit);
        check("Refund", Adjustment);
        check("EdpDiscount", Adjustment);
        check("Invented", Adjustment);
    }

    #[test]
    fn record_types_map_whatever_their_spelling() {
        for (record, expect) in [
            ("Usage", Usage),
            ("SavingsPlanCoveredUsage", Usage),
            ("Savings Plan Covered Usage", Usage),
            ("Savings Plan covered usage", Usage),
            ("Savings Plan Negation", Usage),
            ("DiscountedUsage", Usage),
            ("Reservation applied usage", Usage),
            ("Recurring reservation fee", Purchase),
            ("RIFee", Purchase),
            ("Savings Plan Recurring Fee", Purchase),
            ("Savings Plan upfront fee", Purchase),
            ("Other out-of-cycle charges", Purchase),
            ("Upfront reservation fee", Purchase),
            ("Recurring", Purchase),
            ("Support", Purchase),
            ("Support fee", Purchase),
            ("Tax", Tax),
            ("Credit", Credit),
            ("Refund", Adjustment),
            ("Enterprise Discount Program Discount", Adjustment),
        ] {
            assert_eq!(ChargeCategory::from_record_type(record), expect, "{record}");
        }
    }
}
