//! The table of transitions: the real machine walks each row, and the documents show what the table says.

mod joining;
pub(crate) mod rows;

use std::collections::HashSet;

use cba_protocol::{SessionKey, SignIn, State, Step};
use serde_json::json;

use self::rows::{self as table, Event, Transition};
use crate::peer::{self, Script};

/// A sign-in and answers that make this event happen in this state.
fn provoke(Transition { from, when, .. }: Transition) -> (SignIn, Script) {
    let (plain, script) = (peer::sign_in(), Script::granting());
    let refusal = |code| peer::refusal(code, "invalid_grant");
    match when {
        Event::ManagedMetadataKnown => (plain.with_metadata(peer::issuer_metadata()), script),
        Event::NonceGivenNoCard => {
            let token = "refresh".to_owned().into();
            (
                SignIn::with_refresh_token(&peer::config(), &peer::device(), &peer::upn(), token),
                script,
            )
        }
        Event::NotManaged => (
            plain,
            script.answer(from, 200, &json!({"account_type": "Federated"})),
        ),
        Event::NonceStale => (plain, script.answer(from, 400, &refusal(140_000))),
        Event::InteractionRequired => (plain, script.answer(from, 400, &refusal(50_076))),
        Event::Refused => (plain, script.answer(from, 400, &refusal(50_057))),
        Event::AnswerUnusable => (plain, script.answer(from, 200, &json!([]))),
        _ => (plain, script),
    }
}

#[test]
fn every_row_is_what_the_machine_does() {
    for row in table::SIGN_IN {
        let (sign_in, mut script) = provoke(*row);
        let mut step = sign_in.start(peer::seed()).unwrap();
        while step.state() != row.from {
            step = peer::once(step, &mut script).unwrap();
        }
        let next = match (row.when, step) {
            (Event::SignatureUnfit, Step::SignAsUser(task) | Step::SignAsDevice(task)) => {
                task.complete(b"short")
            }
            (Event::KeyUnfit, Step::Unwrap(task)) => task.complete(SessionKey::from([1; 32])),
            (Event::Postponed, Step::SignAsUser(task)) => task.refreshed(peer::later(1)),
            (Event::PostponedTooLong, Step::SignAsUser(task)) => task.refreshed(peer::later(301)),
            (_, step) => peer::once(step, &mut script),
        };
        assert_eq!(next.map_or(State::Failed, |step| step.state()), row.to, "{row:?}");
    }
}

#[test]
fn the_table_is_complete_and_free_of_duplicates() {
    let rows = table::SIGN_IN;
    assert_eq!(
        rows.iter()
            .map(|row| (row.from, row.when))
            .collect::<HashSet<_>>()
            .len(),
        rows.len()
    );
    let reached: HashSet<State> = rows.iter().map(|row| row.to).chain(table::INITIAL).collect();
    let left: HashSet<State> = rows.iter().map(|row| row.from).collect();
    for state in &reached {
        assert_eq!(left.contains(state), !state.is_final(), "{state}");
    }
    assert_eq!(left.difference(&reached).count(), 0);
}

#[test]
fn a_sign_in_begins_where_the_table_says() {
    let begun = [
        peer::sign_in(),
        peer::sign_in().with_managed_realm(),
        peer::sign_in()
            .with_managed_realm()
            .with_metadata(peer::issuer_metadata()),
    ];
    assert_eq!(
        begun.map(|sign_in| sign_in.start(peer::seed()).unwrap().state()),
        table::INITIAL
    );
}

#[test]
fn the_longest_way_has_the_stated_length() {
    let script = Script::granting()
        .answer(State::Token, 400, &peer::refusal(140_000, "invalid_grant"))
        .then(State::Token, 200, &peer::issued());
    let run = peer::run(peer::sign_in(), script);
    assert_eq!(run.states.last(), Some(&State::Granted));
    assert_eq!(run.states.len() - 1, table::MAX_STEPS);
}

mod prt_use {
    use super::*;
    use cba_protocol::config::PrtNonce;

    fn script(Transition { from, when, .. }: Transition) -> Script {
        let renewed = json!({"refresh_token": "new"});
        let script = Script::granting().raw(State::Token, 200, &peer::encrypted(&renewed));
        let refusal = |code| peer::refusal(code, "invalid_grant");
        match when {
            Event::PrtIssued | Event::Unwrapped | Event::KeyUnfit => {
                let issued = peer::encrypted(&peer::issued());
                script.raw(State::Token, 200, &issued)
            }
            Event::NonceStale => script.answer(from, 400, &refusal(140_000)),
            Event::InteractionRequired => script.answer(from, 400, &refusal(50_076)),
            Event::Refused => script.answer(from, 400, &refusal(50_057)),
            Event::AnswerUnusable => script.answer(from, 200, &json!([])),
            _ => script,
        }
    }

    #[test]
    fn every_row_is_what_the_machine_does() {
        for row in table::PRT_USE {
            let mut script = script(*row);
            let mut step = peer::prt().renewal().start(peer::seed(), peer::now()).unwrap();
            while step.state() != row.from {
                step = peer::once(step, &mut script).unwrap();
            }
            let next = match (row.when, step) {
                (Event::KeyUnfit, Step::Unwrap(task)) => task.complete(SessionKey::from([1; 32])),
                (_, step) => peer::once(step, &mut script),
            };
            assert_eq!(next.map_or(State::Failed, |step| step.state()), row.to, "{row:?}");
        }
    }

    #[test]
    fn it_begins_where_the_table_says() {
        let begun = [PrtNonce::Fetched, PrtNonce::Omitted].map(|nonce| {
            peer::prt_with(&peer::config().with_prt_nonce(nonce))
                .renewal()
                .start(peer::seed(), peer::now())
                .unwrap()
                .state()
        });
        assert_eq!(begun, table::INITIAL_PRT_USE);
    }

    #[test]
    fn the_longest_way_has_the_stated_length() {
        let stale = peer::refusal(140_000, "invalid_grant").to_string();
        let script = Script::granting().raw(State::Token, 400, stale.as_bytes()).then(
            State::Token,
            200,
            &peer::issued(),
        );
        let first = peer::prt().renewal().start(peer::seed(), peer::now());
        let run = peer::drive(first, script, cba_protocol::Transcript::default());
        assert_eq!(run.states.last(), Some(&State::Granted));
        assert_eq!(run.states.len() - 1, table::MAX_STEPS_PRT_USE);
    }
}

#[test]
fn the_diagram_draws_every_row() {
    let diagram = table::mermaid();
    let arrows: Vec<&str> = diagram.lines().skip(1).map(str::trim).collect();
    for Transition { from, when, to, .. } in table::SIGN_IN {
        let [from, to] = [from, to].map(|state| state.to_string().replace('-', "_"));
        assert!(
            arrows.contains(&format!("{from} --> {to}: {when}").as_str()),
            "{diagram}"
        );
    }
    // The name of each state and each event is its own.
    let unlike: HashSet<_> = table::SIGN_IN
        .iter()
        .map(|row| (row.when.to_string(), row.when))
        .collect();
    let events: HashSet<_> = table::SIGN_IN.iter().map(|row| row.when).collect();
    let words: HashSet<_> = unlike.iter().map(|(words, _)| words).collect();
    assert_eq!(
        (words.len(), words.contains(&String::new())),
        (events.len(), false)
    );
    let ends = arrows.iter().filter(|arrow| arrow.ends_with("--> [*]")).count();
    let begins = arrows.iter().filter(|arrow| arrow.starts_with("[*] -->")).count();
    assert_eq!((ends, begins), (5, table::INITIAL.len()));
    assert_eq!(arrows.len(), table::SIGN_IN.len() + ends + begins);
}

#[test]
fn the_documents_show_the_table() {
    let read = |name: &str| {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + name).unwrap()
    };
    let diagram = table::mermaid();
    assert!(
        read("../ARCHITECTURE.md").contains(&format!("```mermaid\n{diagram}```")),
        "ARCHITECTURE.md needs this diagram:\n```mermaid\n{diagram}```"
    );
    let guide = read("src/manual/states.rs");
    for rows in [
        table::SIGN_IN,
        table::PRT_USE,
        table::WEB_SIGN_IN,
        table::DEVICE_CODE,
        table::JOIN,
        table::LEAVE,
    ] {
        let table = table::markdown(rows);
        let lines: Vec<_> = table.lines().map(|line| format!("//! {line}")).collect();
        let lines = lines.join("\n");
        assert!(
            guide.contains(&lines),
            "src/manual/states.rs needs this table:\n{lines}"
        );
    }
    for steps in [
        table::MAX_STEPS,
        table::MAX_STEPS_PRT_USE,
        table::MAX_STEPS_WEB,
        table::MAX_STEPS_JOIN,
    ] {
        assert!(guide.contains(&format!("at most {steps} steps")), "{steps}");
    }
}
