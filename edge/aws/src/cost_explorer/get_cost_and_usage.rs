use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{Currency, DayRange, Money};

use super::question::{Filter, Granularity, GroupBy, period, read_period};
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// Costs by day or month, split by at most two things.
///
/// Amounts: all four costs at once, exact, in the answer's currency; grouped answers have no total, sum the groups.
/// Period: half-open, UTC days; the current month and the 13 before it.
/// Errors: `Throttled`, `NotReady` (see [`super::obstacle`]), `Denied`, `Malformed` for an amount that is none.
/// Source: estimated until the month closes. Each page costs $0.01.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetCostAndUsage {
    /// Which days.
    pub period: DayRange,
    /// Days or months.
    pub granularity: Granularity,
    /// At most two.
    pub group_by: Vec<GroupBy>,
    /// Which charges.
    pub filter: Option<Filter>,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostAndUsage {
    /// By period, oldest first.
    pub results: Vec<PeriodCosts>,
    /// AWS's words for values: account names by account id.
    pub descriptions: BTreeMap<String, String>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// The costs of one day or month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodCosts {
    /// Which.
    pub period: DayRange,
    /// Whether AWS may still change it.
    pub is_estimated: bool,
    /// By group; a question without grouping has one group without keys.
    pub groups: Vec<Group>,
}

/// The costs of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// One key for each `GroupBy`, in order. A tag's key is `key$value`.
    pub keys: Vec<String>,
    /// Its costs.
    pub costs: Costs,
}

/// One sum in the four ways AWS counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Currency of all four.
    pub currency: Currency,
    /// `UnblendedCost`.
    pub billed: Money,
    /// `AmortizedCost`.
    pub effective: Money,
    /// `NetUnblendedCost`, where AWS gives it.
    pub net_billed: Option<Money>,
    /// `NetAmortizedCost`, where AWS gives it.
    pub net_effective: Option<Money>,
}

impl Operation for GetCostAndUsage {
    type Output = CostAndUsage;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetCostAndUsage";

    fn request(&self) -> Request {
        let mut body = json!({
            "TimePeriod": period(self.period),
            "Granularity": self.granularity.as_str(),
            "Metrics": ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"],
        });
        if let Some(body) = body.as_object_mut() {
            if !self.group_by.is_empty() {
                body.insert("GroupBy".to_owned(), self.group_by.iter().map(GroupBy::to_json).collect());
            }
            if let Some(filter) = &self.filter {
                body.insert("Filter".to_owned(), filter.to_json());
            }
            if let Some(page) = &self.page {
                body.insert("NextPageToken".to_owned(), Value::from(page.as_str()));
            }
        }
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<CostAndUsage, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let keys = self.group_by.len();
        let results = wire.results_by_time.into_iter().map(|result| result.read(keys));
        Ok(CostAndUsage {
            results: results.collect::<Result<_, _>>().map_err(|why| AwsError::malformed(Self::NAME, why))?,
            descriptions: wire
                .dimension_value_attributes
                .into_iter()
                .filter_map(|attribute| Some((attribute.value, attribute.attributes.description?)))
                .collect(),
            next_page: wire.next_page_token,
        })
    }
}

impl Paged for GetCostAndUsage {
    fn next_page(output: &CostAndUsage) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    results_by_time: Vec<WireResult>,
    #[serde(default)]
    dimension_value_attributes: Vec<WireAttribute>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireResult {
    #[serde(deserialize_with = "read_period")]
    time_period: DayRange,
    #[serde(default)]
    total: Option<WireCosts>,
    #[serde(default)]
    groups: Vec<WireGroup>,
    #[serde(default)]
    estimated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireGroup {
    keys: Vec<String>,
    metrics: WireCosts,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCosts {
    unblended_cost: Option<WireAmount>,
    amortized_cost: Option<WireAmount>,
    net_unblended_cost: Option<WireAmount>,
    net_amortized_cost: Option<WireAmount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAmount {
    amount: Money,
    unit: Currency,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireAttribute {
    pub(super) value: String,
    #[serde(default)]
    pub(super) attributes: WireDescription,
}

#[derive(Default, Deserialize)]
pub(super) struct WireDescription {
    pub(super) description: Option<String>,
}

impl WireResult {
    fn read(self, keys: usize) -> Result<PeriodCosts, &'static str> {
        let groups = if keys == 0 {
            let costs = self.total.unwrap_or_default().read()?;
            vec![Group { keys: Vec::new(), costs }]
        } else {
            let group = |group: WireGroup| {
                let costs = group.metrics.read()?;
                if group.keys.len() == keys { Ok(Group { keys: group.keys, costs }) } else { Err("Keys") }
            };
            self.groups.into_iter().map(group).collect::<Result<_, _>>()?
        };
        Ok(PeriodCosts { period: self.time_period, is_estimated: self.estimated, groups })
    }
}

impl WireCosts {
    fn read(self) -> Result<Costs, &'static str> {
        let billed = self.unblended_cost.ok_or("UnblendedCost")?;
        let effective = self.amortized_cost.ok_or("AmortizedCost")?;
        let (net_billed, net_effective) = (self.net_unblended_cost, self.net_amortized_cost);
        let currency = billed.unit;
        let others = [Some(&effective), net_billed.as_ref(), net_effective.as_ref()];
        // Two currencies are never added, not even side by side in one row.
        if others.into_iter().flatten().any(|amount| amount.unit != currency) {
            return Err("Unit");
        }
        Ok(Costs {
            currency,
            billed: billed.amount,
            effective: effective.amount,
            net_billed: net_billed.map(|amount| amount.amount),
            net_effective: net_effective.map(|amount| amount.amount),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost_explorer::Dimension;
    use crate::exchange;

    fn get(group_by: &[Dimension]) -> GetCostAndUsage {
        GetCostAndUsage {
            period: DayRange::new("2026-11-01".parse().unwrap(), "2026-11-24".parse().unwrap()),
            granularity: Granularity::Daily,
            group_by: group_by.iter().map(|dimension| GroupBy::Dimension(*dimension)).collect(),
            filter: None,
            page: None,
        }
    }

    fn costs(billed: &str, unit: &str) -> String {
        format!(
            "{{\"UnblendedCost\":{{\"Amount\":{billed},\"Unit\":\"USD\"}},\
             \"AmortizedCost\":{{\"Amount\":\"2.5\",\"Unit\":\"{unit}\"}},\
             \"NetUnblendedCost\":{{\"Amount\":\"1\",\"Unit\":\"USD\"}}}}"
        )
    }

    fn total(billed: &str, unit: &str) -> String {
        format!(
            "{{\"ResultsByTime\":[{{\"TimePeriod\":{{\"Start\":\"2026-11-01\",\"End\":\"2026-11-02\"}},\
             \"Total\":{},\"Groups\":[],\"Estimated\":true}}]}}",
            costs(billed, unit)
        )
    }

    #[test]
    fn request_and_answer() {
        let answer = format!(
            "{{\"GroupDefinitions\":[],\"ResultsByTime\":[{{\"TimePeriod\":{{\"Start\":\"2026-11-01\",\"End\":\
             \"2026-11-02\"}},\"Total\":{{}},\"Groups\":[{{\"Keys\":[\"AWS Lambda\",\"111122223333\"],\"Metrics\":{}}}],\
             \"Estimated\":true}}],\"DimensionValueAttributes\":[{{\"Value\":\"111122223333\",\"Attributes\":\
             {{\"description\":\"web\"}}}}],\"NextPageToken\":\"p2\"}}",
            costs("\"12.3456789012\"", "USD")
        );
        let operation = GetCostAndUsage {
            filter: Some(Filter::Not(Box::new(Filter::Dimension(
                Dimension::RecordType,
                vec!["Tax".to_owned()],
            )))),
            page: Some("p1".to_owned()),
            ..get(&[Dimension::Service, Dimension::LinkedAccount])
        };
        let page = exchange::check(
            &operation,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"Filter\":{\"Not\":{\"Dimensions\":{\"Key\":\"RECORD_TYPE\",\"Values\":[\"Tax\"]}}},\
             \"Granularity\":\"DAILY\",\"GroupBy\":[{\"Key\":\"SERVICE\",\"Type\":\"DIMENSION\"},\
             {\"Key\":\"LINKED_ACCOUNT\",\"Type\":\"DIMENSION\"}],\"Metrics\":[\"UnblendedCost\",\"AmortizedCost\",\
             \"NetUnblendedCost\",\"NetAmortizedCost\"],\"NextPageToken\":\"p1\",\
             \"TimePeriod\":{\"End\":\"2026-11-24\",\"Start\":\"2026-11-01\"}}",
            &answer,
        );
        let headers = operation.request().headers;
        let target = "AWSInsightsIndexService.GetCostAndUsage";
        assert!(headers.contains(&("x-amz-target".to_owned(), target.to_owned())));
        assert_eq!(page.descriptions["111122223333"], "web");
        assert_eq!(GetCostAndUsage::next_page(&page), Some("p2"));
        let group = &page.results[0].groups[0];
        assert_eq!(group.keys, ["AWS Lambda", "111122223333"]);
        assert_eq!(group.costs.billed, "12.3456789012".parse().unwrap());
        assert_eq!(group.costs.net_effective, None);
        exchange::check_malformed(&get(&[Dimension::Service]), &[&*answer, "", "{}", "[]"]);
    }

    // security.md row 27
    #[test]
    fn amounts_are_exact_or_refused() {
        let check = |amount: &str, expect: &str| {
            let read = get(&[]).parse(exchange::answered(&[], &total(amount, "USD"))).unwrap();
            assert_eq!(read.results[0].groups[0].costs.billed, expect.parse().unwrap(), "{amount}");
        };
        check("\"0.0000000001\"", "0.0000000001");
        check("\"-7.0E-10\"", "-0.0000000007");
        check("\"-0\"", "0");
        check("\"1234567890.123456789012\"", "1234567890.123456789012");
        for amount in ["\"\"", "\"NaN\"", "\"1e400\"", "\"-Infinity\"", "12.5", "null", "\"1,5\"", "\"0x1\""]
        {
            exchange::check_malformed(&get(&[]), &[&total(amount, "USD")]);
        }
        let thirty = format!("\"{}\"", "9".repeat(30));
        exchange::check_malformed(&get(&[]), &[&total(&thirty, "USD")]);
    }

    // security.md row 28
    #[test]
    fn currencies_are_never_mixed() {
        exchange::check_malformed(&get(&[]), &[&total("\"1\"", "EUR"), &total("\"1\"", "N/A")]);
    }
}
