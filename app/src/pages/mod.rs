//! The pages, one folder or file each, named as their paths are.

pub mod connect;
pub mod costs;
pub mod documentation;
pub mod entry;
pub mod figures;
mod filter_chips;
pub mod not_found;
pub mod notifications;
pub mod overview;
mod pick;
mod range_picker;
pub mod resources;
pub mod settings;
