#![doc = include_str!("../README.md")]

pub mod api;
pub mod calendar;
pub mod charge;
pub mod date_words;
pub mod id;
pub mod money;
pub mod order;
pub mod parameters;
pub mod problem;
pub mod route;
pub mod service;
pub mod settled;
pub mod timestamp;
pub mod view;

pub use calendar::{BillingPeriod, Day, DayRange};
pub use charge::ChargeCategory;
pub use id::{AccountId, BucketName, ExternalId, Region, RoleArn, UserId, WorkspaceId};
pub use money::{Currency, Money};
pub use problem::Problem;
pub use timestamp::Timestamp;
