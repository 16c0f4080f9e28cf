//! Users of another realm.

use cba_protocol::active_directory::MAX_REFERRALS;

use super::kdc::{SERVICE_KEY, Twist, error as krb_error};
use super::*;

/// Signs in, and gives the realms that were asked.
fn realms(mut kdc: impl FnMut(&str, &[u8]) -> Vec<u8>) -> (Result<AdOutcome, AdError>, Vec<String>) {
    let mut asked = Vec::new();
    let mut step = match with_keytab().start(peer::seed(), peer::now()) {
        Ok(step) => step,
        Err(error) => return (Err(error), asked),
    };
    loop {
        let next = match step {
            AdStep::Done(outcome) => return (Ok(outcome), asked),
            AdStep::SignWithCard(task) => {
                let signature = sign(&PARTS.card, task.algorithm(), task.input());
                task.complete(&signature)
            }
            AdStep::SendToKdc(exchange) => {
                asked.push(exchange.realm().to_owned());
                let reply = kdc(exchange.realm(), exchange.request());
                exchange.respond(&reply, peer::now())
            }
        };
        step = match next {
            Ok(step) => step,
            Err(error) => return (Err(error), asked),
        };
    }
}

#[test]
fn a_referral_is_followed_with_a_new_signature() {
    let mut home = kdc();
    home.realm = "HOME.EXAMPLE".to_owned();
    let (outcome, asked) = realms(|realm, request| match realm {
        REALM => krb_error(68, peer::NOW, Some("HOME.EXAMPLE"), None),
        _ => home.answer(request),
    });
    assert_eq!(account(outcome).principal(), "ada@HOME.EXAMPLE");
    assert_eq!(asked, [REALM, "HOME.EXAMPLE", "HOME.EXAMPLE"]);
}

#[test]
fn realms_that_refer_in_a_circle_come_to_an_end() {
    let mut number = 0;
    let (outcome, asked) = realms(|_, _| {
        number += 1;
        krb_error(68, peer::NOW, Some(&format!("R{number}.EXAMPLE")), None)
    });
    assert_eq!(error(outcome).code(), "ad/too-many-referrals");
    assert_eq!(asked.len(), usize::from(MAX_REFERRALS) + 1);
    let (outcome, asked) = realms(|_, _| krb_error(68, peer::NOW, Some("corp.example"), None));
    assert_eq!((error(outcome).code(), asked.len()), ("ad/too-many-referrals", 1));
}

#[test]
fn a_referral_without_a_realm_is_a_refusal() {
    let (outcome, _) = realms(|_, _| krb_error(68, peer::NOW, None, None));
    assert_eq!(refusal(outcome).code(), "KDC_ERR_WRONG_REALM");
}

#[test]
fn a_realm_in_another_error_is_not_followed() {
    let (outcome, asked) = realms(|_, _| krb_error(6, peer::NOW, Some("HOME.EXAMPLE"), None));
    assert_eq!(refusal(outcome).code(), "KDC_ERR_C_PRINCIPAL_UNKNOWN");
    assert_eq!(asked, [REALM]);
}

#[test]
fn the_device_may_belong_to_another_realm_than_the_user() {
    let (mut users, mut devices) = (kdc(), kdc());
    users.twist = Twist::Refer("DEVICES.EXAMPLE");
    devices.session = SERVICE_KEY;
    let (outcome, asked) = realms(|realm, request| match realm {
        REALM => users.answer(request),
        _ => devices.answer(request),
    });
    let account = account(outcome);
    assert_eq!(account.upn.as_str(), "ada.lovelace@contoso.example");
    assert_eq!(account.principal(), "ada@CORP.EXAMPLE");
    assert_eq!(asked, [REALM, REALM, "DEVICES.EXAMPLE"]);
}

#[test]
fn referrals_of_tickets_come_to_an_end_too() {
    let mut others = ["R1.EXAMPLE", "R2.EXAMPLE", "R3.EXAMPLE", "R4.EXAMPLE"].into_iter();
    let mut kdc = kdc();
    let (outcome, asked) = realms(|_, request| {
        if kdc::tag(request) == 0x6c {
            kdc.twist = Twist::Refer(others.next().unwrap());
        }
        let reply = kdc.answer(request);
        if kdc.twist != Twist::None {
            kdc.session = SERVICE_KEY;
        }
        reply
    });
    assert_eq!(error(outcome).code(), "ad/too-many-referrals");
    assert_eq!(asked.len(), 2 + usize::from(MAX_REFERRALS));
}
