//! Each bad answer of the service has a code and a message of its own, and says who has to act.

use cba_protocol::config::Limits;
use cba_protocol::{Error, Outcome, Responsible, State};
use serde_json::{Value, json};

use crate::join::issued::Issued;
use crate::peer::{self, Script};
use crate::{join, web};

/// How a flow ended: the code, the text for people, and who has to act.
#[derive(Debug)]
struct Ended {
    code: String,
    text: String,
    responsible: Responsible,
}

fn ended<T>(result: Result<Outcome<T>, Error>) -> Ended {
    match result {
        Ok(Outcome::Refused(refusal)) => Ended {
            code: refusal.code(),
            text: refusal.to_string(),
            responsible: refusal.responsible(),
        },
        Ok(Outcome::Interaction(interaction)) => Ended {
            code: interaction.refusal.code(),
            text: format!("{} {:?}", interaction.refusal, interaction.page),
            responsible: interaction.refusal.responsible(),
        },
        Ok(Outcome::NotManaged(reason)) => Ended {
            code: reason.code().to_owned(),
            text: reason.to_string(),
            responsible: reason.responsible(),
        },
        Ok(_) => panic!("granted"),
        Err(error) => Ended {
            code: error.code().to_owned(),
            text: error.to_string(),
            responsible: error.responsible(),
        },
    }
}

fn at_login(page: &Value) -> Script {
    Script::web().page(State::Login, 200, &[], &peer::page(page))
}

fn error_page(code: u32) -> Script {
    at_login(&json!({"pgid": "ConvergedError", "iErrorCode": code}))
}

fn offered(change: impl FnOnce(&mut Value)) -> Script {
    let mut answer = peer::credential_type();
    change(&mut answer);
    web::granting().answer(State::CredentialType, 200, &answer)
}

fn refused_join(status: u16, kind: &str, message: &str) -> Script {
    let body = json!({"ErrorType": kind, "Message": message});
    join::issuing(&Issued::default()).answer(State::Registration, status, &body)
}

#[test]
fn of_the_web_sign_in() {
    use Responsible::{Administrator, Service, User};
    let cases = [
        (
            offered(|answer| answer["Credentials"]["CertAuthParams"] = Value::Null),
            "certificate_not_offered",
            Administrator,
        ),
        (error_page(130_501), "AADSTS130501", Administrator),
        (error_page(1_001_009), "AADSTS1001009", User),
        (error_page(500_171), "AADSTS500171", User),
        (error_page(500_172), "AADSTS500172", User),
        (
            web::granting().answer(
                State::CredentialType,
                200,
                &json!({"Credentials": {"FederationRedirectUrl": "https://sts.contoso.com/"}}),
            ),
            "realm/federated",
            Administrator,
        ),
        (
            offered(|answer| answer["IfExistsResult"] = 1.into()),
            "realm/unknown",
            User,
        ),
        (
            offered(|answer| answer["ThrottleStatus"] = 1.into()),
            "temporarily_unavailable",
            Service,
        ),
        (
            at_login(&json!({"pgid": "ConvergedTFA", "sErrorCode": "50074"})),
            "AADSTS50074",
            User,
        ),
        (
            at_login(&json!({"pgid": "ConvergedConsent", "sErrorCode": "65001"})),
            "AADSTS65001",
            Administrator,
        ),
        (
            at_login(&json!({"pgid": "Brand new"})),
            "interaction_required",
            User,
        ),
        (
            web::granting().page(State::Authorize, 200, &[], "<html>Welcome</html>"),
            "protocol/changed",
            Responsible::Developer,
        ),
        (
            offered(|answer| {
                answer["Credentials"]["CertAuthParams"]["CertAuthUrl"] = "https://evil.example/".into();
            }),
            "protocol/foreign-host",
            Administrator,
        ),
    ];
    let mut texts = Vec::new();
    for (script, code, responsible) in cases {
        let ended = ended(web::run(script).result);
        assert_eq!(
            (ended.code.as_str(), ended.responsible),
            (code, responsible),
            "{ended:?}"
        );
        assert!(!texts.contains(&ended.text), "{} twice", ended.text);
        texts.push(ended.text);
    }
}

#[test]
fn of_the_registration() {
    use Responsible::{Administrator, Service, User};
    const OTHER: &str = "00000000-0000-4000-8000-000000000001";
    let foreign = {
        let mut document = join::discovery();
        document["DeviceJoinService"]["JoinEndpoint"] = "https://evil.example/".into();
        Script::empty().answer(State::Discovery, 200, &document)
    };
    let good = Issued::default;
    let cases = [
        (foreign, "protocol/foreign-host", Administrator),
        (
            refused_join(
                400,
                "AuthorizationError",
                "Administrator policy does not allow user alice to device join",
            ),
            "AuthorizationError",
            Administrator,
        ),
        (
            refused_join(400, "DirectoryError", "The user has reached the device quota"),
            "DirectoryError",
            User,
        ),
        (
            refused_join(
                400,
                "DirectoryError",
                "Your request is throttled temporarily. Please try after 300 seconds.",
            ),
            "DirectoryError",
            Service,
        ),
        (
            join::issuing(&Issued {
                own_key: false,
                ..good()
            }),
            "protocol/unfit-certificate",
            Administrator,
        ),
        (
            join::issuing(&Issued {
                tenant: Some(OTHER),
                ..good()
            }),
            "protocol/unfit-certificate",
            Administrator,
        ),
    ];
    let mut texts = Vec::new();
    for (script, code, responsible) in cases {
        let ended = ended(join::run(script).result);
        assert_eq!(
            (ended.code.as_str(), ended.responsible),
            (code, responsible),
            "{ended:?}"
        );
        assert!(!texts.contains(&ended.text), "{} twice", ended.text);
        texts.push(ended.text);
    }
}

#[test]
fn an_answer_that_is_too_large_ends_the_flow_on_every_leg() {
    let large = " ".repeat(20_001);
    let config = peer::config().with_limits(Limits::default().with_max_answer(20_000));
    let too_large = |result: Result<(), Error>, leg: State| {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::AnswerTooLarge { state, .. } if state == leg),
            "{error}"
        );
        assert_eq!(error.code(), "protocol/answer-too-large");
    };
    for leg in [
        State::Authorize,
        State::CredentialType,
        State::CertificateSignIn,
        State::Login,
        State::Token,
    ] {
        for status in [200, 400] {
            let run = web::run_with(&config, web::granting().page(leg, status, &[], &large));
            too_large(run.result.map(drop), leg);
        }
    }
    for leg in [State::Discovery, State::Registration] {
        for status in [200, 400] {
            let script = join::issuing(&Issued::default()).page(leg, status, &[], &large);
            too_large(join::run_with(&config, script).result.map(drop), leg);
        }
    }
}
