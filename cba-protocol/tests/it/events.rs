//! The feature `tracing`: a span for a flow, in it one for each request and key operation, and no secret in any of them.

use core::fmt::Debug;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cba_protocol::{State, Step};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::peer::{self, Run, Script};

/// Name and fields of a span or an event.
#[derive(Clone, Debug, Default)]
struct Item {
    name: String,
    parent: Option<u64>,
    fields: BTreeMap<String, String>,
    closed: bool,
}

impl Visit for Item {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}

/// What a subscriber has seen: spans by their number, from 1, and events.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<(Vec<Item>, Vec<Item>)>>);

impl Seen {
    fn span(&self, id: &Id, change: impl FnOnce(&mut Item)) {
        let index = usize::try_from(id.into_u64() - 1).unwrap();
        change(&mut self.0.lock().unwrap().0[index]);
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cba_protocol"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut item = Item {
            name: span.metadata().name().to_owned(),
            parent: span.parent().map(Id::into_u64),
            ..Item::default()
        };
        span.record(&mut item);
        let spans = &mut self.0.lock().unwrap().0;
        spans.push(item);
        Id::from_u64(spans.len() as u64)
    }

    fn event(&self, event: &Event<'_>) {
        let mut item = Item {
            parent: event.parent().map(Id::into_u64),
            ..Item::default()
        };
        event.record(&mut item);
        item.name = item.fields.remove("message").unwrap();
        self.0.lock().unwrap().1.push(item);
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.span(id, |span| values.record(span));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.span(id, |span| {
            span.fields.entry("handles".to_owned()).or_default().push('+');
        });
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.span(&id, |span| match span.fields.get_mut("handles") {
            Some(handles) if !handles.is_empty() => drop(handles.pop()),
            _ => span.closed = true,
        });
        true
    }
}

/// A sign-in, and the spans and events that it leaves.
fn watch(script: Script) -> (Run, Vec<Item>, Vec<Item>) {
    let seen = Seen::default();
    let run = tracing::subscriber::with_default(seen.clone(), || peer::run(peer::sign_in(), script));
    let (spans, events) = seen.0.lock().unwrap().clone();
    (run, spans, events)
}

#[test]
fn a_flow_is_a_span_with_correlation_id_state_and_code() {
    let refused = Script::granting().answer(State::Token, 400, &peer::refusal(500_171, "invalid_grant"));
    let failed = Script::granting().raw(State::Nonce, 200, b"<html>");
    let unknown =
        Script::granting().answer(State::Realm, 200, &serde_json::json!({"account_type": "Unknown"}));
    for (script, state, code) in [
        (Script::granting(), "granted", "granted"),
        (refused, "refused", "AADSTS500171"),
        (failed, "failed", "protocol/not-json"),
        (unknown, "not-managed", "realm/unknown"),
    ] {
        let (run, spans, events) = watch(script);
        let flow = &spans[0];
        assert_eq!((flow.name.as_str(), flow.parent), ("flow", None));
        for (field, value) in [
            ("kind", "sign-in"),
            ("authority", "login.microsoftonline.com"),
            ("tenant", peer::TENANT),
            ("state", state),
            ("code", code),
        ] {
            assert_eq!(flow.fields[field], value);
        }
        let sent = run.requests[0].1.headers()["client-request-id"].to_str().unwrap();
        assert_eq!(flow.fields["correlation_id"], sent);
        let last = events.last().unwrap();
        assert_eq!((last.name.as_str(), last.parent), ("ended", Some(1)));
        assert_eq!(
            (last.fields["state"].as_str(), last.fields["code"].as_str()),
            (state, code)
        );
    }
}

#[test]
fn each_request_and_key_operation_is_a_span_in_it() {
    let (_, spans, events) = watch(Script::granting());
    let inner: Vec<_> = spans[1..]
        .iter()
        .map(|span| (span.name.as_str(), span.fields["state"].as_str()))
        .collect();
    let expected = [
        ("request", "realm"),
        ("request", "metadata"),
        ("request", "nonce"),
        ("key operation", "assertion"),
        ("key operation", "request"),
        ("request", "token"),
        ("key operation", "session-key"),
    ];
    assert_eq!(inner, expected);
    assert!(spans[1..].iter().all(|span| span.parent == Some(1)));
    assert!(
        spans[1..]
            .iter()
            .filter(|span| span.name == "request")
            .all(|span| span.fields["status"] == "200")
    );
    assert_eq!(
        (
            spans[4].fields["algorithm"].as_str(),
            spans[7].fields["algorithm"].as_str()
        ),
        ("RS256", "RSA-OAEP")
    );
    assert!(spans.iter().all(|span| span.closed), "{spans:#?}");
    // Each event is in the span of its step.
    let answers = events.iter().filter(|event| event.name == "answer");
    let parents: Vec<_> = answers.map(|event| event.parent).collect();
    assert_eq!(parents, [2, 3, 4, 7].map(Some));
}

/// A request that takes long is seen while it lasts.
#[test]
fn a_span_is_open_until_its_step_is_answered() {
    let seen = Seen::default();
    tracing::subscriber::with_default(seen.clone(), || {
        let step = peer::sign_in().start(peer::seed()).unwrap();
        let open = |seen: &Seen| {
            seen.0
                .lock()
                .unwrap()
                .0
                .iter()
                .filter(|span| !span.closed)
                .count()
        };
        assert_eq!(open(&seen), 2, "the flow and the request");
        let step = peer::once(step, &mut Script::granting()).unwrap();
        assert!(matches!(&step, Step::Send(exchange) if exchange.state() == State::Metadata));
        assert_eq!(open(&seen), 2, "the next request");
        drop(step);
        assert_eq!(open(&seen), 0, "a flow that is dropped is over");
    });
}

#[test]
fn nothing_secret_is_in_spans_and_events() {
    for script in [
        Script::granting(),
        Script::granting().answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant")),
        Script::granting().answer(
            State::Realm,
            200,
            &serde_json::json!({"account_type": "Federated"}),
        ),
    ] {
        let (_, spans, events) = watch(script);
        let all = format!("{spans:?}{events:?}");
        for secret in [peer::PRT, "AwABAAAAAAACAOz_nonce-1", "alice"] {
            assert!(!all.contains(secret), "{secret} is in\n{all}");
        }
    }
}
