//! The connection of a workspace to an AWS account: from the link to the receipt.
//!
//! `step` decides, purely; the other modules act and report back as events. What a person sees is made in `view`.

pub mod callback;
pub mod disconnect;
mod grants;
mod happen;
pub mod inspect;
pub mod link;
mod otherwise;
pub mod prove;
mod receipt;
pub mod record;
mod remedy;
mod response_url;
mod stack_message;
pub mod step;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
pub mod view;

pub use callback::turn_away;
pub use grants::title_of;
pub use happen::happen;
pub use record::{Connection, Held, ReportRef};
pub use remedy::plain as remedy_of;
pub use stack_message::StackMessage;
pub use step::{Announcement, Effect, Event, step};
