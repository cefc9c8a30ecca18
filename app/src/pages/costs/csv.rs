//! CSV, at once and in the browser. Text that a spreadsheet would take for a formula is marked as text.

use cube::Answer;
use shared::view::View;

/// A table as CSV (RFC 4180), with what it is in its first lines.
pub fn of(answer: &Answer, view: &View, label: impl Fn(&[String]) -> Vec<String>, source: &str) -> String {
    let mut text = String::new();
    let mut line = |cells: Vec<String>| {
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    line(vec![cell("Metric"), cell(view.cost.word())]);
    line(vec![cell("Range"), cell(&view.range.word())]);
    line(vec![cell("Source"), cell(source)]);
    line(Vec::new());
    let mut head: Vec<String> = view.groups().iter().map(|name| cell(name)).collect();
    head.extend(["cost", "previous_cost"].map(cell));
    head.extend(answer.bins.iter().map(|bin| cell(&bin.days.start.to_string())));
    line(head);
    for group in &answer.groups {
        let mut cells: Vec<String> = label(&group.key).iter().map(|text| cell(text)).collect();
        cells.push(group.cost.to_string());
        cells.push(group.previous_cost.map(|cost| cost.to_string()).unwrap_or_default());
        cells.extend(group.values.iter().map(ToString::to_string));
        line(cells);
    }
    text
}

/// A cell of text, quoted where needed and never a formula.
fn cell(text: &str) -> String {
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

    #[test]
    fn hostile_text_stays_text() {
        for (text, expect) in [
            ("Amazon EC2", "Amazon EC2"),
            ("=cmd()", "'=cmd()"),
            ("-1", "'-1"),
            ("@a", "'@a"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("=1,2", "\"'=1,2\""),
        ] {
            assert_eq!(cell(text), expect);
        }
    }
}
