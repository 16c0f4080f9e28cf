//! The feature `tracing`: a span for each operation, in it those of transactions, and no secret in any of them.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use card_access::{
    Backend, Cards, Credential, Error, ErrorKind, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot,
    Token, TokenId, TokenInfo,
    piv::PivToken,
    soft::{Call, Fault, SoftCard, SoftProvider},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::answering::Answering;

const PIN: &str = "73519842";

#[test]
fn each_operation_is_a_span_with_backend_place_and_state() {
    let mut cards = provider(card());
    let (items, ()) = collect(|| {
        let listed = cards.tokens().unwrap().found.remove(0);
        let mut token = cards.open(&listed.id).unwrap();
        let credential = token.credential(&Slot::Piv(PivSlot::Authentication)).unwrap();
        let found = token.credentials().unwrap().found;
        token.credential_with_hash(found[0].sha256()).unwrap();
        token.retired_credentials().unwrap();
        token.schemes(&credential).unwrap();
        token.policy(&credential).unwrap();
        token.pin_status().unwrap();
        token.prepare(&credential, Duration::ZERO).unwrap();
        sign(&mut *token, &credential, Some(PinEntry::typed(&pin(PIN)))).unwrap();
        token
            .change_pin(PinEntry::typed(&pin(PIN)), &pin("24681357"))
            .unwrap();
        token.credentials_after_login(PinEntry::typed(&pin(PIN))).unwrap();
        token
            .unblock_pin(PinEntry::typed(&pin(PIN)), &pin(PIN))
            .unwrap_err();
    });
    let operations = spans(&items, "operation");
    let names: Vec<_> = operations.iter().map(|span| span.field("operation")).collect();
    assert_eq!(
        names,
        [
            "list",
            "open",
            "credential",
            "credentials",
            "credential-with-hash",
            "retired-credentials",
            "schemes",
            "policy",
            "pin-status",
            "prepare",
            "sign",
            "change-pin",
            "credentials-after-login",
            "unblock-pin",
        ]
    );
    assert!(operations.iter().all(|span| span.field("backend") == "soft"));
    assert!(
        operations[1..]
            .iter()
            .all(|span| span.field("place") == "Alice's card")
    );
    assert!(operations[..13].iter().all(|span| span.field("state") == "done"));
    assert_eq!(
        (operations[0].field("found"), operations[0].field("problems")),
        ("1", "0")
    );
    assert_eq!(operations[2].field("slot"), "9a");
    let status = operations[8];
    assert_eq!(
        (status.field("pin_status"), status.field("tries_left")),
        ("tries-left", "3")
    );
    let signed = operations[10];
    assert_eq!(
        (signed.field("slot"), signed.field("scheme"), signed.field("pin")),
        ("9a", "ECDSA (raw) with SHA-256", "typed")
    );
    let unblocked = operations[13];
    assert_eq!(
        (unblocked.field("state"), unblocked.field("code")),
        ("failed", "card/unsupported")
    );
}

#[test]
fn a_failed_operation_records_the_code_of_its_error() {
    let mut cards = provider(
        card()
            .with_fault(Call::Open, Fault::Busy)
            .with_fault(Call::Sign, Fault::Reset),
    );
    let (items, ()) = collect(|| {
        let listed = cards.tokens().unwrap().found.remove(0);
        cards.open(&listed.id).err().unwrap();
        let mut token = cards.open(&listed.id).unwrap();
        let credential = token.credential(&Slot::Piv(PivSlot::Authentication)).unwrap();
        for entry in [
            PinEntry::typed(&pin(PIN)),
            PinEntry::typed(&pin("00000000")),
            PinEntry::on_reader(),
        ] {
            sign(&mut *token, &credential, Some(entry)).unwrap_err();
        }
        sign(&mut *token, &credential, None).unwrap_err();
    });
    let failed: Vec<_> = spans(&items, "operation")
        .into_iter()
        .filter(|span| span.field("state") == "failed")
        .map(|span| (span.field("operation"), span.field("code"), span.field("pin")))
        .collect();
    assert_eq!(
        failed,
        [
            ("open", "card/busy", ""),
            ("sign", "card/reset", "typed"),
            ("sign", "card/wrong-pin", "typed"),
            ("sign", "card/unsupported", "on-reader"),
            ("sign", "card/pin-required", "none"),
        ]
    );
    // Subscribers that print events only see failures too.
    let ended = items
        .iter()
        .filter(|item| item.name == "ended" && item.field("state") == "failed");
    assert!(
        ended
            .map(|event| event.field("code"))
            .eq(failed.iter().map(|(_, code, _)| *code))
    );
}

#[test]
fn a_listing_of_all_backends_contains_a_span_for_each_source() {
    let (items, ()) = collect(|| {
        let mut cards = Cards::new().with_provider(provider(card()));
        assert_eq!(cards.tokens(Duration::from_secs(60)).found.len(), 1);
    });
    let [listing] = spans(&items, "operation")[..] else {
        panic!("one listing: {items:#?}");
    };
    assert_eq!(
        (
            listing.field("operation"),
            listing.field("backend"),
            listing.field("found"),
            listing.field("pending")
        ),
        ("list", "all", "1", "0")
    );
    let [source] = spans(&items, "source")[..] else {
        panic!("one source: {items:#?}");
    };
    // In another thread, and nevertheless within the listing.
    assert_eq!(source.parent, Some(listing.id));
    assert_eq!(
        (
            source.field("place"),
            source.field("found"),
            source.field("state")
        ),
        ("memory", "1", "done")
    );
}

#[test]
fn a_transaction_records_status_words_and_the_vendor_code() {
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "scripted"), "scripted");
    let (_, certificate) = key();
    let credential = Credential::new(Slot::Piv(PivSlot::Authentication), "", certificate).unwrap();
    let (items, error) = collect(|| {
        let mut token = PivToken::new(Answering(|command: &[u8]| Ok(refuse_pin(command))), info);
        sign(&mut token, &credential, Some(PinEntry::typed(&pin(PIN)))).unwrap_err()
    });
    assert_eq!(error.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });
    let [transaction] = spans(&items, "transaction")[..] else {
        panic!("one transaction: {items:#?}");
    };
    assert_eq!(
        (
            transaction.field("reader"),
            transaction.field("code"),
            transaction.field("vendor_code")
        ),
        ("scripted", "card/wrong-pin", "SW 63C2")
    );
    let commands: Vec<_> = items.iter().filter(|item| item.name == "command").collect();
    assert!(
        commands
            .iter()
            .all(|command| command.parent == Some(transaction.id))
    );
    assert!(commands.iter().any(|command| command.field("status") == "63C2"));
    no_secret(&items);
}

/// What a card does in its own thread belongs to the operation of the caller.
#[cfg(all(feature = "pcsc", unix))]
#[test]
fn commands_over_pcsc_are_in_the_span_of_their_operation() {
    use card_access::pcsc::PcscProvider;

    let readers = lab::Readers::start(1).unwrap();
    let card = readers.insert(0, &lab::Profile::new("alice")).unwrap();
    let (items, ()) = collect(|| {
        let id = TokenId::any_at(Backend::PcSc, card.reader());
        let mut token = PcscProvider::new().open(&id).unwrap();
        token.pin_status().unwrap();
    });
    let operations = spans(&items, "operation");
    let status = operations
        .iter()
        .find(|span| span.field("operation") == "pin-status")
        .unwrap();
    assert_eq!(
        (status.field("reader"), status.field("tries_left")),
        (card.reader(), "3")
    );
    let [transaction] = spans(&items, "transaction")[..] else {
        panic!("one transaction: {items:#?}");
    };
    assert_eq!(transaction.parent, Some(status.id));
    assert!(
        items
            .iter()
            .any(|item| item.name == "command" && item.parent == Some(transaction.id))
    );
}

#[test]
fn no_span_contains_a_pin() {
    let mut cards = provider(card());
    let (items, ()) = collect(|| {
        let listed = cards.tokens().unwrap().found.remove(0);
        let mut token = cards.open(&listed.id).unwrap();
        let credential = token.credential(&Slot::Piv(PivSlot::Authentication)).unwrap();
        sign(&mut *token, &credential, Some(PinEntry::typed(&pin(PIN)))).unwrap();
        token.change_pin(PinEntry::typed(&pin(PIN)), &pin(PIN)).unwrap();
    });
    assert!(items.len() > 4);
    no_secret(&items);
}

fn no_secret(items: &[Item]) {
    let printed = format!("{items:?}");
    let bytes = format!("{:?}", PIN.as_bytes());
    let hex: String = PIN
        .bytes()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .map(char::from)
        .collect();
    for form in [PIN, &hex, bytes.trim_matches(['[', ']'])] {
        assert!(!printed.contains(form), "{form} is in: {printed}");
    }
}

/// A card for which every PIN is wrong.
fn refuse_pin(command: &[u8]) -> Vec<u8> {
    match command {
        [0, 0xa4, ..] => vec![0x61, 0x00, 0x90, 0x00],
        [0, 0x20, 0, 0x80] => vec![0x63, 0xc3],
        [0, 0x20, 0, 0x80, ..] => vec![0x63, 0xc2],
        _ => vec![0x90, 0x00],
    }
}

fn key() -> (Vec<u8>, rustls_pki_types::CertificateDer<'static>) {
    let issued = rcgen::generate_simple_self_signed(["alice".to_owned()]).unwrap();
    (issued.signing_key.serialize_der(), issued.cert.der().clone())
}

fn card() -> SoftCard {
    let (key, certificate) = key();
    let card = SoftCard::new("Alice's card", pin(PIN));
    card.with_key(PivSlot::Authentication, certificate, &key).unwrap()
}

fn provider(card: SoftCard) -> SoftProvider {
    let provider = SoftProvider::new();
    provider.insert(card);
    provider
}

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

fn sign(token: &mut dyn Token, credential: &Credential, pin: Option<PinEntry<'_>>) -> Result<Vec<u8>, Error> {
    token.sign(credential, Scheme::EcdsaRaw(Hash::Sha256), b"message", pin)
}

/// A span or an event.
#[derive(Clone, Debug, Default)]
struct Item {
    id: u64,
    name: String,
    parent: Option<u64>,
    fields: BTreeMap<String, String>,
}

impl Item {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Visit for Item {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}

fn spans<'a>(items: &'a [Item], name: &str) -> Vec<&'a Item> {
    items.iter().filter(|item| item.name == name).collect()
}

/// Spans and events of a call, in their order.
fn collect<R>(body: impl FnOnce() -> R) -> (Vec<Item>, R) {
    let collector = Collector::default();
    let subscriber = tracing_subscriber::registry().with(collector.clone());
    let result = tracing::subscriber::with_default(subscriber, body);
    let items = collector.0.lock().unwrap().clone();
    (items, result)
}

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Item>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut item = Item {
            id: id.into_u64(),
            name: attributes.metadata().name().to_owned(),
            parent: context
                .span(id)
                .and_then(|span| span.parent())
                .map(|span| span.id().into_u64()),
            ..Item::default()
        };
        attributes.record(&mut item);
        self.0.lock().unwrap().push(item);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut items = self.0.lock().unwrap();
        let item = items.iter_mut().rev().find(|item| item.id == id.into_u64());
        values.record(item.unwrap());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut item = Item {
            parent: context.event_span(event).map(|span| span.id().into_u64()),
            ..Item::default()
        };
        event.record(&mut item);
        item.name = item.fields.remove("message").unwrap_or_default();
        self.0.lock().unwrap().push(item);
    }
}
