use shared::Timestamp;

use super::StackStatus;
use crate::error::AwsError;
use crate::operation::{Operation, Paged, Request, Response, Service};
use crate::xml::{self, Element, XmlError};

/// What happened to a stack and its resources, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeStackEvents {
    /// The stack's ARN.
    pub stack: String,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackEvents {
    /// Newest first.
    pub events: Vec<StackEvent>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackEvent {
    /// When.
    pub at: Timestamp,
    /// Name of the resource in the template; the stack's own name for the stack.
    pub resource: String,
    /// `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Status.
    pub status: StackStatus,
    /// Why, when it failed.
    pub reason: Option<String>,
}

impl Operation for DescribeStackEvents {
    type Output = StackEvents;
    const SERVICE: Service = Service::CloudFormation;
    const NAME: &'static str = "cloudformation:DescribeStackEvents";

    fn request(&self) -> Request {
        let mut parameters = vec![("StackName", self.stack.as_str())];
        parameters.extend(self.page.as_deref().map(|page| ("NextToken", page)));
        Request::query::<Self>(&parameters)
    }

    fn parse(&self, response: Response) -> Result<StackEvents, AwsError> {
        xml::read(&response.body, |root| {
            let result = root.child("DescribeStackEventsResult")?;
            result.child("StackEvents")?;
            Ok(StackEvents {
                events: result.members("StackEvents").map(event).collect::<Result<_, _>>()?,
                next_page: result.find_text("NextToken"),
            })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

impl Paged for DescribeStackEvents {
    fn next_page(output: &StackEvents) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

fn event(item: Element<'_, '_>) -> Result<StackEvent, XmlError> {
    Ok(StackEvent {
        at: item.parse("Timestamp")?,
        resource: item.text("LogicalResourceId")?,
        resource_type: item.text("ResourceType")?,
        status: StackStatus(item.text("ResourceStatus")?),
        reason: item.find_text("ResourceStatusReason"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let answer = "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents><member>\
            <EventId>1</EventId><StackId>s</StackId><StackName>n</StackName><LogicalResourceId>Report</LogicalResourceId>\
            <PhysicalResourceId/><ResourceType>AWS::CUR::ReportDefinition</ResourceType>\
            <Timestamp>2026-11-23T10:00:00.123Z</Timestamp><ResourceStatus>CREATE_FAILED</ResourceStatus>\
            <ResourceStatusReason>ReportLimitReachedException</ResourceStatusReason></member></StackEvents>\
            <NextToken>t2</NextToken></DescribeStackEventsResult></DescribeStackEventsResponse>";
        let operation = DescribeStackEvents { stack: "s".to_owned(), page: Some("t 1".to_owned()) };
        let events = exchange::check(
            &operation,
            "POST https://cloudformation.us-east-1.amazonaws.com/",
            "Action=DescribeStackEvents&Version=2010-05-15&StackName=s&NextToken=t%201",
            answer,
        );
        assert_eq!(DescribeStackEvents::next_page(&events), Some("t2"));
        assert_eq!(events.events[0].reason.as_deref(), Some("ReportLimitReachedException"));
        exchange::check_malformed(&operation, &["", "<DescribeStackEventsResponse/>"]);
    }
}
