//! Odd input: usable with a note, or not usable and said so; never a silent fall from one name to the next.

use upn_resolver::{
    AdLogon, Candidate, Certificate, Decision, HintProblem, NameOutcome, NameRequest, Rule, UnixTime, Upn,
    UpnError, Verdict,
};

use super::certificates::Names;

const BMP: u8 = 0x1E;
const IA5: u8 = 0x16;

fn entra(names: &Names) -> Decision {
    let der = names.certificate();
    NameRequest::entra_joined(&Certificate::from_der(&der).unwrap()).decide()
}

fn entra_with_hint(names: &Names, hint: &str) -> Decision {
    let der = names.certificate();
    NameRequest::entra_joined(&Certificate::from_der(&der).unwrap())
        .with_hint(hint)
        .decide()
}

fn sent(decision: &Decision) -> Option<(&str, Candidate)> {
    decision.upn().map(Upn::as_str).zip(decision.source())
}

fn has_note(decision: &Decision, rule: Rule) -> bool {
    decision.notes().iter().any(|note| note.rule() == rule)
}

#[test]
fn odd_but_usable_names_are_sent_as_they_are_with_a_note() {
    let utf16: Vec<u8> = "bob@contoso.com"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let mail = "mail@contoso.com";
    for (names, name, note) in [
        (
            Names::none().principal("Bob@woodgrove.local").rfc822(mail),
            "Bob@woodgrove.local",
            Rule::UnroutableSuffix,
        ),
        (
            Names::none().principal("123456789098765@mil").rfc822(mail),
            "123456789098765@mil",
            Rule::EntraNamePolicy,
        ),
        (
            Names::none().principal("a&b@contoso.com").rfc822(mail),
            "a&b@contoso.com",
            Rule::EntraNamePolicy,
        ),
        (
            Names::none().principal_as(BMP, &utf16).rfc822(mail),
            "bob@contoso.com",
            Rule::PrincipalNameType,
        ),
        (
            Names::none().principal_as(IA5, b"bob@contoso.com").rfc822(mail),
            "bob@contoso.com",
            Rule::PrincipalNameType,
        ),
        (
            Names::none().principal("one@a.com").principal("two@a.com"),
            "one@a.com",
            Rule::SeveralNames,
        ),
    ] {
        let decision = entra(&names);
        assert_eq!(sent(&decision), Some((name, Candidate::PrincipalName)));
        assert!(has_note(&decision, note), "{decision}");
    }
    let guest = entra(&Names::none().principal("a_b#EXT#@contoso.onmicrosoft.com"));
    assert_eq!(
        sent(&guest),
        Some(("a_b#EXT#@contoso.onmicrosoft.com", Candidate::PrincipalName))
    );
    assert_eq!(guest.notes(), []);
}

#[test]
fn an_empty_name_counts_as_absent() {
    let names = Names::none().principal("").rfc822("mail@contoso.com");
    assert_eq!(
        sent(&entra(&names)),
        Some(("mail@contoso.com", Candidate::Rfc822Name))
    );
    let names = Names::none().principal("").principal("second@contoso.com");
    assert_eq!(
        sent(&entra(&names)),
        Some(("second@contoso.com", Candidate::PrincipalName))
    );
    assert_eq!(
        entra(&Names::none().principal("").rfc822("")).outcome(),
        &NameOutcome::AskForHint
    );
}

#[test]
fn an_unusable_principal_name_hides_the_rfc822_name() {
    for name in [
        "bob",
        "bob@",
        r"CORP\bob",
        "Bob Smith@contoso.com",
        "bob\0@contoso.com",
        "bob\u{202e}@contoso.com",
    ] {
        let decision = entra(&Names::none().principal(name).rfc822("mail@contoso.com"));
        assert_eq!(decision.outcome(), &NameOutcome::AskForHint, "{name:?}");
        let [principal] = entries(&decision, Candidate::PrincipalName)[..] else {
            panic!("{decision}")
        };
        assert_eq!(
            (principal.rule(), principal.verdict()),
            (Rule::UnusableName, Verdict::Rejected)
        );
        let [mail] = entries(&decision, Candidate::Rfc822Name)[..] else {
            panic!("{decision}")
        };
        assert_eq!(
            (mail.verdict(), mail.value()),
            (Verdict::Unused, Some("mail@contoso.com"))
        );
        assert!(
            has_note(&decision, Rule::UnusableName),
            "the interpretation is named: {decision}"
        );
    }
}

#[test]
fn a_deceptive_name_is_never_shown() {
    for name in [
        "bob\u{202e}moc@contoso.com",
        "bob\u{200b}@contoso.com",
        "bob\x1b[2J@contoso.com",
    ] {
        let decision = entra_with_hint(&Names::none().principal(name), name);
        for text in [
            decision.to_string(),
            format!("{decision:#}"),
            format!("{decision:?}"),
        ] {
            let hidden = |character: char| matches!(character, '\u{202e}' | '\u{200b}' | '\x1b');
            assert!(!text.chars().any(hidden), "{text:?}");
        }
        assert!(matches!(
            decision.outcome(),
            NameOutcome::RejectHint(HintProblem::Malformed(UpnError::Deceptive { .. }))
        ));
    }
}

#[test]
fn nothing_of_the_subject_is_sent() {
    let decision = entra(&Names::none().subject_email("subject@contoso.com"));
    assert_eq!(decision.outcome(), &NameOutcome::AskForHint);
    let [subject] = entries(&decision, Candidate::SubjectEmail)[..] else {
        panic!("{decision}")
    };
    assert_eq!(
        (subject.value(), subject.verdict()),
        (Some("subject@contoso.com"), Verdict::NotConsulted)
    );
    assert!(has_note(&decision, Rule::SubjectEmail));
}

#[test]
fn a_hint_is_taken_as_typed_or_refused() {
    let names = Names::none().principal("bob@contoso.com");
    let malformed = |error| NameOutcome::RejectHint(HintProblem::Malformed(error));
    for (hint, outcome) in [
        (" a@contoso.com", malformed(UpnError::Whitespace { at: 0 })),
        ("a@contoso.com ", malformed(UpnError::Whitespace { at: 13 })),
        ("   ", malformed(UpnError::Whitespace { at: 0 })),
        ("a@", malformed(UpnError::EmptySuffix)),
        ("a@b@c", malformed(UpnError::SecondAt { at: 3 })),
        (r"CORP\bob", NameOutcome::RejectHint(HintProblem::DownLevel)),
        ("bob", NameOutcome::RejectHint(HintProblem::Bare)),
    ] {
        assert_eq!(entra_with_hint(&names, hint).outcome(), &outcome, "{hint:?}");
    }
    let left_empty = entra_with_hint(&names, "");
    assert_eq!(
        sent(&left_empty),
        Some(("bob@contoso.com", Candidate::PrincipalName))
    );
}

#[test]
fn a_hint_is_judged_for_active_directory_too() {
    let der = Names::none().certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    for (hint, says) in [
        (r"CORP\bob", "a domain and a user name"),
        ("bob", "a user of the computer's domain"),
        ("bob@contoso.com", "as a user principal name"),
        ("bob@", "neither Active Directory nor Entra"),
    ] {
        let decision = NameRequest::hybrid_joined(&certificate, AdLogon::NotAttempted, None)
            .with_hint(hint)
            .decide();
        assert_eq!(decision.outcome(), &NameOutcome::RequireAdLogon);
        let note = decision
            .notes()
            .iter()
            .find(|note| note.rule() == Rule::HintAdLeg)
            .unwrap();
        assert!(note.text().contains(says), "{hint}: {}", note.text());
    }
}

fn time(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds))
}

#[test]
fn an_expired_certificate_is_a_note_and_only_when_the_time_is_known() {
    let der = Names::none().principal("bob@contoso.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let sign_in = NameRequest::entra_joined(&certificate);
    let (in_2025, in_2026, in_2028) = (1_750_000_000, 1_780_000_000, 1_830_000_000);
    assert!(!has_note(&sign_in.decide(), Rule::CertificateTime));
    assert!(!has_note(
        &sign_in.clone().with_time(time(in_2026)).decide(),
        Rule::CertificateTime
    ));
    // The first and the last second of its validity.
    for (at, is_noted) in [
        (1_767_225_599, true),
        (1_767_225_600, false),
        (1_798_761_600, false),
        (1_798_761_601, true),
    ] {
        assert_eq!(
            has_note(
                &sign_in.clone().with_time(time(at)).decide(),
                Rule::CertificateTime
            ),
            is_noted,
            "{at}"
        );
    }
    for at in [in_2025, in_2028] {
        let decision = sign_in.clone().with_time(time(at)).decide();
        assert!(has_note(&decision, Rule::CertificateTime));
        assert_eq!(
            sent(&decision),
            Some(("bob@contoso.com", Candidate::PrincipalName))
        );
    }
}

fn entries(decision: &Decision, candidate: Candidate) -> Vec<upn_resolver::TraceEntry<'_>> {
    decision
        .trace()
        .filter(|entry| entry.candidate() == candidate)
        .collect()
}

#[test]
fn an_unusable_name_has_a_reason() {
    for (name, why) in [
        ("bob", "not a user principal name: it has no `@`"),
        (
            "bob@corp@com",
            "not a user principal name: a second `@` at byte 8",
        ),
        (
            "bob\u{202e}@corp.com",
            "the name contains a bidirectional control character, U+202E",
        ),
    ] {
        let der = Names::none().principal(name).certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let decision = NameRequest::entra_joined(&certificate).decide();
        let entry = decision
            .trace()
            .find(|entry| entry.verdict() == Verdict::Rejected)
            .unwrap();
        assert!(entry.reason().contains(why), "{}", entry.reason());
    }
}
