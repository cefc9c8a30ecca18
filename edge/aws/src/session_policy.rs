//! Session policies: what one job may do with an assumed role, never more than the role itself.

use serde_json::{Value, json};
use shared::BucketName;

/// Characters a session policy may have.
pub const MAX_LENGTH: usize = 2_048;

/// First insights and refreshes: Cost Explorer, Trusted Advisor and the organization's shape, reading only.
pub fn insights() -> String {
    policy([allow(
        &[
            "ce:Get*",
            "ce:Describe*",
            "ce:List*",
            "organizations:DescribeOrganization",
            "organizations:ListRoots",
            "support:DescribeTrustedAdvisorChecks",
            "support:DescribeTrustedAdvisorCheckResult",
        ],
        &["*".to_owned()],
    )])
}

/// Proofs and daily checks: report definitions and exports, one look at bucket, metrics and organization.
pub fn watch(bucket: Option<&BucketName>) -> String {
    let reads = allow(
        &[
            "cur:DescribeReportDefinitions",
            "bcm-data-exports:ListExports",
            "bcm-data-exports:GetExport",
            "bcm-data-exports:ListExecutions",
            "organizations:DescribeOrganization",
            "organizations:ListRoots",
            "cloudwatch:ListMetrics",
        ],
        &["*".to_owned()],
    );
    let bucket = bucket.map(|bucket| {
        allow(&["s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketPolicy"], &[bucket_arn(bucket)])
    });
    policy([reads].into_iter().chain(bucket))
}

/// Reading a report: one prefix of one bucket. `None` when the prefix is too long for a session policy.
pub fn ingest(bucket: &BucketName, prefix: &str) -> Option<String> {
    let prefix = literal(prefix.trim_matches('/'));
    let below = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let mut list = allow(&["s3:ListBucket"], &[bucket_arn(bucket)]);
    if let Some(list) = list.as_object_mut() {
        list.insert("Condition".to_owned(), json!({ "StringLike": { "s3:prefix": [below] } }));
    }
    let objects = allow(&["s3:GetObject"], &[format!("{}/{below}", bucket_arn(bucket))]);
    let text = policy([list, objects]);
    (text.len() <= MAX_LENGTH).then_some(text)
}

/// Reading metrics for unit costs.
pub fn metrics() -> String {
    policy([allow(&["cloudwatch:ListMetrics", "cloudwatch:GetMetricData"], &["*".to_owned()])])
}

/// Reading our own role and stack.
pub fn self_read() -> String {
    policy([allow(
        &[
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStackResources",
            "cloudformation:GetTemplate",
            "iam:GetRole",
            "iam:ListRolePolicies",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
        ],
        &["*".to_owned()],
    )])
}

/// Repairing our bucket's policy and our report's definition, after the user asked for it.
pub fn repair(bucket: &BucketName) -> String {
    policy([
        allow(&["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:GetBucketLocation"], &[bucket_arn(bucket)]),
        allow(
            &["cur:DescribeReportDefinitions", "cur:PutReportDefinition", "cur:ModifyReportDefinition"],
            &["*".to_owned()],
        ),
    ])
}

/// The proof of a disconnected or foreign role: nothing at all, should the role answer after all.
pub fn nothing() -> String {
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
    policy([deny])
}

fn bucket_arn(bucket: &BucketName) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn allow(actions: &[&str], resources: &[String]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn policy(statements: impl IntoIterator<Item = Value>) -> String {
    let statements: Vec<Value> = statements.into_iter().collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// Policy wildcards and variables in a text that means itself.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '*' | '?' | '$' => literal.extend(["${", letter.encode_utf8(&mut [0; 4]), "}"]),
            other => literal.push(other),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> BucketName {
        "acme-reports".parse().unwrap()
    }

    #[test]
    fn every_policy_fits_and_names_no_write_but_repair() {
        let long = "a".repeat(63).parse().unwrap();
        let read = [
            insights(),
            watch(Some(&long)),
            watch(None),
            metrics(),
            self_read(),
            ingest(&long, "p").unwrap(),
        ];
        for policy in read.iter().chain([&repair(&long)]) {
            assert!(policy.len() <= MAX_LENGTH, "{}", policy.len());
            serde_json::from_str::<Value>(policy).unwrap();
        }
        assert!(read.iter().all(|policy| !policy.contains(":Put") && !policy.contains(":Modify")));
    }

    #[test]
    fn ingest_reaches_one_prefix_only() {
        let check = |prefix: &str, expect: &str| {
            let policy: Value = serde_json::from_str(&ingest(&bucket(), prefix).unwrap()).unwrap();
            assert_eq!(policy["Statement"][1]["Resource"][0], format!("arn:aws:s3:::acme-reports/{expect}"));
            assert_eq!(policy["Statement"][0]["Condition"]["StringLike"]["s3:prefix"][0], expect);
        };
        check("report/cloudthread-1", "report/cloudthread-1/*");
        check("/report/x/", "report/x/*");
        check("", "*");
        check("a*b$c?", "a${*}b${$}c${?}/*");
        assert_eq!(ingest(&bucket(), &"p".repeat(2_000)), None);
    }
}
