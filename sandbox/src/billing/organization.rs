//! The organization: six accounts under one payer.

/// An account of the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: &'static str,
    /// Its name in AWS Organizations.
    pub name: &'static str,
    /// Share of every service's cost, in thousandths.
    pub weight: u32,
    /// Regions it works in, main region first.
    pub regions: &'static [&'static str],
    /// Value of the tag `env` on its resources.
    pub env: &'static str,
}

/// The management account's id: the payer of everything.
pub const MANAGEMENT: &str = "447120569018";

/// Every account, management account first.
pub const ACCOUNTS: &[Account] = &[
    Account { id: MANAGEMENT, name: "management", weight: 20, regions: &["us-east-1"], env: "shared" },
    Account {
        id: "219384756102",
        name: "production",
        weight: 470,
        regions: &["us-east-1", "us-east-1", "us-west-2"],
        env: "prod",
    },
    Account {
        id: "331905582047",
        name: "production-eu",
        weight: 225,
        regions: &["eu-central-1", "eu-central-1", "eu-west-1"],
        env: "prod",
    },
    Account {
        id: "508216639471",
        name: "data-platform",
        weight: 165,
        regions: &["us-east-1", "us-west-2"],
        env: "prod",
    },
    Account { id: "640718293355", name: "staging", weight: 85, regions: &["us-east-1"], env: "staging" },
    Account {
        id: "772651048806",
        name: "sandbox",
        weight: 35,
        regions: &["us-east-1", "eu-west-1"],
        env: "dev",
    },
];

/// Teams, as tagged.
pub const TEAMS: &[&str] = &["orders", "platform", "data", "billing", "search", "web"];

/// The price prefix of a usage type in a region, as AWS writes it; none in us-east-1.
pub fn usage_prefix(region: &str) -> &'static str {
    match region {
        "us-west-2" => "USW2-",
        "eu-central-1" => "EUC1-",
        "eu-west-1" => "EU-",
        _ => "",
    }
}
