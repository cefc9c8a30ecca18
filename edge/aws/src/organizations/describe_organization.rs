use serde::Deserialize;
use serde_json::json;
use shared::AccountId;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Request, Response, Service};

/// The account's organization. `NotFound` with `AWSOrganizationsNotInUseException` when it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescribeOrganization;

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// `o-…`.
    #[serde(rename = "Id")]
    pub id: String,
    /// The account that pays.
    #[serde(rename = "MasterAccountId")]
    pub management_account: AccountId,
    /// `ALL` or `CONSOLIDATED_BILLING`; StackSets need `ALL`.
    #[serde(rename = "FeatureSet")]
    pub feature_set: String,
}

impl Operation for DescribeOrganization {
    type Output = Organization;
    const SERVICE: Service = Service::Organizations;
    const NAME: &'static str = "organizations:DescribeOrganization";

    fn request(&self) -> Request {
        Request::json::<Self>(&json!({}))
    }

    fn parse(&self, response: Response) -> Result<Organization, AwsError> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "Organization")]
            organization: Organization,
        }
        json::read::<Wire>(Self::NAME, &response.body).map(|wire| wire.organization)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let found = exchange::check(
            &DescribeOrganization,
            "POST https://organizations.us-east-1.amazonaws.com/",
            "{}",
            "{\"Organization\":{\"Id\":\"o-abc123\",\"Arn\":\"arn\",\"FeatureSet\":\"ALL\",\
             \"MasterAccountId\":\"123456789012\",\"MasterAccountEmail\":\"a@example.com\",\"AvailablePolicyTypes\":[]}}",
        );
        assert_eq!(found.management_account.as_str(), "123456789012");
        exchange::check_malformed(&DescribeOrganization, &["", "{}"]);
    }
}
