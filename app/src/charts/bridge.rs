//! The bridge to the chart library: an element, its options, and nothing left behind.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/charts/bridge.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn draw(element: &web_sys::Element, options: &str, press: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    async fn save(id: &str, name: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    async fn forget(element: &web_sys::Element) -> Result<(), JsValue>;
}

/// Called with the place of the pressed series.
type Press = Closure<dyn Fn(u32)>;

/// A chart. What it shows is told to screen readers by `label`, and in full by the table the page shows with it.
#[component]
pub fn Chart(
    /// Unique on the page.
    id: &'static str,
    /// One sentence: what is drawn.
    #[prop(into)]
    label: Signal<String>,
    /// ECharts options as JSON.
    #[prop(into)]
    options: Signal<String>,
    /// A group's bar or line was pressed; its place among the series.
    #[prop(optional, into)]
    on_press: Option<Callback<usize>>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let is_broken = RwSignal::new(false);
    let press: Rc<RefCell<Option<Press>>> = Rc::new(RefCell::new(on_press.map(|act| {
        Closure::<dyn Fn(u32)>::new(move |place: u32| _ = act.try_run(usize::try_from(place).unwrap_or(0)))
    })));
    let held = StoredValue::new_local(press);
    Effect::new(move |_| {
        let (Some(element), options) = (place.get(), options.get()) else { return };
        let element: web_sys::Element = element.into();
        let press = held.with_value(|held| {
            held.borrow().as_ref().map_or(JsValue::UNDEFINED, |press| press.as_ref().clone())
        });
        spawn_local(async move {
            // Without the library the table still tells everything.
            is_broken.try_set(draw(&element, &options, &press).await.is_err());
        });
    });
    on_cleanup(move || {
        let press = held.try_with_value(|held| held.borrow_mut().take()).flatten();
        if let Some(element) = place.try_get_untracked().flatten() {
            let element: web_sys::Element = element.into();
            spawn_local(async move {
                let _ = forget(&element).await;
                // Only now can nothing call it any more.
                drop(press);
            });
        }
    });
    view! {
        <div class="plot plot--pad">
            <div class="chart-canvas" id=id node_ref=place role="img" aria-label=label></div>
            <Show when=move || is_broken.get()>
                <p class="small muted">"The chart could not be loaded. The table below holds the same figures."</p>
            </Show>
        </div>
    }
}

/// Hands a chart to the browser as a picture.
pub fn save_picture(id: &'static str, name: &'static str) {
    spawn_local(async move {
        let _ = save(id, name).await;
    });
}
