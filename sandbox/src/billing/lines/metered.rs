//! Lines of use: a service's resources in an account, each with its share of the service's daily cost.

use shared::Day;

use super::{DOLLAR, EVER, Kind, Line, RESERVED};
use crate::billing::catalogue::{Grain, Service, Usage};
use crate::billing::noise;
use crate::billing::organization::{Account, TEAMS, usage_prefix};

/// Adds the lines of one service in one account.
pub fn add(
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
