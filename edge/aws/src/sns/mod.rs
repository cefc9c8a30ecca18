//! Simple Notification Service: confirming our own subscription. The address in the message is never followed; the
//! one built here is.

use bytes::Bytes;

use crate::endpoints::Endpoints;
use crate::operation::{MAX_XML, Request, Service};
use crate::transport::HttpRequest;

/// The unsigned request that confirms a subscription to our topic in us-east-1.
///
/// Any status of 200 is success; the answer holds nothing we need.
pub fn confirm_subscription(endpoints: &Endpoints, topic_arn: &str, token: &str) -> HttpRequest {
    let query = [("Action", "ConfirmSubscription"), ("Version", Service::Sns.version())]
        .into_iter()
        .chain([("TopicArn", topic_arn), ("Token", token)])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let request = Request {
        method: http::Method::GET,
        region: shared::Region::UsEast1,
        bucket: None,
        path: "/".to_owned(),
        query,
        headers: Vec::new(),
        body: Bytes::new(),
        max_body: MAX_XML,
    };
    HttpRequest {
        url: endpoints.address(Service::Sns, &request),
        method: request.method,
        headers: Vec::new(),
        body: Bytes::new(),
        max_body: MAX_XML,
        timeout_ms: 10_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_and_token_cannot_leave_the_query() {
        let arn = "arn:aws:sns:us-east-1:123456789012:callback";
        let request = confirm_subscription(&Endpoints::aws(), arn, "t&x=#/../é");
        assert_eq!(
            request.url,
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Version=2010-03-31\
             &TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3Acallback&Token=t%26x%3D%23%2F..%2F%C3%A9"
        );
        assert!(request.headers.is_empty());
    }
}
