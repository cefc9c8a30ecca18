//! CSV, at once and in the browser. Text that a spreadsheet would take for a formula is marked as text.

use cube::Answer;
use shared::view::View;
use shared::{Currency, DayRange};

/// What every line repeats, so that a line makes sense by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// Currency of every cost.
    pub currency: Currency,
    /// The days of `cost`.
    pub range: DayRange,
    /// Where the figures come from and whether they are final.
    pub source: String,
}

/// Every group as a line (RFC 4180): its costs exactly, in all and by piece of time. The costs add up to the table's total.
pub fn of(answer: &Answer, view: &View, label: impl Fn(&[String]) -> Vec<String>, origin: &Origin) -> String {
    let mut text = String::new();
    let mut line = |cells: &[String]| {
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    let mut head: Vec<String> = view.groups().iter().map(|name| cell(name)).collect();
    head.extend(["cost", "previous_cost"].map(str::to_owned));
    head.extend(answer.bins.iter().map(|bin| bin.days.start.to_string()));
    head.extend(["metric", "currency", "first_day", "last_day", "source"].map(str::to_owned));
    line(&head);
    for group in &answer.groups {
        let mut cells: Vec<String> = label(&group.key).iter().map(|text| cell(text)).collect();
        cells.push(group.cost.to_string());
        cells.push(group.previous_cost.map(|cost| cost.to_string()).unwrap_or_default());
        cells.extend(group.values.iter().map(ToString::to_string));
        cells.push(view.cost.word().to_owned());
        cells.push(origin.currency.to_string());
        cells.push(origin.range.start.to_string());
        cells.push(origin.range.end.plus(-1).to_string());
        cells.push(cell(&origin.source));
        line(&cells);
    }
    text
}

/// A cell of text, quoted where needed and never a formula.
pub fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Hands a text to the browser as a file.
pub fn download(name: &str, text: &str) {
    use wasm_bindgen::JsCast;
    let parts = js_sys::Array::of1(&text.into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/csv;charset=utf-8");
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    let link = leptos::prelude::document()
        .create_element("a")
        .ok()
        .and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

#[cfg(test)]
mod tests {
    use super::*;
    use cube::{Bin, Group};
    use shared::Money;

    // security.md row 78
    #[test]
    fn hostile_text_stays_text() {
        for (text, expect) in [
            ("Amazon EC2", "Amazon EC2"),
            ("=cmd()", "'=cmd()"),
            ("-1", "'-1"),
            ("@a", "'@a"),
            ("\t=1", "'\t=1"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("=1,2", "\"'=1,2\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), expect);
        }
    }

    #[test]
    fn lines_are_exact_and_add_up() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        let days = |start: &str, end: &str| DayRange::new(start.parse().unwrap(), end.parse().unwrap());
        let bin = |start: &str, end: &str| Bin {
            days: days(start, end),
            sources: Vec::new(),
            is_estimated: false,
            is_undelivered: false,
            as_of: None,
        };
        let group = |key: &str, values: [&str; 2]| Group {
            key: if key.is_empty() { Vec::new() } else { vec![key.to_owned()] },
            values: values.iter().map(|value| money(value)).collect(),
            cost: values.iter().map(|value| money(value)).sum(),
            previous_values: Vec::new(),
            previous_cost: Some(money("-0.5")),
        };
        let answer = Answer {
            bins: vec![bin("2026-11-01", "2026-11-02"), bin("2026-11-02", "2026-11-03")],
            previous_bins: Vec::new(),
            groups: vec![group("=SUM(A1)", ["0.000000000001", "2"]), group("Amazon, S3", ["-1", "0.1"])],
            other: None,
            other_groups: 0,
            total: group("", ["-0.999999999999", "2.1"]),
        };
        let origin = Origin {
            currency: Currency::USD,
            range: days("2026-11-01", "2026-11-03"),
            source: "Report · through 2 Nov UTC · estimated".to_owned(),
        };
        let text = of(&answer, &View::default(), |key| key.to_vec(), &origin);
        let end = "billed,USD,2026-11-01,2026-11-02,Report · through 2 Nov UTC · estimated\r\n";
        let expect = [
            "service,cost,previous_cost,2026-11-01,2026-11-02,metric,currency,first_day,last_day,source\r\n"
                .to_owned(),
            format!("'=SUM(A1),2.000000000001,-0.5,0.000000000001,2,{end}"),
            format!("\"Amazon, S3\",-0.9,-0.5,-1,0.1,{end}"),
        ];
        assert_eq!(text, expect.concat());
        let sum: Money = answer.groups.iter().map(|group| group.cost).sum();
        assert_eq!(sum, answer.total.cost);
    }
}
