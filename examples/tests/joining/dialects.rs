//! `check-tenant` finds the value that a service accepts, for every open point: the service refuses all others.

use local_authority::{
    Agent, AppCheck, AssertionAudience, AttributeValues, AttributesName, Configuration, Demand,
    DeviceExtensions, Dialect, ErrorBody, LeaveHost, LoginPath, RequestForm, RequestId, Switches,
    TargetDomain, TransportKey, Versions, X5cForm,
};
use serde_json::Value;

use crate::bench::Bench;
use crate::check::{Found, check, found};
use crate::laboratory::{alice, configuration};

/// A service that accepts one value, and what the report has to say.
struct Case {
    change: fn(&mut Configuration),
    stage: &'static str,
    /// The accepted value.
    accepted: &'static str,
    /// The refusal of the default: code, and request.
    refused: (&'static str, &'static str),
}

const MALFORMED: &str = "AADSTS9002313";
const PARAMETER: (&str, &str) = ("InvalidParameter", "registration");

fn dialect(configuration: &mut Configuration) -> &mut Dialect {
    &mut configuration.dialect
}

const WEB: &[Case] = &[
    web(
        |c| dialect(c).credential_flags = Demand::Refused,
        "web.credential_type=short",
        "credential-type",
    ),
    web(
        |c| dialect(c).login_cookie = Demand::Refused,
        "web.login_cookies=omitted",
        "login",
    ),
    web(
        |c| dialect(c).login_referer = Demand::Required,
        "web.referer=sent",
        "login",
    ),
    web(
        |c| dialect(c).login_options = vec!["1".to_owned()],
        "web.keep_signed_in=yes",
        "interrupt",
    ),
    web(
        |c| dialect(c).interrupt_fields = Demand::Refused,
        "web.interrupt=short",
        "interrupt",
    ),
    web(
        |c| {
            dialect(c).interrupt_fields = Demand::Required;
            dialect(c).request_id = RequestId::CorrelationId;
        },
        "web.interrupt=correlation-id",
        "interrupt",
    ),
    web(
        |c| dialect(c).pkce = Demand::Refused,
        "web.pkce=omitted",
        "authorize",
    ),
    web(
        |c| dialect(c).login_agent = Agent::Browser,
        "user_agent=browser",
        "authorize",
    ),
    web(
        |c| dialect(c).login_agent = Agent::Windows,
        "user_agent=windows",
        "authorize",
    ),
    Case {
        change: |c| dialect(c).registration_tokens = Versions::V2,
        stage: "web-sign-in",
        accepted: "web.endpoint=v2",
        refused: ("AADSTS70011", "authorize"),
    },
];

const JOIN: &[Case] = &[
    join(
        |c| dialect(c).fresh_multifactor = Demand::Required,
        "web.amr_values=ngcmfa",
        ("AuthorizationError", "registration"),
    ),
    join(
        |c| dialect(c).discovery = Demand::Refused,
        "registration.discovery=omitted",
        ("protocol/not-json", "discovery"),
    ),
    join(
        |c| dialect(c).discovery_token = Demand::Refused,
        "registration.discovery=plain",
        ("AuthenticationError", "discovery"),
    ),
    join(
        |c| dialect(c).registration_agent = Agent::Windows,
        "user_agent=windows",
        ("InvalidParameter", "discovery"),
    ),
    join(
        |c| dialect(c).registration_agent = Agent::Browser,
        "user_agent=browser",
        ("InvalidParameter", "discovery"),
    ),
    join(
        |c| dialect(c).client_headers = Demand::Required,
        "registration.client_headers=sent",
        ("InvalidParameter", "discovery"),
    ),
    join(
        |c| dialect(c).attributes = Demand::Refused,
        "registration.attributes=omitted",
        PARAMETER,
    ),
    join(
        |c| {
            dialect(c).attributes = Demand::Required;
            dialect(c).attributes_name = AttributesName::LowerCase;
        },
        "registration.attributes_name=attributes",
        PARAMETER,
    ),
    join(
        |c| dialect(c).attribute_values = AttributeValues::Booleans,
        "registration.attributes=booleans",
        PARAMETER,
    ),
    join(
        |c| dialect(c).attribute_values = AttributeValues::Capitals,
        "registration.attributes=capitals",
        PARAMETER,
    ),
    join(
        |c| dialect(c).target_domain = TargetDomain::RegistrationHost,
        "registration.target_domain=registration-host",
        PARAMETER,
    ),
    join(
        |c| dialect(c).device_types = vec!["Windows".to_owned()],
        "registration.device_type=Windows",
        ("AuthenticationError", "registration"),
    ),
    join(
        |c| dialect(c).transport_key = TransportKey::Same,
        "registration.keys=one",
        PARAMETER,
    ),
    join(
        |c| dialect(c).request_form = RequestForm::NulTerminated,
        "registration.request_form=nul-terminated",
        PARAMETER,
    ),
    join(
        |c| dialect(c).request_form = RequestForm::EmptyExtensions,
        "registration.request_form=empty-extensions",
        PARAMETER,
    ),
    join(
        |c| dialect(c).final_slash = Demand::Refused,
        "registration.final_slash=removed",
        PARAMETER,
    ),
    join(
        |c| {
            dialect(c).error_body = ErrorBody::Newer;
            dialect(c).attribute_values = AttributeValues::Booleans;
        },
        "registration.attributes=booleans",
        ("invalid_request", "registration"),
    ),
    Case {
        change: |c| dialect(c).leave_host = LeaveHost::CertAuth,
        stage: "leave",
        accepted: "registration.removal_host=certauth",
        refused: ("protocol/changed", "removal"),
    },
    Case {
        change: |c| dialect(c).leave_version = Demand::Refused,
        stage: "leave",
        accepted: "registration.removal_version=omitted",
        refused: ("InvalidParameter", "removal"),
    },
];

fn switches(configuration: &mut Configuration) -> &mut Switches {
    &mut configuration.switches
}

const SIGN_IN: &[Case] = &[
    sign_in(
        |c| switches(c).assertion_audience = AssertionAudience::Common,
        "audience=common",
        "AADSTS500131",
    ),
    sign_in(
        |c| switches(c).assertion_audience = AssertionAudience::Tenant,
        "audience=tenant",
        "AADSTS500131",
    ),
    sign_in(
        |c| switches(c).assertion_nonce = Demand::Refused,
        "assertion_nonce=omitted",
        "AADSTS50027",
    ),
    sign_in(
        |c| switches(c).device_x5c = X5cForm::String,
        "device_x5c=string",
        "AADSTS50120",
    ),
    sign_in(
        |c| switches(c).user_x5c = X5cForm::String,
        "user_x5c=string",
        "AADSTS50120",
    ),
    sign_in(
        |c| switches(c).user_name = Demand::Required,
        "user_name=sent",
        MALFORMED,
    ),
    sign_in(
        |c| switches(c).windows_api_version = Demand::Refused,
        "windows_api_version=omitted",
        MALFORMED,
    ),
    sign_in(|c| switches(c).kdf_offer = Demand::Refused, "kdf=v1", MALFORMED),
    sign_in(
        |c| {
            switches(c).kdf_version_2 = false;
            switches(c).kdf_offer = Demand::Required;
        },
        "kdf=v2",
        MALFORMED,
    ),
    sign_in(
        |c| "Bearer".clone_into(&mut switches(c).token_type),
        "token_type_check=skipped",
        "protocol/changed",
    ),
    Case {
        change: |c| switches(c).exchange_nonce = Demand::Refused,
        stage: "access-token",
        accepted: "prt_nonce=omitted",
        refused: ("AADSTS50027", "token"),
    },
];

const fn web(change: fn(&mut Configuration), accepted: &'static str, at: &'static str) -> Case {
    Case {
        change,
        stage: "web-sign-in",
        accepted,
        refused: (MALFORMED, at),
    }
}

const fn join(
    change: fn(&mut Configuration),
    accepted: &'static str,
    refused: (&'static str, &'static str),
) -> Case {
    Case {
        change,
        stage: "join",
        accepted,
        refused,
    }
}

const fn sign_in(change: fn(&mut Configuration), accepted: &'static str, code: &'static str) -> Case {
    Case {
        change,
        stage: "sign-in",
        accepted,
        refused: (code, "token"),
    }
}

/// Runs the cases one after the other, with one card.
fn run(cases: &[Case], arguments: &[&str]) {
    let mut bench = Bench::new(&alice());
    for case in cases {
        let mut changed = configuration().clone();
        (case.change)(&mut changed);
        bench.restart(changed);
        let report = check(&bench, bench.card.pin(), arguments);
        check_case(case, &report.json_of_any(&[0, 1]));
    }
    let apdus = bench.card.apdus().unwrap();
    let mut pins = apdus
        .iter()
        .filter(|apdu| apdu.instruction() == Some(0x20) && apdu.command.len() > 10);
    assert!(pins.all(|apdu| apdu.answer.ends_with("9000")), "a wrong PIN");
}

fn check_case(case: &Case, report: &Value) {
    let name = case.accepted;
    assert!(report["requests"].as_u64().unwrap() <= 40, "{name}: {report:#}");
    let Found { accepted, refused } = found(report, case.stage);
    assert_eq!(accepted.as_deref(), Some(name), "{report:#}");
    let first = &refused[0];
    assert_eq!(
        (first.value.as_str(), first.code.as_str(), first.at.as_str()),
        ("default", case.refused.0, case.refused.1),
        "{name}: {report:#}"
    );
    // A value is accepted in the end, and those before it were refused.
    assert!(
        refused.iter().all(|attempt| !attempt.code.is_empty()),
        "{report:#}"
    );
}

#[test]
fn open_points_of_the_web_sign_in() {
    run(WEB, &[]);
}

#[test]
fn open_points_of_joining_and_leaving() {
    run(JOIN, &[]);
}

#[test]
fn open_points_of_the_sign_in() {
    let device = configuration().base.join("device.json");
    run(SIGN_IN, &["--device", device.to_str().unwrap()]);
}

#[test]
fn the_default_is_accepted_where_it_is_the_only_value() {
    let mut bench = Bench::new(&alice());
    let mut changed = configuration().clone();
    changed.dialect = Dialect {
        credential_flags: Demand::Required,
        login_path: LoginPath::Tenant,
        login_cookie: Demand::Required,
        login_referer: Demand::Refused,
        login_options: vec!["3".to_owned()],
        interrupt_fields: Demand::Required,
        request_id: RequestId::SessionId,
        app_check: AppCheck::Always,
        pkce: Demand::Required,
        registration_tokens: Versions::V1,
        adrs_access: Demand::Required,
        discovery_token: Demand::Required,
        client_headers: Demand::Refused,
        attributes: Demand::Required,
        attributes_name: AttributesName::UpperCase,
        attribute_values: AttributeValues::Texts,
        target_domain: TargetDomain::UserDomain,
        device_types: vec!["Linux".to_owned()],
        transport_key: TransportKey::Separate,
        request_form: RequestForm::Plain,
        final_slash: Demand::Required,
        join_status: 201,
        error_body: ErrorBody::Newer,
        leave_host: LeaveHost::Plain,
        leave_version: Demand::Required,
        device_extensions: DeviceExtensions::Der,
        ..Dialect::default()
    };
    changed.switches = Switches {
        assertion_nonce: Demand::Required,
        exchange_nonce: Demand::Required,
        device_x5c: X5cForm::Array,
        user_x5c: X5cForm::Array,
        user_name: Demand::Refused,
        windows_api_version: Demand::Required,
        kdf_offer: Demand::Required,
        ..Switches::default()
    };
    bench.restart(changed);
    let report = check(&bench, bench.card.pin(), &[]).json(0);
    for stage in report["stages"].as_array().unwrap() {
        assert_eq!(stage["attempts"].as_array().unwrap().len(), 1, "{report:#}");
    }
}

/// No client sends the nonce in the certificate request, and its encoding is not published.
#[test]
fn a_form_that_is_not_known_is_not_found() {
    let mut bench = Bench::new(&alice());
    let mut changed = configuration().clone();
    changed.dialect.request_nonce = Demand::Required;
    bench.restart(changed);
    let report = check(&bench, bench.card.pin(), &[]).json(1);
    assert!(report["requests"].as_u64().unwrap() <= 40);
    let Found { accepted, refused } = found(&report, "join");
    assert_eq!(accepted, None, "{report:#}");
    assert!(
        refused.iter().all(|attempt| attempt.code == "InvalidParameter"),
        "{report:#}"
    );
    assert!(report["unreached"].as_array().unwrap().contains(&"leave".into()));
}
