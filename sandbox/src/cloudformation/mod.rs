//! CloudFormation: templates are read, resolved and executed resource by resource.

mod api;
pub mod custom;
pub mod engine;
pub mod node;
pub mod resolve;
pub mod resources;
mod run;
pub mod stack;
pub mod stack_set;
pub mod template;

pub use api::handle;
