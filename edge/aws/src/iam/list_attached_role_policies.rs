use crate::error::AwsError;
use crate::operation::{Operation, Paged, Request, Response, Service};
use crate::xml;

/// The managed policies attached to a role. Our template attaches none; whatever is here was added by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAttachedRolePolicies {
    /// The role's name without path.
    pub role: String,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPolicies {
    /// The policies.
    pub policies: Vec<AttachedPolicy>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPolicy {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
}

impl Operation for ListAttachedRolePolicies {
    type Output = AttachedPolicies;
    const SERVICE: Service = Service::Iam;
    const NAME: &'static str = "iam:ListAttachedRolePolicies";

    fn request(&self) -> Request {
        let mut parameters = vec![("RoleName", self.role.as_str())];
        parameters.extend(self.page.as_deref().map(|page| ("Marker", page)));
        Request::query::<Self>(&parameters)
    }

    fn parse(&self, response: Response) -> Result<AttachedPolicies, AwsError> {
        xml::read(&response.body, |root| {
            let result = root.child("ListAttachedRolePoliciesResult")?;
            result.child("AttachedPolicies")?;
            let policies = result
                .members("AttachedPolicies")
                .map(|item| {
                    Ok(AttachedPolicy { name: item.text("PolicyName")?, arn: item.text("PolicyArn")? })
                })
                .collect::<Result<_, _>>()?;
            Ok(AttachedPolicies { policies, next_page: super::next_page(result)? })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

impl Paged for ListAttachedRolePolicies {
    fn next_page(output: &AttachedPolicies) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let list = ListAttachedRolePolicies { role: "access".to_owned(), page: Some("m".to_owned()) };
        let attached = exchange::check(
            &list,
            "POST https://iam.amazonaws.com/",
            "Action=ListAttachedRolePolicies&Version=2010-05-08&RoleName=access&Marker=m",
            "<R><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/\
             AdministratorAccess</PolicyArn><PolicyName>AdministratorAccess</PolicyName></member></AttachedPolicies>\
             <IsTruncated>false</IsTruncated></ListAttachedRolePoliciesResult></R>",
        );
        assert_eq!(attached.policies[0].name, "AdministratorAccess");
        assert_eq!(attached.next_page, None);
        exchange::check_malformed(&list, &["", "<R><ListAttachedRolePoliciesResult/></R>"]);
    }
}
