//! What the organization uses: services, their usage types and how much of each.

/// How often a usage type is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A row each hour.
    Hour,
    /// A row each day.
    Day,
}

/// A usage type of a service.
#[derive(Debug)]
pub struct Usage {
    /// Usage type without region prefix.
    pub usage_type: &'static str,
    /// Operation.
    pub operation: &'static str,
    /// Pricing unit.
    pub unit: &'static str,
    /// Price of a unit, in 10⁻¹⁰ dollars.
    pub price: i64,
    /// Share of the service's cost, in thousandths.
    pub share: u32,
    /// Metering.
    pub grain: Grain,
    /// Cost Explorer's service for it.
    pub cost_explorer: &'static str,
    /// Product family.
    pub family: &'static str,
}

/// A service the organization uses.
#[derive(Debug)]
pub struct Service {
    /// Product code of the report.
    pub code: &'static str,
    /// Product name.
    pub name: &'static str,
    /// Dollars a day, all accounts together, at the anchor day.
    pub daily: u32,
    /// Resources, all accounts together.
    pub resources: u32,
    /// How a resource id looks; `{a}` account, `{r}` region, `{h}` 17 hexadecimal digits, `{n}` name.
    pub id: &'static str,
    /// Stems of resource names.
    pub stems: &'static [&'static str],
    /// Whether it belongs to no region.
    pub global: bool,
    /// Its usage types.
    pub usages: &'static [Usage],
}

use Grain::{Day, Hour};

macro_rules! usage {
    ($usage_type:literal $operation:literal $unit:literal $price:literal $share:literal $grain:ident $ce:literal $family:literal) => {
        Usage {
            usage_type: $usage_type,
            operation: $operation,
            unit: $unit,
            price: $price,
            share: $share,
            grain: $grain,
            cost_explorer: $ce,
            family: $family,
        }
    };
}

macro_rules! service {
    ($code:literal $name:literal $daily:literal $resources:literal $id:literal $stems:expr, $global:literal, $($usage:expr),+) => {
        Service { code: $code, name: $name, daily: $daily, resources: $resources, id: $id, stems: &$stems, global: $global, usages: &[$($usage),+] }
    };
}

/// Every metered service.
pub const SERVICES: &[Service] = &[
    service!("AmazonEC2" "Amazon Elastic Compute Cloud" 920 330 "i-{h}" ["orders-api", "web", "worker", "eks-core", "export-worker", "ml-batch"], false,
        usage!("BoxUsage:c7g.4xlarge" "RunInstances" "Hrs" 5_800_000_000 330 Hour "Amazon Elastic Compute Cloud - Compute" "Compute Instance"),
        usage!("BoxUsage:m7g.2xlarge" "RunInstances" "Hrs" 3_264_000_000 300 Hour "Amazon Elastic Compute Cloud - Compute" "Compute Instance"),
        usage!("SpotUsage:m7g.xlarge" "RunInstances:SV001" "Hrs" 612_000_000 70 Hour "Amazon Elastic Compute Cloud - Compute" "Compute Instance"),
        usage!("EBS:VolumeUsage.gp3" "CreateVolume-Gp3" "GB-Mo" 800_000_000 200 Day "EC2 - Other" "Storage"),
        usage!("EBS:SnapshotUsage" "CreateSnapshot" "GB-Mo" 500_000_000 40 Day "EC2 - Other" "Storage Snapshot"),
        usage!("DataTransfer-Regional-Bytes" "InterZone-In" "GB" 100_000_000 60 Day "EC2 - Other" "Data Transfer")),
    service!("AmazonRDS" "Amazon Relational Database Service" 430 42 "arn:aws:rds:{r}:{a}:db:{n}" ["orders-aurora-writer", "orders-aurora-reader", "billing-pg", "search-meta"], false,
        usage!("InstanceUsage:db.r6g.xlarge" "CreateDBInstance:0021" "Hrs" 5_190_000_000 640 Hour "Amazon Relational Database Service" "Database Instance"),
        usage!("Aurora:StorageUsage" "" "GB-Mo" 1_000_000_000 220 Day "Amazon Relational Database Service" "Database Storage"),
        usage!("Aurora:StorageIOUsage" "" "IOs" 2_000 140 Day "Amazon Relational Database Service" "System Operation")),
    service!("AmazonS3" "Amazon Simple Storage Service" 230 120 "acme-{n}" ["lake-raw", "lake-curated", "assets", "backups", "logs", "exports"], false,
        usage!("TimedStorage-ByteHrs" "StandardStorage" "GB-Mo" 230_000_000 760 Day "Amazon Simple Storage Service" "Storage"),
        usage!("Requests-Tier1" "PutObject" "Requests" 50_000 140 Day "Amazon Simple Storage Service" "API Request"),
        usage!("Requests-Tier2" "GetObject" "Requests" 4_000 100 Day "Amazon Simple Storage Service" "API Request")),
    service!("AmazonCloudFront" "Amazon CloudFront" 165 14 "arn:aws:cloudfront::{a}:distribution/E{n}" ["web", "assets", "api"], true,
        usage!("US-DataTransfer-Out-Bytes" "GET" "GB" 850_000_000 820 Day "Amazon CloudFront" "Data Transfer"),
        usage!("US-Requests-Tier2-HTTPS" "GET" "Requests" 10_000 180 Day "Amazon CloudFront" "Request")),
    service!("AmazonElastiCache" "Amazon ElastiCache" 110 22 "arn:aws:elasticache:{r}:{a}:cluster:{n}" ["carts-redis", "sessions", "rate-limits"], false,
        usage!("NodeUsage:cache.r6g.large" "CreateCacheCluster:0002" "Hrs" 2_060_000_000 1000 Hour "Amazon ElastiCache" "Cache Instance")),
    service!("AmazonES" "Amazon OpenSearch Service" 92 6 "arn:aws:es:{r}:{a}:domain/{n}" ["search", "logs-search"], false,
        usage!("ESInstance:r6g.large.search" "ESDomain" "Hrs" 1_670_000_000 850 Hour "Amazon OpenSearch Service" "Amazon OpenSearch Service Instance"),
        usage!("ES:GP3-Storage" "ESDomain" "GB-Mo" 1_220_000_000 150 Day "Amazon OpenSearch Service" "Amazon OpenSearch Service Volume")),
    service!("AWSDataTransfer" "AWS Data Transfer" 62 40 "i-{h}" ["export-worker", "web", "sync"], false,
        usage!("DataTransfer-Out-Bytes" "RunInstances" "GB" 900_000_000 1000 Day "AWS Data Transfer" "Data Transfer")),
    service!("AmazonDynamoDB" "Amazon DynamoDB" 84 78 "arn:aws:dynamodb:{r}:{a}:table/{n}" ["carts", "sessions", "inventory", "flags"], false,
        usage!("WriteRequestUnits" "PayPerRequestThroughput" "WriteRequestUnits" 6_250 520 Day "Amazon DynamoDB" "Amazon DynamoDB PayPerRequest Throughput"),
        usage!("ReadRequestUnits" "PayPerRequestThroughput" "ReadRequestUnits" 1_250 300 Day "Amazon DynamoDB" "Amazon DynamoDB PayPerRequest Throughput"),
        usage!("TimedStorage-ByteHrs" "StandardStorage" "GB-Mo" 2_500_000_000 180 Day "Amazon DynamoDB" "Database Storage")),
    service!("AWSLambda" "AWS Lambda" 58 300 "arn:aws:lambda:{r}:{a}:function:{n}" ["resize", "webhook", "invoice", "ingest", "notify", "sync"], false,
        usage!("Lambda-GB-Second" "Invoke" "Lambda-GB-Second" 166_667 830 Day "AWS Lambda" "Serverless"),
        usage!("Request" "Invoke" "Requests" 2_000 170 Day "AWS Lambda" "Serverless")),
    service!("AWSELB" "Elastic Load Balancing" 46 38 "arn:aws:elasticloadbalancing:{r}:{a}:loadbalancer/app/{n}/{h}" ["public", "internal", "grpc"], false,
        usage!("LoadBalancerUsage" "LoadBalancing:Application" "Hrs" 225_000_000 560 Day "Amazon Elastic Load Balancing" "Load Balancer-Application"),
        usage!("LCUUsage" "LoadBalancing:Application" "LCU-Hrs" 80_000_000 440 Day "Amazon Elastic Load Balancing" "Load Balancer-Application")),
    service!("AmazonMSK" "Amazon Managed Streaming for Apache Kafka" 50 3 "arn:aws:kafka:{r}:{a}:cluster/{n}/{h}" ["events-msk"], false,
        usage!("Kafka.m7g.large" "RunBroker" "Hrs" 2_040_000_000 1000 Day "Amazon Managed Streaming for Apache Kafka" "Managed Streaming for Apache Kafka (MSK)")),
    service!("AmazonEKS" "Amazon Elastic Kubernetes Service" 22 9 "arn:aws:eks:{r}:{a}:cluster/{n}" ["core", "batch"], false,
        usage!("AmazonEKS-Hours:perCluster" "CreateOperation" "Hours" 1_000_000_000 1000 Hour "Amazon Elastic Container Service for Kubernetes" "Compute")),
    service!("AmazonECS" "Amazon Elastic Container Service" 40 36 "arn:aws:ecs:{r}:{a}:task/{n}/{h}" ["render", "mailer", "cron"], false,
        usage!("Fargate-vCPU-Hours:perCPU" "FargateTask" "hours" 404_800_000 800 Day "Amazon Elastic Container Service" "Compute"),
        usage!("Fargate-GB-Hours" "FargateTask" "hours" 44_450_000 200 Day "Amazon Elastic Container Service" "Compute")),
    service!("AmazonECR" "Amazon EC2 Container Registry (ECR)" 6 30 "arn:aws:ecr:{r}:{a}:repository/{n}" ["api", "worker", "web"], false,
        usage!("TimedStorage-ByteHrs" "" "GB-Mo" 1_000_000_000 1000 Day "Amazon EC2 Container Registry (ECR)" "EC2 Container Registry")),
    service!("AmazonEFS" "Amazon Elastic File System" 17 12 "arn:aws:elasticfilesystem:{r}:{a}:file-system/fs-{h}" ["shared", "models"], false,
        usage!("TimedStorage-ByteHrs" "" "GB-Mo" 3_000_000_000 1000 Day "Amazon Elastic File System" "Storage")),
    service!("AmazonKinesis" "Amazon Kinesis" 21 12 "arn:aws:kinesis:{r}:{a}:stream/{n}" ["clicks", "orders"], false,
        usage!("Storage-ShardHour" "shardHourStorage" "ShardHour" 150_000_000 1000 Day "Amazon Kinesis" "Kinesis Streams")),
    service!("AmazonRedshift" "Amazon Redshift" 74 3 "arn:aws:redshift:{r}:{a}:cluster:{n}" ["warehouse"], false,
        usage!("Node:ra3.xlplus" "RunComputeNode:0001" "Node-Hours" 10_860_000_000 1000 Hour "Amazon Redshift" "Compute Instance")),
    service!("AmazonAthena" "Amazon Athena" 12 4 "arn:aws:athena:{r}:{a}:workgroup/{n}" ["analysts", "reports"], false,
        usage!("DataScannedInTB" "" "Terabytes" 50_000_000_000 1000 Day "Amazon Athena" "Athena Queries")),
    service!("AWSGlue" "AWS Glue" 31 25 "arn:aws:glue:{r}:{a}:job/{n}" ["curate", "compact", "catalog"], false,
        usage!("ETL-DPU-Hour" "Jobrun" "DPU-Hour" 4_400_000_000 1000 Day "AWS Glue" "AWS Glue")),
    service!("AmazonSageMaker" "Amazon SageMaker" 64 12 "arn:aws:sagemaker:{r}:{a}:endpoint/{n}" ["ranker", "fraud", "forecast"], false,
        usage!("Host:ml.g5.xlarge" "RunInstance" "Hrs" 14_080_000_000 1000 Hour "Amazon SageMaker" "ML Instance")),
    service!("AmazonSNS" "Amazon Simple Notification Service" 3 40 "arn:aws:sns:{r}:{a}:{n}" ["orders", "alerts"], false,
        usage!("Requests-Tier1" "" "Requests" 5_000 1000 Day "Amazon Simple Notification Service" "API Request")),
    service!("AWSQueueService" "Amazon Simple Queue Service" 7 80 "arn:aws:sqs:{r}:{a}:{n}" ["jobs", "mail", "exports"], false,
        usage!("Requests-Tier1" "SendMessage" "Requests" 4_000 1000 Day "Amazon Simple Queue Service" "API Request")),
    service!("AmazonApiGateway" "Amazon API Gateway" 14 20 "arn:aws:apigateway:{r}::/restapis/{n}" ["public-api", "partners"], false,
        usage!("ApiGatewayRequest" "ApiGatewayRequest" "Requests" 35_000 1000 Day "Amazon API Gateway" "API Calls")),
    service!("AmazonCloudWatch" "AmazonCloudWatch" 52 60 "arn:aws:logs:{r}:{a}:log-group:{n}" ["api", "worker", "edge"], false,
        usage!("DataProcessing-Bytes" "PutLogEvents" "GB" 5_000_000_000 720 Day "AmazonCloudWatch" "Data Payload"),
        usage!("CW:MetricMonitorUsage" "MetricStorage" "Metrics" 3_000_000_000 280 Day "AmazonCloudWatch" "Metric")),
    service!("awskms" "AWS Key Management Service" 5 40 "arn:aws:kms:{r}:{a}:key/{h}" ["data", "db"], false,
        usage!("KMS-Keys" "" "Keys" 10_000_000_000 1000 Day "AWS Key Management Service" "Encryption Key")),
    service!("AWSSecretsManager" "AWS Secrets Manager" 4 50 "arn:aws:secretsmanager:{r}:{a}:secret:{n}" ["db", "stripe", "oauth"], false,
        usage!("AWSSecretsManager-Secrets" "" "Secrets" 4_000_000_000 1000 Day "AWS Secrets Manager" "Secret")),
    service!("AmazonRoute53" "Amazon Route 53" 4 12 "arn:aws:route53:::hostedzone/Z{n}" ["acme", "internal"], true,
        usage!("DNS-Queries" "A" "Queries" 4_000 1000 Day "Amazon Route 53" "DNS Query")),
    service!("AmazonVPC" "Amazon Virtual Private Cloud" 36 18 "arn:aws:ec2:{r}:{a}:vpc-endpoint/vpce-{h}" ["endpoint"], false,
        usage!("VpcEndpoint-Hours" "VpcEndpoint" "Hrs" 100_000_000 1000 Day "Amazon Virtual Private Cloud" "VpcEndpoint")),
    service!("AmazonGuardDuty" "Amazon GuardDuty" 19 6 "arn:aws:guardduty:{r}:{a}:detector/{h}" ["detector"], false,
        usage!("PaidEventsAnalyzed" "" "Events" 40_000 1000 Day "Amazon GuardDuty" "Security Services")),
    service!("awswaf" "AWS WAF" 8 5 "arn:aws:wafv2:{r}:{a}:regional/webacl/{n}/{h}" ["public"], false,
        usage!("RequestV2-Tier1" "" "Requests" 6_000 1000 Day "AWS WAF" "Web Application Firewall")),
];
