//! Interpretations: both values of each, by name, with a note that names the one that was used.

use upn_resolver::{AdLogon, Certificate, Decision, Interpretation, NameOutcome, NameRequest, Rule, Upn};

use super::certificates::Names;

struct Case {
    names: Names,
    hybrid: bool,
    cached: bool,
    hint: &'static str,
}

impl Case {
    fn entra(names: Names) -> Self {
        Self {
            names,
            hybrid: false,
            cached: false,
            hint: "",
        }
    }

    fn decide(&self, name: &str, value: &str) -> Decision {
        let der = self.names.certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let (ad, cached) = (
            Upn::parse("ad@corp.com").unwrap(),
            Upn::parse("cached@corp.com").unwrap(),
        );
        let sign_in = if self.hybrid {
            NameRequest::hybrid_joined(
                &certificate,
                AdLogon::Succeeded(&ad),
                self.cached.then_some(&cached),
            )
        } else {
            NameRequest::entra_joined(&certificate)
        };
        let interpretation = Interpretation::default().with_named(name, value).unwrap();
        sign_in
            .with_hint(self.hint)
            .with_interpretation(interpretation)
            .decide()
    }
}

#[test]
fn every_interpretation_decides_its_case_and_is_noted() {
    let mail = "mail@corp.com";
    let hybrid = |hint, cached| Case {
        names: Names::none().principal("card@corp.com"),
        hybrid: true,
        cached,
        hint,
    };
    for (case, interpretation, rule, outcomes) in [
        (
            hybrid("hint@corp.com", true),
            "hint-against-cache",
            Rule::HintAgainstCache,
            [("cache", "cached@corp.com"), ("hint", "hint@corp.com")],
        ),
        (
            hybrid("", false),
            "hybrid-first",
            Rule::HybridFirst,
            [
                ("certificate", "card@corp.com"),
                ("active-directory", "ad@corp.com"),
            ],
        ),
        (
            hybrid(r"CORP\bob", true),
            "non-upn-hint",
            Rule::HintForm,
            [("ignore", "cached@corp.com"), ("reject", "")],
        ),
        (
            Case::entra(Names::none().principal_as(0x16, b"ia5@corp.com").rfc822(mail)),
            "principal-name-type",
            Rule::PrincipalNameType,
            [("any", "ia5@corp.com"), ("utf8", mail)],
        ),
        (
            Case::entra(Names::none().principal("one@corp.com").principal("two@corp.com")),
            "several-names",
            Rule::SeveralNames,
            [("first", "one@corp.com"), ("last", "two@corp.com")],
        ),
        (
            Case::entra(Names::none().subject_email("subject@corp.com")),
            "subject-email",
            Rule::SubjectEmail,
            [("ignored", ""), ("used", "subject@corp.com")],
        ),
        (
            Case::entra(Names::none().principal("bob").rfc822(mail)),
            "unusable-name",
            Rule::UnusableName,
            [("ask-for-hint", ""), ("next-name", mail)],
        ),
    ] {
        for (value, sent) in outcomes {
            let decision = case.decide(interpretation, value);
            assert_eq!(
                decision.upn().map_or("", Upn::as_str),
                sent,
                "{interpretation}={value}\n{decision}"
            );
            // The current page is not in doubt about the first sign-in; only the older interpretation is worth a note.
            if value != "active-directory" {
                let note = decision.notes().iter().find(|note| note.rule() == rule);
                let note = note.unwrap_or_else(|| panic!("no note for {interpretation}={value}\n{decision}"));
                assert!(
                    note.text()
                        .contains(&format!("{interpretation}={value} was used")),
                    "{}",
                    note.text()
                );
                assert!(note.rule().reference().starts_with("https://"));
            }
        }
    }
}

#[test]
fn readings_go_together() {
    let decide = |case: &Case, interpretations: &[(&str, &str)]| {
        let der = case.names.certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let (ad, cached) = (
            Upn::parse("ad@corp.com").unwrap(),
            Upn::parse("cached@corp.com").unwrap(),
        );
        let sign_in = if case.hybrid {
            NameRequest::hybrid_joined(
                &certificate,
                AdLogon::Succeeded(&ad),
                case.cached.then_some(&cached),
            )
        } else {
            NameRequest::entra_joined(&certificate)
        };
        let mut interpretation = Interpretation::default();
        for (name, value) in interpretations {
            interpretation = interpretation.with_named(name, value).unwrap();
        }
        let decision = sign_in
            .with_hint(case.hint)
            .with_interpretation(interpretation)
            .decide();
        decision.upn().map(ToString::to_string)
    };
    let certificate_first = ("hybrid-first", "certificate");
    for (value, sent) in [("cache", "cached@corp.com"), ("hint", "hint@corp.com")] {
        let case = Case {
            names: Names::none().principal("card@corp.com"),
            hybrid: true,
            cached: true,
            hint: "hint@corp.com",
        };
        let sent = Some(sent.to_owned());
        assert_eq!(
            decide(&case, &[certificate_first, ("hint-against-cache", value)]),
            sent,
            "{value}"
        );
        // Whichever comes first, the certificate comes after both.
        let (cached, hint) = (Case { hint: "", ..case }, ("hint-against-cache", value));
        assert_eq!(
            decide(&cached, &[certificate_first, hint]).as_deref(),
            Some("cached@corp.com")
        );
        let typed = Case {
            cached: false,
            hint: "hint@corp.com",
            ..cached
        };
        assert_eq!(
            decide(&typed, &[certificate_first, hint]).as_deref(),
            Some("hint@corp.com")
        );
    }
    // Each kind of name is followed by the next.
    let names = || {
        Names::none()
            .principal("bob")
            .rfc822("mail")
            .subject_email("subject@corp.com")
    };
    let (next, used) = (("unusable-name", "next-name"), ("subject-email", "used"));
    assert_eq!(
        decide(&Case::entra(names()), &[next, used]).as_deref(),
        Some("subject@corp.com")
    );
    assert_eq!(decide(&Case::entra(names()), &[next]), None);
    assert_eq!(decide(&Case::entra(names()), &[used]), None);
}

#[test]
fn a_reading_without_influence_is_not_mentioned() {
    let decision = Case::entra(Names::none().principal("bob@corp.com")).decide("several-names", "last");
    assert_eq!(decision.notes(), []);
}

#[test]
fn the_subject_replaces_a_missing_rfc822_name_only() {
    let both = Case::entra(
        Names::none()
            .subject_email("subject@corp.com")
            .rfc822("mail@corp.com"),
    );
    assert_eq!(
        both.decide("subject-email", "used").upn().map(Upn::as_str),
        Some("mail@corp.com")
    );
    let unusable = Case::entra(Names::none().subject_email("no name")).decide("subject-email", "used");
    assert_eq!(unusable.outcome(), &NameOutcome::AskForHint);
}

#[test]
fn the_error_for_an_unknown_interpretation_lists_the_known_ones() {
    let interpretation = Interpretation::default();
    for (name, value) in [("no-such", "hint"), ("hint-against-cache", "no-such"), ("", "")] {
        let message = interpretation.with_named(name, value).unwrap_err().to_string();
        assert!(message.contains(" hint-against-cache=cache|hint "), "{message}");
        for (name, values) in Interpretation::names() {
            assert!(
                message.contains(&format!(" {name}={}", values.join("|"))),
                "{message}"
            );
        }
    }
}
