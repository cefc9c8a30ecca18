//! Our own stack: its state, its events and its template.

mod describe_stack_events;
mod describe_stacks;
mod get_template;

pub use describe_stack_events::{DescribeStackEvents, StackEvent, StackEvents};
pub use describe_stacks::{DescribeStacks, Stack};
pub use get_template::GetTemplate;

/// A status of a stack or a resource, as AWS spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStatus(pub String);

/// What a status means for the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackOutcome {
    /// Still going.
    InProgress,
    /// As asked for.
    Complete,
    /// Undone; a stack of this state must be deleted before its name can be used again.
    RolledBack,
    /// Stuck.
    Failed,
    /// Gone.
    Deleted,
    /// A status AWS did not have when this was written.
    Unknown,
}

impl StackStatus {
    /// What it means.
    pub fn outcome(&self) -> StackOutcome {
        match &*self.0 {
            "DELETE_COMPLETE" | "DELETE_SKIPPED" => StackOutcome::Deleted,
            "ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => StackOutcome::RolledBack,
            // An update undone leaves the stack as it was before, working.
            "UPDATE_ROLLBACK_COMPLETE" | "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
                StackOutcome::Complete
            }
            text if text.ends_with("_IN_PROGRESS") => StackOutcome::InProgress,
            text if text.ends_with("_FAILED") => StackOutcome::Failed,
            _ => StackOutcome::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md row 18
    #[test]
    fn statuses_mean_something_for_the_one_who_waits() {
        let check = |text: &str, expect| assert_eq!(StackStatus(text.to_owned()).outcome(), expect, "{text}");
        check("CREATE_IN_PROGRESS", StackOutcome::InProgress);
        check("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackOutcome::InProgress);
        check("REVIEW_IN_PROGRESS", StackOutcome::InProgress);
        check("CREATE_COMPLETE", StackOutcome::Complete);
        check("UPDATE_ROLLBACK_COMPLETE", StackOutcome::Complete);
        check("ROLLBACK_COMPLETE", StackOutcome::RolledBack);
        check("DELETE_FAILED", StackOutcome::Failed);
        check("DELETE_COMPLETE", StackOutcome::Deleted);
        check("SOMETHING_NEW", StackOutcome::Unknown);
    }
}
