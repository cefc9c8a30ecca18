use std::collections::BTreeMap;

use super::StackStatus;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml::{self, Element, XmlError};

/// One stack by its ARN: deleted stacks answer to nothing else. `NotFound` when AWS has forgotten it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeStacks {
    /// The stack's ARN.
    pub stack: String,
}

/// A stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// ARN.
    pub id: String,
    /// Name.
    pub name: String,
    /// Status.
    pub status: StackStatus,
    /// Why, when it failed.
    pub reason: Option<String>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// Outputs by key.
    pub outputs: BTreeMap<String, String>,
}

impl Operation for DescribeStacks {
    type Output = Stack;
    const SERVICE: Service = Service::CloudFormation;
    const NAME: &'static str = "cloudformation:DescribeStacks";

    fn request(&self) -> Request {
        Request::query::<Self>(&[("StackName", &self.stack)])
    }

    fn parse(&self, response: Response) -> Result<Stack, AwsError> {
        xml::read(&response.body, |root| {
            let stack = root.child("DescribeStacksResult")?.members("Stacks").next();
            let stack = stack.ok_or(XmlError::Missing("Stacks"))?;
            Ok(Stack {
                id: stack.text("StackId")?,
                name: stack.text("StackName")?,
                status: StackStatus(stack.text("StackStatus")?),
                reason: stack.find_text("StackStatusReason"),
                parameters: pairs(stack, "Parameters", "ParameterKey", "ParameterValue")?,
                outputs: pairs(stack, "Outputs", "OutputKey", "OutputValue")?,
            })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

fn pairs(
    stack: Element<'_, '_>,
    list: &str,
    key: &'static str,
    value: &str,
) -> Result<BTreeMap<String, String>, XmlError> {
    let pair = |item: Element<'_, '_>| Ok((item.text(key)?, item.find_text(value).unwrap_or_default()));
    stack.members(list).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/cloudthread-access/1";
        let answer = format!(
            "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
             <DescribeStacksResult><Stacks><member><StackId>{stack}</StackId><StackName>cloudthread-access</StackName>\
             <CreationTime>2026-11-23T10:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
             <Parameters><member><ParameterKey>StackToken</ParameterKey><ParameterValue>****</ParameterValue></member>\
             <member><ParameterKey>OrganizationRootId</ParameterKey><ParameterValue/></member></Parameters>\
             <Outputs><member><OutputKey>AccountId</OutputKey><OutputValue>123456789012</OutputValue></member>\
             </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        );
        let found = exchange::check(
            &DescribeStacks { stack: stack.to_owned() },
            "POST https://cloudformation.us-east-1.amazonaws.com/",
            "Action=DescribeStacks&Version=2010-05-15&StackName=arn%3Aaws%3Acloudformation%3Aus-east-1\
             %3A123456789012%3Astack%2Fcloudthread-access%2F1",
            &answer,
        );
        assert_eq!(found.outputs["AccountId"], "123456789012");
        assert_eq!(found.parameters["OrganizationRootId"], "");
        let empty = "<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult>\
            </DescribeStacksResponse>";
        exchange::check_malformed(&DescribeStacks { stack: String::new() }, &["", empty]);
    }
}
