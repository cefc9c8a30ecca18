//! The cost math of ledger.md's table, line item type by line item type.

use super::*;
use crate::tree::{Form, Root, Schema};

/// One row: a text or a number per column; costs that are not named are absent.
fn row(cells: &[(&str, &str)]) -> Result<Row, DecodeError> {
    block(cells, &[]).map(|block| block.charges[0])
}

fn block(cells: &[(&str, &str)], dimensions: &[Dimension]) -> Result<ChargeBlock, DecodeError> {
    let mut cells = cells.to_vec();
    for (name, value) in [
        ("line_item_usage_account_id", "111122223333"),
        ("line_item_product_code", "AmazonEC2"),
        ("line_item_usage_start_date", "2026-10-31T23:00:00Z"),
        ("line_item_unblended_cost", "8"),
    ] {
        if !cells.iter().any(|(known, _)| *known == name) {
            cells.push((name, value));
        }
    }
    let schema = Schema {
        roots: cells.iter().map(|(name, _)| Root { name: (*name).to_owned(), form: Form::Flat(0) }).collect(),
        leaves: Vec::new(),
    };
    let columns = cells
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Column::Texts(Texts::constant(value, 1))))
        .collect();
    let batch = Batch { rows: 1, columns };
    let places: Vec<usize> = (0..cells.len()).collect();
    charges(&batch, &Bound::of(&schema)?, &places, dimensions, None)
}

/// Billed, effective, net billed, net effective and list cost in whole dollars.
fn check(kind: &str, cells: &[(&str, &str)], expect: [i128; 5]) {
    let mut all = vec![("line_item_line_item_type", kind), ("pricing_public_on_demand_cost", "9")];
    all.extend(cells);
    let Ok(Row::Charge(charge)) = row(&all) else { panic!("{kind}: {:?}", row(&all)) };
    let found = [charge.billed, charge.effective, charge.net_billed, charge.net_effective, charge.list];
    assert_eq!(found.map(|units| units / shared::money::ONE), expect, "{kind} {cells:?}");
}

#[test]
fn each_line_item_type_has_its_own_math() {
    let net = ("line_item_net_unblended_cost", "7");
    let (covered, net_covered) = (
        ("savings_plan_savings_plan_effective_cost", "5"),
        ("savings_plan_net_savings_plan_effective_cost", "4"),
    );
    let (reserved, net_reserved) =
        (("reservation_effective_cost", "3"), ("reservation_net_effective_cost", "2"));
    let unused = [
        ("reservation_unused_amortized_upfront_fee_for_billing_period", "3"),
        ("reservation_unused_recurring_fee", "2"),
    ];
    let net_unused = [
        ("reservation_net_unused_amortized_upfront_fee_for_billing_period", "2"),
        ("reservation_net_unused_recurring_fee", "1"),
    ];
    let arn = ("reservation_reservation_a_r_n", "arn:aws:ec2:::reserved-instances/1");
    for usage in ["Usage", "FlatRateSubscription"] {
        check(usage, &[], [8, 8, 8, 8, 9]);
        check(usage, &[net], [8, 8, 7, 7, 9]);
    }
    check("DiscountedUsage", &[reserved], [8, 3, 8, 3, 9]);
    check("DiscountedUsage", &[reserved, net_reserved, net], [8, 3, 7, 2, 9]);
    check("SavingsPlanCoveredUsage", &[covered], [8, 5, 8, 5, 9]);
    check("SavingsPlanCoveredUsage", &[covered, net_covered, net], [8, 5, 7, 4, 9]);
    // A net column that is there and empty is absent; one that says zero is a value.
    check("SavingsPlanCoveredUsage", &[covered, (net_covered.0, "")], [8, 5, 8, 5, 9]);
    check("SavingsPlanCoveredUsage", &[covered, (net_covered.0, "0.0")], [8, 5, 8, 0, 9]);
    check("SavingsPlanNegation", &[], [8, 0, 8, 0, 0]);
    check("SavingsPlanUpfrontFee", &[], [8, 0, 8, 0, 0]);
    let plan = [("savings_plan_total_commitment_to_date", "10"), ("savings_plan_used_commitment", "6")];
    check("SavingsPlanRecurringFee", &plan, [8, 4, 8, 4, 0]);
    check("RIFee", &unused, [8, 5, 8, 5, 0]);
    check("RIFee", &[unused.as_slice(), &net_unused].concat(), [8, 5, 8, 3, 0]);
    check("Fee", &[arn], [8, 0, 8, 0, 0]);
    check("Fee", &[net], [8, 8, 7, 7, 0]);
    for other in ["Tax", "Credit", "Refund", "EdpDiscount", "BundledDiscount", "SomethingNew"] {
        check(other, &[net], [8, 8, 7, 7, 0]);
    }
    let refund = [
        ("line_item_product_code", "ComputeSavingsPlans"),
        ("line_item_line_item_description", "Refund for one-time fee for Savings Plan ID: 1"),
    ];
    check("Refund", &refund, [8, 0, 8, 0, 0]);
    check("Credit", &refund, [8, 8, 8, 8, 0]);
}

#[test]
fn services_bear_the_names_cost_explorer_compares_with_and_codes_stay_verbatim() {
    for (kind, code, entity, expect) in [
        ("Usage", "AmazonEC2", "AWS", "Amazon EC2"),
        ("Tax", "AmazonEC2", "AWS", "Tax"),
        ("Credit", "AmazonEC2", "AWS", "Amazon EC2"),
        ("Usage", "AmazonBrandNew", "AWS", "AmazonBrandNew"),
        ("Usage", "8f3k", "AWS Marketplace", "Data Mover Pro"),
    ] {
        let cells = [
            ("line_item_line_item_type", kind),
            ("line_item_product_code", code),
            ("bill_billing_entity", entity),
            ("product_product_name", "Data Mover Pro"),
        ];
        let block = block(&cells, &[Dimension::Service, Dimension::XServiceCode]).unwrap();
        assert_eq!([block.dimensions[0].at(0), block.dimensions[1].at(0)], [expect, code], "{kind} {entity}");
    }
}

#[test]
fn split_costs_are_left_out_and_what_is_no_number_set_aside() {
    for operation in ["EKSPod-EC2", "ECSTask-EC2"] {
        let split = [("line_item_line_item_type", "Usage"), ("line_item_operation", operation)];
        assert_eq!(row(&split), Ok(Row::LeftOut));
    }
    let words = [("line_item_line_item_type", "Usage"), ("line_item_unblended_cost", "eight")];
    assert_eq!(row(&words), Ok(Row::Rejected));
    let undated = [("line_item_line_item_type", "Usage"), ("line_item_usage_start_date", "")];
    assert_eq!(row(&undated), Ok(Row::Rejected));
}

// security.md row 49
#[test]
fn an_effective_cost_nobody_delivered_is_named_never_zero() {
    for (kind, column) in [
        ("DiscountedUsage", "reservation_effective_cost"),
        ("SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost"),
        ("SavingsPlanRecurringFee", "savings_plan_total_commitment_to_date"),
        ("RIFee", "reservation_unused_recurring_fee"),
    ] {
        let missing = DecodeError::MissingColumn(column.to_owned());
        assert_eq!(row(&[("line_item_line_item_type", kind)]), Err(missing));
    }
}

// security.md row 51
#[test]
fn a_cost_that_is_no_finite_number_condemns_the_file() {
    for value in [f64::NAN, f64::INFINITY, -1e12] {
        let column = Column::Doubles(vec![Some(1.0), Some(value)]);
        assert!(matches!(Amounts::of(&column, "cost"), Err(DecodeError::BadValue { .. })), "{value}");
    }
    let zero = Amounts::of(&Column::Doubles(vec![Some(-0.0)]), "cost").map(|amounts| amounts.at(0));
    assert_eq!(zero, Ok(Some(0)));
}

// security.md row 52
#[test]
fn days_outside_their_period_are_held_and_counted() {
    let check = |given: Option<&str>, own: &str, expect: (&str, bool)| {
        let mut holder = Holder::new(given.and_then(|period| period.parse().ok()));
        let day = |text: &str| text.parse::<Day>().ok();
        let Some(start) = day("2026-10-31") else { return };
        let (held, is_outside) = holder.hold(start, day(own));
        assert_eq!((held.to_string().as_str(), is_outside), expect);
    };
    check(Some("2026-10"), "", ("2026-10-31", false));
    check(Some("2026-09"), "2026-10-01", ("2026-09-30", true));
    check(Some("2026-11"), "", ("2026-11-01", true));
    check(None, "2026-10-01", ("2026-10-31", false));
    check(None, "2026-11-01", ("2026-11-01", true));
    check(None, "", ("2026-10-31", false));
}
