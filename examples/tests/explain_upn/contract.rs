//! The contract for other programs: JSON and exit codes.

use serde_json::Value;

use crate::program::{Certificates, PRINCIPAL, code, explain, json};

#[test]
fn json_and_exit_code_follow_the_contract() {
    let certificates = Certificates::new();
    let both = certificates.pem("both", PRINCIPAL);
    let mail = certificates.pem("mail", "email:mail@contoso.com");
    let nobody = certificates.pem("nobody", "");
    let hybrid = ["--join", "hybrid", "--ad-upn", "bob@woodgrove.local"];
    let with = |extra: &[&'static str]| [&hybrid[..], extra].concat();
    for (certificate, arguments, outcome, upn, source) in [
        (
            &both,
            vec!["--join", "entra"],
            "send",
            "bob@contoso.com",
            "principal-name",
        ),
        (
            &mail,
            vec!["--join", "entra"],
            "send",
            "mail@contoso.com",
            "rfc822-name",
        ),
        (&nobody, vec!["--join", "entra"], "ask-for-hint", "", ""),
        (
            &nobody,
            vec!["--join", "entra", "--hint", "me@contoso.com"],
            "send",
            "me@contoso.com",
            "hint",
        ),
        (
            &both,
            vec!["--join", "entra", "--hint", r"CORP\bob"],
            "reject-hint",
            "",
            "",
        ),
        (
            &both,
            vec!["--join", "entra", "--hint", "bob"],
            "reject-hint",
            "",
            "",
        ),
        (
            &both,
            vec!["--join", "entra", "--cached", "x@y", "--ad-upn", "x@y"],
            "send",
            "bob@contoso.com",
            "principal-name",
        ),
        (
            &both,
            with(&[]),
            "send",
            "bob@woodgrove.local",
            "active-directory",
        ),
        (
            &both,
            with(&["--cached", "bob@woodgrove.com"]),
            "send",
            "bob@woodgrove.com",
            "cached-entra-upn",
        ),
        (
            &both,
            with(&["--cached", "bob@woodgrove.com", "--hint", "me@contoso.com"]),
            "send",
            "me@contoso.com",
            "hint",
        ),
        (&both, with(&["--hint", r"CORP\bob"]), "reject-hint", "", ""),
        (
            &both,
            vec!["--join", "hybrid", "--ad-failed", "--cached", "x@y"],
            "require-ad-logon",
            "",
            "",
        ),
        (&both, vec!["--join", "hybrid"], "require-ad-logon", "", ""),
    ] {
        let output = explain(certificate, &[&arguments[..], &["--json"]].concat());
        let value = json(&output);
        assert_contract(&value);
        assert_eq!(value["outcome"], outcome, "{arguments:?}");
        assert_eq!(value["upn"].as_str().unwrap_or_default(), upn, "{arguments:?}");
        assert_eq!(
            value["source"].as_str().unwrap_or_default(),
            source,
            "{arguments:?}"
        );
        assert_eq!(code(&output), i32::from(outcome != "send"), "{arguments:?}");
    }
}

#[test]
fn the_whole_table_is_four_rows() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let given = ["--all", "--ad-upn", "bob@corp.local", "--cached", "bob@corp.com"];
    let output = explain(&card, &[&given[..], &["--json"]].concat());
    assert_eq!(code(&output), 0);
    let value = json(&output);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = value["table"].as_array().unwrap().iter().map(|row| {
        assert_contract(&row["decision"]);
        [
            text(&row["join"]),
            text(&row["sign_in"]),
            text(&row["decision"]["upn"]),
        ]
    });
    let expected = [
        ["entra", "first", "bob@contoso.com"],
        ["entra", "later", "bob@contoso.com"],
        ["hybrid", "first", "bob@corp.local"],
        ["hybrid", "later", "bob@corp.com"],
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    let text = String::from_utf8(explain(&card, &given).stdout).unwrap();
    assert_eq!(text.matches("\nsend ").count(), 4);
    assert!(text.starts_with("Entra joined, first sign-in:\n"));
}

#[test]
fn a_row_with_missing_inputs_is_not_decided() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let (ad_upn, cached) = (["--ad-upn", "bob@corp.local"], ["--cached", "bob@corp.com"]);
    for (given, first, later) in [
        (&[][..], &["--ad-upn"][..], &["--ad-upn", "--cached"][..]),
        (&ad_upn, &[], &["--cached"]),
        (&cached, &["--ad-upn"], &["--ad-upn"]),
        // The failure of the sign-in is known and needs no name.
        (&["--ad-failed"], &[], &["--cached"]),
    ] {
        let output = explain(&card, &[&["--all", "--json"], given].concat());
        assert_eq!(code(&output), 1, "{given:?}");
        let value = json(&output);
        for (row, needs) in [(0, &[][..]), (1, &[]), (2, first), (3, later)] {
            let row = &value["table"][row];
            if needs.is_empty() {
                assert_contract(&row["decision"]);
                assert!(row.get("needs").is_none(), "{given:?}: {row}");
            } else {
                assert!(row["decision"].is_null(), "{given:?}: {row}");
                assert_eq!(row["needs"], serde_json::json!(needs), "{given:?}");
            }
        }
        let text = String::from_utf8(explain(&card, &[&["--all"], given].concat()).stdout).unwrap();
        let (_, last) = text.split_once("Hybrid joined, later sign-ins:\n").unwrap();
        assert!(last.starts_with("not decided: this row needs --"), "{last}");
        assert!(later.iter().all(|option| last.contains(option)), "{last}");
        assert_eq!(last.lines().count(), 1, "{last}");
    }
}

#[test]
fn a_reading_can_be_chosen() {
    let certificates = Certificates::new();
    let principal = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:";
    let two = certificates.pem(
        "two",
        &format!("{principal}one@contoso.com,{principal}two@contoso.com"),
    );
    let default = json(&explain(&two, &["--join", "entra", "--json"]));
    assert_eq!(default["upn"], "one@contoso.com");
    assert!(
        default["notes"][0]
            .as_str()
            .unwrap()
            .starts_with("several-names: ")
    );
    let last = json(&explain(
        &two,
        &[
            "--join",
            "entra",
            "--json",
            "--interpretation",
            "several-names=last",
        ],
    ));
    assert_eq!(last["upn"], "two@contoso.com");
}

/// Exactly these members, types and values.
fn assert_contract(value: &Value) {
    // Sorted here, because features of the workspace decide whether serde_json keeps the order.
    let fields = |value: &Value| {
        let mut fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort_unstable();
        fields
    };
    let text_or_null = |value: &Value| value.is_string() || value.is_null();
    assert_eq!(fields(value), ["notes", "outcome", "source", "trace", "upn"]);
    let outcomes = ["send", "ask-for-hint", "reject-hint", "require-ad-logon"];
    assert!(outcomes.contains(&value["outcome"].as_str().unwrap()));
    let sources = [
        "hint",
        "principal-name",
        "rfc822-name",
        "active-directory",
        "cached-entra-upn",
    ];
    assert!(text_or_null(&value["upn"]));
    assert_eq!(value["source"].is_string(), value["outcome"] == "send");
    assert_eq!(value["upn"].is_string(), value["outcome"] == "send");
    assert!(
        value["source"]
            .as_str()
            .is_none_or(|source| sources.contains(&source))
    );
    assert!(!value["trace"].as_array().unwrap().is_empty());
    for entry in value["trace"].as_array().unwrap() {
        assert_eq!(fields(entry), ["candidate", "reason", "rule", "value", "verdict"]);
        assert!(
            ["candidate", "reason", "rule", "verdict"]
                .iter()
                .all(|field| entry[field].is_string())
        );
        assert!(text_or_null(&entry["value"]));
    }
    assert!(value["notes"].as_array().unwrap().iter().all(Value::is_string));
}
