//! Bad answers of the service: `join` ends with a message and a code of its own, and registers nothing.

use local_authority::{
    AuthenticationMode, ConditionalAccess, Configuration, Effect, Fault, GrantControl, Leg, PolicyState,
    Throttle,
};
use serde_json::{Value, json};

use crate::bench::{Bench, Ended};
use crate::laboratory::{alice, configuration};

/// A service that answers so, and how the program ends: its exit code, and the code of the refusal or of the error.
struct Case {
    change: fn(&mut Configuration),
    fault: Option<(Leg, fn() -> Effect)>,
    exit: i32,
    code: &'static str,
    /// Who has to act.
    who: &'static str,
}

const CASES: &[Case] = &[
    changed(
        |c| c.certificate_policy.state = PolicyState::Disabled,
        "certificate_not_offered",
        "administrator",
    ),
    changed(
        |c| c.certificate_policy.include_targets.clear(),
        "AADSTS130501",
        "administrator",
    ),
    changed(
        |c| c.certificate_policy.certificate_user_bindings.clear(),
        "AADSTS1001003",
        "user",
    ),
    changed(
        |c| c.certificate_authorities.clear(),
        "AADSTS500176",
        "administrator",
    ),
    changed(
        |c| {
            c.users
                .retain(|user| !user.user_principal_name.starts_with("alice"));
        },
        "realm/unknown",
        "user",
    ),
    changed(
        |c| {
            let modes = &mut c.certificate_policy.authentication_mode_configuration;
            modes.x509_certificate_authentication_default_mode = AuthenticationMode::SingleFactor;
            modes.rules.clear();
            c.conditional_access.push(ConditionalAccess {
                resource: c.registration.resource.clone(),
                grant_control: GrantControl::Mfa,
            });
        },
        "AADSTS50076",
        "user",
    ),
    changed(
        |c| c.pages.dead_ends = vec!["ConvergedConsent".to_owned()],
        "AADSTS16000",
        "user",
    ),
    changed(
        |c| {
            c.registration.throttle = Some(Throttle {
                requests: 0,
                seconds: 300,
            });
        },
        "DirectoryError",
        "service",
    ),
    fault(
        Leg::Login,
        || page(&json!({"pgid": "ConvergedError", "sErrorCode": "500171"})),
        1,
        "AADSTS500171",
        "user",
    ),
    fault(
        Leg::Login,
        || page(&json!({"pgid": "ConvergedError", "sErrorCode": "500172"})),
        1,
        "AADSTS500172",
        "user",
    ),
    fault(
        Leg::Login,
        || page(&json!({"pgid": "BrandNew"})),
        1,
        "interaction_required",
        "user",
    ),
    fault(
        Leg::Authorize,
        || text("<html>Welcome to the airport</html>"),
        7,
        "protocol/changed",
        "",
    ),
    fault(
        Leg::Authorize,
        || Effect::Flood { bytes: 4_000_000 },
        7,
        "protocol/answer-too-large",
        "",
    ),
    fault(
        Leg::CredentialType,
        || text(r#"{"Credentials": {"CertAuthParams": {"CertAuthUrl": "https://evil.example/certauth"}}}"#),
        7,
        "protocol/foreign-host",
        "",
    ),
    fault(
        Leg::Discovery,
        || {
            text(
                r#"{"DeviceJoinService": {"JoinEndpoint": "https://evil.example/EnrollmentServer/device/"}}"#,
            )
        },
        7,
        "protocol/foreign-host",
        "",
    ),
    fault(
        Leg::Join,
        another_certificate,
        7,
        "protocol/unfit-certificate",
        "",
    ),
];

const fn changed(change: fn(&mut Configuration), code: &'static str, who: &'static str) -> Case {
    Case {
        change,
        fault: None,
        exit: 1,
        code,
        who,
    }
}

const fn fault(leg: Leg, effect: fn() -> Effect, exit: i32, code: &'static str, who: &'static str) -> Case {
    Case {
        change: |_| (),
        fault: Some((leg, effect)),
        exit,
        code,
        who,
    }
}

fn text(body: &str) -> Effect {
    Effect::Replace {
        status: 200,
        content_type: "text/html".to_owned(),
        body: body.to_owned(),
    }
}

fn page(configuration: &Value) -> Effect {
    text(&format!("<html><script>$Config={configuration};</script></html>"))
}

/// The certificate of another device, with another key.
fn another_certificate() -> Effect {
    let file: Value =
        serde_json::from_slice(&std::fs::read(configuration().base.join("device.json")).unwrap()).unwrap();
    let pem = file["certificate"].as_str().unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    text(&json!({"Certificate": {"RawBody": body}}).to_string())
}

#[test]
fn each_has_its_own_code_and_message() {
    let mut bench = Bench::new(&alice());
    let mut messages = Vec::new();
    for case in CASES {
        let mut configuration = configuration().clone();
        (case.change)(&mut configuration);
        bench.restart(configuration);
        if let Some((leg, effect)) = case.fault {
            bench.authority.inject(Fault::always(leg, effect()));
        }
        let ended = bench.join(&[]);
        let message = check_end(case, &ended);
        assert!(!messages.contains(&message), "{message} twice");
        messages.push(message);
        assert_eq!(
            std::fs::read_dir(bench.folder.path()).unwrap().count(),
            0,
            "{ended:?}"
        );
    }
}

/// The message of a case.
fn check_end(case: &Case, ended: &Ended) -> String {
    let json = ended.json(case.exit);
    let details = if case.exit == 1 {
        &json["refusal"]
    } else {
        &json["error"]
    };
    assert_eq!(details["code"], case.code, "{ended:?}");
    if !case.who.is_empty() {
        assert_eq!(details["who"], case.who, "{ended:?}");
    }
    let page = json["page"].as_str().unwrap_or_default();
    format!("{} {page}", details["message"].as_str().unwrap())
}
