//! The decision as text and as JSON, from one tree.

#[cfg(feature = "serde")]
use upn_resolver::{AdLogon, Upn};
use upn_resolver::{
    Candidate, Certificate, HintProblem, Interpretation, NameOutcome, NameRequest, Rule, Verdict,
};

use super::certificates::Names;

#[test]
fn the_short_text_has_the_outcome_and_a_line_for_each_candidate() {
    let der = Names::none()
        .principal("bob@corp.local")
        .rfc822("mail@corp.com")
        .certificate();
    let decision = NameRequest::entra_joined(&Certificate::from_der(&der).unwrap()).decide();
    let text = decision.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "send bob@corp.local (source: principal name)");
    assert_eq!(lines[1], "  hint             absent        none was supplied");
    assert!(lines[2].starts_with("> principal name   taken         bob@corp.local: "));
    assert!(lines[3].starts_with("  rfc822Name       unused        mail@corp.com: "));
    assert!(lines.last().unwrap().starts_with("note unroutable-suffix: "));
    assert!(!text.contains("https://"));
}

#[test]
fn the_long_text_adds_rules_and_references() {
    let der = Names::none().principal("bob@corp.com").certificate();
    let decision = NameRequest::entra_joined(&Certificate::from_der(&der).unwrap()).decide();
    let text = format!("{decision:#}");
    for entry in decision.trace() {
        assert!(text.contains(&format!("rule {}: {}", entry.rule(), entry.rule().statement())));
        assert!(text.contains(entry.rule().reference()));
    }
}

#[cfg(feature = "serde")]
#[test]
fn json_has_exactly_the_fields_of_the_contract() {
    let der = Names::none().principal("card@corp.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let ad = Upn::parse("bob@corp.local").unwrap();
    let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), None).decide();
    let json = serde_json::to_value(&decision).unwrap();
    // Sorted here, because the order of serde_json depends on the features of the whole workspace.
    let keys = |value: &serde_json::Value| {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&json), ["notes", "outcome", "source", "trace", "upn"]);
    assert_eq!(json["outcome"], "send");
    assert_eq!(json["upn"], "bob@corp.local");
    assert_eq!(json["source"], "active-directory");
    for (entry, shown) in decision.trace().zip(json["trace"].as_array().unwrap()) {
        assert_eq!(keys(shown), ["candidate", "reason", "rule", "value", "verdict"]);
        assert_eq!(shown["rule"], entry.rule().code());
        assert_eq!(shown["value"].as_str(), entry.value());
    }
    let note = json["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("unroutable-suffix: ")
            && note.ends_with(&format!(" ({})", Rule::UnroutableSuffix.reference()))
    );

    let nothing =
        serde_json::to_value(NameRequest::hybrid_joined(&certificate, AdLogon::Failed, None).decide())
            .unwrap();
    assert_eq!(
        (&nothing["upn"], &nothing["source"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(nothing["outcome"], "require-ad-logon");
}

#[test]
fn the_names_that_other_programs_read_never_change() {
    let candidates: Vec<_> = Candidate::ALL.iter().map(|candidate| candidate.code()).collect();
    let expected = [
        "hint",
        "cached-entra-upn",
        "active-directory",
        "principal-name",
        "rfc822-name",
        "subject-email",
    ];
    assert_eq!(candidates, expected);
    let sources = [
        (Candidate::ActiveDirectory, "active-directory"),
        (Candidate::CachedEntraUpn, "cached-entra-upn"),
        (Candidate::Hint, "hint"),
        (Candidate::PrincipalName, "principal-name"),
        (Candidate::Rfc822Name, "rfc822-name"),
        (Candidate::SubjectEmail, "subject-email"),
    ];
    assert!(sources.iter().all(|(source, name)| source.code() == *name));
    let outcomes = [
        NameOutcome::AskForHint,
        NameOutcome::RejectHint(HintProblem::Bare),
        NameOutcome::RequireAdLogon,
    ];
    assert_eq!(
        outcomes.each_ref().map(NameOutcome::code),
        ["ask-for-hint", "reject-hint", "require-ad-logon"]
    );
    let verdicts = [
        Verdict::Absent,
        Verdict::NotConsulted,
        Verdict::Rejected,
        Verdict::Taken,
        Verdict::Unused,
    ];
    let expected = ["absent", "not-consulted", "rejected", "taken", "unused"];
    assert_eq!(verdicts.map(Verdict::code), expected);
}

#[test]
fn the_manual_explains_exactly_the_rules_and_interpretations() {
    let page = include_str!("../../../src/manual/reading_a_decision.rs");
    // The first cells of the tables under a heading.
    let listed = |heading: &str| -> Vec<&str> {
        let section = page.split_once(&format!("//! # {heading}\n")).unwrap().1;
        let section = section.split("\n//! # ").next().unwrap();
        section
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `")?.split_once('`'))
            .map(|(id, _)| id)
            .collect()
    };
    let rules: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(listed("The rules"), rules);
    let interpretations: Vec<_> = Interpretation::names().iter().map(|(name, _)| *name).collect();
    assert_eq!(listed("Interpretations"), interpretations);
    for (name, values) in Interpretation::names() {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("//! | `{name}` | `")))
            .unwrap();
        let listed: Vec<_> = row
            .split('|')
            .nth(2)
            .unwrap()
            .split(", ")
            .map(|value| value.trim().trim_matches('`'))
            .collect();
        let interpretation = Interpretation::default().with_named(name, listed[0]).unwrap();
        assert_eq!(
            interpretation,
            Interpretation::default(),
            "{name}: the default comes first"
        );
        assert!(
            listed.len() == values.len() && values.iter().all(|value| listed.contains(value)),
            "{row}"
        );
    }
}
