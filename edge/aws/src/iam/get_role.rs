use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml;

/// The role and its trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRole {
    /// Name without path.
    pub name: String,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// ARN.
    pub arn: String,
    /// IAM's own id; a role made again under the same name has another.
    pub id: String,
    /// Trust policy as JSON.
    pub trust_policy: String,
}

impl Operation for GetRole {
    type Output = Role;
    const SERVICE: Service = Service::Iam;
    const NAME: &'static str = "iam:GetRole";

    fn request(&self) -> Request {
        Request::query::<Self>(&[("RoleName", &self.name)])
    }

    fn parse(&self, response: Response) -> Result<Role, AwsError> {
        xml::read(&response.body, |root| {
            let role = root.child("GetRoleResult")?.child("Role")?;
            Ok(Role {
                arn: role.text("Arn")?,
                id: role.text("RoleId")?,
                trust_policy: super::document(role, "AssumeRolePolicyDocument")?,
            })
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
        let get = GetRole { name: "access".to_owned() };
        let role = exchange::check(
            &get,
            "POST https://iam.amazonaws.com/",
            "Action=GetRole&Version=2010-05-08&RoleName=access",
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>\
             <Path>/cloudthread/</Path><RoleName>access</RoleName><RoleId>AROA1</RoleId>\
             <Arn>arn:aws:iam::123456789012:role/cloudthread/access</Arn>\
             <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>\
             </Role></GetRoleResult></GetRoleResponse>",
        );
        assert_eq!(role.trust_policy, "{\"Version\":\"2012-10-17\"}");
        let bad = "<R><GetRoleResult><Role><Arn>a</Arn><RoleId>b</RoleId><AssumeRolePolicyDocument>%FF\
            </AssumeRolePolicyDocument></Role></GetRoleResult></R>";
        exchange::check_malformed(&get, &["", bad]);
    }
}
