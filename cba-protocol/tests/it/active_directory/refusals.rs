//! Errors of the KDC, also those that only Windows sends.

use cba_protocol::Responsible;
use cba_protocol::active_directory::KdcRequest;
use std::time::Duration;

use super::kdc::{error as krb_error, extended, nt_status};
use super::*;

fn refused_with(answer: Vec<u8>) -> KdcRefusal {
    let mut kdc = kdc();
    kdc.first = vec![answer];
    refusal(run(with_keytab(), &PARTS.card, &mut kdc))
}

#[test]
fn every_code_has_a_name_a_meaning_and_advice() {
    // RFC 4120 section 7.5.9, RFC 4556 section 3.1.3, [MS-PKCA] 2.2.3
    for (code, name, responsible) in [
        (6, "KDC_ERR_C_PRINCIPAL_UNKNOWN", Responsible::Administrator),
        (7, "KDC_ERR_S_PRINCIPAL_UNKNOWN", Responsible::Administrator),
        (12, "KDC_ERR_POLICY", Responsible::Administrator),
        (14, "KDC_ERR_ETYPE_NOSUPP", Responsible::Administrator),
        (16, "KDC_ERR_PADATA_TYPE_NOSUPP", Responsible::Administrator),
        (18, "KDC_ERR_CLIENT_REVOKED", Responsible::Administrator),
        (23, "KDC_ERR_KEY_EXPIRED", Responsible::Administrator),
        (29, "KDC_ERR_SVC_UNAVAILABLE", Responsible::Service),
        (52, "KRB_ERR_RESPONSE_TOO_BIG", Responsible::Administrator),
        (64, "KDC_ERR_INVALID_SIG", Responsible::Issuer),
        (
            65,
            "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED",
            Responsible::Administrator,
        ),
        (66, "KDC_ERR_CERTIFICATE_MISMATCH", Responsible::Administrator),
        (72, "KDC_ERR_REVOKED_CERTIFICATE", Responsible::User),
        (
            73,
            "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
            Responsible::Administrator,
        ),
        (77, "KDC_ERR_INCONSISTENT_KEY_PURPOSE", Responsible::Issuer),
        (79, "KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED", Responsible::Developer),
        (
            80,
            "KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED",
            Responsible::Administrator,
        ),
        (99, "KRB_ERROR", Responsible::Administrator),
    ] {
        let refusal = refused_with(krb_error(code, peer::NOW, None, None));
        assert_eq!((refusal.error, refusal.code()), (i64::from(code), name));
        assert_eq!(refusal.responsible(), responsible, "{name}");
        assert!(!refusal.meaning().is_empty() && !refusal.hint().is_empty());
        assert_eq!(refusal.request, KdcRequest::Authentication);
        assert_eq!(refusal.server_time.unwrap().as_secs(), peer::NOW);
        assert_eq!(refusal.text.as_deref(), Some("a\u{fffd}text"));
        // A control character of the KDC reaches no terminal.
        assert!(!format!("{refusal:#}").contains('\u{7}'));
        assert_eq!(refusal.is_user_unknown(), code == 6);
    }
}

#[test]
fn the_status_of_windows_says_more_than_the_code() {
    for (status, name) in [
        (0xc000_0072, Some("STATUS_ACCOUNT_DISABLED")),
        (0xc000_0193, Some("STATUS_ACCOUNT_EXPIRED")),
        (0xc000_0234, Some("STATUS_ACCOUNT_LOCKED_OUT")),
        (0xc000_0389, Some("STATUS_SMARTCARD_CERT_REVOKED")),
        (0xc000_038a, Some("STATUS_ISSUING_CA_UNTRUSTED")),
        (0xc000_038d, Some("STATUS_SMARTCARD_CERT_EXPIRED")),
        (0xc012_3456, None),
    ] {
        let pa_data = der::seq(&[der::seq(&[
            der::ctx(1, &der::int(3)),
            der::ctx(2, &der::octets(&extended(status))),
        ])]);
        let typed = der::seq(&[der::seq(&[
            der::ctx(0, &der::int(3)),
            der::ctx(1, &der::octets(&extended(status))),
        ])]);
        for data in [nt_status(status), pa_data, typed] {
            let refusal = refused_with(krb_error(18, peer::NOW, None, Some(&data)));
            assert_eq!(
                (refusal.nt_status, refusal.nt_status_name()),
                (Some(status), name)
            );
            let text = refusal.to_string();
            assert!(text.contains(name.unwrap_or("0xc0123456")), "{text}");
        }
    }
    let revoked = refused_with(krb_error(18, peer::NOW, None, Some(&nt_status(0xc000_0389))));
    assert_eq!(revoked.responsible(), Responsible::User);
}

#[test]
fn other_data_is_not_a_status() {
    let salt = der::seq(&[der::seq(&[
        der::ctx(1, &der::int(3)),
        der::ctx(2, &der::octets(b"CORP.EXAMPLEada")),
    ])]);
    for data in [
        salt,
        vec![],
        vec![0x30],
        der::seq(&[der::ctx(1, &der::int(2)), der::ctx(2, &der::octets(&extended(5)))]),
        vec![0xff; 40],
    ] {
        assert_eq!(
            refused_with(krb_error(18, peer::NOW, None, Some(&data))).nt_status,
            None,
            "{data:02x?}"
        );
    }
}

#[test]
fn what_the_certificate_shows_decides_where_the_code_says_little() {
    let mut kdc = kdc();
    kdc.first = vec![krb_error(31, peer::NOW + 200 * 86_400, None, None); 3];
    let late = UnixTime::since_unix_epoch(Duration::from_secs(peer::NOW + 200 * 86_400));
    let refusal = refusal(run_at(with_keytab(), &PARTS.card, &mut kdc, late));
    assert_eq!(refusal.code(), "KRB_AP_ERR_BAD_INTEGRITY");
    assert_eq!(refusal.findings[0].code(), "expired");
    assert_eq!(refusal.responsible(), Responsible::Issuer);
    assert_eq!(refusal.hint(), refusal.findings[0].hint());
}

#[test]
fn the_clock_is_corrected_once() {
    // 37 is the code of RFC 4120; Samba says 31.
    for (code, ahead) in [(37, 400), (37, -400), (31, 600), (31, -600)] {
        let server = peer::NOW.checked_add_signed(-ahead).unwrap();
        let mut kdc = kdc();
        kdc.first = vec![krb_error(code, server, None, None)];
        kdc.clock = Some(server);
        let account = account(run(with_keytab(), &PARTS.card, &mut kdc));
        assert_eq!((account.clock_ahead, kdc.requests), (Some(ahead), 3));
    }
    let mut kdc = kdc();
    kdc.first = vec![krb_error(37, peer::NOW + 400, None, None); 2];
    let refusal = refusal(run(with_keytab(), &PARTS.card, &mut kdc));
    assert_eq!((refusal.code(), kdc.requests), ("KRB_AP_ERR_SKEW", 2));
}

/// `KRB_ERR_RESPONSE_TOO_BIG` says to use TCP (RFC 4120 section 7.2.1). TCP was used, so the request is not repeated.
#[test]
fn an_answer_that_is_too_big_for_datagrams_is_a_refusal() {
    let mut kdc = kdc();
    kdc.first = vec![krb_error(52, peer::NOW, None, None)];
    let refusal = refusal(run(with_keytab(), &PARTS.card, &mut kdc));
    assert_eq!((refusal.code(), kdc.requests), ("KRB_ERR_RESPONSE_TOO_BIG", 1));
    let shown = refusal.to_string();
    assert!(
        shown.contains("datagram") && refusal.hint().contains("TCP"),
        "{shown}"
    );
}

#[test]
fn a_small_difference_is_not_the_reason() {
    let mut kdc = kdc();
    kdc.first = vec![krb_error(31, peer::NOW + 30, None, None)];
    refusal(run(with_keytab(), &PARTS.card, &mut kdc));
    assert_eq!(kdc.requests, 1);
}

#[test]
fn the_second_request_can_be_refused_too() {
    let mut other = kdc();
    let mut step = with_trust().start(peer::seed(), peer::now()).unwrap();
    let refusal = loop {
        step = match step {
            AdStep::SignWithCard(task) => {
                let signature = sign(&PARTS.card, task.algorithm(), task.input());
                task.complete(&signature).unwrap()
            }
            AdStep::SendToKdc(exchange) => {
                let reply = match kdc::tag(exchange.request()) {
                    0x6c => krb_error(7, peer::NOW, None, None),
                    _ => other.answer(exchange.request()),
                };
                exchange.respond(&reply, peer::now()).unwrap()
            }
            AdStep::Done(AdOutcome::Refused(refusal)) => break refusal,
            AdStep::Done(outcome) => panic!("{outcome:?}"),
        };
    };
    assert_eq!(
        (refusal.request, refusal.code()),
        (KdcRequest::Ticket, "KDC_ERR_S_PRINCIPAL_UNKNOWN")
    );
    assert!(refusal.findings.is_empty());
}
