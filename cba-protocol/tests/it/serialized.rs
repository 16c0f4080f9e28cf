//! The feature `serde`: what may be shown has a JSON form.

use cba_protocol::{IdToken, IssuerMetadata, NotManaged, Outcome, State};
use serde_json::{json, to_value};

use crate::peer::{self, Script};

#[test]
fn a_refusal() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(500_171, "invalid_grant"));
    let value = to_value(peer::run(peer::sign_in(), script).refused()).unwrap();
    assert_eq!(
        (&value["state"], &value["status"], &value["codes"]),
        (&json!("token"), &json!(400), &json!([500_171]))
    );
    assert_eq!(value["correlation_id"], "1f2e3d4c-0000-4000-8000-aabbccddee00");
}

#[test]
fn where_else_a_user_belongs() {
    let script = Script::granting().answer(
        State::Realm,
        200,
        &json!({"account_type": "Unknown", "domain_name": "x.org"}),
    );
    let Ok(Outcome::NotManaged(elsewhere)) = peer::run(peer::sign_in(), script).result else {
        panic!()
    };
    assert_eq!(
        to_value(elsewhere).unwrap(),
        json!({"unknown": {"domain": "x.org"}})
    );
    let other = NotManaged::OtherCloud {
        cloud_instance_name: "microsoftonline.us".to_owned(),
    };
    assert_eq!(
        to_value(other).unwrap(),
        json!({"other-cloud": {"cloud_instance_name": "microsoftonline.us"}})
    );
}

#[test]
fn what_a_cache_keeps_comes_back() {
    let prt = peer::prt();
    let metadata = to_value(prt.metadata()).unwrap();
    assert_eq!(
        serde_json::from_value::<IssuerMetadata>(metadata).ok().as_ref(),
        prt.metadata()
    );
    let id_token = to_value(prt.id_token()).unwrap();
    assert_eq!(
        serde_json::from_value::<IdToken>(id_token).ok().as_ref(),
        prt.id_token()
    );
}
