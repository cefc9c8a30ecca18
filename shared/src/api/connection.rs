//! The connection: link, state, timeline, receipt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ExternalId, RoleArn};
use crate::{Money, Timestamp};

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the states of architecture.md")]
pub enum ConnectionState {
    NotConnected,
    AwaitingStack,
    VerifyingRole,
    FirstInsights,
    AwaitingReport,
    Live,
    Broken,
    Disconnecting,
    Disconnected,
}

/// The permission sets of the template, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// `CloudthreadReportBucket`, parameter `GrantReportBucket`.
    ReportBucket,
    /// `CloudthreadOrganization`, parameter `GrantOrganization`.
    Organization,
    /// `CloudthreadMetrics`, parameter `GrantMetrics`.
    Metrics,
    /// `CloudthreadCostExplorer`, parameter `GrantCostExplorer`.
    CostExplorer,
    /// `CloudthreadReport`, parameter `GrantReport`.
    Report,
    /// `CloudthreadSelfRead`, parameter `GrantSelfRead`.
    SelfRead,
}

impl Grant {
    /// Every grant.
    pub const ALL: [Grant; 6] = [
        Self::ReportBucket,
        Self::Organization,
        Self::Metrics,
        Self::CostExplorer,
        Self::Report,
        Self::SelfRead,
    ];

    /// The template parameter that switches it.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::ReportBucket => "GrantReportBucket",
            Self::Organization => "GrantOrganization",
            Self::Metrics => "GrantMetrics",
            Self::CostExplorer => "GrantCostExplorer",
            Self::Report => "GrantReport",
            Self::SelfRead => "GrantSelfRead",
        }
    }

    /// The name of its inline policy.
    pub const fn policy_name(self) -> &'static str {
        match self {
            Self::ReportBucket => "CloudthreadReportBucket",
            Self::Organization => "CloudthreadOrganization",
            Self::Metrics => "CloudthreadMetrics",
            Self::CostExplorer => "CloudthreadCostExplorer",
            Self::Report => "CloudthreadReport",
            Self::SelfRead => "CloudthreadSelfRead",
        }
    }
}

/// The template's `AccessLevel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccessLevel {
    /// Reads only, except the policy of our bucket and the definition of our report.
    #[default]
    ReadOnly,
    /// The "complete" access of the permission sets.
    Full,
}

/// Which account the user means to connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// The management account: it sees every sub-account.
    #[default]
    Management,
    /// One account: its own cost only.
    Single,
}

/// Which report to use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportChoice {
    /// The stack creates one.
    #[default]
    Create,
    /// One the customer already has.
    Existing {
        /// Report or export name.
        name: String,
        /// Bucket.
        bucket: String,
        /// Prefix without outer slashes, may be empty.
        prefix: String,
    },
    /// Look for one after connecting.
    Look,
}

/// What the user chose on the Connect page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkChoice {
    /// Which account.
    pub account: AccountKind,
    /// Which report.
    pub report: ReportChoice,
    /// Read-only or full.
    pub access_level: AccessLevel,
    /// Which sets are switched on; missing ones are on.
    #[serde(default)]
    pub grants: BTreeMap<Grant, bool>,
}

/// The link that opens the pre-filled stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackLink {
    /// The console's quick-create page with everything filled in. Absent when the operator published no template.
    pub url: Option<String>,
    /// Its stack token dies then.
    pub valid_until: Timestamp,
    /// `cloudthread-access`.
    pub stack_name: String,
    /// Shown, never secret.
    pub external_id: ExternalId,
    /// Every parameter, for those who upload the template or use the CLI.
    pub parameters: BTreeMap<String, String>,
    /// `aws cloudformation create-stack …`, complete.
    pub cli: String,
}

/// The link was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkOpened {}

/// A role ARN, pasted when no callback came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastedRole {
    /// As copied from the stack's outputs; parsed by the edge.
    pub role_arn: String,
}

/// Ends the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disconnect {
    /// Whether stored figures stay readable.
    pub keep_figures: bool,
}

/// Everything the Connect page, its timeline and the frame's health line show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// The state.
    pub state: ConnectionState,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong and who acts, when `Broken` or when one track is held up.
    pub remedy: Option<Remedy>,
    /// What Cloudthread holds of the account, once known.
    pub account: Option<AccountId>,
    /// The role.
    pub role_arn: Option<RoleArn>,
    /// The external id of the connection.
    pub external_id: Option<ExternalId>,
    /// As installed.
    pub access_level: AccessLevel,
    /// Which sets the stack granted.
    pub grants: BTreeMap<Grant, bool>,
    /// Template version of the stack.
    pub template_version: Option<String>,
    /// The stack in the AWS console.
    pub stack_url: Option<String>,
    /// `aws cloudformation delete-stack …`, when there is a stack.
    pub delete_cli: Option<String>,
    /// The timeline, step by step.
    pub steps: Vec<StepView>,
    /// Whether at least one figure can be shown.
    pub has_figures: bool,
    /// Whether a report is committed: Resources are open.
    pub has_report: bool,
    /// When the first report is expected.
    pub report_expected_by: Option<Timestamp>,
    /// Last UTC day with figures, and where they come from.
    pub through: Option<String>,
    /// When AWS was last asked, and when it is asked next.
    pub last_check_at: Option<Timestamp>,
    /// See `last_check_at`.
    pub next_check_at: Option<Timestamp>,
    /// Calls so far.
    pub calls: u32,
    /// What AWS charges for them.
    pub calls_cost: Money,
    /// Where the mail goes.
    pub notify_email: String,
    /// Unread notifications.
    pub unread: u32,
    /// After disconnecting: what was erased, what stays, and the proof.
    pub receipt: Option<Receipt>,
    /// The report an earlier connection left at AWS, while another may still choose it.
    pub earlier_report: Option<ReportChoice>,
    /// The edge's time, for "since" and "ago" in simulated runs too.
    pub now: Timestamp,
}

/// A step of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Which.
    pub step: Step,
    /// How it stands.
    pub status: StepStatus,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// By when AWS usually has done it.
    pub expected_by: Option<Timestamp>,
    /// What usually happens, in words: "usually 2 min".
    pub usual: String,
    /// One or two sentences on how it stands now.
    pub detail: String,
    /// Ticks below it: one per permission set, or per insight.
    pub checks: Vec<Check>,
    /// What to do when it does not go on.
    pub remedy: Option<Remedy>,
    /// What else a person may see while it does not go on, and what helps; left out when there is nothing to say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Otherwise>,
    /// When it was last looked at, and when next.
    pub last_check_at: Option<Timestamp>,
    /// See `last_check_at`.
    pub next_check_at: Option<Timestamp>,
}

/// What a person may see when a step does not go on, most often in AWS's console, where Cloudthread cannot look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Otherwise {
    /// What is seen, in AWS's own words where there are such: "Requires capabilities : [CAPABILITY_NAMED_IAM]".
    pub symptom: String,
    /// What to do then, in one or two sentences.
    pub remedy: String,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the steps of product.md 3.3")]
pub enum Step {
    Stack,
    Role,
    Access,
    Insights,
    ReportDefined,
    FirstFiles,
    History,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum StepStatus {
    NotStarted,
    Running,
    Waiting,
    Late,
    NeedsYou,
    Done,
    Skipped,
}

/// One tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub label: String,
    /// Passed, refused, or not yet known.
    pub passed: Option<bool>,
    /// More, when refused.
    pub note: Option<String>,
}

/// What is wrong, what still works, who does what next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// Stable code, as in product.md's table: `trust_too_open`, `cost_explorer_not_enabled`.
    pub code: String,
    /// One line.
    pub title: String,
    /// Two or three sentences.
    pub text: String,
    /// Who acts next.
    pub who: WhoActs,
    /// Link that helps, with its label.
    pub link: Option<(String, String)>,
    /// AWS's own code, and the request id.
    pub aws: Option<(String, String)>,
    /// When it is tried again without anyone doing anything.
    pub retry_at: Option<Timestamp>,
}

/// Who must act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoActs {
    /// The customer, in AWS or here.
    You,
    /// The administrator of the customer's organization.
    YourAdministrator,
    /// AWS; waiting is right.
    Aws,
    /// The operator of this instance.
    Operator,
}

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When AWS refused us, if it did: two moments at least a minute apart.
    pub refused_at: Vec<Timestamp>,
    /// What was erased or kept here.
    pub here: Vec<String>,
    /// What stays at AWS.
    pub at_aws: Vec<String>,
    /// Commands that remove it.
    pub commands: Vec<String>,
}
