#![doc = include_str!("../README.md")]

use leptos::prelude::*;

/// Shows the app in the document's body.
pub fn start() {
    leptos::mount::mount_to_body(|| view! { <h1>"Cloudthread"</h1> });
}
