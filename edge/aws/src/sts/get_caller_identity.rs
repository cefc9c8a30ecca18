use shared::AccountId;

use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml;

/// Whose credentials these are. Needs no permission, so it proves the account behind a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetCallerIdentity;

/// The owner of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account.
    pub account: AccountId,
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub arn: String,
}

impl Operation for GetCallerIdentity {
    type Output = CallerIdentity;
    const SERVICE: Service = Service::Sts;
    const NAME: &'static str = "sts:GetCallerIdentity";

    fn request(&self) -> Request {
        Request::query::<Self>(&[])
    }

    fn parse(&self, response: Response) -> Result<CallerIdentity, AwsError> {
        xml::read(&response.body, |root| {
            let result = root.child("GetCallerIdentityResult")?;
            Ok(CallerIdentity { account: result.parse("Account")?, arn: result.text("Arn")? })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/access/cloudthread</Arn>\
             <UserId>AROA:cloudthread</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>01234567</RequestId></ResponseMetadata></GetCallerIdentityResponse>";
        let identity = exchange::check(
            &GetCallerIdentity,
            "POST https://sts.us-east-1.amazonaws.com/",
            "Action=GetCallerIdentity&Version=2011-06-15",
            answer,
        );
        assert_eq!(identity.account.as_str(), "123456789012");
        exchange::check_malformed(&GetCallerIdentity, &["", "<html/>", "<GetCallerIdentityResponse/>"]);
    }
}
