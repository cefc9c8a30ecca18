use crate::error::AwsError;
use crate::operation::{Operation, Paged, Request, Response, Service};
use crate::xml::{self, Element};

/// The names of a role's inline policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRolePolicies {
    /// The role's name without path.
    pub role: String,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyNames {
    /// Names.
    pub names: Vec<String>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

impl Operation for ListRolePolicies {
    type Output = PolicyNames;
    const SERVICE: Service = Service::Iam;
    const NAME: &'static str = "iam:ListRolePolicies";

    fn request(&self) -> Request {
        let mut parameters = vec![("RoleName", self.role.as_str())];
        parameters.extend(self.page.as_deref().map(|page| ("Marker", page)));
        Request::query::<Self>(&parameters)
    }

    fn parse(&self, response: Response) -> Result<PolicyNames, AwsError> {
        xml::read(&response.body, |root| {
            let result = root.child("ListRolePoliciesResult")?;
            result.child("PolicyNames")?;
            Ok(PolicyNames {
                names: result.members("PolicyNames").map(Element::content).collect(),
                next_page: super::next_page(result)?,
            })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

impl Paged for ListRolePolicies {
    fn next_page(output: &PolicyNames) -> Option<&str> {
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
        let list = ListRolePolicies { role: "access".to_owned(), page: None };
        let names = exchange::check(
            &list,
            "POST https://iam.amazonaws.com/",
            "Action=ListRolePolicies&Version=2010-05-08&RoleName=access",
            "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>CloudthreadMetrics</member>\
             <member>CloudthreadReport</member></PolicyNames><IsTruncated>true</IsTruncated><Marker>m</Marker>\
             </ListRolePoliciesResult></ListRolePoliciesResponse>",
        );
        assert_eq!(names.names, ["CloudthreadMetrics", "CloudthreadReport"]);
        assert_eq!(names.next_page.as_deref(), Some("m"));
        exchange::check_malformed(&list, &["", "<R><ListRolePoliciesResult/></R>"]);
    }
}
