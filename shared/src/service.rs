//! Service names: what the report calls a product code and Cost Explorer calls something else, Cloudthread calls
//! one thing. An unknown code shows as itself.

/// (product codes of the report, names of Cost Explorer, our name).
const SERVICES: &[(&[&str], &[&str], &str)] = &[
    (&["AmazonEC2"], &["Amazon Elastic Compute Cloud - Compute", "EC2 - Other"], "Amazon EC2"),
    (&["AmazonS3"], &["Amazon Simple Storage Service"], "Amazon S3"),
    (&["AmazonRDS"], &["Amazon Relational Database Service"], "Amazon RDS"),
    (&["AWSELB"], &["Amazon Elastic Load Balancing", "Elastic Load Balancing"], "Elastic Load Balancing"),
    (&["AWSLambda"], &["AWS Lambda"], "AWS Lambda"),
    (&["AmazonCloudFront"], &["Amazon CloudFront"], "Amazon CloudFront"),
    (&["AmazonDynamoDB"], &["Amazon DynamoDB"], "Amazon DynamoDB"),
    (&["AmazonElastiCache"], &["Amazon ElastiCache"], "Amazon ElastiCache"),
    (&["AmazonES", "AmazonOpenSearchService"], &["Amazon OpenSearch Service"], "Amazon OpenSearch"),
    (
        &["AmazonEKS"],
        &["Amazon Elastic Container Service for Kubernetes", "Amazon Elastic Kubernetes Service"],
        "Amazon EKS",
    ),
    (&["AmazonECS"], &["Amazon Elastic Container Service"], "Amazon ECS"),
    (
        &["AmazonECR"],
        &["Amazon EC2 Container Registry (ECR)", "Amazon Elastic Container Registry"],
        "Amazon ECR",
    ),
    (&["AmazonEFS"], &["Amazon Elastic File System"], "Amazon EFS"),
    (&["AmazonFSx"], &["Amazon FSx"], "Amazon FSx"),
    (&["AmazonMSK"], &["Amazon Managed Streaming for Apache Kafka"], "Amazon MSK"),
    (&["AmazonKinesis"], &["Amazon Kinesis"], "Amazon Kinesis"),
    (
        &["AmazonKinesisFirehose"],
        &["Amazon Kinesis Firehose", "Amazon Data Firehose"],
        "Amazon Data Firehose",
    ),
    (&["AmazonRedshift"], &["Amazon Redshift"], "Amazon Redshift"),
    (&["AmazonAthena"], &["Amazon Athena"], "Amazon Athena"),
    (&["AWSGlue"], &["AWS Glue"], "AWS Glue"),
    (&["ElasticMapReduce"], &["Amazon Elastic MapReduce"], "Amazon EMR"),
    (&["AmazonSageMaker"], &["Amazon SageMaker"], "Amazon SageMaker"),
    (&["AmazonBedrock"], &["Amazon Bedrock"], "Amazon Bedrock"),
    (&["AmazonSNS"], &["Amazon Simple Notification Service"], "Amazon SNS"),
    (&["AWSQueueService"], &["Amazon Simple Queue Service"], "Amazon SQS"),
    (&["AmazonSES"], &["Amazon Simple Email Service"], "Amazon SES"),
    (&["AmazonApiGateway"], &["Amazon API Gateway"], "Amazon API Gateway"),
    (&["AWSEvents"], &["CloudWatch Events", "Amazon EventBridge"], "Amazon EventBridge"),
    (&["AmazonStates"], &["AWS Step Functions"], "AWS Step Functions"),
    (&["AmazonCloudWatch"], &["AmazonCloudWatch", "Amazon CloudWatch"], "Amazon CloudWatch"),
    (&["AWSCloudTrail"], &["AWS CloudTrail"], "AWS CloudTrail"),
    (&["AWSConfig"], &["AWS Config"], "AWS Config"),
    (&["AmazonGuardDuty"], &["Amazon GuardDuty"], "Amazon GuardDuty"),
    (&["AWSSecurityHub"], &["AWS Security Hub"], "AWS Security Hub"),
    (&["awskms"], &["AWS Key Management Service"], "AWS KMS"),
    (&["AWSSecretsManager"], &["AWS Secrets Manager"], "AWS Secrets Manager"),
    (&["awswaf"], &["AWS WAF"], "AWS WAF"),
    (&["AmazonRoute53"], &["Amazon Route 53"], "Amazon Route 53"),
    (&["AmazonVPC"], &["Amazon Virtual Private Cloud"], "Amazon VPC"),
    (&["AWSDataTransfer"], &["AWS Data Transfer"], "Data transfer"),
    (&["AWSDirectConnect"], &["AWS Direct Connect"], "AWS Direct Connect"),
    (&["AWSBackup"], &["AWS Backup"], "AWS Backup"),
    (&["AmazonCognito"], &["Amazon Cognito"], "Amazon Cognito"),
    (&["AmazonLightsail"], &["Amazon Lightsail"], "Amazon Lightsail"),
    (&["AmazonWorkSpaces"], &["Amazon WorkSpaces"], "Amazon WorkSpaces"),
    (&["AmazonDocDB"], &["Amazon DocumentDB (with MongoDB compatibility)"], "Amazon DocumentDB"),
    (&["AmazonNeptune"], &["Amazon Neptune"], "Amazon Neptune"),
    (&["AmazonMQ"], &["Amazon MQ"], "Amazon MQ"),
    (&["CodeBuild"], &["CodeBuild", "AWS CodeBuild"], "AWS CodeBuild"),
    (&["AWSCostExplorer"], &["AWS Cost Explorer"], "AWS Cost Explorer"),
    (&["ComputeSavingsPlans"], &["Savings Plans for AWS Compute usage"], "Savings Plans for Compute"),
    (
        &["AWSSupportBusiness", "AWSSupportEnterprise", "AWSSupportDeveloper", "AWSDeveloperSupport"],
        &["AWS Support (Business)", "AWS Support (Enterprise)", "AWS Support (Developer)"],
        "AWS Support",
    ),
];

/// Our name of the service with this product code; `None` for a code the table does not hold.
pub fn find_by_code(code: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(codes, _, _)| codes.contains(&code)).map(|(_, _, name)| *name)
}

/// Our name of the service Cost Explorer calls this; `None` for a name the table does not hold.
pub fn find_by_cost_explorer(name: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(_, names, ours)| names.contains(&name) || *ours == name).map(|(_, _, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_lead_to_one_name() {
        assert_eq!(find_by_code("AWSELB"), Some("Elastic Load Balancing"));
        assert_eq!(find_by_cost_explorer("EC2 - Other"), find_by_code("AmazonEC2"));
        assert_eq!(find_by_code("AmazonNew"), None);
    }

    #[test]
    fn no_name_or_code_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for (codes, _, ours) in SERVICES {
            assert!(codes.iter().all(|code| seen.insert(*code)) && seen.insert(*ours), "{ours}");
        }
    }
}
