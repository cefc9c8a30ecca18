//! A change of cost: arrow, sign, amount, percent. Never colour alone.

use leptos::prelude::*;

/// Which way a cost went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Rise,
    Fall,
    Flat,
}

/// `▲ +$4,120 (+12 %)`; from zero the percent reads "new". What is flat reads "no change".
#[component]
pub fn Change(
    /// Which way.
    direction: Direction,
    /// With sign and currency: `+$4,120`.
    #[prop(into)]
    amount: String,
    /// `(+12 %)` or `new`; empty for none.
    #[prop(into, optional)]
    percent: String,
) -> impl IntoView {
    let (class, shape, word) = match direction {
        Direction::Rise => ("change change--rise", r#"<path d="M4.5 1.2 8.4 8H.6z"/>"#, "up "),
        Direction::Fall => ("change change--fall", r#"<path d="M4.5 7.8.6 1h7.8z"/>"#, "down "),
        Direction::Flat => ("change change--flat", "", ""),
    };
    let (amount, percent) = match direction {
        Direction::Flat => ("no change".to_owned(), String::new()),
        Direction::Rise | Direction::Fall => (amount, percent),
    };
    view! {
        <span class=class>
            {(direction != Direction::Flat)
                .then(|| view! { <svg aria-hidden="true" viewBox="0 0 9 9" fill="currentColor" inner_html=shape></svg> })}
            <span class="visually-hidden">{word}</span>
            <span>{amount}</span>
            {(!percent.is_empty()).then(|| view! { " "<span class="pct">{percent}</span> })}
        </span>
    }
}
