//! `dsregcmd /status`: the samples of the public page, and truncated, localized or re-encoded text.

use proptest::prelude::*;
use upn_resolver::windows::join_state::{JoinReport, JoinState, decode};

/// The samples of <https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-device-dsregcmd>, in one text.
const SAMPLE: &str = include_str!("../join_state/hybrid.txt");

#[test]
fn the_sample_of_the_page_is_read_in_full() {
    let report = JoinReport::parse(SAMPLE);
    assert_eq!(report.join_state(), JoinState::HybridJoined);
    assert_eq!(report.domain_name(), Some("HYBRIDADFS"));
    assert_eq!(report.device_id(), Some("00aa00aa-bb11-cc22-dd33-44ee44ee44ee"));
    assert_eq!(report.device_auth_status(), Some("SUCCESS"));
    assert_eq!(report.tenant_name(), Some("HybridADFS"));
    assert_eq!(
        report.tenant_id().unwrap().as_str(),
        "aaaabbbb-0000-cccc-1111-dddd2222eeee"
    );
    assert_eq!(report.workplace_joined(), Some(false));

    let prt = report.prt();
    assert_eq!((prt.present, prt.updated), (Some(false), None));
    assert_eq!(
        prt.authority,
        Some("https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee")
    );
    assert!(prt.refresh_failure.is_none());
    let failure = prt.acquire_failure.unwrap();
    assert_eq!(failure.time, Some("2020-07-18 20:10:33.789 UTC"));
    assert_eq!(failure.status.unwrap().code(), 0xC000_006D);
    assert_eq!(
        failure.status.unwrap().to_string(),
        "0xc000006d (STATUS_LOGON_FAILURE)"
    );
    assert_eq!(failure.user_identity, Some("john@contoso.com"));
    assert_eq!(failure.credential_type, Some("Password"));
    assert_eq!(failure.http_status, Some(400));
    assert_eq!(
        (failure.http_method, failure.http_error),
        (Some("POST"), Some("0x0"))
    );
    assert_eq!(failure.correlation_id.map(str::len), Some(36));
    assert!(
        failure
            .endpoint
            .unwrap()
            .starts_with("https://login.microsoftonline.com/")
    );
    assert_eq!(failure.server_error_code, Some("invalid_grant"));
    assert!(
        failure
            .server_error_description
            .unwrap()
            .starts_with("AADSTS50126: ")
    );

    let enterprise = report.enterprise_prt();
    assert_eq!(
        (enterprise.present, enterprise.updated),
        (Some(true), Some("2019-01-24 19:15:33.000 UTC"))
    );
    assert_eq!(enterprise.expires, Some("2019-02-07 19:15:33.000 UTC"));
    assert!(
        enterprise.acquire_failure.is_none(),
        "the failure belongs to the token above it"
    );
}

#[test]
fn the_table_of_join_states_is_that_of_the_page() {
    for (entra, enterprise, domain, state) in [
        ("YES", "NO", "NO", JoinState::EntraJoined),
        ("NO", "NO", "YES", JoinState::DomainJoined),
        ("YES", "NO", "YES", JoinState::HybridJoined),
        ("NO", "YES", "YES", JoinState::EnterpriseJoined),
        ("NO", "NO", "NO", JoinState::NotJoined),
        ("YES", "YES", "YES", JoinState::Unknown),
        ("YES", "YES", "NO", JoinState::Unknown),
        ("", "YES", "YES", JoinState::Unknown),
        ("NO", "YES", "NO", JoinState::Unknown),
        ("YE", "NO", "NO", JoinState::Unknown),
        ("JA", "NEIN", "NEIN", JoinState::Unknown),
        ("YES", "NO", "", JoinState::Unknown),
        ("yes", "no", "yes", JoinState::HybridJoined),
    ] {
        let text =
            format!("AzureAdJoined : {entra}\nEnterpriseJoined : {enterprise}\nDomainJoined : {domain}\n");
        assert_eq!(JoinReport::parse(&text).join_state(), state, "{text}");
        assert_eq!(
            state.signs_in_to_entra(),
            matches!(state, JoinState::EntraJoined | JoinState::HybridJoined)
        );
    }
    assert_eq!(
        JoinReport::parse("AzureAdJoined : YES\nDomainJoined : NO\n").join_state(),
        JoinState::EntraJoined
    );
}

#[test]
fn sections_with_other_titles_and_a_second_failure_are_read_too() {
    let text = "| Gerätestatus |\r\n  azureadjoined:YES\r\n  DOMAINJOINED : NO\r\n| SSO-Status |\r\n\
                AzureAdPrt : YES\r\nAzureAdPrtUpdateTime : a\r\n\
                AcquirePrtDiagnostics : PRESENT\r\nUser Identity : one@x\r\nHTTP Status : 500\r\n\
                RefreshPrtDiagnostics : PRESENT\r\nUser Identity : two@x\r\nAttempt Status : 0xC004844C\r\n\
                EnterprisePrt : NO\r\n";
    let report = JoinReport::parse(text);
    assert_eq!(report.join_state(), JoinState::EntraJoined);
    let prt = report.prt();
    let (acquire, refresh) = (prt.acquire_failure.unwrap(), prt.refresh_failure.unwrap());
    assert_eq!(
        (acquire.user_identity, acquire.http_status, acquire.status),
        (Some("one@x"), Some(500), None)
    );
    assert_eq!(refresh.user_identity, Some("two@x"));
    assert!(
        refresh
            .status
            .unwrap()
            .to_string()
            .ends_with("(AAD_CLOUDAP_E_OAUTH_USERNAME_IS_MALFORMED)")
    );
}

#[test]
fn every_cut_of_the_sample_says_the_same_or_less() {
    let whole = JoinReport::parse(SAMPLE);
    let cuts = (0..SAMPLE.len()).filter(|end| SAMPLE.is_char_boundary(*end));
    for end in cuts {
        let cut = JoinReport::parse(&SAMPLE[..end]);
        assert!(
            [whole.join_state(), JoinState::Unknown].contains(&cut.join_state()),
            "cut at {end}"
        );
        assert!(
            cut.tenant_id()
                .is_none_or(|tenant| Some(tenant) == whole.tenant_id())
        );
        assert!(
            cut.prt()
                .present
                .is_none_or(|present| Some(present) == whole.prt().present)
        );
    }
}

#[test]
fn files_of_every_usual_encoding_are_the_same_text() {
    let utf16 = |order: fn(u16) -> [u8; 2]| SAMPLE.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    for bytes in [
        SAMPLE.as_bytes().to_vec(),
        marked(b"\xEF\xBB\xBF", SAMPLE.as_bytes().to_vec()),
        marked(b"\xFF\xFE", utf16(u16::to_le_bytes)),
        marked(b"\xFE\xFF", utf16(u16::to_be_bytes)),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ] {
        assert_eq!(decode(&bytes), SAMPLE);
    }
    // A console in a German code page: the names survive with replaced letters, the keys unharmed.
    assert_eq!(
        JoinReport::parse(&decode(b"TenantName : M\x81ller AG\nTpmProtected : YES")).value("TpmProtected"),
        Some("YES")
    );
}

/// Text copied from a web page, a mail or a console in a code page has other spaces, and invisible characters.
#[test]
fn a_text_that_was_copied_says_the_same() {
    let copied = JoinReport::parse(include_str!("../join_state/nbsp.txt"));
    assert_eq!(copied.join_state(), JoinState::HybridJoined);
    assert_eq!(copied.domain_name(), Some("CORP"));
    let failure = copied.prt().acquire_failure.unwrap();
    assert_eq!(failure.status.unwrap().code(), 0xC000_006D);
    assert_eq!(failure.user_identity, Some("ada@contoso.com"));

    let whole = JoinReport::parse(SAMPLE);
    let expected = (whole.join_state(), whole.tenant_id(), whole.prt().present);
    let seen = |text: &str| {
        let report = JoinReport::parse(text);
        let failure = report.prt().acquire_failure.expect(text);
        assert_eq!(failure.http_status, Some(400));
        assert_eq!(failure.user_identity, Some("john@contoso.com"));
        (report.join_state(), report.tenant_id(), report.prt().present)
    };
    for text in [
        SAMPLE.replace(' ', "\u{a0}"),
        SAMPLE.replace(' ', "\u{202f}"),
        SAMPLE.replace(' ', "\u{3000}"),
        SAMPLE.replace(" : ", "\u{a0}:\u{a0}\u{200b}"),
        SAMPLE.replace('\n', "\u{200b}\n"),
        SAMPLE.replace('\n', "\r\n> "),
        SAMPLE.replace('\n', "\n\t\u{feff}"),
        // 0xFF is the no-break space of the code pages 437 and 850.
        decode(
            &SAMPLE
                .replace(' ', "\u{1}")
                .into_bytes()
                .iter()
                .map(|b| if *b == 1 { 0xFF } else { *b })
                .collect::<Vec<u8>>(),
        ),
    ] {
        assert_eq!(seen(&text), expected, "{text}");
    }
    assert_eq!(decode("Device\u{a0}Name\u{a0}: x".as_bytes()), "Device Name : x");
}

#[test]
fn join_states_have_the_names_of_the_page() {
    for (state, name) in [
        (JoinState::DomainJoined, "domain joined"),
        (JoinState::EnterpriseJoined, "on-premises DRS joined"),
        (JoinState::EntraJoined, "Entra joined"),
        (JoinState::HybridJoined, "Entra hybrid joined"),
        (JoinState::NotJoined, "not joined"),
        (JoinState::Unknown, "unknown"),
    ] {
        assert_eq!((state.as_str(), state.to_string().as_str()), (name, name));
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_report(bytes in any::<Vec<u8>>()) {
        let text = decode(&bytes);
        let report = JoinReport::parse(&text);
        prop_assert!(report.tenant_id().is_none());
        let _ = (report.join_state(), report.prt(), report.enterprise_prt());
    }
}
