//! Which value is tried next, after the service has refused the form of a request.

use cba_protocol::State;

use super::switches::{Alternative, Stage};

/// Why a request is tried again with another value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reason {
    /// The service's answer is not understood.
    Answer,
    /// The service requires another factor, or a fresh one.
    Factor,
    /// The service refuses the form of the request.
    Form,
    /// The service refuses requests or tokens of this kind: `AuthenticationError` of the registration service.
    Kind,
}

/// A refusal that another value may avoid.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) at: State,
    pub(super) reason: Reason,
    pub(super) codes: Vec<u32>,
}

/// Position of the next value to try: one that the code speaks of, or else one that changes the refused request, or else one that
/// changes an earlier request. A value that changes only later requests cannot help.
pub(super) fn next(stage: Stage, untried: &[&Alternative], refused: &Refused) -> Option<usize> {
    let place = |state: &State| stage.states().iter().position(|other| other == state);
    let refused_place = place(&refused.at);
    let suits = |other: &Alternative| {
        other.after == refused.reason || (refused.reason == Reason::Answer && other.after == Reason::Form)
    };
    let first = |wanted: &dyn Fn(&Alternative) -> bool| {
        untried.iter().position(|other| suits(other) && wanted(other))
    };
    let changes = |other: &Alternative| other.changes.is_empty() || other.changes.contains(&refused.at);
    let before = |other: &Alternative| {
        let mut places = other.changes.iter().map(place);
        places.any(|place| place < refused_place)
    };
    first(&|other| other.codes.iter().any(|code| refused.codes.contains(code)))
        .or_else(|| first(&|other| other.after != Reason::Form && changes(other)))
        .or_else(|| first(&|other| changes(other)))
        .or_else(|| first(&|other| before(other)))
}

/// Whether a refusal came later in the stage than another one.
pub(super) fn is_later(stage: Stage, this: State, other: State) -> bool {
    let place = |wanted| stage.states().iter().position(|state| *state == wanted);
    place(this) > place(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(stage: Stage, at: State, reason: Reason, codes: &[u32]) -> Vec<String> {
        let refused = Refused {
            at,
            reason,
            codes: codes.to_vec(),
        };
        let mut untried: Vec<_> = stage.alternatives().iter().collect();
        let mut order = Vec::new();
        while let Some(at) = next(stage, &untried, &refused) {
            order.push(untried.remove(at).name());
        }
        order
    }

    #[test]
    fn what_the_code_speaks_of_comes_first() {
        let order = order(Stage::SignIn, State::Token, Reason::Form, &[50_120]);
        assert_eq!(
            order[..3],
            ["device_x5c=string", "user_x5c=string", "assertion_nonce=omitted"]
        );
    }

    #[test]
    fn what_changes_the_refused_request_comes_before_what_changes_an_earlier_one() {
        let order = order(Stage::WebSignIn, State::Login, Reason::Form, &[]);
        assert_eq!(order[..2], ["web.referer=sent", "web.login_cookies=omitted"]);
        assert!(order.contains(&"web.endpoint=v2".to_owned()));
        // what comes later cannot help
        assert!(
            !order.iter().any(|name| name.starts_with("web.interrupt")),
            "{order:?}"
        );
    }

    #[test]
    fn another_factor_and_another_kind_have_their_own_values() {
        assert_eq!(
            order(Stage::Join, State::Registration, Reason::Factor, &[]),
            ["web.amr_values=ngcmfa"]
        );
        assert_eq!(
            order(Stage::Join, State::Registration, Reason::Kind, &[]),
            ["registration.device_type=Windows", "web.endpoint=v2"]
        );
        let form = order(Stage::Join, State::Registration, Reason::Form, &[]);
        assert!(!form.contains(&"web.amr_values=ngcmfa".to_owned()));
    }

    #[test]
    fn a_check_of_an_answer_is_left_out_only_after_that_answer() {
        let answer = order(Stage::SignIn, State::Token, Reason::Answer, &[]);
        assert_eq!(answer[0], "token_type_check=skipped");
        let form = order(Stage::SignIn, State::Token, Reason::Form, &[]);
        assert!(!form.contains(&"token_type_check=skipped".to_owned()));
    }
}
