use shared::{RoleArn, Timestamp, WorkspaceId};

use crate::credentials::Credentials;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml;

/// Becomes a customer's role for fifteen minutes, narrowed to one job by a session policy.
///
/// Errors: `Denied` (trust policy, external id, or a role not there yet), `BadKey` (the operator's key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role.
    pub role: RoleArn,
    /// What CloudTrail shows as the session's name.
    pub session_name: SessionName,
    /// Ours; absent or random in the negative proofs only.
    pub external_id: Option<String>,
    /// Narrows the session; see [`crate::session_policy`].
    pub policy: Option<String>,
}

/// `cloudthread-<first 8 of the workspace>-<job>`: 2 to 64 of `\w+=,.@-`, visible to the customer in CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionName(String);

impl SessionName {
    /// Names a session after workspace and job. Characters AWS refuses are left out.
    pub fn new(workspace: &WorkspaceId, job: &str) -> Self {
        let workspace: String = workspace.as_str().chars().take(8).collect();
        let job = job.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-');
        Self(format!("cloudthread-{workspace}-{}", job.take(40).collect::<String>()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumedRole {
    /// Its credentials, good for fifteen minutes.
    pub credentials: Credentials,
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub arn: String,
}

impl Operation for AssumeRole {
    type Output = AssumedRole;
    const SERVICE: Service = Service::Sts;
    const NAME: &'static str = "sts:AssumeRole";

    fn request(&self) -> Request {
        let mut parameters = vec![
            ("RoleArn", self.role.as_str()),
            ("RoleSessionName", self.session_name.as_str()),
            ("DurationSeconds", "900"),
        ];
        parameters.extend(self.external_id.as_deref().map(|id| ("ExternalId", id)));
        parameters.extend(self.policy.as_deref().map(|policy| ("Policy", policy)));
        Request::query::<Self>(&parameters)
    }

    fn parse(&self, response: Response) -> Result<AssumedRole, AwsError> {
        xml::read(&response.body, |root| {
            let result = root.child("AssumeRoleResult")?;
            let key = result.child("Credentials")?;
            let expires_at: Timestamp = key.parse("Expiration")?;
            let credentials = Credentials::session(
                key.text("AccessKeyId")?,
                key.text("SecretAccessKey")?,
                key.text("SessionToken")?,
                expires_at,
            );
            Ok(AssumedRole { credentials, arn: result.child("AssumedRoleUser")?.text("Arn")? })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    fn assume(external_id: Option<&str>, policy: Option<&str>) -> AssumeRole {
        let workspace = "8f2c61d0-5b7e-4c19-a3f4-000000000000".parse().unwrap();
        AssumeRole {
            role: "arn:aws:iam::123456789012:role/cloudthread/access".parse().unwrap(),
            session_name: SessionName::new(&workspace, "insights"),
            external_id: external_id.map(str::to_owned),
            policy: policy.map(str::to_owned),
        }
    }

    #[test]
    fn request_and_answer() {
        let answer = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/access/x</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+</SecretAccessKey>\
             <SessionToken>t==</SessionToken><Expiration>2026-11-23T10:15:00Z</Expiration></Credentials>\
             <PackedPolicySize>6</PackedPolicySize></AssumeRoleResult>\
             <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></AssumeRoleResponse>";
        let role = exchange::check(
            &assume(Some("a:b"), Some("{\"a\":1}")),
            "POST https://sts.us-east-1.amazonaws.com/",
            "Action=AssumeRole&Version=2011-06-15\
             &RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fcloudthread%2Faccess\
             &RoleSessionName=cloudthread-8f2c61d0-insights&DurationSeconds=900&ExternalId=a%3Ab\
             &Policy=%7B%22a%22%3A1%7D",
            answer,
        );
        assert_eq!(role.credentials.access_key_id(), "ASIA1");
        assert_eq!(role.credentials.expires_at(), Some("2026-11-23T10:15:00Z".parse().unwrap()));
        exchange::check_malformed(&assume(None, None), &["", "<AssumeRoleResponse/>"]);
    }

    #[test]
    fn without_an_external_id_none_is_sent() {
        let body = assume(None, None).request().body;
        assert!(!String::from_utf8_lossy(&body).contains("ExternalId"));
    }

    #[test]
    fn session_names_are_legal() {
        let workspace = "8f2c61d0-5b7e-4c19-a3f4-000000000000".parse().unwrap();
        let name = SessionName::new(&workspace, &"é!job ".repeat(40));
        assert!(name.as_str().len() <= 64 && name.as_str().starts_with("cloudthread-8f2c61d0-job"));
    }
}
