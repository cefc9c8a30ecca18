//! Lines of the bill: one per resource and usage type, plus the fees, taxes, credits and discounts of the payer.

use shared::Day;

use super::catalogue::{Grain, SERVICES, Service, Usage};
use super::noise;
use super::organization::{ACCOUNTS, Account, MANAGEMENT, TEAMS, usage_prefix};

/// What kind of charge a line makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// On demand or spot.
    Usage,
    /// Covered by the savings plan; each has its negation.
    SavingsPlanCovered,
    /// The offset of covered usage.
    SavingsPlanNegation,
    /// The hourly commitment.
    SavingsPlanFee,
    /// Covered by a reservation.
    Reserved,
    /// The monthly fee of the reservations.
    ReservationFee,
    /// A marketplace subscription.
    MarketplaceFee,
    /// The support plan; lands on the sixth of the next month.
    Support,
    /// Tax on the month so far.
    Tax,
    /// Promotional credit.
    Credit,
    /// A refund.
    Refund,
    /// A bundled discount.
    Discount,
}

/// A line of the bill.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place, for ids and noise.
    pub number: u64,
    /// What kind of charge.
    pub kind: Kind,
    /// Who used it.
    pub account: &'static Account,
    /// Product code.
    pub code: &'static str,
    /// Product name.
    pub product: &'static str,
    /// Cost Explorer's service.
    pub cost_explorer: &'static str,
    /// Region; `global`, or empty for none.
    pub region: &'static str,
    /// Usage type with its region prefix.
    pub usage_type: String,
    /// Operation.
    pub operation: &'static str,
    /// Pricing unit.
    pub unit: &'static str,
    /// Product family.
    pub family: &'static str,
    /// Price of a unit, in 10⁻¹⁰ dollars.
    pub price: i64,
    /// Resource id; empty for none.
    pub resource: String,
    /// Tags.
    pub tags: Vec<(&'static str, String)>,
    /// Metering.
    pub grain: Grain,
    /// Cost of an ordinary weekday at the anchor day, in 10⁻¹⁰ dollars; for monthly lines of a month.
    pub base: i64,
    /// First day with use.
    pub from: Day,
    /// The day after the last.
    pub until: Day,
    /// Share of use left on Saturdays and Sundays.
    pub weekend: f64,
    /// Whether its cost belongs to the month as a whole, on the first.
    pub monthly: bool,
}

/// The savings plan of the management account.
#[derive(Clone, Debug)]
pub struct SavingsPlan {
    /// Commitment of an hour, in 10⁻¹⁰ dollars.
    pub hourly: i64,
}

/// ARN of the savings plan.
pub const SAVINGS_PLAN: &str =
    "arn:aws:savingsplans::447120569018:savingsplan/3c1f2d5e-77aa-4c0b-9e1d-6a2f90b41c55";
/// ARN of the reservation.
pub const RESERVATION: &str = "arn:aws:rds:us-east-1:219384756102:ri:ri-2026-02-11-09-14-22-120";
/// What a covered hour costs under the savings plan, in hundredths of on demand.
pub const SAVINGS_PLAN_RATE: i64 = 72;
/// Effective cost of a reserved hour, in hundredths of on demand.
pub const RESERVED_RATE: i64 = 66;
/// Reserved instances that are used, and those that are not.
pub const RESERVED: (usize, i64) = (5, 1);

const DOLLAR: f64 = 1e10;
const EVER: i32 = 1_000;

impl SavingsPlan {
    /// A plan whose commitment the busiest hour so far just does not use up.
    pub fn sized_for(lines: &[Line], seed: u64, anchor: Day) -> Self {
        let busiest = (0..400)
            .map(|back| {
                let day = anchor.plus(-back);
                lines
                    .iter()
                    .filter(|line| line.kind == Kind::SavingsPlanCovered)
                    .map(|line| day_cost(line, day, seed, anchor) * SAVINGS_PLAN_RATE / 100)
                    .sum::<i64>()
            })
            .max()
            .unwrap_or(0);
        Self { hourly: busiest / 24 * 108 / 100 / 10_000_000 * 10_000_000 + 10_000_000 }
    }
}

/// Cost of a metered line on a whole day, in 10⁻¹⁰ dollars.
pub fn day_cost(line: &Line, day: Day, seed: u64, anchor: Day) -> i64 {
    if day < line.from || day >= line.until {
        return 0;
    }
    let age = f64::from(day.epoch_days() - anchor.epoch_days());
    let is_weekend = (day.epoch_days() + 3).rem_euclid(7) >= 5;
    let mut factor = if is_weekend { line.weekend } else { 1.0 };
    if line.grain == Grain::Day {
        let wobble = noise::unit(seed, &[line.number, day.epoch_days() as u64]);
        factor *= (age * 0.000_55).exp() * (0.94 + 0.12 * wobble);
    }
    factor *= event(line, age as i32);
    (line.base as f64 * factor).round() as i64
}

/// What happened to the organization lately.
fn event(line: &Line, age: i32) -> f64 {
    let in_production = line.account.name == "production";
    match line.code {
        "AWSDataTransfer"
            if in_production
                && line.resource.starts_with("i-0c41d9e27ab3f5108")
                && (-6..=-5).contains(&age) =>
        {
            8.5
        }
        "AmazonEC2"
            if in_production
                && line.kind == Kind::Usage
                && line.usage_type.starts_with("BoxUsage")
                && age >= -11 =>
        {
            1.45
        }
        _ => 1.0,
    }
}

/// Every line, in a fixed order.
pub fn generate(seed: u64, anchor: Day) -> Vec<Line> {
    let mut lines = Vec::new();
    for service in SERVICES {
        for (place, account) in ACCOUNTS.iter().enumerate() {
            metered(&mut lines, seed, anchor, service, place, account);
        }
    }
    fees(&mut lines, anchor);
    for (number, line) in lines.iter_mut().enumerate() {
        line.number = number as u64;
    }
    lines
}

fn metered(
    lines: &mut Vec<Line>,
    seed: u64,
    anchor: Day,
    service: &'static Service,
    place: usize,
    account: &'static Account,
) {
    let rare = service.resources <= 4;
    let (count, weight) = match (rare, account.name) {
        (true, "data-platform") => (service.resources, 1_000),
        (true, _) => (0, 0),
        (false, _) => ((service.resources * account.weight).div_ceil(1_000), account.weight),
    };
    let weights: Vec<f64> = (0..count)
        .map(|n| (0.5 + noise::unit(seed, &[place as u64, u64::from(n), 7])) / f64::from(n + 2).powf(0.7))
        .collect();
    let resources: Vec<Resource> = (0..count)
        .map(|n| Resource::new(seed, anchor, service, account, place as u64, u64::from(n)))
        .collect();
    for (which, usage) in service.usages.iter().enumerate() {
        let users: Vec<(&Resource, f64)> = resources
            .iter()
            .zip(&weights)
            .filter(|(resource, _)| resource.uses(service, which))
            .map(|(resource, weight)| (resource, *weight))
            .collect();
        let all: f64 = users.iter().map(|(_, weight)| weight).sum();
        let daily = f64::from(service.daily) * f64::from(weight) / 1_000.0 * f64::from(usage.share) / 1_000.0;
        for (rank, (resource, weight)) in users.into_iter().enumerate() {
            let dollars = daily * weight / all;
            lines.push(resource.line(account, service, usage, which, rank, (dollars * DOLLAR) as i64));
        }
    }
}

/// A resource on its way to its lines.
struct Resource {
    id: String,
    region: &'static str,
    tags: Vec<(&'static str, String)>,
    from: Day,
    until: Day,
    draw: f64,
    account: &'static Account,
}

impl Resource {
    fn new(seed: u64, anchor: Day, service: &Service, account: &'static Account, place: u64, n: u64) -> Self {
        let key = [place, n, service.code.len() as u64, service.code.bytes().map(u64::from).sum::<u64>()];
        let draw = |salt: u64| noise::unit(seed, &[key[0], key[1], key[2], key[3], salt]);
        let stem = noise::pick(seed, &[key[0], key[1], key[3], 1], service.stems).copied().unwrap_or("main");
        let name = format!("{stem}-{}", n + 1);
        let region = if service.global {
            "global"
        } else {
            noise::pick(seed, &[key[0], key[1], key[3], 2], account.regions).copied().unwrap_or("us-east-1")
        };
        let hex = format!("0{:016x}", noise::bits(seed, &[key[0], key[1], key[2], key[3], 3]));
        let spiking = service.code == "AWSDataTransfer" && account.name == "production" && n == 0;
        let (name, hex) = if spiking {
            ("export-worker-3".to_owned(), "0c41d9e27ab3f5108".to_owned())
        } else {
            (name, hex)
        };
        let id = service
            .id
            .replace("{a}", account.id)
            .replace("{r}", region)
            .replace("{h}", &hex)
            .replace("{n}", &name);
        let mut tags = vec![("Name", name)];
        if draw(4) > 0.22 && !spiking {
            let team = noise::pick(seed, &[key[0], key[1], key[3], 5], TEAMS).copied().unwrap_or("platform");
            tags.push(("team", team.to_owned()));
            tags.push(("env", account.env.to_owned()));
            if draw(6) > 0.5 {
                tags.push(("Owner", format!("{team}@acme.example")));
            }
        }
        let from = match draw(8) {
            _ if service.code == "AmazonMSK" => anchor.plus(-14),
            late if late < 0.12 => anchor.plus(-(380.0 * draw(9)) as i32),
            _ => anchor.plus(-EVER),
        };
        let until = if draw(10) < 0.05 { anchor.plus(-(200.0 * draw(11)) as i32) } else { anchor.plus(EVER) };
        Self { id, region, tags, from, until, draw: draw(12), account }
    }

    /// EC2 ids are instances, volumes or snapshots; elsewhere a resource has every usage of its service.
    fn uses(&self, service: &Service, which: usize) -> bool {
        if service.code != "AmazonEC2" {
            return true;
        }
        let kind = match self.draw {
            d if d < 0.12 => 0,
            d if d < 0.30 => 1,
            d if d < 0.45 => 2,
            d if d < 0.85 => 3,
            _ => 4,
        };
        kind == which || (which == 5 && kind < 2)
    }

    fn line(
        &self,
        account: &'static Account,
        service: &'static Service,
        usage: &'static Usage,
        which: usize,
        rank: usize,
        base: i64,
    ) -> Line {
        let compute = service.code == "AmazonEC2" && which < 2;
        let kind = if compute && account.env == "prod" && self.draw * 100.0 % 2.0 < 1.0 {
            Kind::SavingsPlanCovered
        } else if service.code == "AmazonRDS"
            && which == 0
            && account.name == "production"
            && rank < RESERVED.0
        {
            Kind::Reserved
        } else {
            Kind::Usage
        };
        let resource = match (service.code, which) {
            ("AmazonEC2", 3) => self.id.replacen("i-", "vol-", 1),
            ("AmazonEC2", 4) => format!(
                "arn:aws:ec2:{}:{}:snapshot/{}",
                self.region,
                account.id,
                self.id.replacen("i-", "snap-", 1)
            ),
            _ => self.id.clone(),
        };
        let steady = usage.grain == Grain::Hour || usage.unit == "GB-Mo";
        let weekend = match (self.account.env, steady) {
            ("prod", true) => 1.0,
            ("prod", false) => 0.74,
            (_, true) => 0.8,
            _ => 0.35,
        };
        Line {
            number: 0,
            kind,
            account,
            code: service.code,
            product: service.name,
            cost_explorer: usage.cost_explorer,
            region: self.region,
            usage_type: format!("{}{}", usage_prefix(self.region), usage.usage_type),
            operation: usage.operation,
            unit: usage.unit,
            family: usage.family,
            price: usage.price,
            resource,
            tags: self.tags.clone(),
            grain: usage.grain,
            base,
            from: self.from,
            until: if kind == Kind::Reserved { self.from.plus(4 * EVER) } else { self.until },
            weekend: if kind == Kind::Reserved { 1.0 } else { weekend },
            monthly: false,
        }
    }
}

/// The payer's own lines.
fn fees(lines: &mut Vec<Line>, anchor: Day) {
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

impl Line {
    /// The value of a tag, if the line's resource carries it.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}
