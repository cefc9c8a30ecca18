//! What is fixed about each service: host, signing name, protocol, version. Nothing here comes from input.

use shared::Region;

/// The services Cloudthread calls. Host, signing name and protocol follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are AWS's")]
pub enum Service {
    Sts,
    CloudFormation,
    Iam,
    CostExplorer,
    CostAndUsageReport,
    DataExports,
    Organizations,
    CloudWatch,
    Support,
    S3,
    Ses,
    Sns,
}

/// How a service writes requests and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form in, XML out.
    Query,
    /// JSON both ways, the operation in `x-amz-target`.
    Json,
    /// Path and headers in, XML out.
    RestXml,
    /// Path and JSON in, JSON out.
    RestJson,
}

impl Service {
    /// Every service.
    pub const ALL: [Service; 12] = [
        Self::Sts,
        Self::CloudFormation,
        Self::Iam,
        Self::CostExplorer,
        Self::CostAndUsageReport,
        Self::DataExports,
        Self::Organizations,
        Self::CloudWatch,
        Self::Support,
        Self::S3,
        Self::Ses,
        Self::Sns,
    ];

    /// The name in the credential scope.
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::CloudFormation => "cloudformation",
            Self::Iam => "iam",
            Self::CostExplorer => "ce",
            Self::CostAndUsageReport => "cur",
            Self::DataExports => "bcm-data-exports",
            Self::Organizations => "organizations",
            Self::CloudWatch => "monitoring",
            Self::Support => "support",
            Self::S3 => "s3",
            Self::Ses => "ses",
            Self::Sns => "sns",
        }
    }

    /// The last part of the variable that overrides its address: `AWS_ENDPOINT_URL_<…>`.
    pub const fn override_name(self) -> &'static str {
        match self {
            Self::Sts => "STS",
            Self::CloudFormation => "CLOUDFORMATION",
            Self::Iam => "IAM",
            Self::CostExplorer => "CE",
            Self::CostAndUsageReport => "CUR",
            Self::DataExports => "BCM_DATA_EXPORTS",
            Self::Organizations => "ORGANIZATIONS",
            Self::CloudWatch => "MONITORING",
            Self::Support => "SUPPORT",
            Self::S3 => "S3",
            Self::Ses => "SES",
            Self::Sns => "SNS",
        }
    }

    /// Its protocol.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Sts | Self::CloudFormation | Self::Iam | Self::Sns => Protocol::Query,
            Self::CostExplorer
            | Self::CostAndUsageReport
            | Self::DataExports
            | Self::Organizations
            | Self::CloudWatch
            | Self::Support => Protocol::Json,
            Self::S3 => Protocol::RestXml,
            Self::Ses => Protocol::RestJson,
        }
    }

    /// `Version` of a query, prefix of `x-amz-target` in JSON, nothing in REST.
    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::CloudFormation => "2010-05-15",
            Self::Iam => "2010-05-08",
            Self::Sns => "2010-03-31",
            Self::CostExplorer => "AWSInsightsIndexService.",
            Self::CostAndUsageReport => "AWSOrigamiServiceGatewayService.",
            Self::DataExports => "AWSBillingAndCostManagementDataExports.",
            Self::Organizations => "AWSOrganizationsV20161128.",
            Self::CloudWatch => "GraniteServiceVersion20100801.",
            Self::Support => "AWSSupport_20130415.",
            Self::S3 | Self::Ses => "",
        }
    }

    /// The host, without scheme. S3's carries the bucket in front; see [`crate::Endpoints`].
    pub(crate) fn host(self, region: Region) -> String {
        match self {
            Self::Sts | Self::CloudFormation | Self::CloudWatch | Self::Sns | Self::S3 => {
                format!("{}.{region}.amazonaws.com", self.signing_name())
            }
            Self::Ses => format!("email.{region}.amazonaws.com"),
            Self::Iam => "iam.amazonaws.com".to_owned(),
            Self::CostExplorer | Self::CostAndUsageReport | Self::Organizations | Self::Support => {
                format!("{}.us-east-1.amazonaws.com", self.signing_name())
            }
            Self::DataExports => "bcm-data-exports.us-east-1.api.aws".to_owned(),
        }
    }
}
