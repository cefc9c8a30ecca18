//! The link that opens AWS's console with the stack pre-filled, and the same as a command. Built purely from operator
//! settings, external id, a fresh stack token and the user's choice. A link is intent, never proof.

use std::collections::BTreeMap;

use shared::api::{Grant, LinkChoice, ReportChoice, StackLink};
use shared::id::ReportName;
use shared::{BucketName, ExternalId};

use super::callback::{IssuedToken, token_key};
use super::happen::happen;
use super::record::{self, Connection};
use super::step::Event;
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Entropy, StackTokens, Table};
use crate::workspace::world::{OperatorSettings, World};
use crate::workspace::{jobs, purge, records};

/// Name of the stack.
pub const STACK_NAME: &str = "cloudthread-access";
/// Prefix of a report the stack creates, in the bucket it creates.
pub const REPORT_PREFIX: &str = "report";
/// Hours a stack token lives.
pub const TOKEN_HOURS: i64 = 24;

/// Makes a link for a choice. Each link has its own token, so that pressing twice in two tabs connects once: the
/// first stack that calls binds the connection.
pub async fn make<W: World>(world: &W, choice: LinkChoice, email: &str) -> Result<StackLink> {
    use base64::Engine;
    let choice = checked(choice)?;
    // What is still to be erased must not take the next connection's figures with it.
    purge::owed(world).await?;
    let now = world.clock().now();
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(world.entropy().token());
    world.stack_tokens().remember(&hash(&token), world.workspace(), now).await?;
    // From here on nothing waits: two tabs that press at once get links of one connection.
    let connection = match record::find(world)? {
        Some(connection) if connection.state == shared::api::ConnectionState::Disconnecting => {
            return Err(Error::new(
                Kind::Conflict,
                "disconnecting",
                "The earlier connection is still ending.",
                "Delete its stack in AWS first; then press Connect Cloudthread via CF Stack again.",
            ));
        }
        // An external id is never used again after a disconnect.
        Some(ended) if ended.state == shared::api::ConnectionState::Disconnected => {
            let figures_of = ended.account_of_kept_figures();
            let earlier_report = ended.report_left();
            Connection { figures_of, earlier_report, ..fresh(world, choice.clone(), email, ended.epoch)? }
        }
        Some(connection) => connection,
        None => fresh(world, choice.clone(), email, 0)?,
    };
    let parameters = parameters(world.settings(), &choice, &connection, &token);
    let url = world
        .settings()
        .template_url
        .as_deref()
        .map(|template| address(&world.settings().console_base, template, &parameters));
    let issued = IssuedToken { at: now, stack: None };
    let writes = vec![records::put(Table::Setting, token_key(&hash(&token)), &issued)?];
    let cli = command(world.settings().template_url.as_deref(), &parameters);
    let external_id = connection.external_id.clone();
    happen(world, connection, Event::LinkMade(choice), writes)?;
    Ok(StackLink {
        url,
        valid_until: jobs::after_hours(now, TOKEN_HOURS),
        stack_name: STACK_NAME.to_owned(),
        external_id,
        parameters,
        cli,
    })
}

/// SHA-256 of a stack token, hexadecimal: all that is stored of it.
pub fn hash(token: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn fresh<W: World>(world: &W, choice: LinkChoice, email: &str, epoch: u32) -> Result<Connection> {
    let external_id: ExternalId = world.entropy().uuid().parse().map_err(Error::bug)?;
    Ok(Connection::fresh(world.entropy().uuid(), external_id, epoch, choice, email, world.clock().now()))
}

/// Names and paths of an existing report are checked here, once, and stray slashes dropped.
fn checked(mut choice: LinkChoice) -> Result<LinkChoice> {
    if let ReportChoice::Existing { name, bucket, prefix } = &mut choice.report {
        let wrong = |title: &'static str, field| {
            Error::new(
                Kind::Invalid,
                "report_invalid",
                title,
                "Copy name, bucket and prefix from the report's page in AWS.",
            )
            .on_field(field)
        };
        *name = name.trim().to_owned();
        *bucket = bucket.trim().trim_start_matches("s3://").trim_matches('/').to_owned();
        *prefix = prefix.trim().trim_matches('/').to_owned();
        name.parse::<ReportName>().map_err(|_| wrong("This is not the name of a report.", "name"))?;
        bucket
            .parse::<BucketName>()
            .map_err(|_| wrong("This is not the name of a bucket Cloudthread can read.", "bucket"))?;
        let is_odd = |c: char| c.is_control() || c == '\\';
        if prefix.len() > 512
            || prefix.contains(is_odd)
            || prefix.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(wrong("This is not a prefix.", "prefix"));
        }
    }
    Ok(choice)
}

/// The name of the report a stack creates for a connection. AWS takes a name once, so each connection has its own.
pub fn report_name(connection: &Connection) -> String {
    let short: String = connection.id.chars().take(8).collect();
    format!("cloudthread-{short}")
}

fn parameters(
    settings: &OperatorSettings,
    choice: &LinkChoice,
    connection: &Connection,
    token: &str,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: &str| all.insert(name.to_owned(), value.to_owned());
    set("ExternalId", connection.external_id.as_str());
    set("StackToken", token);
    set("OperatorPrincipalArn", &settings.principal_arn);
    set("CallbackTopicArn", &settings.topic_arn);
    set(
        "AccessLevel",
        match choice.access_level {
            shared::api::AccessLevel::ReadOnly => "ReadOnly",
            shared::api::AccessLevel::Full => "Full",
        },
    );
    set("ReportName", &report_name(connection));
    set("ReportPrefix", REPORT_PREFIX);
    match &choice.report {
        ReportChoice::Create => {
            set("ReportMode", "Create");
        }
        ReportChoice::Look => {
            set("ReportMode", "None");
        }
        ReportChoice::Existing { name, bucket, prefix } => {
            set("ReportMode", "Existing");
            set("ExistingReportName", name);
            set("ExistingReportBucket", bucket);
            set("ExistingReportPrefix", prefix);
        }
    }
    for grant in Grant::ALL {
        let is_on = choice.grants.get(&grant).copied().unwrap_or(true);
        set(grant.parameter(), if is_on { "true" } else { "false" });
    }
    all
}

/// The console's quick-create address. Everything sits in the fragment.
fn address(console: &str, template: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut address = format!(
        "{console}/cloudformation/home?region=us-east-1#/stacks/create/review?templateURL={}&stackName={STACK_NAME}",
        encoded(template)
    );
    for (name, value) in parameters {
        address.push_str(&format!("&param_{name}={}", encoded(value)));
    }
    address
}

/// The stack in the console.
pub fn stack_address(console: &str, stack_id: &str) -> String {
    format!("{console}/cloudformation/home?region=us-east-1#/stacks/stackinfo?stackId={}", encoded(stack_id))
}

fn command(template: Option<&str>, parameters: &BTreeMap<String, String>) -> String {
    let source = template
        .map_or("--template-body file://customer.yaml".to_owned(), |url| format!("--template-url '{url}'"));
    let mut command = format!(
        "aws cloudformation create-stack --region us-east-1 --stack-name {STACK_NAME} \\\n  {source} \\\n  \
         --capabilities CAPABILITY_IAM \\\n  --parameters"
    );
    for (name, value) in parameters {
        command.push_str(&given(name, value));
    }
    command
}

/// The update of a stack that names an existing report. Everything else stays as it is.
pub fn update_command(stack_id: &str, name: &str, bucket: &str, prefix: &str) -> String {
    let named = [
        ("ReportMode", "Existing"),
        ("ExistingReportName", name),
        ("ExistingReportBucket", bucket),
        ("ExistingReportPrefix", prefix),
    ];
    let kept =
        ["ExternalId", "StackToken", "OperatorPrincipalArn", "CallbackTopicArn", "AccessLevel", "ReportName"];
    let kept = kept.into_iter().chain(["ReportPrefix", "OrganizationRootId"]);
    let kept = kept.chain(Grant::ALL.iter().map(|grant| grant.parameter()));
    let mut command = format!(
        "aws cloudformation update-stack --region us-east-1 --stack-name {stack_id} \\\n  \
         --use-previous-template --capabilities CAPABILITY_IAM \\\n  --parameters"
    );
    for (name, value) in named {
        command.push_str(&given(name, value));
    }
    for name in kept {
        command.push_str(&format!(" \\\n    'ParameterKey={name},UsePreviousValue=true'"));
    }
    command
}

fn given(name: &str, value: &str) -> String {
    let value = value.replace('\'', "'\\''").replace(',', "\\,");
    format!(" \\\n    'ParameterKey={name},ParameterValue={value}'")
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_console_s_form() {
        let parameters = BTreeMap::from([
            ("ExternalId".to_owned(), "8f".to_owned()),
            ("CallbackTopicArn".to_owned(), "arn:aws:sns:x".to_owned()),
        ]);
        assert_eq!(
            address(
                "https://us-east-1.console.aws.amazon.com",
                "https://b.s3.us-east-1.amazonaws.com/t.yaml",
                &parameters
            ),
            "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review\
             ?templateURL=https%3A%2F%2Fb.s3.us-east-1.amazonaws.com%2Ft.yaml&stackName=cloudthread-access\
             &param_CallbackTopicArn=arn%3Aaws%3Asns%3Ax&param_ExternalId=8f"
        );
    }

    // security.md row 11
    #[test]
    fn an_existing_report_is_checked_and_its_slashes_are_dropped() {
        let check = |bucket: &str, prefix: &str, expect: Option<(&str, &str)>| {
            let report =
                ReportChoice::Existing { name: "r".into(), bucket: bucket.into(), prefix: prefix.into() };
            let choice = LinkChoice {
                account: Default::default(),
                report,
                access_level: Default::default(),
                grants: BTreeMap::new(),
            };
            let found = checked(choice).ok().map(|choice| choice.report);
            let expect = expect.map(|(bucket, prefix)| ReportChoice::Existing {
                name: "r".into(),
                bucket: bucket.into(),
                prefix: prefix.into(),
            });
            assert_eq!(found, expect, "{bucket} {prefix}");
        };
        check("acme-reports", "/a/b/", Some(("acme-reports", "a/b")));
        check("s3://acme-reports/", "", Some(("acme-reports", "")));
        check("acme.reports", "", None);
        check("acme@reports", "", None);
        check("acme-reports", "a/../b", None);
        check("acme-reports", "a\nb", None);
    }
}
