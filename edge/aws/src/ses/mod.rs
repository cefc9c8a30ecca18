//! Simple Email Service v2: our mail, sent with the operator's credentials.

mod send_email;

pub use send_email::SendEmail;
