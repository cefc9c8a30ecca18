//! A view of the address bar as a question to cubes: the one step between `shared::view::View` and `Query`.

use shared::view::{Bin, Cost, View};
use shared::{Currency, Day, DayRange};

use crate::{BinBy, Dimension, Filter, Metric, Query};

impl From<Cost> for Metric {
    fn from(cost: Cost) -> Self {
        match cost {
            Cost::Billed => Self::BilledCost,
            Cost::Effective => Self::EffectiveCost,
            Cost::NetBilled => Self::XNetBilledCost,
            Cost::NetEffective => Self::XNetEffectiveCost,
            Cost::List => Self::ListCost,
        }
    }
}

impl From<Bin> for BinBy {
    fn from(bin: Bin) -> Self {
        match bin {
            Bin::Day => Self::Day,
            Bin::Week => Self::Week,
            Bin::Month => Self::Month,
            Bin::Quarter => Self::Quarter,
            Bin::Year => Self::Year,
        }
    }
}

impl Query {
    /// What a view asks on `today`, every group by itself. What of it is no dimension and no filter is left out;
    /// [`not_understood`] names it.
    pub fn of(view: &View, today: Day, currency: Currency) -> Self {
        let range = view.range.days(today);
        Self {
            currency,
            metric: view.cost.into(),
            range,
            bin: view.bin(range).into(),
            filter: view.filter.parse().unwrap_or_default(),
            leave_out: view.left_out.clone(),
            group_by: view.groups().iter().filter_map(|name| name.parse().ok()).collect(),
            top: None,
            compare: view.compare.with(range),
        }
    }

    /// The total alone of some days, in one bin.
    pub fn whole(range: DayRange, currency: Currency) -> Self {
        Self {
            currency,
            metric: Metric::BilledCost,
            range,
            bin: BinBy::Whole,
            filter: Filter::default(),
            leave_out: Vec::new(),
            group_by: Vec::new(),
            top: None,
            compare: None,
        }
    }

    /// The same question without the days that are not complete yet, in both ranges: those would only look like a
    /// fall. Days of a fixed comparison stay as chosen. Where no day is complete, nothing is compared.
    pub fn comparable(mut self, complete_until: Day) -> Self {
        let Some(compare) = self.compare else { return self };
        let complete = self.range.intersect(DayRange::new(self.range.start, complete_until));
        let cut = self.range.len() - complete.len();
        if complete.is_empty() {
            self.compare = None;
        } else if cut > 0 {
            self.compare =
                Some(if compare.len() == self.range.len() { shortened(compare, cut) } else { compare });
            self.range = complete;
        }
        self
    }
}

fn shortened(days: DayRange, by: i32) -> DayRange {
    DayRange::new(days.start, days.end.plus(-by))
}

/// What of a view no cube understands, as `g=colour`.
pub fn not_understood(view: &View) -> Vec<String> {
    let groups = view.group_by.iter().filter(|name| name.parse::<Dimension>().is_err());
    let filter = Some(&view.filter).filter(|text| text.parse::<Filter>().is_err());
    groups.map(|name| format!("g={name}")).chain(filter.map(|text| format!("f={text}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operator;

    fn days(text: &str) -> DayRange {
        let (start, end) = text.split_once("..").unwrap();
        DayRange::new(start.parse().unwrap(), end.parse().unwrap())
    }

    fn view(query: &str) -> View {
        let find = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).next()
        };
        View::read(find).0
    }

    fn asked(query: &str) -> Query {
        Query::of(&view(query), "2026-11-23".parse().unwrap(), Currency::USD)
    }

    #[test]
    fn a_view_asks_what_it_says() {
        let query = asked(
            "r=last-7d&g=sub_account,tag.team&f=region!:us-east-1;tag.Owner:&m=effective&x=tax&bin=week",
        );
        assert_eq!(query.range, days("2026-11-16..2026-11-23"));
        assert_eq!(query.compare, Some(days("2026-11-09..2026-11-16")));
        assert_eq!(query.group_by, [Dimension::SubAccount, Dimension::Tag("team".into())]);
        assert_eq!((query.metric, query.bin, query.top), (Metric::EffectiveCost, BinBy::Week, None));
        assert_eq!(query.leave_out, [shared::ChargeCategory::Tax]);
        let tokens = &query.filter.any_of[0];
        assert_eq!((tokens[0].operator, tokens[0].negated), (Operator::Is, true));
        assert_eq!(tokens[1].values, [""]);
    }

    #[test]
    fn the_usual_view_asks_for_services_by_day() {
        let query = asked("");
        assert_eq!((query.group_by, query.bin), (vec![Dimension::Service], BinBy::Day));
        assert_eq!(query.compare, Some(days("2026-09-19..2026-10-19")));
        assert_eq!(asked("r=last-12m").bin, BinBy::Month);
        assert_eq!(asked("cmp=off").compare, None);
    }

    #[test]
    fn what_no_cube_understands_is_named() {
        assert_eq!(not_understood(&view("g=colour,region&f=service")), ["g=colour", "f=service"]);
        assert_eq!(not_understood(&view("g=region&f=service:a")), Vec::<String>::new());
        assert_eq!(asked("g=colour,region").group_by, [Dimension::Region]);
    }

    #[test]
    fn incomplete_days_stay_out_of_comparisons() {
        let check = |query: &str, complete_until: &str, range: &str, compare: Option<&str>| {
            let cut = asked(query).comparable(complete_until.parse().unwrap());
            assert_eq!(
                (cut.range, cut.compare),
                (days(range), compare.map(days)),
                "{query} {complete_until}"
            );
        };
        check("", "2026-11-20", "2026-10-24..2026-11-20", Some("2026-09-19..2026-10-16"));
        check("", "2026-11-23", "2026-10-24..2026-11-23", Some("2026-09-19..2026-10-19"));
        check("", "2026-12-01", "2026-10-24..2026-11-23", Some("2026-09-19..2026-10-19"));
        check("cmp=off", "2026-11-20", "2026-10-24..2026-11-23", None);
        check(
            "r=last-7d&cmp=2026-01-01..2026-02-01",
            "2026-11-20",
            "2026-11-16..2026-11-20",
            Some("2026-01-01..2026-02-01"),
        );
        // Nothing is complete: better the figures there are than none, but they stand beside nothing.
        check("r=last-7d", "2026-11-01", "2026-11-16..2026-11-23", None);
    }
}
