//! What a person may see while a step does not go on, most often in AWS's console, where Cloudthread cannot look; and
//! what helps. AWS's own words stand first, so that they can be found.

use shared::api::{Otherwise, Step};

use super::remedy::filled_in;

/// Symptoms of a step and what to do, the likeliest first.
pub fn of(step: Step) -> Vec<Otherwise> {
    let rows: &[(&str, &str)] = match step {
        Step::Stack => STACK,
        Step::Role => ROLE,
        Step::Access => ACCESS,
        Step::Insights => INSIGHTS,
        Step::ReportDefined => REPORT_DEFINED,
        Step::FirstFiles => FIRST_FILES,
        Step::History => HISTORY,
    };
    rows.iter()
        .map(|(symptom, remedy)| Otherwise { symptom: filled_in(symptom), remedy: filled_in(remedy) })
        .collect()
}

const STACK: &[(&str, &str)] = &[
    (
        "Requires capabilities : [CAPABILITY_IAM]",
        "The box was not ticked. Create the stack again and tick \"I acknowledge that AWS CloudFormation might create IAM resources.\"",
    ),
    (
        "Unrecognized resource types: [AWS::CUR::ReportDefinition]",
        "The console is in another region. Delete the stack there if one was made, press Connect Cloudthread via CF Stack again and keep us-east-1 (N. Virginia): a report can be defined nowhere else.",
    ),
    (
        "ROLLBACK_COMPLETE",
        "The reason stands in the stack's events, at the first row that says CREATE_FAILED. Delete this stack, its name stays taken, then press Connect Cloudthread via CF Stack again for a new link.",
    ),
    (
        "with an explicit deny in a service control policy",
        "Your organization blocks the action named before these words. Send its administrator that line: the stack {stack} needs the action in this account, once, to be created.",
    ),
    (
        "ReportLimitReachedException",
        "An account may have ten reports. Delete one you do not need, or connect again and choose a report you have.",
    ),
    (
        "No stack in the console, and nothing happens here",
        "The link was opened in another AWS account, or Create stack was not pressed. Look at the account at the top right of the console. If the stack is there and complete, paste RoleArn from its outputs here.",
    ),
];

const ROLE: &[(&str, &str)] = &[
    (
        "The role is refused for more than ten minutes",
        "In AWS, open the stack {stack} and see that the role is there and that {ExternalId} is the one shown here. If not, delete the stack and press Connect Cloudthread via CF Stack again.",
    ),
    (
        "The stack was deleted or rolled back meanwhile",
        "Press Connect Cloudthread via CF Stack again for a new link. An old link ends after a day.",
    ),
];

const ACCESS: &[(&str, &str)] = &[
    (
        "A permission set is refused",
        "The others go on without it. Settings, Policies says what is installed: turn the set on in the stack, or ask your organization's administrator whether a service control policy forbids it.",
    ),
    (
        "The role can be used without the external id",
        "Cloudthread does not keep such a role. Restore the trust policy of the template, or delete the stack and connect again.",
    ),
];

const INSIGHTS: &[(&str, &str)] = &[
    (
        "User not enabled for cost explorer access",
        "Open Cost Explorer once in the management account's console; no API can. AWS needs about 24 hours, and Cloudthread asks again every 6 hours.",
    ),
    (
        "DataUnavailableException",
        "AWS is preparing Cost Explorer. There is nothing to do; the report continues meanwhile.",
    ),
    (
        "AccessDeniedException, although the set Cost Explorer is on",
        "In the management account, the root user activates IAM access to billing, once, under Account.",
    ),
];

const REPORT_DEFINED: &[(&str, &str)] = &[
    (
        "The report is not found",
        "In AWS, open Billing, Data Exports. If there is none of the name in the stack, update the stack: set {ReportMode} to Create, or to Existing with name, bucket and prefix of a report you have.",
    ),
    (
        "A report is found and cannot be read",
        "Cloudthread reads Parquet, hourly or daily. Settings, Report says what is wrong with it; choose another, or let the stack create one.",
    ),
];

const FIRST_FILES: &[(&str, &str)] = &[
    (
        "Nothing arrives within 48 hours",
        "Look in AWS Billing whether the report is still defined and when it was delivered last. A new account without cost gets no files until it has some.",
    ),
    (
        "ERROR_PERMISSIONS",
        "The bucket's policy does not let AWS write. Compare it with the template's and restore it; the next delivery follows within a day.",
    ),
];

const HISTORY: &[(&str, &str)] = &[(
    "Older months do not appear",
    "No API backfills a report. Open a case with AWS Support from the management account; Settings, Report has its text ready. Cost Explorer stands in for the last 13 months.",
)];

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 7] = [
        Step::Stack,
        Step::Role,
        Step::Access,
        Step::Insights,
        Step::ReportDefined,
        Step::FirstFiles,
        Step::History,
    ];

    #[test]
    fn every_step_says_what_to_do_when_it_does_not_go_on() {
        for step in STEPS {
            let rows = of(step);
            assert!(!rows.is_empty(), "{step:?}");
            for row in rows {
                assert!(!row.symptom.is_empty() && row.remedy.ends_with(['.', '"']), "{row:?}");
                let is_filled_in = |text: &str| !text.contains(['{', '}']);
                assert!(is_filled_in(&row.symptom) && is_filled_in(&row.remedy), "{row:?}");
            }
        }
    }

    // product.md 3.3: the symptoms a stack shows in AWS, in AWS's own words.
    #[test]
    fn the_stack_s_symptoms_are_found_by_aws_s_words() {
        let rows = of(Step::Stack);
        let check = |symptom: &str, remedy: &str| {
            let row = rows.iter().find(|row| row.symptom.contains(symptom));
            assert!(row.is_some_and(|row| row.remedy.contains(remedy)), "{symptom}: {row:?}");
        };
        check("Requires capabilities", "I acknowledge that AWS CloudFormation might create IAM resources.");
        check("Unrecognized resource types", "us-east-1");
        check("ROLLBACK_COMPLETE", "its name stays taken");
        check("service control policy", "administrator");
        check("ReportLimitReached", "ten reports");
    }
}
