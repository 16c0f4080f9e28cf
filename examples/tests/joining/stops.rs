//! What ends `check-tenant` at once: throttling, a lock-out, a policy, an unknown user, a page that needs a browser.

use local_authority::{Allowed, Configuration, Effect, Fault, Leg, Throttle};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::check::{check, found};
use crate::laboratory::{alice, configuration};

/// A service that answers so, and what the report has to say.
struct Case {
    change: fn(&mut Configuration),
    fault: Option<(Leg, fn() -> Effect)>,
    stage: &'static str,
    code: &'static str,
    stopped: &'static str,
}

const LATER: &str = "the service asks to try later";
const BROWSER: &str = "the service requires a browser";

const CASES: &[Case] = &[
    Case {
        change: |c| {
            c.registration.throttle = Some(Throttle {
                requests: 0,
                seconds: 300,
            });
        },
        fault: None,
        stage: "join",
        code: "DirectoryError",
        stopped: LATER,
    },
    with_fault(
        Leg::CredentialType,
        || json_answer(200, &json!({"ThrottleStatus": 1})),
        "web-sign-in",
        "temporarily_unavailable",
        LATER,
    ),
    with_fault(
        Leg::Authorize,
        || text(429, "Too Many Requests"),
        "web-sign-in",
        "protocol/unavailable",
        LATER,
    ),
    with_fault(
        Leg::PrimaryRefreshToken,
        || text(429, "Too Many Requests"),
        "sign-in",
        "protocol/unavailable",
        LATER,
    ),
    with_fault(
        Leg::Nonce,
        || Effect::Refuse {
            code: 90_033,
            retry_after: Some(7),
        },
        "sign-in",
        "AADSTS90033",
        LATER,
    ),
    with_fault(
        Leg::PrimaryRefreshToken,
        || refusal(50_196),
        "sign-in",
        "AADSTS50196",
        LATER,
    ),
    with_fault(
        Leg::PrimaryRefreshToken,
        || refusal(50_053),
        "sign-in",
        "AADSTS50053",
        "the account is locked, or this address is blocked",
    ),
    with_fault(
        Leg::Login,
        || page("ConvergedError", "50053"),
        "web-sign-in",
        "AADSTS50053",
        "the account is locked, or this address is blocked",
    ),
    with_fault(
        Leg::PrimaryRefreshToken,
        || refusal(53_003),
        "sign-in",
        "AADSTS53003",
        "a policy refuses",
    ),
    Case {
        change: |c| c.registration.join = Allowed::None,
        fault: None,
        stage: "join",
        code: "AuthorizationError",
        stopped: "a policy refuses",
    },
    Case {
        change: |c| c.registration.device_quota = Some(0),
        fault: None,
        stage: "join",
        code: "AuthorizationError",
        stopped: "the user has too many devices",
    },
    Case {
        change: |c| {
            c.users
                .retain(|user| !user.user_principal_name.starts_with("alice"));
        },
        fault: None,
        stage: "web-sign-in",
        code: "realm/unknown",
        stopped: "the user is unknown",
    },
    with_fault(
        Leg::PrimaryRefreshToken,
        || refusal(50_034),
        "sign-in",
        "AADSTS50034",
        "the user is unknown",
    ),
    with_fault(
        Leg::PrimaryRefreshToken,
        || refusal(500_171),
        "sign-in",
        "AADSTS500171",
        "the user or the certificate is refused",
    ),
    Case {
        change: |c| c.pages.dead_ends = vec!["ConvergedConsent".to_owned()],
        fault: None,
        stage: "web-sign-in",
        code: "AADSTS16000",
        stopped: BROWSER,
    },
    // Names of the service that could identify the tenant are not reported.
    with_fault(
        Leg::Login,
        || page("WelcomeToContoso", "0"),
        "web-sign-in",
        "interaction_required",
        BROWSER,
    ),
    with_fault(
        Leg::Join,
        || {
            json_answer(
                400,
                &json!({"ErrorType": "Alice", "Message": "alice@contoso.example on LAPTOP-7"}),
            )
        },
        "join",
        "unusual",
        "a policy refuses",
    ),
    // A device may be registered: nothing else is tried.
    with_fault(
        Leg::Join,
        || json_answer(200, &json!({"Certificate": {"RawBody": "alice"}})),
        "join",
        "protocol/unfit-certificate",
        "the answer to the join is not understood; a device may be registered",
    ),
];

const fn with_fault(
    leg: Leg,
    effect: fn() -> Effect,
    stage: &'static str,
    code: &'static str,
    stopped: &'static str,
) -> Case {
    Case {
        change: |_| (),
        fault: Some((leg, effect)),
        stage,
        code,
        stopped,
    }
}

fn text(status: u16, body: &str) -> Effect {
    Effect::Replace {
        status,
        content_type: "text/plain".to_owned(),
        body: body.to_owned(),
    }
}

fn json_answer(status: u16, body: &Value) -> Effect {
    Effect::Replace {
        status,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
    }
}

fn refusal(code: u32) -> Effect {
    let description = format!("AADSTS{code}: alice@contoso.example, laptop-7.");
    json_answer(
        400,
        &json!({"error": "invalid_grant", "error_description": description, "error_codes": [code]}),
    )
}

fn page(id: &str, code: &str) -> Effect {
    let configuration = json!({"pgid": id, "sErrorCode": code, "sCtx": "c", "sFT": "f", "canary": "x",
        "strServiceExceptionMessage": "alice@contoso.example may not."});
    text(
        200,
        &format!("<html><script>$Config={configuration};</script></html>"),
    )
}

#[test]
fn each_ends_the_check_with_its_reason() {
    let mut bench = Bench::new(&alice());
    for case in CASES {
        let mut changed = configuration().clone();
        (case.change)(&mut changed);
        bench.restart(changed);
        if let Some((leg, effect)) = case.fault {
            bench.authority.inject(Fault::always(leg, effect()));
        }
        let report = check(&bench, bench.card.pin(), &[]).json(1);
        let refused = found(&report, case.stage).refused;
        assert_eq!(refused.len(), 1, "{} {}: {report:#}", case.stage, case.code);
        assert_eq!(refused[0].code, case.code, "{report:#}");
        assert_eq!(report["stopped"], case.stopped, "{}: {report:#}", case.code);
        // A device that joined has left.
        if case.stage == "sign-in" {
            assert!(found(&report, "leave").accepted.is_some(), "{report:#}");
        }
    }
}
