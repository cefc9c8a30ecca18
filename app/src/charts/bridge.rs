//! The bridge to the chart library: an element, its options, and nothing left behind.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/charts/bridge.mjs")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn draw(element: &web_sys::Element, options: &str) -> Result<(), wasm_bindgen::JsValue>;
    #[wasm_bindgen(catch)]
    async fn forget(element: &web_sys::Element) -> Result<(), wasm_bindgen::JsValue>;
}

/// A chart. What it shows is told to screen readers by `label`, and in full by the table the page shows with it.
#[component]
pub fn Chart(
    /// One sentence: what is drawn.
    #[prop(into)]
    label: Signal<String>,
    /// ECharts options as JSON.
    #[prop(into)]
    options: Signal<String>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let is_broken = RwSignal::new(false);
    Effect::new(move |_| {
        let (Some(element), options) = (place.get(), options.get()) else { return };
        let element: web_sys::Element = element.into();
        leptos::task::spawn_local(async move {
            // Without the library the table still tells everything.
            is_broken.try_set(draw(&element, &options).await.is_err());
        });
    });
    on_cleanup(move || {
        if let Some(element) = place.try_get_untracked().flatten() {
            let element: web_sys::Element = element.into();
            leptos::task::spawn_local(async move {
                let _ = forget(&element).await;
            });
        }
    });
    view! {
        <div class="plot plot--pad">
            <div class="chart-canvas" node_ref=place role="img" aria-label=label></div>
            <Show when=move || is_broken.get()>
                <p class="small muted">"The chart could not be loaded. The table below holds the same figures."</p>
            </Show>
        </div>
    }
}
