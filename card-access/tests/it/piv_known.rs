//! Known cards: they are read with fewer commands, and nothing else is taken for them.

use std::time::Duration;

use crate::script::{
    self, LOGOUT, READ_9A, READ_CHUID, READ_DISCOVERY, SELECT, STATUS, Script, VERIFY, bytes, certificate,
    hex, kind, tlv,
};
use card_access::{
    ApduLength, Backend, Credential, ErrorKind, Hash, Pin, PinEntry, PinStatus, Scheme, Token, TokenId,
    piv::{KnownCards, KnownCardsError},
};
use rustls_pki_types::{CertificateDer, UnixTime};

const REST: &str = "00c0000000";
const DAY: u64 = 24 * 60 * 60;

fn at(day: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(day * DAY))
}

/// A card that returns an object in two parts; `first` is the length of the first.
fn card(object: &[u8], first: usize) -> Script {
    let (first, rest) = object.split_at(first);
    Script::new([(READ_9A, hex(first) + "6100"), (REST, hex(rest) + "9000")])
}

/// Commands to the card for the certificate of 9A.
fn read(script: &Script, known: &KnownCards) -> Vec<String> {
    let before = script.log().len();
    let mut token = script.token().with_known_cards(known.clone());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    assert!(!credential.certificate().is_empty());
    script.log().split_off(before)
}

const WHOLE: [&str; 4] = [SELECT, READ_9A, REST, "Leave"];
const FIRST_PART: [&str; 3] = [SELECT, READ_9A, "Leave"];

#[test]
fn a_certificate_is_read_whole_once() {
    let (ours, other) = (certificate(), certificate());
    let [script, another] = [&ours, &other].map(|certificate| card(&script::object(certificate, 0), 256));
    let known = KnownCards::new();
    assert_eq!(read(&script, &known), WHOLE);
    assert_eq!(read(&script, &known), FIRST_PART);
    // The result is what was read.
    let mut token = script.token().with_known_cards(known.clone());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(credential.certificate().as_ref(), ours);
    // Another card has another certificate, and another store is empty.
    assert_eq!(read(&another, &known), WHOLE);
    assert_eq!(read(&script, &KnownCards::new()), WHOLE);
    known.forget(credential.sha256());
    assert_eq!(read(&script, &known), WHOLE);
}

/// A self-signed certificate of this issuer, with a serial number of four bytes.
fn issued(issuer: &str, serial: [u8; 4]) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, issuer);
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(&serial));
    let key = rcgen::KeyPair::generate().unwrap();
    parameters.self_signed(&key).unwrap().der().to_vec()
}

#[test]
fn a_part_without_the_whole_issuer_identifies_nothing() {
    const SERIAL: [u8; 4] = [1, 2, 3, 4];
    let object = script::object(&issued("the issuer", SERIAL), 0);
    // The name of the issuer ends its field.
    let name = b"the issuer";
    let end = object.windows(name.len()).position(|part| part == name).unwrap() + name.len();
    for (first, again) in [(end - 1, &WHOLE[..]), (end, &FIRST_PART)] {
        let known = KnownCards::new();
        let script = card(&object, first);
        assert_eq!(read(&script, &known), WHOLE);
        assert_eq!(read(&script, &known), again, "{first} bytes of {end}");
    }
    // Nor does a compressed certificate, whose beginning has no name in it.
    let compressed = compressed(&issued("the issuer", SERIAL));
    let (known, script) = (KnownCards::new(), card(&script::object(&compressed, 1), 200));
    assert_eq!(read(&script, &known), WHOLE);
    assert_eq!(read(&script, &known), WHOLE);
}

fn compressed(certificate: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(certificate).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn two_certificates_that_begin_alike_are_read_whole() {
    let ours = script::object(&certificate(), 0);
    let mut other = ours.clone();
    *other.iter_mut().nth_back(20).unwrap() ^= 1;
    let [ours, other] = [ours, other].map(|object| card(&object, 256));
    let known = KnownCards::new();
    assert_eq!(read(&ours, &known), WHOLE);
    // The second is not known yet, and is taken for the first, as its issuer and serial number say.
    assert_eq!(read(&other, &known), FIRST_PART);
    let both = KnownCards::new();
    for script in [&ours, &other] {
        let mut long = script.clone();
        long.length = ApduLength::Extended;
        long.answers = whole(script);
        read_extended(&long, &both);
    }
    assert_eq!(both.len(), 2);
    assert_eq!(read(&ours, &both), WHOLE);
    assert_eq!(read(&other, &both), WHOLE);
}

/// The answers of the same card with extended lengths.
fn whole(script: &Script) -> Vec<(String, String)> {
    let answer = |wanted: &str| {
        let found = script.answers.iter().find(|(command, _)| command == wanted);
        let (_, answer) = found.unwrap();
        answer[..answer.len() - 4].to_owned()
    };
    vec![
        ("00a404".to_owned(), script::SELECTED.to_owned()),
        ("00cb3fff".to_owned(), answer(READ_9A) + &answer(REST) + "9000"),
    ]
}

fn read_extended(script: &Script, known: &KnownCards) {
    let mut token = script.token().with_known_cards(known.clone());
    token.credential(&"9a".parse().unwrap()).unwrap();
}

#[test]
fn a_reading_that_failed_is_not_kept() {
    let object = script::object(&certificate(), 0);
    let known = KnownCards::new();
    let mut broken = card(&object, 256);
    broken.answers.retain(|(command, _)| command != REST);
    broken
        .answers
        .push((REST.to_owned(), hex(&object[256..]) + "6f00"));
    let mut token = broken.token().with_known_cards(known.clone());
    assert_eq!(
        kind(token.credential(&"9a".parse().unwrap())),
        ErrorKind::CardFailed
    );
    assert!(known.is_empty());
    assert_eq!(read(&card(&object, 256), &known), WHOLE);
}

#[test]
fn the_first_512_certificates_are_kept() {
    let certificate = certificate();
    let cards: Vec<_> = (0..=512_u16)
        .map(|number| {
            // The serial number of rcgen's certificates has 20 bytes.
            let mut certificate = certificate.clone();
            certificate[20..22].copy_from_slice(&number.to_be_bytes());
            card(&script::object(&certificate, 0), 256)
        })
        .collect();
    let known = KnownCards::new();
    for card in &cards {
        assert_eq!(read(card, &known), WHOLE);
    }
    assert_eq!(known.len(), 512);
    for (card, again) in [
        (&cards[0], &FIRST_PART[..]),
        (&cards[511], &FIRST_PART),
        (&cards[512], &WHOLE),
    ] {
        assert_eq!(read(card, &known), again);
    }
}

#[test]
fn a_new_certificate_of_a_card_replaces_the_old_one() {
    const GUID: &str = "3410000102030405060708090a0b0c0d0e0f";
    let known = KnownCards::new();
    let chuid = hex(&tlv("53", &bytes(GUID))) + "9000";
    let identified = |object: &[u8]| {
        let mut script = card(object, 256);
        script.answers.push((READ_CHUID.to_owned(), chuid.clone()));
        let mut token = script.token().with_known_cards(known.clone());
        let identity = token.identify().unwrap().unwrap();
        token.info_mut().id = TokenId::new(Backend::PcSc, "script", identity);
        token.credential(&"9a".parse().unwrap()).unwrap()
    };
    let [old, new] = [certificate(), certificate()].map(|certificate| script::object(&certificate, 0));
    let first = identified(&old);
    assert_eq!(identified(&old), first);
    assert_eq!(known.len(), 1);
    assert_ne!(identified(&new), first);
    assert_eq!(known.len(), 1);
    assert_eq!(read(&card(&old, 256), &known), WHOLE);
}

/// A card with a key, which signs with `signature`.
struct Signer {
    script: Script,
    known: KnownCards,
}

const SCHEME: Scheme = Scheme::EcdsaDer(Hash::Sha256);
const MESSAGE: &[u8] = b"message";
/// The discovery object (SP 800-73-5 part 1 section 3.3.2) of a card that requires the application PIN, and the global PIN first.
const APPLICATION_PIN: &str = "7e124f0ba0000003080000100001005f2f0240009000";
const GLOBAL_PIN_FIRST: &str = "7e124f0ba0000003080000100001005f2f0260209000";

impl Signer {
    /// `other_key` makes signatures of a key that is not that of the certificate.
    fn new(
        known: &KnownCards,
        certified: &rcgen::CertifiedKey<rcgen::KeyPair>,
        key: &rcgen::KeyPair,
    ) -> Self {
        let object = script::object(certified.cert.der(), 0);
        let mut script = card(&object, 256);
        let signature = rcgen::SigningKey::sign(key, MESSAGE).unwrap();
        for (command, answer) in [
            (READ_DISCOVERY, APPLICATION_PIN.to_owned()),
            // The command that asks for the state of the PIN is the beginning of the one with a PIN.
            (VERIFY, "9000".to_owned()),
            (STATUS, "63c3".to_owned()),
            (LOGOUT, "9000".to_owned()),
            (script::SIGN, script::signed(&signature)),
        ] {
            script.answers.push((command.to_owned(), answer));
        }
        Self {
            script,
            known: known.clone(),
        }
    }

    fn answer(&mut self, command: &str, answer: &str) {
        let place = self
            .script
            .answers
            .iter_mut()
            .find(|(scripted, _)| scripted == command);
        match place {
            Some((_, scripted)) => answer.clone_into(scripted),
            None => self.script.answers.push((command.to_owned(), answer.to_owned())),
        }
    }

    /// Prepares the key in 9A.
    fn prepare(&self) -> (Credential, PinStatus, Vec<String>) {
        let before = self.script.log().len();
        let mut token = self.script.token().with_known_cards(self.known.clone());
        let (credential, status) = token
            .prepare_slot(&"9a".parse().unwrap(), Duration::ZERO)
            .unwrap();
        (credential, status, self.script.log().split_off(before))
    }

    fn sign(&self) -> Result<Vec<u8>, card_access::Error> {
        let mut token = self.script.token().with_known_cards(self.known.clone());
        let credential = token.credential(&"9a".parse().unwrap()).unwrap();
        let pin = Pin::new("123456".to_owned());
        token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(&pin)))
    }
}

fn certified() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["alice".to_owned()]).unwrap()
}

#[test]
fn the_pin_of_the_last_signature_is_not_asked_for() {
    let (known, key) = (KnownCards::new(), certified());
    let mut card = Signer::new(&known, &key, &key.signing_key);
    let cold = [SELECT, READ_9A, REST, READ_DISCOVERY, STATUS, "Leave"];
    let (credential, status, commands) = card.prepare();
    assert_eq!(
        (status, commands),
        (PinStatus::TriesLeft(3), cold.map(str::to_owned).to_vec())
    );
    assert_eq!(credential.certificate(), key.cert.der());
    // A card that has not signed may require any PIN.
    assert_eq!(
        card.prepare().2,
        [SELECT, READ_9A, READ_DISCOVERY, STATUS, "Leave"]
    );
    card.sign().unwrap();
    let (again, status, commands) = card.prepare();
    assert_eq!((again, status), (credential, PinStatus::TriesLeft(3)));
    assert_eq!(commands, [SELECT, READ_9A, STATUS, "Leave"]);

    // With fewer than two tries, or a counter that cannot be read, the card is asked which PIN it requires.
    for (status, answer) in [
        (PinStatus::FinalTry, "63c1"),
        (PinStatus::Blocked, "63c0"),
        (PinStatus::Unknown, "6a88"),
        (PinStatus::Verified, "9000"),
    ] {
        card.answer(STATUS, answer);
        let (_, found, commands) = card.prepare();
        assert_eq!(found, status);
        assert!(commands.contains(&READ_DISCOVERY.to_owned()), "{commands:?}");
    }
    // Now the global PIN comes first.
    card.answer(READ_DISCOVERY, GLOBAL_PIN_FIRST);
    card.answer("00200000", "63c5");
    assert_eq!(card.prepare().1, PinStatus::TriesLeft(5));
}

#[test]
fn a_wrong_pin_makes_the_card_tell_which_pin_it_requires() {
    let (known, key) = (KnownCards::new(), certified());
    let mut card = Signer::new(&known, &key, &key.signing_key);
    card.sign().unwrap();
    assert!(!card.prepare().2.contains(&READ_DISCOVERY.to_owned()));
    card.answer(VERIFY, "63c2");
    assert_eq!(kind(card.sign()), ErrorKind::WrongPin { tries_left: Some(2) });
    assert!(card.prepare().2.contains(&READ_DISCOVERY.to_owned()));
}

#[cfg(feature = "verify")]
#[test]
fn a_signature_that_does_not_fit_the_known_certificate_is_not_returned() {
    let (known, key, other) = (KnownCards::new(), certified(), certified());
    Signer::new(&known, &key, &key.signing_key).sign().unwrap();
    // A card that begins its certificate in the same way, and has another key.
    let swapped = Signer::new(&known, &key, &other.signing_key);
    assert_eq!(kind(swapped.sign()), ErrorKind::WrongSignature);
    // Nothing about it is known any more; the caller checks a certificate that was read whole.
    assert!(known.is_empty());
    assert!(swapped.sign().is_ok());
    assert_eq!(
        KnownCards::from_bytes(&known.to_bytes(at(1)), at(1))
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn cards_that_have_signed_are_known_in_the_next_run() {
    let (known, key) = (KnownCards::new(), certified());
    let card = Signer::new(&known, &key, &key.signing_key);
    card.prepare();
    let today = at(20_000);
    let reread = |bytes: &[u8], day| KnownCards::from_bytes(bytes, at(day)).unwrap();
    assert!(
        reread(&known.to_bytes(today), 20_000).is_empty(),
        "it has not signed"
    );
    card.sign().unwrap();
    let stored = known.to_bytes(today);
    assert_eq!(stored, known.to_bytes(today));

    for (day, is_known) in [
        (19_999, false),
        (20_000, true),
        (20_000 + KnownCards::MAX_DAYS, true),
        (20_001 + KnownCards::MAX_DAYS, false),
    ] {
        let later = Signer {
            script: card.script.clone(),
            known: reread(&stored, day),
        };
        let (credential, _, commands) = later.prepare();
        assert_eq!(credential.certificate(), key.cert.der());
        let expected = if is_known {
            vec![SELECT, READ_9A, STATUS, "Leave"]
        } else {
            vec![SELECT, READ_9A, REST, READ_DISCOVERY, STATUS, "Leave"]
        };
        assert_eq!(commands, expected, "day {day}");
        // The time counts from the last signature.
        if is_known {
            assert_eq!(later.known.to_bytes(at(day)), stored);
            later.sign().unwrap();
            let renewed = later.known.to_bytes(at(day));
            assert_eq!(reread(&renewed, day + KnownCards::MAX_DAYS).len(), 1);
        }
    }
    // No byte of the PIN is in it.
    assert!(!stored.windows(6).any(|part| part == b"123456"));
}

#[test]
fn the_cards_used_last_are_kept() {
    let known = KnownCards::new();
    let mut bytes = known.to_bytes(at(0));
    let mut hashes = Vec::new();
    for day in 1..=70_u64 {
        let key = certified();
        let known = KnownCards::from_bytes(&bytes, at(day)).unwrap();
        Signer::new(&known, &key, &key.signing_key).sign().unwrap();
        bytes = known.to_bytes(at(day));
        hashes.push(hash(key.cert.der()));
    }
    let known = KnownCards::from_bytes(&bytes, at(70)).unwrap();
    assert_eq!(known.len(), KnownCards::MAX_CARDS);
    assert!(bytes.len() < KnownCards::MAX_BYTES);
    for (day, hash) in (1..).zip(&hashes) {
        let before = known.len();
        known.forget(hash);
        assert_eq!(known.len() < before, day > 6, "day {day}");
    }
}

fn hash(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let slot = "9a".parse().unwrap();
    *Credential::new(slot, "", certificate.clone().into_owned())
        .unwrap()
        .sha256()
}

#[test]
fn bytes_that_were_changed_are_refused() {
    let (known, key) = (KnownCards::new(), certified());
    Signer::new(&known, &key, &key.signing_key).sign().unwrap();
    let good = known.to_bytes(at(5));
    let read = |bytes: &[u8]| KnownCards::from_bytes(bytes, at(5)).map(|known| known.len());
    assert_eq!(read(&good), Ok(1));
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] ^= 1;
        let error = read(&changed).unwrap_err();
        // The version follows the name.
        let version = b"card-access known cards".len();
        let expected = if position == version {
            KnownCardsError::Version(0)
        } else {
            KnownCardsError::Malformed
        };
        assert_eq!(error, expected, "byte {position}");
        assert!(read(&good[..position]).is_err(), "cut after {position} bytes");
    }
    assert_eq!(read(&[&good[..], &[0]].concat()), Err(KnownCardsError::Malformed));
    assert_eq!(
        read(&vec![0; KnownCards::MAX_BYTES + 1]),
        Err(KnownCardsError::Malformed)
    );
    // The same with a hash that fits.
    for position in b"card-access known cards".len() + 1..good.len() - 32 {
        let mut changed = good[..good.len() - 32].to_vec();
        changed[position] = changed[position].wrapping_add(0x55);
        let hash = sha256(&changed);
        changed.extend(hash);
        // Whatever is read again can be written again.
        if let Ok(known) = KnownCards::from_bytes(&changed, at(5)) {
            assert!(KnownCards::from_bytes(&known.to_bytes(at(5)), at(5)).is_ok());
        }
    }
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    openssl::sha::sha256(bytes).to_vec()
}
