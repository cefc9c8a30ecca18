//! Menus: a button that opens a popover in the top layer. The browser closes it on Escape and on a press outside.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A button with a menu. The items are links and buttons of the caller; pressing any closes the menu.
#[component]
pub fn MenuButton(
    /// Joins button and menu; unique on the page.
    #[prop(into)]
    id: String,
    /// Says what the menu holds, where the button's content does not.
    #[prop(optional, into)]
    label: Option<String>,
    /// The button's class.
    #[prop(default = "button")]
    class: &'static str,
    /// The button's content.
    button: ViewFn,
    /// The items.
    children: Children,
) -> impl IntoView {
    let (anchor, menu) = (NodeRef::<html::Button>::new(), NodeRef::<html::Div>::new());
    let open = RwSignal::new(false);
    // The top layer knows nothing of the button's place, so it is told each time the menu opens.
    let place = move |event: web_sys::Event| {
        let state = js_sys::Reflect::get(&event, &"newState".into()).ok().and_then(|state| state.as_string());
        open.set(state.as_deref() == Some("open"));
        let (Some(anchor), Some(menu)) = (anchor.get_untracked(), menu.get_untracked()) else { return };
        let (at, own) = (anchor.get_bounding_client_rect(), menu.get_bounding_client_rect());
        let (left, top) = placed((at.left(), at.top(), at.bottom()), (own.width(), own.height()), viewport());
        let style = web_sys::HtmlElement::style(&menu);
        let _ = style.set_property("left", &format!("{left}px"));
        let _ = style.set_property("top", &format!("{top}px"));
    };
    let close = move |event: web_sys::MouseEvent| {
        let on_item = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if on_item.is_some_and(|target| target.closest("a, button").ok().flatten().is_some())
            && let Some(menu) = menu.get_untracked()
        {
            let _ = menu.hide_popover();
        }
    };
    view! {
        <button
            class=class
            type="button"
            node_ref=anchor
            aria-label=label
            aria-expanded=move || if open.get() { "true" } else { "false" }
            popovertarget=id.clone()
        >
            {button.run()}
        </button>
        <div class="menu" id=id popover="auto" node_ref=menu on:toggle=place on:click=close>{children()}</div>
    }
}

fn viewport() -> (f64, f64) {
    let window = window();
    let number =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    (number(window.inner_width()), number(window.inner_height()))
}

/// Where a menu goes: below its button, or above where there is no room; always 8 px inside the window.
fn placed(
    (left, top, bottom): (f64, f64, f64),
    (width, height): (f64, f64),
    (right, floor): (f64, f64),
) -> (f64, f64) {
    const GAP: f64 = 4.0;
    const EDGE: f64 = 8.0;
    let below = bottom + GAP;
    let y =
        if below + height + EDGE > floor && top - GAP - height > EDGE { top - GAP - height } else { below };
    (left.min(right - width - EDGE).max(EDGE), y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_stays_in_the_window() {
        let window = (360.0, 640.0);
        assert_eq!(placed((16.0, 100.0, 132.0), (200.0, 180.0), window), (16.0, 136.0));
        assert_eq!(placed((300.0, 100.0, 132.0), (200.0, 180.0), window), (152.0, 136.0));
        assert_eq!(placed((16.0, 600.0, 632.0), (200.0, 180.0), window), (16.0, 416.0));
        assert_eq!(placed((0.0, 10.0, 42.0), (400.0, 900.0), window), (8.0, 46.0));
    }
}
