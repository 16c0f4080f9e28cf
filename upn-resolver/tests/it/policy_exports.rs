//! The policy as Microsoft Graph, Graph Explorer and PowerShell export it.
#![cfg(feature = "serde")]

use upn_resolver::Certificate;
use upn_resolver::entra::{
    Affinity, CertificateField, GraphPolicyError, GraphPolicyWarning, Policy, Strength, UserAttribute,
};

const FULL: &str = include_str!("../exports/policies/full.json");
const DISABLED: &str = include_str!("../exports/policies/disabled.json");
const WHOLE: &str = include_str!("../exports/policies/whole-policy.json");
const POWERSHELL: &str = include_str!("../exports/policies/powershell.json");
const ERROR: &str = include_str!("../exports/policies/x-error.json");
const USERS: &str = include_str!("../exports/policies/users.jsonl");
const FIDO2: &str = r##"{"@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration", "id": "Fido2",
    "state": "enabled", "includeTargets": [{"targetType": "group", "id": "all_users"}]}"##;

fn read(text: &str) -> Policy {
    let read = Policy::from_graph_json(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(read.warnings(), [], "{text}");
    assert_eq!(*read.policy(), read.clone().into_policy());
    read.into_policy()
}

#[test]
fn the_configuration_is_found_in_every_shape() {
    let expected = read(FULL);
    assert_eq!(expected.bindings().len(), 3);
    assert_eq!(expected.rules().len(), 1);
    let pascal = pascal_case(FULL);
    assert!(pascal.contains("\"CertificateUserBindings\"") && pascal.contains("\"Priority\""));
    let one_line = FULL.trim();
    for text in [
        WHOLE.to_owned(),
        POWERSHELL.to_owned(),
        pascal,
        FULL.to_lowercase(),
        format!("\u{feff}\r\n{FULL}"),
        format!("[{FULL}]"),
        format!("[[{FIDO2}], [{FULL}]]"),
        format!(r#"{{"@odata.context": "x", "value": [{FIDO2}, {FULL}], "Count": 2}}"#),
        format!(r#"{{"value": [{POWERSHELL}]}}"#),
        // Get-MgPolicyAuthenticationMethodPolicy, and the answers to a batch.
        format!(
            r#"{{"Id": "authenticationMethodsPolicy", "AuthenticationMethodConfigurations": [{POWERSHELL}]}}"#
        ),
        format!(r#"{{"responses": [{{"id": "1", "status": 200, "body": {{"value": [{FULL}]}}}}]}}"#),
        // JSON Lines, pages that were appended to one file, and the same twice.
        format!("{FIDO2}\r\n{one_line}\r\n"),
        format!("{{\"value\": []}}\n{FULL}\n{FULL}"),
        // Without the member that states the type.
        FULL.replace("\"@odata.type\"", "\"x\""),
        FULL.replace("\"@odata.type\"", "\"x\"")
            .replace("\"id\"", "\"y\""),
        FULL.replace("\"priority\":1", "\"priority\":\"1\""),
    ] {
        assert_eq!(read(&text), expected, "{text}");
    }
}

/// Member names as PowerShell's typed objects have them; `@odata.type` and values stay.
fn pascal_case(text: &str) -> String {
    let mut result = String::new();
    for (index, part) in text.split('"').enumerate() {
        let next = text.split('"').nth(index + 1).unwrap_or_default();
        if index > 0 {
            result.push('"');
        }
        match part.split_at_checked(1) {
            Some((first, rest)) if index % 2 == 1 && next.trim_start().starts_with(':') => {
                result.push_str(&first.to_uppercase());
                result.push_str(rest);
            }
            _ => result.push_str(part),
        }
    }
    result
}

#[test]
fn text_that_is_not_a_policy_is_refused_and_named() {
    let no_configuration = |found: &[&str]| GraphPolicyError::NoConfiguration {
        found: found.iter().map(|name| (*name).to_owned()).collect(),
    };
    for (text, expected) in [
        ("{}", no_configuration(&[])),
        ("[]", no_configuration(&[])),
        (r#"{"value": []}"#, no_configuration(&[])),
        (USERS, no_configuration(&[])),
        (
            FIDO2,
            no_configuration(&["fido2AuthenticationMethodConfiguration"]),
        ),
        (
            r#"{"Id": "Fido2", "State": "enabled"}"#,
            no_configuration(&["Fido2"]),
        ),
        (r#"{"X509HintsNeeded": true}"#, no_configuration(&[])),
        (
            r#"{"id": "X509Certificate", "state": "enabled"}"#,
            GraphPolicyError::NoMembers,
        ),
        (
            r#"{"id": "X509Certificate", "certificateUserBindings": null, "authenticationModeConfiguration": null}"#,
            GraphPolicyError::NoMembers,
        ),
    ] {
        assert_eq!(Policy::from_graph_json(text), Err(expected), "{text}");
    }
    let error = Policy::from_graph_json(ERROR).unwrap_err();
    assert!(
        matches!(&error, GraphPolicyError::ErrorResponse { code, .. } if code == "Authorization_RequestDenied"),
        "{error}"
    );
    let nested = format!(r#"{{"responses": [{{"status": 403, "body": {ERROR}}}]}}"#);
    assert!(matches!(
        Policy::from_graph_json(&nested),
        Err(GraphPolicyError::ErrorResponse { .. })
    ));
    for text in [
        "",
        "policy",
        "\0",
        "{",
        "{} x",
        "[1",
        "null",
        "\"{}\"",
        &"[".repeat(10_000),
    ] {
        assert!(
            matches!(Policy::from_graph_json(text), Err(GraphPolicyError::Json(_))),
            "{text}"
        );
    }
    let two = format!(
        "[{FULL}, {}]",
        FULL.replace("policyOID", "issuerSubject")
            .replace("1.3.6.1.4.1.99999.1", "CN=CA")
    );
    assert_eq!(
        Policy::from_graph_json(&two),
        Err(GraphPolicyError::SeveralConfigurations)
    );
    let twice = FULL.replacen("\"id\":", "\"Certificateuserbindings\": [], \"id\":", 1);
    assert!(matches!(
        Policy::from_graph_json(&twice),
        Err(GraphPolicyError::Json(_))
    ));
}

#[test]
fn what_an_export_leaves_out_is_a_warning() {
    let warnings = |text: &str| Policy::from_graph_json(text).unwrap().warnings().to_vec();
    let missing = |member| GraphPolicyWarning::Missing { member };
    assert_eq!(warnings(DISABLED), [GraphPolicyWarning::Disabled]);
    assert_eq!(
        warnings(&POWERSHELL.replace("enabled", "Disabled")),
        [GraphPolicyWarning::Disabled]
    );
    let bindings = r#"{"certificateUserBindings": []}"#;
    assert_eq!(warnings(bindings), [missing("authenticationModeConfiguration")]);
    let mode = r#"{"authenticationModeConfiguration": {"rules": []}}"#;
    assert_eq!(
        warnings(mode),
        [
            missing("certificateUserBindings"),
            missing("x509CertificateAuthenticationDefaultMode")
        ]
    );
    let nobody = FULL.replace("\"includeTargets\":[{", "\"includeTargets\":[],\"x\":[{");
    assert_eq!(warnings(&nobody), [GraphPolicyWarning::NoTargets]);
    for warning in [
        GraphPolicyWarning::Disabled,
        missing("rules"),
        GraphPolicyWarning::NoTargets,
    ] {
        assert!(!warning.to_string().is_empty());
    }
}

/// `ConvertTo-Json` without `-Depth`: objects below two levels become text.
#[test]
fn an_export_that_is_cut_off_is_refused() {
    let bindings = |value: &str| {
        let start = POWERSHELL.find("[{\"x509CertificateField").unwrap();
        let end = start + POWERSHELL[start..].find(']').unwrap() + 1;
        format!("{}{value}{}", &POWERSHELL[..start], &POWERSHELL[end..])
    };
    for text in [
        bindings("\"System.Object[]\""),
        bindings("[\"@{x509CertificateField=PrincipalName; userProperty=userPrincipalName}\"]"),
        bindings("[\"System.Collections.Generic.Dictionary`2[System.String,System.Object]\"]"),
    ] {
        let expected = GraphPolicyError::Truncated {
            member: "certificateUserBindings",
        };
        assert_eq!(Policy::from_graph_json(&text), Err(expected));
    }
    let text = r#"{"authenticationModeConfiguration": {"rules": ["System.Collections.Hashtable"]}}"#;
    let error = Policy::from_graph_json(text).unwrap_err();
    assert_eq!(error, GraphPolicyError::Truncated { member: "rules" });
    assert!(error.to_string().contains("-Depth"), "{error}");
}

/// The members in the documentation of the resource, and those of its beta version.
const CONFIGURATION: &str = r##"{
    "@odata.type": "#microsoft.graph.x509CertificateAuthenticationMethodConfiguration",
    "id": "X509Certificate", "state": "enabled",
    "certificateUserBindings": [
        {"x509CertificateField": "PrincipalName", "userProperty": "onPremisesUserPrincipalName", "priority": 2,
         "trustAffinityLevel": "low"},
        {"x509CertificateField": "SKI", "userProperty": "certificateUserIds", "priority": 1}],
    "authenticationModeConfiguration": {
        "x509CertificateAuthenticationDefaultMode": "x509CertificateSingleFactor",
        "x509CertificateDefaultRequiredAffinityLevel": "low",
        "rules": [
            {"x509CertificateRuleType": "issuerSubject", "identifier": "CN=Contoso",
             "x509CertificateAuthenticationMode": "x509CertificateMultiFactor"},
            {"x509CertificateRuleType": "issuerSubjectAndPolicyOID", "identifier": "CN=Other, 1.2.3",
             "issuerSubjectIdentifier": "CN=Other", "policyOidIdentifier": "1.2.3",
             "x509CertificateAuthenticationMode": "x509CertificateSingleFactor",
             "x509CertificateRequiredAffinityLevel": "high"}]},
    "includeTargets": [{"id": "all_users"}]}"##;

#[test]
fn bindings_and_rules_mean_what_graph_documents() {
    let policy = read(CONFIGURATION);
    let bindings: Vec<_> = policy
        .bindings()
        .iter()
        .map(|b| (b.field(), b.attribute()))
        .collect();
    assert_eq!(
        bindings,
        [
            (
                CertificateField::SubjectKeyIdentifier,
                UserAttribute::CertificateUserIds
            ),
            (
                CertificateField::PrincipalName,
                UserAttribute::OnPremisesUserPrincipalName
            ),
        ]
    );
    let der = include_bytes!("../certificates/entra-powershell.der");
    let certificate = Certificate::from_der(der).unwrap();
    let rating = policy.rate(&certificate);
    assert_eq!(
        (rating.strength, rating.required_affinity),
        (Strength::Multifactor, Affinity::Low)
    );
    assert_eq!(policy.rules()[1].required_affinity(), Some(Affinity::High));
}

#[test]
fn an_invalid_configuration_has_an_error_with_the_reason() {
    let changed =
        |from: &str, to: &str| Policy::from_graph_json(&CONFIGURATION.replace(from, to)).unwrap_err();
    let unknown = |what, value: &str| GraphPolicyError::Unknown {
        what,
        value: value.to_owned(),
    };
    for (from, to, expected) in [
        ("\"SKI\"", "\"Colour\"", unknown("x509CertificateField", "Colour")),
        (
            "\"certificateUserIds\"",
            "\"mail\"",
            unknown("userProperty", "mail"),
        ),
        ("\"enabled\"", "\"on\"", unknown("state", "on")),
        (
            "x509CertificateMultiFactor",
            "x",
            unknown("x509CertificateAuthenticationMode", "x"),
        ),
        (
            "\"issuerSubject\"",
            "\"x\"",
            unknown("x509CertificateRuleType", "x"),
        ),
        (
            "\"high\"",
            "\"x\"",
            unknown("x509CertificateRequiredAffinityLevel", "x"),
        ),
        (
            "\"priority\": 2",
            "\"priority\": -2",
            GraphPolicyError::Shape { member: "priority" },
        ),
        (
            "\"x509CertificateSingleFactor\",",
            "7,",
            GraphPolicyError::Shape {
                member: "x509CertificateAuthenticationDefaultMode",
            },
        ),
        (
            "\"userProperty\"",
            "\"x\"",
            GraphPolicyError::MissingMember {
                owner: "a username binding".to_owned(),
                member: "userProperty",
            },
        ),
        (
            "\"issuerSubjectIdentifier\"",
            "\"x\"",
            GraphPolicyError::MissingMember {
                owner: "a rule of type issuerSubjectAndPolicyOID".to_owned(),
                member: "issuerSubjectIdentifier",
            },
        ),
    ] {
        assert_eq!(changed(from, to), expected);
    }
    assert!(matches!(
        changed("\"priority\": 2", "\"priority\": 1"),
        GraphPolicyError::Policy(_)
    ));
    let long = changed("\"SKI\"", &format!("\"{}\"", "x".repeat(100_000))).to_string();
    assert!(long.len() < 400, "{} bytes", long.len());
    let escape = CONFIGURATION
        .replace("\"SKI\"", "\"\\u001b[2J\"")
        .replace("x509CertificateMultiFactor", "\\u001b[2J\\u202e");
    let error = Policy::from_graph_json(&escape).unwrap_err().to_string();
    assert!(error.contains("\\u{1b}[2J"), "{error}");
    assert!(!error.contains(['\u{1b}', '\u{202e}']), "{error}");
}
