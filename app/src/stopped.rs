//! What the person sees when the program has stopped: an overlay outside the app, with the details to pass on.

use leptos::prelude::document;

/// Shows the overlay of `index.html` should the program ever panic; after that no code of the app runs.
pub fn show_overlay_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let details = panic.to_string();
        if let Some(place) = document().get_element_by_id("stopped-details") {
            place.set_text_content(Some(&details));
        }
        if let Some(overlay) = document().get_element_by_id("stopped") {
            // Without the attribute's removal nothing can be shown, and nobody is left to be told.
            overlay.remove_attribute("hidden").ok();
        }
        leptos::logging::error!("{details}");
    }));
}
