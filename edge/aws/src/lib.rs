#![doc = include_str!("../README.md")]

pub mod operation;
pub mod service;

pub mod call;
pub mod credentials;
pub mod endpoints;
pub mod error;
pub mod pace;
pub mod pages;
pub mod transport;

pub mod session_policy;
pub mod sts;

mod classify;
mod signer;
mod xml;

#[cfg(test)]
mod exchange;

pub use call::{Answer, Client};
pub use credentials::Credentials;
pub use endpoints::{Endpoints, InvalidEndpoint};
pub use error::{AwsError, DeniedBy, ErrorKind};
pub use operation::{Operation, Paged, Request, Response, Service};
pub use pace::{Experience, Pace};
pub use pages::{Next, PageGuard, Pages};
pub use transport::{Http, HttpError, HttpRequest, HttpResponse};
