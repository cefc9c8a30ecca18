//! Cost Explorer in front of the bill: who may ask, whether it was ever opened, what a request costs.

use serde_json::{Value, json};
use shared::Timestamp;

use crate::accounts::CostExplorer;
use crate::billing::MANAGEMENT;
use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::wire::{Answer, Refusal};
use crate::world::World;

/// Groups on a page.
const PAGE: usize = 1_000;

/// Answers the service.
pub fn handle(world: &World, caller: &Caller, action: &str, input: &Value, now: Timestamp) -> Answer<Value> {
    {
        let state = world.lock();
        authorize(
            &state,
            caller,
            &Ask::new(&format!("ce:{action}"), &format!("arn:aws:ce:us-east-1:{}:/{action}", caller.account)),
            None,
        )?;
        match state.account(&caller.account)?.cost_explorer {
            CostExplorer::Open => {}
            CostExplorer::Off => {
                return Err(Refusal::bad(
                    "AccessDeniedException",
                    "User not enabled for cost explorer access",
                ));
            }
            CostExplorer::Ingesting(until) if now < until => {
                return Err(Refusal::bad(
                    "DataUnavailableException",
                    "Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data might not be ingested yet",
                ));
            }
            CostExplorer::Ingesting(_) => {}
            CostExplorer::BillingAccessOff => {
                return Err(Refusal::denied(format!(
                    "User: {} is not authorized to perform: ce:{action}",
                    caller.arn
                )));
            }
        }
    }
    let input = if caller.account == MANAGEMENT { input.clone() } else { narrowed(input, &caller.account) };
    let answer = world
        .billing
        .cost_explorer(action, &input, now, PAGE)
        .map_err(|error| Refusal::bad(error.code, error.message))?;
    *world.lock().cost_requests.entry(caller.account.clone()).or_default() += 1;
    Ok(answer)
}

/// An account that is not the payer sees its own cost only.
fn narrowed(input: &Value, account: &str) -> Value {
    let mut input = input.clone();
    let own = json!({ "Dimensions": { "Key": "LINKED_ACCOUNT", "Values": [account] } });
    if let Some(object) = input.as_object_mut()
        && object.contains_key("Granularity")
    {
        let filter = match object.remove("Filter") {
            Some(filter) => json!({ "And": [filter, own] }),
            None => own,
        };
        object.insert("Filter".to_owned(), filter);
    }
    input
}
