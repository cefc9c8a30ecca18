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

pub mod cloud_formation;
pub mod cloud_watch;
pub mod cost_and_usage_report;
pub mod cost_explorer;
pub mod data_exports;
pub mod iam;
pub mod organizations;
pub mod s3;
pub mod ses;
pub mod sns;
pub mod sts;

mod classify;
mod json;
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
