//! How a connection ends: with proof, with or without its figures, once.

use super::*;

fn disconnect(town: &Town, keep_figures: bool) -> Result<Value> {
    town.call(Route::PostDisconnect, json!({"keep_figures": keep_figures}))
}

#[test]
fn an_end_is_proven_by_two_refusals() {
    let town = a_town().connected();
    disconnect(&town, true).unwrap();
    let epoch = town.connection().epoch;
    town.pass(600);
    assert_eq!(town.state(), ConnectionState::Disconnecting, "the role is still live");
    town.http.trust.borrow_mut().is_there = false;
    town.pass(300);
    let ended = town.connection();
    assert_eq!(ended.state, ConnectionState::Disconnected);
    let refused = ended.ending.unwrap().refused_at;
    assert!(refused.len() == 2 && refused[1].duration_since(refused[0]).as_secs() >= 60, "{refused:?}");
    assert_eq!(ended.epoch, epoch);
    // Nothing is asked of AWS any more.
    let calls = town.http.calls.get();
    town.pass(86_400);
    assert_eq!(town.http.calls.get(), calls);
}

#[test]
fn an_end_is_proven_in_every_sub_account_too() {
    let town = a_town().connected();
    town.know_accounts(&[aws::ACCOUNT, "222222222222", "333333333333"]);
    town.http.members.borrow_mut().push("333333333333");
    disconnect(&town, false).unwrap();
    town.http.trust.borrow_mut().is_there = false;
    town.pass(600);
    let view = town.call(Route::GetConnection, json!({})).unwrap();
    assert_eq!(
        (&view["state"], &view["remedy"]["code"]),
        (&json!("disconnecting"), &json!("member_role_live"))
    );
    let left = view["receipt"]["at_aws"].to_string();
    assert!(left.contains("333333333333") && !left.contains("222222222222"), "{left}");
    town.http.members.borrow_mut().clear();
    town.pass(120);
    assert_eq!(town.state(), ConnectionState::Disconnected);
    let view = town.call(Route::GetConnection, json!({})).unwrap();
    assert!(view["receipt"]["at_aws"].to_string().contains("any of 2 sub-accounts"), "{view}");
}

// Who is refused cannot look whether the stack is gone: the receipt does not claim that it stays.
#[test]
fn the_receipt_says_of_the_stack_what_can_be_known() {
    let town = a_town().connected();
    let said = |view: &Value| view["receipt"]["at_aws"].to_string();
    let view = disconnect(&town, true).unwrap();
    assert!(said(&view).contains("The stack cloudthread-access, until you delete it."), "{view}");
    town.http.trust.borrow_mut().is_there = false;
    town.pass(600);
    let view = town.call(Route::GetConnection, json!({})).unwrap();
    assert!(said(&view).contains("The stack cloudthread-access, unless you have deleted it."), "{view}");
}

// security.md row 63
#[test]
fn two_tabs_that_disconnect_end_it_once() {
    let town = a_town().connected();
    disconnect(&town, true).unwrap();
    let before = town.connection();
    assert_eq!(disconnect(&town, false).unwrap_err().code, "already_disconnecting");
    assert_eq!(town.connection(), before);
}

#[test]
fn figures_stay_or_go_as_asked() {
    for keeps in [true, false] {
        let town = a_town().connected();
        let figure = town.a_figure();
        disconnect(&town, keeps).unwrap();
        assert_eq!(town.blobs.held.borrow().contains_key(&figure), keeps);
    }
}

// security.md row 46
#[test]
fn figures_that_cannot_go_now_go_later() {
    let town = a_town().connected();
    let figure = town.a_figure();
    town.blobs.down.set(true);
    disconnect(&town, false).unwrap();
    assert!(!town.pass(300).is_empty(), "the failure is told");
    assert!(town.blobs.held.borrow().contains_key(&figure));
    town.blobs.down.set(false);
    town.pass(3_600);
    assert!(town.blobs.held.borrow().is_empty());
}

#[test]
fn a_new_connection_has_a_new_id_and_keeps_its_own_figures() {
    let town = a_town().connected();
    let first = town.connection();
    town.a_figure();
    town.blobs.down.set(true);
    disconnect(&town, false).unwrap();
    town.http.trust.borrow_mut().is_there = false;
    town.pass(300);
    assert_eq!(town.state(), ConnectionState::Disconnected);
    // Old figures go before the new connection begins, or it does not begin.
    let choice = json!({"account": "management", "report": "look", "access_level": "ReadOnly"});
    assert_eq!(town.call(Route::PostLink, choice).unwrap_err().code, "store_unavailable");
    town.blobs.down.set(false);
    town.http.trust.borrow_mut().is_there = true;
    let town = town.connected();
    assert!(town.blobs.held.borrow().is_empty());
    assert_ne!(town.connection().external_id, first.external_id);
    assert!(town.connection().epoch > first.epoch);
    let figure = town.a_figure();
    town.pass(86_400);
    assert!(town.blobs.held.borrow().contains_key(&figure));
}
