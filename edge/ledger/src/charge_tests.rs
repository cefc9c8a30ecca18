//! The cost math of ledger.md's table, line item type by line item type.

use super::*;
use crate::schema::{Asked, Bound, CUR};
use crate::tree::{Form, Root, Schema};
use cube::Dimension;

/// One row: a text or a number per column; costs that are not named are absent.
fn row(cells: &[(&str, &str)]) -> Result<Row, DecodeError> {
    let mut found = Ok(Row::Rejected);
    with_row(cells, |block| found = Ok(block.row(0)))?;
    found
}

fn with_row(cells: &[(&str, &str)], look: impl FnMut(&ChargeBlock<'_>)) -> Result<(), DecodeError> {
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
    let columns: Vec<(&str, Vec<String>)> =
        cells.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect();
    with_rows(&columns, look)
}

/// Columns of texts as a batch, and its charges.
pub(crate) fn with_rows(
    columns: &[(&str, Vec<String>)],
    mut look: impl FnMut(&ChargeBlock<'_>),
) -> Result<(), DecodeError> {
    let roots = columns.iter().map(|(name, _)| Root { name: (*name).to_owned(), form: Form::Flat(0) });
    let bound = Bound::of(&Schema { roots: roots.collect(), leaves: Vec::new() })?;
    let places: Vec<(usize, &str, bool)> =
        columns.iter().enumerate().map(|(place, (name, _))| (place, *name, false)).collect();
    let mut batch = Batch::new(&bound, &places, &Asked::default());
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    batch.begin_texts();
    for row in 0..rows {
        batch.push_texts(|lane| columns[lane].1[row].as_bytes())?;
    }
    batch.end_texts();
    let mut charges = Charges::new(bound.dialect, &METRICS, None);
    charges.sort(&batch)?;
    charges.part(&batch);
    look(&charges.of(&batch));
    Ok(())
}

/// Billed, effective, net billed, net effective and list cost in whole dollars.
fn check(kind: &str, cells: &[(&str, &str)], expect: [i128; 5]) {
    let mut all = vec![("line_item_line_item_type", kind), ("pricing_public_on_demand_cost", "9")];
    all.extend(cells);
    let Ok(Row::Charge(charge)) = row(&all) else { panic!("{kind}: {:?}", row(&all)) };
    let [found @ .., _] = charge.figures;
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
        with_row(&cells, |block| {
            let found = [Dimension::Service, Dimension::XServiceCode]
                .map(|dimension| block.words().value(&dimension, 0));
            assert_eq!(found, [expect, code], "{kind} {entity}");
        })
        .unwrap();
    }
}

#[test]
fn split_costs_are_left_out_and_what_is_no_number_set_aside() {
    for operation in ["EKSPod-EC2", "ECSTask-EC2"] {
        let split = [("line_item_line_item_type", "Usage"), ("line_item_operation", operation)];
        assert_eq!(row(&split), Ok(Row::LeftOut));
    }
    for (kind, column) in [
        ("Usage", "line_item_unblended_cost"),
        ("Usage", "line_item_net_unblended_cost"),
        ("SavingsPlanCoveredUsage", "savings_plan_net_savings_plan_effective_cost"),
        ("DiscountedUsage", "reservation_net_effective_cost"),
        ("RIFee", "reservation_net_unused_amortized_upfront_fee_for_billing_period"),
        ("RIFee", "reservation_net_unused_recurring_fee"),
    ] {
        let gross = Kind::of(Dialect::LegacyCur, kind).needs().iter();
        let gross = gross.map(|field| (name_of(Dialect::LegacyCur, *field), "3"));
        let words: Vec<_> = gross.chain([("line_item_line_item_type", kind), (column, "eight")]).collect();
        assert_eq!(row(&words), Ok(Row::Rejected), "{column}");
    }
    // Neither a price on demand nor a quantity is part of a bill.
    for column in ["pricing_public_on_demand_cost", "line_item_usage_amount"] {
        let words = [("line_item_line_item_type", "Usage"), (column, "eight")];
        assert!(matches!(row(&words), Ok(Row::Charge(_))), "{column}");
    }
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
    // Half of it is not enough.
    for (kind, half, column) in [
        ("RIFee", "reservation_unused_recurring_fee", F::UnusedUpfront),
        ("RIFee", "reservation_unused_amortized_upfront_fee_for_billing_period", F::UnusedRecurring),
        ("SavingsPlanRecurringFee", "savings_plan_total_commitment_to_date", F::SavingsPlanUsed),
    ] {
        let missing = DecodeError::MissingColumn(name_of(Dialect::LegacyCur, column).to_owned());
        assert_eq!(row(&[("line_item_line_item_type", kind), (half, "1")]), Err(missing));
    }
}

// What was paid before counts by the share of each day: counted whole beside it, it would count twice.
#[test]
fn a_refund_that_may_have_been_paid_before_is_never_counted_twice() {
    let with = |kind, more: &[(&'static str, &'static str)]| {
        let usual = [("line_item_line_item_type", kind), ("line_item_product_code", "ComputeSavingsPlans")];
        // Of two columns of one name the first counts.
        row(&[more, &usual].concat())
    };
    let missing = |column: &str| Err(DecodeError::MissingColumn(column.to_owned()));
    let (reserved, covered) =
        (("reservation_effective_cost", "3"), ("savings_plan_savings_plan_effective_cost", "5"));
    assert_eq!(with("Refund", &[covered]), missing("line_item_line_item_description"));
    // A report without plans need not tell them, nor does a refund of anything else.
    for (kind, more) in [
        ("Refund", [reserved].as_slice()),
        ("Refund", &[covered, ("line_item_line_item_description", "")]),
        ("Refund", &[covered, ("line_item_product_code", "AmazonS3")]),
        ("Fee", &[reserved, covered]),
        ("Usage", &[reserved, covered]),
    ] {
        let more: Vec<_> = more.to_vec();
        assert!(matches!(with(kind, &more), Ok(Row::Charge(_))), "{kind} {more:?}");
    }
}

#[test]
fn split_costs_are_told_by_their_instance_where_the_operation_is_missing() {
    let split = |parent| {
        let cells = [("line_item_line_item_type", "Usage"), ("split_line_item_parent_resource_id", parent)];
        let mut status = None;
        with_row(&cells, |block| status = Some((block.row(0), block.statuses().first().copied()))).unwrap();
        status.unwrap()
    };
    assert_eq!(split("i-1"), (Row::LeftOut, Some(Status::LeftOut)));
    assert!(matches!(split(""), (Row::Charge(_), None)));
    // Where there is an operation, it says so alone.
    let both = [
        ("line_item_line_item_type", "Usage"),
        ("split_line_item_parent_resource_id", "i-1"),
        ("line_item_operation", "RunInstances"),
    ];
    assert!(matches!(row(&both), Ok(Row::Charge(_))));
    // Nor is the other column read then.
    let usual = ["usage_account_id", "line_item_type", "product_code", "usage_start_date", "unblended_cost"];
    let is_read = |more: &[&str]| {
        let names = usual.iter().map(|name| format!("line_item_{name}"));
        let names = names.chain(more.iter().map(|name| (*name).to_owned()));
        let roots = names.enumerate().map(|(leaf, name)| Root { name, form: Form::Flat(leaf) });
        let schema = Schema { roots: roots.collect(), leaves: Vec::new() };
        let plan = crate::plan::Plan::new(&schema, &[], &METRICS, None).unwrap();
        plan.batch.has(F::SplitParent)
    };
    assert!(is_read(&["split_line_item_parent_resource_id"]));
    assert!(!is_read(&["split_line_item_parent_resource_id", "line_item_operation"]));
}

#[test]
fn focus_brings_its_costs_as_they_stand() {
    for (category, quantity) in [("Usage", 2), ("Purchase", 0), ("Tax", 0), ("Credit", 0), ("Adjustment", 0)]
    {
        let columns = [
            ("SubAccountId", "1"),
            ("ServiceName", "Amazon S3"),
            ("ChargePeriodStart", "2026-10-31"),
            ("ChargeCategory", category),
            ("BilledCost", "7"),
            ("EffectiveCost", "5"),
            ("ListCost", "9"),
            ("ConsumedQuantity", "2"),
        ];
        let columns = columns.map(|(name, value)| (name, vec![value.to_owned()]));
        let check = |block: &ChargeBlock<'_>| {
            let found = METRICS.map(|metric| i128::from(block.figures(metric)[0]) / shared::money::ONE);
            assert_eq!(found, [7, 5, 7, 5, 9, quantity], "{category}");
        };
        with_rows(&columns, check).unwrap();
    }
}

/// Numbers that repeat.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

// The columns are computed at once, the definition works row by row: both come to the same.
#[test]
fn charges_by_column_are_charges_by_row() {
    let mut numbers = Numbers(3);
    let types = [
        "Usage",
        "DiscountedUsage",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "RIFee",
        "Fee",
        "Refund",
        "Credit",
    ];
    let amounts: Vec<&str> =
        CUR.iter().filter(|(field, _)| field.is_amount()).map(|(_, name)| *name).collect();
    for round in 0..400 {
        let rows = 1 + numbers.below(40);
        // Rounds of one kind, of ordinary values, of gaps, of odd ones.
        let kinds = if round % 3 == 0 { 1 } else { types.len() };
        let values: &[&str] = match round % 4 {
            0 => &["0"],
            1 => &["0", "1.25", "-3", "0.000000000001"],
            2 => &["", "2.5"],
            _ => &["", "2.5", "5000000", "900000000000", "many"],
        };
        let mut texts = |values: &[&str]| texts_of(&mut numbers, values, rows);
        let mut columns = vec![
            ("line_item_line_item_type", texts(&types[..kinds])),
            ("line_item_usage_account_id", texts(&["1"])),
            ("line_item_product_code", texts(&["ComputeSavingsPlans", "AmazonEC2"])),
            ("line_item_line_item_description", texts(&["Refund for one-time fee for Savings Plan ID", "x"])),
            ("reservation_reservation_a_r_n", texts(&["", "arn"])),
            ("line_item_operation", texts(&["RunInstances", "RunInstances", "EKSPod-EC2"])),
            ("line_item_usage_start_date", texts(&["2026-10-31", "2026-09-30", "2026-10-01", ""])),
            ("bill_billing_period_start_date", texts(&["2026-10-01"])),
            ("line_item_currency_code", texts(&["USD", "EUR"][..1 + round % 2])),
        ];
        for name in &amounts {
            if numbers.below(4) > 0 {
                columns.push((name, texts_of(&mut numbers, values, rows)));
            }
        }
        let outcome = with_rows(&columns, |block| {
            let mut outside = 0;
            for row in 0..block.rows() {
                let status = block.statuses().get(row).copied().unwrap_or(Status::Charge);
                match block.row(row) {
                    Row::LeftOut => assert_eq!(status, Status::LeftOut),
                    Row::Rejected => assert_eq!(status, Status::Rejected),
                    Row::Charge(charge) => {
                        outside += usize::from(charge.is_outside);
                        if let Some((_, apart)) = block.apart().iter().find(|(known, _)| *known == row) {
                            assert_eq!((status, *apart), (Status::Apart, charge));
                            continue;
                        }
                        assert_eq!(status, Status::Charge);
                        assert_eq!(block.days()[row], charge.day.epoch_days());
                        let found = METRICS.map(|metric| i128::from(block.figures(metric)[row]));
                        assert_eq!(found, charge.figures, "round {round}, row {row}");
                    }
                }
            }
            assert_eq!(block.outside().len(), outside);
        });
        assert!(matches!(outcome, Ok(()) | Err(DecodeError::MissingColumn(_))), "{outcome:?}");
    }
}

fn texts_of(numbers: &mut Numbers, values: &[&str], rows: usize) -> Vec<String> {
    (0..rows).map(|_| values[numbers.below(values.len())].to_owned()).collect()
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
