//! From what holds something up to words: what happened, what still works, who does what next.

use shared::api::{Remedy, WhoActs};
use shared::parameters;

use super::link::{STACK_NAME, stack_address};
use super::record::{Connection, Held, RefusedStack};
use crate::workspace::world::OperatorSettings;

/// The remedy for what holds a connection up.
pub fn of(held: &Held, connection: &Connection, settings: &OperatorSettings) -> Remedy {
    let (title, text, who) = words(&held.reason);
    Remedy {
        code: held.reason.clone(),
        title: title.to_owned(),
        text: filled_in(text),
        who,
        link: link(&held.reason, connection, settings),
        aws: held.aws.clone().filter(|(code, _)| !code.is_empty()),
        retry_at: held.retry_at,
    }
}

/// A remedy by its code alone, for what no connection holds up.
pub fn plain(code: &str) -> Remedy {
    let (title, text, who) = words(code);
    Remedy {
        code: code.to_owned(),
        title: title.to_owned(),
        text: filled_in(text),
        who,
        link: None,
        aws: None,
        retry_at: None,
    }
}

/// The remedy for a stack that was answered FAILED: the reason is the one in its events.
pub fn of_refused(refused: &RefusedStack) -> Remedy {
    let then = "AWS rolls this stack back. Delete it, its name stays taken, and press Connect Cloudthread via CF Stack again.";
    Remedy {
        code: "stack_refused".to_owned(),
        title: "Cloudthread refused the stack.".to_owned(),
        text: format!("{} {then}", refused.why),
        who: WhoActs::You,
        link: None,
        aws: None,
        retry_at: None,
    }
}

/// Names the stack, and the template's parameters as the console shows them.
pub fn filled_in(text: &str) -> String {
    let mut text = text.replace("{stack}", STACK_NAME);
    while let Some((before, name, after)) = placeholder(&text) {
        text = format!("{before}{}{after}", parameters::named(name));
    }
    text
}

/// The first name in braces, and what stands around it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn link(code: &str, connection: &Connection, settings: &OperatorSettings) -> Option<(String, String)> {
    let stack = connection.stack.as_ref().map(|stack| stack_address(&settings.console_base, &stack.id));
    let console = &settings.console_base;
    match code {
        "report_choice"
        | "report_not_found"
        | "report_gone"
        | "trust_too_open"
        | "trust_refused"
        | "role_gone"
        | "cost_explorer_denied"
        | "cost_explorer_off" => stack.map(|address| ("Open the stack in AWS".to_owned(), address)),
        "cost_explorer_not_enabled" => Some((
            "Open Cost Explorer in AWS".to_owned(),
            format!("{console}/costmanagement/home#/cost-explorer"),
        )),
        "trusted_access_off" => Some((
            "Activate trusted access".to_owned(),
            format!("{console}/cloudformation/home?region=us-east-1#/stacksets"),
        )),
        _ => None,
    }
}

fn words(code: &str) -> (&'static str, &'static str, WhoActs) {
    use WhoActs::{Aws, Operator, You, YourAdministrator};
    match code {
        "trust_refused" => (
            "AWS refuses the role to Cloudthread.",
            "The role is missing, or its external id was changed. Delete the stack {stack} in AWS, then press Connect Cloudthread via CF Stack again and leave the prefilled values as they are.",
            You,
        ),
        "trust_too_open" => (
            "This role can be used without Cloudthread's external id.",
            "Anyone who knows its name could use it through Cloudthread, so it was refused. Restore the trust policy of the template: it demands sts:ExternalId. Then paste the role ARN here, or delete the stack and press Connect Cloudthread via CF Stack again.",
            You,
        ),
        "wrong_account" => (
            "Role and account differ.",
            "The role's name tells one account, AWS tells another. Paste the role ARN from the outputs of the stack {stack}.",
            You,
        ),
        "other_account" => (
            "This workspace holds the figures of another account.",
            "Figures of two accounts would mix. Delete the new stack in AWS and connect the account of before, or delete this workspace in Settings and sign up for another.",
            You,
        ),
        "role_gone" => (
            "The role was removed at AWS.",
            "AWS has refused Cloudthread for an hour. Stored figures stay. Connect again, or disconnect in Settings.",
            You,
        ),
        "cost_explorer_not_enabled" => (
            "Cost Explorer was never opened in this account.",
            "No API can turn it on. Open it once in the management account's console and wait about 24 hours. The report continues meanwhile.",
            You,
        ),
        "cost_explorer_ingesting" => (
            "AWS is preparing Cost Explorer.",
            "There is nothing to do. Cloudthread asks again every 6 hours; the report continues meanwhile.",
            Aws,
        ),
        "cost_explorer_denied" => (
            "The role may not read Cost Explorer.",
            "Turn on Cost Explorer in Policies and update the stack. If it is on, the root user of the management account has to activate IAM access to billing, or a service control policy of your organization forbids it: ask its administrator. The report continues meanwhile.",
            You,
        ),
        "cost_explorer_off" => (
            "Cost Explorer is switched off in this stack.",
            "There are no figures until the report arrives. Turn the set on in Policies and update the stack for figures at once.",
            You,
        ),
        "cost_explorer_unreachable" => (
            "Cost Explorer does not answer.",
            "Figures you already see stay. Cloudthread asks again by itself.",
            Aws,
        ),
        "budget_reached" => (
            "The monthly cap for AWS calls is reached.",
            "Figures stay as they are, with their age. Raise the cap in Settings, Connection, or wait for the next month.",
            You,
        ),
        "no_history" => {
            ("AWS has too little history for this.", "It appears by itself after some weeks of use.", Aws)
        }
        "error_permissions" => (
            "AWS cannot deliver the report.",
            "The policy of the bucket does not let AWS write. Compare it with the template's in Policies and restore it; the next delivery follows within a day.",
            You,
        ),
        "bucket_gone" => (
            "The report's bucket is gone.",
            "It was removed at AWS. Stored figures stay. Disconnect and connect again for a new one.",
            You,
        ),
        "bucket_denied" => (
            "The report's bucket refuses Cloudthread.",
            "Either the set Report bucket is switched off, or the bucket belongs to another account. Nothing is read from it until that is settled.",
            You,
        ),
        "report_key_denied" => (
            "The report is encrypted with a key the role may not use.",
            "Grant kms:Decrypt on that key to the role, or use a bucket without a key of your own.",
            YourAdministrator,
        ),
        "report_choice" => (
            "This account has reports already.",
            "Settings, Report lists them. Choose one there and name it in the stack, or set {ReportMode} to Create for a new one. Figures of Cost Explorer stay meanwhile.",
            You,
        ),
        "report_not_found" => (
            "No report was found yet.",
            "In AWS, update the stack: set {ReportMode} to Create, or to Existing with name, bucket and prefix of a report you have. Figures of Cost Explorer stay meanwhile.",
            You,
        ),
        "report_gone" => (
            "The report was deleted at AWS.",
            "Figures that were read stay. In AWS, update the stack: set {ReportMode} to Existing with a report you have, or disconnect and connect again for a new one.",
            You,
        ),
        "report_unsupported" => (
            "This report cannot be read.",
            "Cloudthread reads Parquet reports, hourly or daily. Choose Create one for me, or change the report's settings in AWS.",
            You,
        ),
        "report_endless" => (
            "The report's bucket holds more than can be listed.",
            "What was read stays. Delete old deliveries below the report's prefix, or let each delivery replace the one before; Cloudthread goes on by itself.",
            You,
        ),
        "report_refused" => (
            "A file of the report could not be read.",
            "The month before stays as it was. The file and the reason are in Settings, Report; Cloudthread tries again with the next delivery.",
            You,
        ),
        "manifest_refused" => (
            "The report's manifest names files outside its bucket or prefix.",
            "Nothing was read. Restore the report's files, or choose another report.",
            You,
        ),
        "report_late" => (
            "The first files are later than usual.",
            "AWS takes up to 48 hours; yours have taken longer. Look in AWS Billing whether the report is still defined, and whether the bucket's policy was changed.",
            Aws,
        ),
        "stack_late" => (
            "No stack has called yet.",
            "Creating it takes minutes, at most an hour. Look into its events in AWS. If it shows ROLLBACK_COMPLETE, delete it, its name stays taken, and press Connect Cloudthread via CF Stack again. With the role's ARN from the outputs you can go on by hand.",
            You,
        ),
        "role_live" => (
            "The role is still live.",
            "AWS still lets Cloudthread use the role: delete the stack {stack}. Cloudthread makes no other call.",
            You,
        ),
        "member_role_live" => (
            "A role in a sub-account may still be live.",
            "The main role refuses Cloudthread. Delete the stack {stack}, which takes its StackSet along, or the role cloudthread-member in the sub-accounts below. Cloudthread makes no other call.",
            You,
        ),
        "no_organization" => (
            "This account is in no organization.",
            "Figures of this account work in full; sub-account features stay off.",
            You,
        ),
        "no_operator_credential" => (
            "This instance has no AWS credential.",
            "Its operator sets one; until then nothing can be verified. The connection goes on by itself afterwards.",
            Operator,
        ),
        _ => (
            "Something holds this up.",
            "Cloudthread tries again by itself. What is already there stays.",
            Aws,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_says_what_to_do_and_promises_nothing_by_accident() {
        let codes = [
            "trust_refused",
            "trust_too_open",
            "wrong_account",
            "other_account",
            "role_gone",
            "cost_explorer_not_enabled",
            "cost_explorer_ingesting",
            "cost_explorer_denied",
            "cost_explorer_off",
            "cost_explorer_unreachable",
            "budget_reached",
            "no_history",
            "error_permissions",
            "bucket_gone",
            "bucket_denied",
            "report_key_denied",
            "report_choice",
            "report_not_found",
            "report_gone",
            "report_unsupported",
            "report_endless",
            "report_refused",
            "manifest_refused",
            "report_late",
            "stack_late",
            "role_live",
            "member_role_live",
            "no_organization",
            "no_operator_credential",
        ];
        let fallback = plain("?");
        for code in codes {
            let remedy = plain(code);
            assert!(remedy.title.ends_with('.') && remedy.text.ends_with('.'), "{code}");
            assert_ne!(remedy.title, fallback.title, "{code} has words of its own");
            assert!(!remedy.text.contains('!') && !remedy.text.to_lowercase().contains("please"), "{code}");
            assert!(!remedy.text.contains(['{', '}']), "{code}: {}", remedy.text);
        }
    }

    #[test]
    fn parameters_are_named_as_the_console_shows_them() {
        assert!(plain("report_choice").text.contains("set Which report (ReportMode) to Create"));
        assert!(plain("role_live").text.contains("cloudthread-access"));
        assert_eq!(filled_in("Set {NoSuchParameter}, {"), "Set NoSuchParameter, {");
    }
}
