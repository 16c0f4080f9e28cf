//! The tables of the flows around a sign-in: the real machines walk each row.

use cba_protocol::{DeviceCode, Error, Leave, State, Step};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use serde_json::json;

use super::rows::{self as table, Event, Transition};
use crate::join::{self, issued::Issued};
use crate::peer::{self, Script};
use crate::web;

/// Walks each row: to its first state with `good` answers, then on with what makes its event happen.
fn walk<T: 'static>(
    rows: &[Transition],
    start: impl Fn() -> Step<T>,
    good: impl Fn() -> Script,
    provoke: impl Fn(Transition, Script) -> Script,
) {
    for row in rows {
        let mut script = provoke(*row, good());
        let mut step = start();
        while step.state() != row.from {
            step = peer::once(step, &mut script).unwrap();
        }
        let next: Result<Step<T>, Error> = match (row.when, step) {
            (Event::CertificateNotRequested, Step::SendAsUser(exchange) | Step::SendAsDevice(exchange)) => {
                exchange.not_requested()
            }
            (Event::KeysUnfit, Step::MakeKeys(task)) => {
                let none = SubjectPublicKeyInfoDer::from(&[][..]);
                task.complete(&none, &none)
            }
            (Event::SignatureUnfit, Step::SignAsDevice(task)) => task.complete(b"short"),
            (_, step) => peer::once(step, &mut script),
        };
        assert_eq!(next.map_or(State::Failed, |step| step.state()), row.to, "{row:?}");
    }
}

#[test]
fn a_web_sign_in() {
    let good = || web::granting();
    walk(
        table::WEB_SIGN_IN,
        || web::sign_in(&peer::config()).start(peer::seed()).unwrap(),
        good,
        |Transition { from, when, .. }, script| {
            let page = |name: &str| peer::page(&json!({"pgid": name, "sErrorCode": "50057"}));
            let interrupt = |name| peer::page(&peer::interrupt(name));
            // an interrupt has to be reached first
            let script = match from {
                State::Interrupt => script.page(State::Login, 200, &[], &interrupt("KmsiInterrupt")),
                _ => script,
            };
            match (when, from) {
                (Event::CodeGiven, _) => script.redirect(from, &web::granted_at()),
                (Event::InterruptShown, _) => script.page(from, 200, &[], &interrupt("CmsiInterrupt")),
                (Event::FormGiven, State::Login | State::Interrupt) => {
                    script.page(from, 200, &[], &peer::hidden_form("/next", &[("a", "b")]))
                }
                (Event::NotManaged, _) => script.answer(from, 200, &json!({"IfExistsResult": 1})),
                (Event::InteractionRequired, State::CredentialType | State::Token) => {
                    script.answer(from, 400, &peer::refusal(50_076, "interaction_required"))
                }
                (Event::InteractionRequired, _) => script.page(from, 200, &[], &page("ConvergedTFA")),
                (Event::Refused, State::CredentialType | State::Token) => {
                    script.answer(from, 400, &peer::refusal(50_057, "invalid_grant"))
                }
                (Event::Refused, _) => script.page(from, 200, &[], &page("ConvergedError")),
                (Event::AnswerUnusable, _) => script.page(from, 200, &[], "[]"),
                _ => script,
            }
        },
    );
}

#[test]
fn a_device_code() {
    let codes = json!({"device_code": "d", "user_code": "u", "verification_uri": "https://microsoft.com/devicelogin", "expires_in": 900});
    walk(
        table::DEVICE_CODE,
        || DeviceCode::new(&peer::config()).start(peer::seed()).unwrap(),
        || {
            Script::empty().answer(State::DeviceCode, 200, &codes).answer(
                State::Token,
                200,
                &peer::web_tokens(),
            )
        },
        |Transition { from, when, .. }, script| match when {
            Event::Pending => script.answer(from, 400, &json!({"error": "authorization_pending"})),
            Event::InteractionRequired => {
                script.answer(from, 400, &peer::refusal(50_076, "interaction_required"))
            }
            Event::Refused => script.answer(from, 400, &peer::refusal(50_057, "invalid_grant")),
            Event::AnswerUnusable => script.answer(from, 200, &json!([])),
            _ => script,
        },
    );
}

#[test]
fn a_join() {
    let token = join::token();
    walk(
        table::JOIN,
        || {
            cba_protocol::Join::new(&peer::config(), &peer::upn(), &token)
                .start(peer::seed())
                .unwrap()
        },
        || join::issuing(&Issued::default()),
        |Transition { from, when, .. }, script| match when {
            Event::InteractionRequired => {
                script.answer(from, 400, &peer::refusal(50_076, "interaction_required"))
            }
            Event::Refused => script.answer(from, 400, &json!({"ErrorType": "SqlError", "Message": "m"})),
            Event::CertificateUnfit => {
                let other = Issued {
                    own_key: false,
                    ..Issued::default()
                };
                script.answer(from, 200, &other.answer())
            }
            Event::AnswerUnusable => script.answer(from, 200, &json!([])),
            _ => script,
        },
    );
}

#[test]
fn leaving() {
    walk(
        table::LEAVE,
        || {
            Leave::new(&peer::config(), &peer::device())
                .start(peer::seed())
                .unwrap()
        },
        || Script::empty().page(State::Removal, 200, &[], ""),
        |Transition { from, when, .. }, script| match when {
            Event::InteractionRequired => {
                script.answer(from, 400, &peer::refusal(50_076, "interaction_required"))
            }
            Event::Refused => script.answer(from, 400, &json!({"ErrorType": "SqlError", "Message": "m"})),
            Event::AnswerUnusable => script.answer(from, 200, &json!([])),
            _ => script,
        },
    );
}
