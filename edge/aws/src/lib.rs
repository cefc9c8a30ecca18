#![doc = include_str!("../README.md")]

pub mod error;
pub mod operation;
pub mod transport;

pub use error::AwsError;
pub use operation::{Operation, Request, Response, Service};
pub use transport::{Http, HttpError, HttpRequest, HttpResponse};
