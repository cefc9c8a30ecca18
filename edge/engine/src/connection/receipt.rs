//! The receipt of a connection that has ended: what was erased, what stays in AWS, and with which commands it goes.

use shared::api::{Receipt, ReportChoice};

use super::link::STACK_NAME;
use super::record::Connection;

/// The receipt, once disconnecting was asked for.
pub fn of(connection: &Connection) -> Option<Receipt> {
    let ending = connection.ending.as_ref()?;
    let mut here = vec!["Erased: session credentials and every planned call.".to_owned()];
    here.push(if ending.keeps_figures {
        "Kept: the figures you already have, until you delete the workspace.".to_owned()
    } else {
        "Erased: all figures, report months and notes of AWS answers.".to_owned()
    });
    here.push(format!("The external id {} is never used again.", connection.external_id));
    let (mut at_aws, mut commands) = (Vec::new(), Vec::new());
    let left: Vec<String> = ending.members_left().map(ToString::to_string).collect();
    if !ending.members.is_empty() && ending.refused_at.len() >= 2 {
        at_aws.push(if left.is_empty() {
            format!(
                "No role in any of {} sub-accounts: AWS refused Cloudthread there too.",
                ending.members.len()
            )
        } else {
            format!("A role AWS has not refused yet, in sub-accounts {}.", left.join(", "))
        });
    }
    if let Some(stack) = &connection.stack {
        // Who is refused cannot see whether the stack is gone.
        let until =
            if ending.refused_at.len() >= 2 { "unless you have deleted it" } else { "until you delete it" };
        at_aws.push(format!("The stack {STACK_NAME}, {until}."));
        commands
            .push(format!("aws cloudformation delete-stack --region us-east-1 --stack-name {}", stack.id));
    }
    if let Some(report) = &connection.report {
        at_aws.push(format!("The bucket {} with all versions of its files.", report.bucket));
        at_aws.push(format!("The report {}, which AWS goes on delivering.", report.name));
        if report.is_ours && connection.choice.report == ReportChoice::Create {
            commands.push(format!(
                "aws cur delete-report-definition --region us-east-1 --report-name {}",
                report.name
            ));
            commands.push(format!(
                "aws s3api list-object-versions --bucket {bucket} --output json --query '{{Objects: [Versions,DeleteMarkers][].{{Key:Key,VersionId:VersionId}}}}' > versions.json",
                bucket = report.bucket
            ));
            commands.push(format!(
                "aws s3api delete-objects --bucket {} --delete file://versions.json",
                report.bucket
            ));
            commands.push(format!("aws s3api delete-bucket --bucket {}", report.bucket));
        }
    }
    Some(Receipt { refused_at: ending.refused_at.clone(), here, at_aws, commands })
}
