//! Signing out, here and in every other tab of this browser.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::api;

const CHANNEL: &str = "cloudthread";
const SIGNED_OUT: &str = "signed-out";

thread_local! {
    /// Whether this page is on its way out; it hears its own call to the other tabs too.
    static IS_LEAVING: Cell<bool> = const { Cell::new(false) };
}

/// Signs out, tells the other tabs and starts anew. A whole new page forgets everything this one held.
pub fn sign_out() {
    spawn_local(async {
        // Offline the cookie stays; the page still forgets what it showed.
        let _ = api::sign_out().await;
        IS_LEAVING.set(true);
        if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
            let _ = channel.post_message(&SIGNED_OUT.into());
            channel.close();
        }
        let _ = window().location().assign("/sign-in");
    });
}

/// Leaves this page when another tab signs out.
pub fn follow_other_tabs() {
    let Ok(channel) = BroadcastChannel::new(CHANNEL) else { return };
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().as_deref() == Some(SIGNED_OUT) && !IS_LEAVING.get() {
            let _ = window().location().assign("/sign-in");
        }
    });
    channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    let held = StoredValue::new_local((channel, heard));
    on_cleanup(move || {
        held.try_with_value(|(channel, _)| {
            channel.set_onmessage(None);
            channel.close();
        });
    });
}
