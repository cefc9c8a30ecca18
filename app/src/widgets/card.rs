//! Cards: title at the top left, totals or one control at the top right.

use leptos::prelude::*;

/// A titled card.
#[component]
pub fn Card(
    /// Names the section; becomes the id of its heading.
    id: &'static str,
    /// Its title.
    #[prop(into)]
    title: Signal<String>,
    /// One line below the title.
    #[prop(optional, into)]
    note: Option<Signal<String>>,
    /// What stands at the top right.
    #[prop(optional, into)]
    corner: Option<ViewFn>,
    /// More classes: `card--flush`, `span-7`.
    #[prop(optional)]
    class: &'static str,
    /// The body.
    children: Children,
) -> impl IntoView {
    view! {
        <section class=format!("card {class}") aria-labelledby=id>
            <div class="card-head">
                <div>
                    <h2 id=id>{title}</h2>
                    {note.map(|note| view! { <p>{note}</p> })}
                </div>
                {corner.map(|corner| corner.run())}
            </div>
            {children()}
        </section>
    }
}
