use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml;

/// One inline policy of a role, as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRolePolicy {
    /// The role's name without path.
    pub role: String,
    /// `CloudthreadMetrics`.
    pub policy: String,
}

impl Operation for GetRolePolicy {
    type Output = String;
    const SERVICE: Service = Service::Iam;
    const NAME: &'static str = "iam:GetRolePolicy";

    fn request(&self) -> Request {
        Request::query::<Self>(&[("RoleName", &self.role), ("PolicyName", &self.policy)])
    }

    fn parse(&self, response: Response) -> Result<String, AwsError> {
        xml::read(&response.body, |root| {
            super::document(root.child("GetRolePolicyResult")?, "PolicyDocument")
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
        let get = GetRolePolicy { role: "access".to_owned(), policy: "CloudthreadMetrics".to_owned() };
        let policy = exchange::check(
            &get,
            "POST https://iam.amazonaws.com/",
            "Action=GetRolePolicy&Version=2010-05-08&RoleName=access&PolicyName=CloudthreadMetrics",
            "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>access</RoleName>\
             <PolicyName>CloudthreadMetrics</PolicyName><PolicyDocument>%7B%22Statement%22%3A%5B%5D%7D\
             </PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>",
        );
        assert_eq!(policy, "{\"Statement\":[]}");
        exchange::check_malformed(&get, &["", "<R><GetRolePolicyResult/></R>"]);
    }
}
