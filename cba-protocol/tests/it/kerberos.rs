//! Kerberos tickets in the answer: optional, in several forms, and never a reason to fail.

use openssl::base64::encode_block;
use serde_json::{Value, json};

use crate::peer::{self, Script};
use cba_protocol::{KerberosTickets, State};

fn tickets(change: impl FnOnce(&mut Value)) -> KerberosTickets {
    let mut body = peer::issued();
    change(&mut body);
    peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Token, 200, &body),
    )
    .granted()
    .kerberos()
    .clone()
}

#[test]
fn a_ticket_is_read_and_its_key_decrypted() {
    let key = json!("the client key");
    let ticket = json!({"clientKey": String::from_utf8(peer::encrypted(&key)).unwrap(), "keyType": "18", "messageBuffer": encode_block(b"as-rep"),
        "realm": "CORP.LOCAL", "sn": "krbtgt/CORP.LOCAL", "cn": "alice", "sessionKeyType": 18, "accountType": 1, "error": ""});
    let tickets = tickets(|body| {
        body["tgt_ad"] = ticket.to_string().into();
        body["tgt_cloud"] = json!({"clientKey": encode_block(&[1; 32]), "error": "no ticket"});
        body["kerberos_top_level_names"] = ".windows.net, .azure.net".into();
    });
    let ad = tickets.ad.unwrap();
    assert_eq!(ad.client_key(), Some(&br#""the client key""#[..]));
    assert_eq!(
        (ad.realm.as_deref(), ad.key_type, ad.as_rep.as_slice()),
        (Some("CORP.LOCAL"), Some(18), &b"as-rep"[..])
    );
    assert_eq!(
        (ad.error.as_deref(), ad.account_type, ad.session_key_type),
        (None, Some(1), Some(18))
    );
    let cloud = tickets.cloud.unwrap();
    assert_eq!(
        (cloud.client_key(), cloud.error.as_deref()),
        (Some(&[1; 32][..]), Some("no ticket"))
    );
    assert_eq!(tickets.top_level_names, [".windows.net", ".azure.net"]);
    assert!(!format!("{ad:?}").contains("client key"));
}

#[test]
fn odd_tickets_are_left_out() {
    for odd in [
        json!(7),
        json!("{"),
        json!("text"),
        json!([]),
        json!(null),
        json!({"clientKey": {}}),
    ] {
        let tickets = tickets(|body| body["tgt_ad"] = odd.clone());
        assert!(tickets.ad.is_none(), "{odd}");
    }
    assert!(
        tickets(|body| body["tgt_ad"] = json!({"clientKey": "%"}))
            .ad
            .unwrap()
            .client_key()
            .is_none()
    );
}
