//! The parameters of the customer's template, as AWS's console labels them: there, nobody sees a parameter's own name.

/// Every parameter and its label, in the order of the template. A test of `engine` holds them against its text.
pub const LABELS: &[(&str, &str)] = &[
    ("ExternalId", "External id"),
    ("StackToken", "Stack token"),
    ("OperatorPrincipalArn", "Who may use the role"),
    ("CallbackTopicArn", "Where the stack reports to"),
    ("AccessLevel", "Access level"),
    ("GrantReportBucket", "1. Report bucket"),
    ("GrantOrganization", "2. Organization roots"),
    ("GrantMetrics", "3. CloudWatch metrics"),
    ("GrantCostExplorer", "4. Cost Explorer"),
    ("GrantReport", "5. Report definition"),
    ("GrantSelfRead", "6. Reading its own stack and role"),
    ("ReportMode", "Which report"),
    ("ReportName", "Name of the report to create"),
    ("ReportPrefix", "Prefix of the report to create"),
    ("ExistingReportName", "Name of the existing report"),
    ("ExistingReportBucket", "Bucket of the existing report"),
    ("ExistingReportPrefix", "Prefix of the existing report"),
    ("OrganizationRootId", "Root of the organization"),
];

/// The label of a parameter; its own name where it has none.
pub fn label(name: &str) -> &str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

/// A parameter by label and name, for a sentence: `Which report (ReportMode)`.
pub fn named(name: &str) -> String {
    match label(name) {
        same if same == name => name.to_owned(),
        label => format!("{label} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_named_by_its_label_too() {
        assert_eq!(named("ReportMode"), "Which report (ReportMode)");
        assert_eq!(named("NoSuchParameter"), "NoSuchParameter");
    }
}
