//! Lines beside use: commitments, support, taxes, credits, refunds and discounts.

use shared::Day;

use super::{DOLLAR, EVER, Kind, Line, RESERVED, RESERVED_RATE, SAVINGS_PLAN};
use crate::billing::catalogue::Grain;
use crate::billing::organization::{ACCOUNTS, MANAGEMENT};

/// Adds the payer's own lines; those of use are there already.
pub fn add(lines: &mut Vec<Line>, anchor: Day) {
    let find = |name: &str| ACCOUNTS.iter().find(|account| account.name == name || account.id == name);
    let ever = (anchor.plus(-EVER), anchor.plus(EVER));
    let reserved: i64 = lines.iter().filter(|line| line.kind == Kind::Reserved).map(|line| line.base).sum();
    let month = anchor.period().plus(-3).first_day();
    let mut push = |account: &str,
                    kind,
                    code,
                    product,
                    cost_explorer,
                    usage_type: &str,
                    base: i64,
                    days: (Day, Day),
                    region| {
        let Some(account) = find(account) else { return };
        lines.push(Line {
            number: 0,
            kind,
            account,
            code,
            product,
            cost_explorer,
            region,
            usage_type: usage_type.to_owned(),
            operation: match kind {
                Kind::ReservationFee => "CreateDBInstance:0021",
                _ => "",
            },
            unit: if kind == Kind::SavingsPlanFee || kind == Kind::ReservationFee { "Hrs" } else { "" },
            family: "",
            price: base.abs().max(1),
            resource: match kind {
                Kind::SavingsPlanFee => SAVINGS_PLAN.to_owned(),
                _ => String::new(),
            },
            tags: Vec::new(),
            grain: if kind == Kind::SavingsPlanFee { Grain::Hour } else { Grain::Day },
            base,
            from: days.0,
            until: days.1,
            weekend: 1.0,
            monthly: kind != Kind::SavingsPlanFee,
        });
    };
    let dollars = |value: f64| (value * DOLLAR) as i64;
    push(
        MANAGEMENT,
        Kind::SavingsPlanFee,
        "ComputeSavingsPlans",
        "Savings Plans for AWS Compute usage",
        "Savings Plans for AWS Compute usage",
        "ComputeSP:1yrNoUpfront",
        0,
        ever,
        "",
    );
    push(
        "production",
        Kind::ReservationFee,
        "AmazonRDS",
        "Amazon Relational Database Service",
        "Amazon Relational Database Service",
        "HeavyUsage:db.r6g.xlarge",
        reserved / 24 / RESERVED.0 as i64 * RESERVED_RATE / 100,
        ever,
        "us-east-1",
    );
    push(
        MANAGEMENT,
        Kind::MarketplaceFee,
        "6ayhq2k9v1m3sd0p7x5c4zt8w",
        "Lantern Observability",
        "Lantern Observability",
        "Global-SoftwareUsage-Contracts",
        dollars(649.0),
        ever,
        "",
    );
    push(
        MANAGEMENT,
        Kind::Support,
        "AWSSupportBusiness",
        "AWS Support (Business)",
        "AWS Support (Business)",
        "Dollar",
        dollars(2_310.55),
        ever,
        "",
    );
    for account in ACCOUNTS {
        push(account.id, Kind::Tax, "AmazonEC2", "Amazon Elastic Compute Cloud", "Tax", "", 0, ever, "");
    }
    push(
        "staging",
        Kind::Credit,
        "AmazonEC2",
        "Amazon Elastic Compute Cloud",
        "Amazon Elastic Compute Cloud - Compute",
        "BoxUsage:m7g.2xlarge",
        -dollars(150.0),
        ever,
        "us-east-1",
    );
    push(
        "production-eu",
        Kind::Refund,
        "AmazonRDS",
        "Amazon Relational Database Service",
        "Amazon Relational Database Service",
        "EUC1-InstanceUsage:db.r6g.xlarge",
        -dollars(212.4),
        (month, month.plus(27)),
        "eu-central-1",
    );
    push(
        "production",
        Kind::Discount,
        "awswaf",
        "AWS WAF",
        "AWS WAF",
        "RequestV2-Tier1",
        -dollars(11.37),
        ever,
        "us-east-1",
    );
}
