//! Keytabs and the buffer `UPN_DNS_INFO`.

use cba_protocol::active_directory::{Keytab, KeytabError, UpnDnsInfo, UpnDnsInfoError};
use proptest::collection::vec;
use proptest::prelude::*;

use super::kdc::{keytab, keytab_of};

#[test]
fn a_keytab_lists_its_keys_and_shows_none() {
    let account = keytab_of(&["CLIENT1$"], 300, 23, &[5; 16]);
    let host = keytab(300, &[0xab; 32]);
    let hole = [&(-6_i32).to_be_bytes()[..], b"erased"].concat();
    let file = [&account[..], &hole, &host[2..], &[0; 4], b"behind the end"].concat();
    let keytab = Keytab::from_bytes(&file).unwrap();
    assert_eq!(keytab.service, "host/client1.corp.example");
    assert_eq!(keytab.newest_key_version(), 300);
    let [one, other] = &keytab.entries[..] else {
        panic!("{keytab:?}")
    };
    assert_eq!(
        (
            one.principal.as_str(),
            one.realm.as_str(),
            one.key_version,
            one.encryption_type
        ),
        ("CLIENT1$", "CORP.EXAMPLE", 300, 23)
    );
    assert_eq!(
        (other.principal.as_str(), other.encryption_type),
        ("host/client1.corp.example", 18)
    );
    assert!(!format!("{keytab:?}").contains("171"));
    assert_eq!(Keytab::from_bytes(&account).unwrap().service, "CLIENT1$");
}

#[test]
fn damaged_keytabs_are_refused_with_the_place() {
    let good = keytab(3, &[7; 32]);
    assert_eq!(Keytab::from_bytes(b"").unwrap_err(), KeytabError::OtherFormat);
    assert_eq!(
        Keytab::from_bytes(b"\x05\x01").unwrap_err(),
        KeytabError::OtherFormat
    );
    assert_eq!(Keytab::from_bytes(b"\x05\x02").unwrap_err(), KeytabError::Empty);
    assert_eq!(
        Keytab::from_bytes(&[&good[..2], &[0; 4]].concat()).unwrap_err(),
        KeytabError::Empty
    );
    for end in 3..good.len() {
        assert_eq!(
            Keytab::from_bytes(&good[..end]).unwrap_err(),
            KeytabError::Entry(2),
            "{end}"
        );
    }
    assert_eq!(
        Keytab::from_bytes(&vec![5; (1 << 20) + 1]).unwrap_err(),
        KeytabError::TooLong
    );
    let many = [&good[..2], &good[2..].repeat(4097)].concat();
    assert_eq!(Keytab::from_bytes(&many).unwrap_err(), KeytabError::TooLong);
}

/// As Samba 4.17 sent it, for the account of a test.
const GRACE: &str = "2a 00 18 00 14 00 48 00 02 00 00 00 0a 00 60 00 1c 00 70 00 00 00 00 00";

#[test]
fn the_flags_say_what_follows() {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let header: Vec<u8> = GRACE
        .split(' ')
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let mut bytes = header;
    bytes.extend(utf16("grace.hopper@contoso.")); // 42 bytes at 24
    bytes.resize(72, 0);
    bytes.extend(utf16("CORP.LOCAL"));
    bytes.resize(96, 0);
    bytes.extend(utf16("grace"));
    bytes.resize(112, 0);
    let sid = [
        1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 3, 0, 0, 0, 0x4f, 4, 0, 0,
    ];
    bytes.extend(sid);
    let info = UpnDnsInfo::from_bytes(&bytes).unwrap();
    assert_eq!(
        (info.upn.as_str(), info.dns_domain.as_str()),
        ("grace.hopper@contoso.", "CORP.LOCAL")
    );
    assert_eq!(info.sam_account_name.as_deref(), Some("grace"));
    assert_eq!(
        info.sid.as_ref().unwrap().as_str(),
        "S-1-5-21-4294967295-2-3-1103"
    );
    assert!(!info.is_implicit);

    let changed = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        UpnDnsInfo::from_bytes(&bytes)
    };
    assert!(changed(8, 3).unwrap().is_implicit);
    assert_eq!(changed(8, 0).unwrap().sid, None);
    assert_eq!(changed(0, 41).unwrap_err(), UpnDnsInfoError::NotUtf16);
    assert_eq!(changed(3, 1).unwrap_err(), UpnDnsInfoError::Truncated);
    assert_eq!(changed(25, 0xd8).unwrap_err(), UpnDnsInfoError::NotUtf16);
    assert_eq!(changed(113, 4).unwrap_err(), UpnDnsInfoError::Sid);
    assert_eq!(
        UpnDnsInfo::from_bytes(&bytes[..139]).unwrap_err(),
        UpnDnsInfoError::Truncated
    );
    let mut long = bytes.clone();
    long.resize(256 * 1024, 0);
    assert_eq!(UpnDnsInfo::from_bytes(&long).unwrap(), info);
    long.push(0);
    assert_eq!(
        UpnDnsInfo::from_bytes(&long).unwrap_err(),
        UpnDnsInfoError::TooLong
    );
    for error in [UpnDnsInfoError::Sid, UpnDnsInfoError::NotUtf16] {
        assert!(error.to_string().contains("UPN_DNS_INFO"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_are_too_odd(bytes in vec(any::<u8>(), 0..300)) {
        let _ = UpnDnsInfo::from_bytes(&bytes);
        let _ = Keytab::from_bytes(&bytes);
        let _ = Keytab::from_bytes(&[&[5, 2, 0, 0, 0][..], &bytes].concat());
    }
}

#[test]
fn an_error_names_who_has_to_act_and_what_to_try() {
    use cba_protocol::Responsible;
    use cba_protocol::active_directory::AdError;

    for (error, responsible) in [
        (AdError::NameUnusable, Responsible::User),
        (AdError::NoProof, Responsible::Administrator),
        (AdError::CaUnusable, Responsible::Administrator),
    ] {
        assert_eq!(error.responsible(), responsible, "{error}");
        assert!(error.hint().ends_with('.'), "{error}");
    }
}
