//! The PIV codec with a scripted card: valid and invalid answers.

use std::io::Write;

use crate::script::{
    READ_9A, READ_CHUID, READ_DISCOVERY, SELECT, STATUS, Script, bytes, certificate, hex, kind, object, tlv,
};
use card_access::{
    ApduLength, Backend, Credential, Error, ErrorKind, Hash, Pin, PinEntry, PinStatus, Scheme, Token,
    TokenId, TokenInfo, piv::PivToken,
};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn read(answer: String) -> Result<Credential, Error> {
    Script::new([(READ_9A, answer)])
        .token()
        .credential(&"9a".parse().unwrap())
}

#[test]
fn a_certificate_comes_plain_or_compressed() {
    let certificate = certificate();
    for object in [
        object(&certificate, 0),
        object(&gzip(&certificate), 1),
        object(&gzip(&certificate), 0x80),
    ] {
        let credential = read(hex(&object) + "9000").unwrap();
        assert_eq!(credential.certificate().as_ref(), certificate);
    }
}

#[test]
fn a_compressed_certificate_is_not_unpacked_without_end() {
    let bomb = gzip(&vec![0x30; 10_000_000]);
    assert_eq!(
        kind(read(hex(&object(&bomb, 1)) + "9000")),
        ErrorKind::Malformed {
            what: "certificate object"
        }
    );
}

#[test]
fn no_part_of_an_answer_is_taken_for_the_whole() {
    let object = object(&certificate(), 0);
    for length in 1..object.len() {
        let answer = hex(&object[..length]) + "9000";
        assert!(
            matches!(kind(read(answer)), ErrorKind::Malformed { .. }),
            "{length} bytes"
        );
    }
}

#[test]
fn a_response_in_pieces_is_put_together() {
    let object = object(&certificate(), 0);
    let (first, rest) = object.split_at(200);
    let (second, third) = rest.split_at(100);
    let script = Script::new([
        (READ_9A, hex(first) + "6164"),
        ("00c0000064", hex(second) + "6100"),
        ("00c0000000", hex(third) + "9000"),
    ]);
    script.token().credential(&"9a".parse().unwrap()).unwrap();
}

#[test]
fn a_card_that_promises_more_without_end_is_stopped() {
    let nothing = Script::new([(READ_9A, "5361ff".to_owned()), ("00c00000", "6100".to_owned())]);
    assert!(matches!(
        kind(nothing.token().credential(&"9a".parse().unwrap())),
        ErrorKind::Malformed { .. }
    ));
    let much = Script::new([
        (READ_9A, "5361ff".to_owned()),
        ("00c00000", "00".repeat(256) + "6100"),
    ]);
    assert!(matches!(
        kind(much.token().credential(&"9a".parse().unwrap())),
        ErrorKind::Malformed { .. }
    ));
    assert!(much.log().len() < 300);
    let slow = Script::new([(READ_9A, "5361ff".to_owned()), ("00c00000", "006101".to_owned())]);
    assert!(matches!(
        kind(slow.token().credential(&"9a".parse().unwrap())),
        ErrorKind::Malformed { .. }
    ));
    assert!(slow.log().len() < 1100);
}

#[test]
fn a_card_that_may_be_another_one_gets_no_pin() {
    let pin = Pin::new("123456".to_owned());
    let entry = PinEntry::typed(&pin);
    let ours = certificate();
    let credential = Credential::new("9a".parse().unwrap(), "", ours.clone().into()).unwrap();
    let sign = |mut token: PivToken<Script>| {
        let signed = token.sign(
            &credential,
            Scheme::EcdsaRaw(Hash::Sha256),
            b"message",
            Some(entry),
        );
        kind(signed)
    };
    let card = |certificate: &[u8], guid: &str| {
        let mut script = Script::new([
            (READ_9A, hex(&object(certificate, 0)) + "9000"),
            (READ_CHUID, format!("53123410{}9000", guid.repeat(16))),
            (STATUS, "63c3".to_owned()),
        ]);
        script.reconnected = true;
        script
    };
    let named = |script: &Script, identity: &str| {
        let id = TokenId::new(Backend::PcSc, "script", identity);
        PivToken::new(script.clone(), TokenInfo::new(id, "script"))
    };
    let spent = |script: &Script| script.log().iter().any(|line| line.starts_with("0020008008"));
    // Without an identity the certificate decides, and if none is meant, nothing does.
    let other = card(&certificate(), "01");
    assert_eq!(sign(other.token()), ErrorKind::OtherCard);
    assert_eq!(kind(other.token().change_pin(entry, &pin)), ErrorKind::CardReset);
    assert_eq!(kind(other.token().unblock_pin(entry, &pin)), ErrorKind::CardReset);
    // With one, it is read again; the certificate does not count.
    let swapped = card(&ours, "02");
    assert_eq!(sign(named(&swapped, &"01".repeat(16))), ErrorKind::OtherCard);
    assert_eq!(
        kind(named(&swapped, &"01".repeat(16)).pin_status()),
        ErrorKind::OtherCard
    );
    assert_eq!(sign(named(&other, "atr:3b00")), ErrorKind::OtherCard);
    for script in [&other, &swapped] {
        assert!(!spent(script), "{:?}", script.log());
        assert!(
            !script
                .log()
                .iter()
                .any(|line| line.starts_with("002") && !line.starts_with("00200080")
                    || line.starts_with("002c"))
        );
    }
    // The same card gets the PIN: the script answers the try with 6A82.
    let same = card(&ours, "01");
    sign(same.token());
    assert!(spent(&same));
    let same = card(&certificate(), "01");
    sign(named(&same, &"01".repeat(16)));
    assert!(spent(&same));
}

#[test]
fn a_wrong_length_is_asked_for_again() {
    let object = object(&certificate(), 0);
    let with_length = READ_9A[..READ_9A.len() - 2].to_owned() + "10";
    let script = Script::new([
        (&*with_length, hex(&object) + "9000"),
        (READ_9A, "6c10".to_owned()),
    ]);
    script.token().credential(&"9a".parse().unwrap()).unwrap();
}

#[test]
fn a_wrong_length_of_get_response_is_asked_for_again() {
    let object = object(&certificate(), 0);
    let (first, rest) = object.split_at(200);
    let script = Script::new([
        (READ_9A, hex(first) + "6100"),
        ("00c0000000", "6c40".to_owned()),
        ("00c0000040", hex(rest) + "9000"),
    ]);
    script.token().credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(
        script.log(),
        [SELECT, READ_9A, "00c0000000", "00c0000040", "Leave"]
    );
    // Once: a card that never accepts a length is reported as failed.
    let stubborn = Script::new([(READ_9A, hex(first) + "6100"), ("00c00000", "6c40".to_owned())]);
    stubborn.token().credential(&"9a".parse().unwrap()).unwrap_err();
    assert_eq!(stubborn.log().len(), 5);
}

#[test]
fn a_wrong_length_is_asked_for_again_with_extended_lengths_too() {
    let mut script = Script::new([
        ("00cb3fff0000055c035fc1050000", "6c10".to_owned()),
        (
            "00cb3fff0000055c035fc1050010",
            hex(&object(&certificate(), 0)) + "9000",
        ),
    ]);
    script.length = ApduLength::Extended;
    script.answers[0].0 = "00a40400000009a000000308000010000000".to_owned();
    script.token().credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(script.log().len(), 4);
}

#[test]
fn data_counts_with_a_warning_and_beyond_what_was_asked_for() {
    let object = object(&certificate(), 0);
    let (first, rest) = object.split_at(100);
    for script in [
        Script::new([(READ_9A, hex(&object) + "6282")]),
        Script::new([(READ_9A, hex(&object) + "6200")]),
        Script::new([(READ_9A, hex(first) + "6100"), ("00c00000", hex(rest) + "6282")]),
        // More than the 16 bytes that were announced.
        Script::new([(READ_9A, hex(first) + "6110"), ("00c0000010", hex(rest) + "9000")]),
        // Bytes after the object.
        Script::new([(READ_9A, hex(&object) + &"00".repeat(16) + "9000")]),
    ] {
        script.token().credential(&"9a".parse().unwrap()).unwrap();
    }
}

#[test]
fn one_broken_certificate_does_not_hide_the_others() {
    let script = Script::new([
        (READ_9A, "5303700130".to_owned() + "9000"),
        ("00cb3fff055c035fc10a00", hex(&object(&certificate(), 0)) + "9000"),
    ]);
    let listing = script.token().credentials().unwrap();
    let found: Vec<_> = listing
        .found
        .iter()
        .map(|credential| credential.slot().to_string())
        .collect();
    assert_eq!(found, ["9c"]);
    let problems: Vec<_> = listing
        .problems
        .iter()
        .map(|problem| problem.place.as_str())
        .collect();
    assert_eq!(problems, ["9a"]);
}

#[test]
fn a_card_without_the_application_is_an_unknown_card() {
    for refusal in [
        "6a82",
        "6d00",
        "6e00",
        "6999",
        "6985",
        "6a81",
        "6a86",
        "6881",
        "6700",
        "6f00",
        "6982",
        "6a80",
        "6a88",
        "6283",
        "6581",
        "6a00",
        "9001",
        "6984",
        "6986",
        "6b00",
        "6a83",
        "6400",
        "6883",
        // Any application identifier is accepted: nothing, another template, another application.
        "9000",
        "6f0a8408a000000151000000 9000",
        "610b4f09a00000030801020304 9000",
        "0000000000 9000",
        "61009001",
    ] {
        let refusal = refusal.replace(' ', "");
        let mut script = Script::new([]);
        script.answers[0].1.clone_from(&refusal);
        for found in [
            script.token().pin_status().map(drop),
            script.token().identify().map(drop),
            script.token().credentials().map(drop),
        ] {
            let error = found.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::UnknownCard, "{refusal}");
        }
    }
}

#[test]
fn the_template_may_name_the_application_in_three_ways() {
    for template in [
        // As in the standard, with the complete identifier, and without any.
        "61114f0600001000010079074f05a0000003089000",
        "61174f0ba000000308000010000100500850495620436172649000",
        "610050009000",
        "61009000",
        "61114f0600001000010079074f05a0000003086282",
    ] {
        let mut script = Script::new([(STATUS, "63c3".to_owned())]);
        script.answers[0].1 = template.to_owned();
        assert_eq!(
            script.token().pin_status(),
            Ok(PinStatus::TriesLeft(3)),
            "{template}"
        );
    }
    // Without a template, the discovery object decides.
    let mut script = Script::new([
        (
            READ_DISCOVERY,
            "7e124f0ba0000003080000100001005f2f0240009000".to_owned(),
        ),
        (STATUS, "63c3".to_owned()),
    ]);
    script.answers[0].1 = "9000".to_owned();
    assert_eq!(script.token().pin_status(), Ok(PinStatus::TriesLeft(3)));
}

#[test]
fn no_object_that_a_sign_in_does_not_need_makes_a_card_unusable() {
    let certificate = hex(&object(&certificate(), 0)) + "9000";
    for refusal in [
        "9000",
        "6a80",
        "6a88",
        "6a82",
        "6982",
        "6985",
        "6d00",
        "6f00",
        "6581",
        "53009000",
        "5303300900 9000",
        "0102039000",
        "7e00 9000",
        "90",
        "53193400009000",
        "53033402009000",
        "6100",
    ] {
        let refusal = refusal.replace(' ', "");
        let script = Script::new([
            (READ_9A, certificate.clone()),
            (STATUS, "63c3".to_owned()),
            ("00c00000", "6100".to_owned()),
            // The CHUID, the container, the key history, the discovery object, and Yubico's own commands.
            ("00cb", refusal.clone()),
            ("00f", refusal.clone()),
        ]);
        let mut token = script.token();
        assert_eq!(token.identify(), Ok(None), "{refusal}");
        assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)), "{refusal}");
        token.credential(&"9a".parse().unwrap()).unwrap();
        let read = script.token().identifiers().unwrap();
        assert_eq!(
            read.chuid.and_then(|chuid| chuid.guid().map(<[u8]>::to_vec)),
            None
        );
    }
}

#[test]
fn a_selection_by_another_program_is_noticed() {
    let discovery = |application: &str| "7e124f0b".to_owned() + application + "5f2f0240009000";
    for (application, selections) in [("a000000308000010000100", 1), ("a000000001010000000000", 2)] {
        let script = Script::new([
            (READ_DISCOVERY, discovery(application)),
            (STATUS, "63c3".to_owned()),
        ]);
        let mut token = script.token();
        token.credential(&"9a".parse().unwrap()).unwrap_err();
        assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
        assert_eq!(
            script.log().iter().filter(|line| *line == SELECT).count(),
            selections
        );
    }
}

#[test]
fn extended_lengths_are_used_where_both_sides_have_them() {
    let read = "00cb3fff0000055c035fc1050000";
    let mut script = Script::new([(read, hex(&object(&certificate(), 0)) + "9000")]);
    script.length = ApduLength::Extended;
    script.answers[0].0 = "00a40400000009a000000308000010000000".to_owned();
    script.token().credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(script.log().len(), 3);
}

#[test]
fn a_removed_card_differs_from_half_a_status_word() {
    assert_eq!(kind(read(String::new())), ErrorKind::Removed);
    assert!(matches!(kind(read("90".to_owned())), ErrorKind::Malformed { .. }));
}

#[test]
fn retired_keys_are_found_regardless_of_the_key_history() {
    let certificate = hex(&object(&certificate(), 0)) + "9000";
    // One, although there are two; none; more than there are; no field; a malformed one.
    for history in [
        "5308c10101c20100fe009000",
        "5308c10100c20100fe009000",
        "5308c10107c20100fe009000",
        "6a82",
        "53019000",
    ] {
        let script = Script::new([
            ("00cb3fff055c035fc10c00", history.to_owned()),
            ("00cb3fff055c035fc10d00", certificate.clone()),
            ("00cb3fff055c035fc12000", certificate.clone()),
        ]);
        let listing = script.token().retired_credentials().unwrap();
        let slots: Vec<_> = listing.found.iter().map(|one| one.slot().to_string()).collect();
        assert_eq!(slots, ["82", "95"], "{history}");
        assert_eq!(listing.problems, []);
        let retired = |line: &&String| ("5fc10d".."5fc121").contains(&line.get(14..20).unwrap_or_default());
        assert_eq!(script.log().iter().filter(retired).count(), 20);
    }
}

#[test]
fn a_card_is_known_by_its_guid_then_its_number() {
    let zeros = "00".repeat(16);
    let guid = "0123456789abcdef0123456789abcdef";
    for (object, identity) in [
        (
            "3019".to_owned() + &"d4".repeat(25) + "3410" + guid,
            guid.to_owned(),
        ),
        (
            "3019".to_owned() + &"d4".repeat(25) + "3410" + &zeros,
            "d4".repeat(25),
        ),
    ] {
        let object = hex(&tlv("53", &bytes(&(object + "35083230333030313031"))));
        let script = Script::new([(READ_CHUID, object + "9000")]);
        let mut token = script.token();
        assert_eq!(token.identify().unwrap(), Some(identity));
        assert_eq!(
            token.chuid().unwrap().unwrap().expiration_date(),
            Some("20300101")
        );
    }
}

#[test]
fn the_capability_container_is_read_within_the_bounds_of_its_fields() {
    // As Yubico's program writes it, with its own number.
    let number = "000102030405060708090a0b0c0d";
    let whole = format!(
        "f015a000000116ff02{number}f10121f20121f30568747470 3af40100f50110f600f700fa00fb00fc00fd00fe00"
    )
    .replace(' ', "");
    let read = |content: &str| {
        let object = hex(&tlv("53", &bytes(content))) + "9000";
        let script = Script::new([("00cb3fff055c035fc10700", object)]);
        script
            .token()
            .identifiers()
            .unwrap()
            .capability_container
            .unwrap()
    };
    let container = read(&whole);
    let identifier = container.card_identifier().unwrap();
    assert_eq!(hex(identifier.registered_identifier()), "a000000116");
    assert_eq!((identifier.manufacturer(), identifier.card_type()), (0xff, 0x02));
    assert_eq!(hex(identifier.card_id()), number);
    assert_eq!(
        (container.version(), container.grammar_version()),
        (Some(0x21), Some(0x21))
    );
    assert_eq!(
        (container.pkcs15(), container.data_model()),
        (Some(0), Some(0x10))
    );
    assert_eq!(container.application_urls().collect::<Vec<_>>(), [b"http:"]);
    assert_eq!(container.access_control_rules(), None);

    for (content, what) in [
        ("f014".to_owned() + &"a0".repeat(20), "an identifier too short"),
        ("f016".to_owned() + &"a0".repeat(22), "an identifier too long"),
        ("f015".to_owned() + &"00".repeat(21), "an identifier of nothing"),
        ("f38181".to_owned() + &"61".repeat(129), "a URL too long"),
        ("f612".to_owned() + &"00".repeat(18), "rules too long"),
        ("f1022121".to_owned(), "a version of two bytes"),
        ("f1".to_owned(), "half a field"),
    ] {
        let container = read(&content);
        assert_eq!(container.card_identifier(), None, "{what}");
        assert_eq!(container.application_urls().count(), 0, "{what}");
        assert_eq!(container.access_control_rules(), None, "{what}");
        assert_eq!(container.version(), None, "{what}");
    }
    let nothing = Script::new([]).token().identifiers().unwrap();
    assert_eq!((nothing.chuid, nothing.capability_container), (None, None));
}
