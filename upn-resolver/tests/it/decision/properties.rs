//! Properties that hold for all input.

use core::time::Duration;

use proptest::prelude::*;
use upn_resolver::{
    AdLogon, Candidate, Certificate, Interpretation, NameOutcome, NameRequest, UnixTime, Upn, Verdict,
};

use super::certificates::Names;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}@[a-z]{1,8}\\.(com|local)",
        "[a-zA-Z0-9.@\\\\ '\u{e9}\u{202e}\u{200b}\u{0}]{0,12}",
        any::<String>(),
        Just(String::new()),
    ]
}

prop_compose! {
    fn names()(
        principal in prop::collection::vec((prop_oneof![Just(0x0Cu8), Just(0x16), Just(0x1E), any::<u8>()], name()), 0..3),
        rfc822 in prop::collection::vec("[ -~]{0,16}", 0..3),
        email in prop::option::of("[ -~]{1,16}"),
    ) -> Names {
        let mut names = Names::none();
        for (tag, text) in principal {
            names = names.principal_as(tag, text.as_bytes());
        }
        for text in rfc822 {
            names = names.rfc822(&text);
        }
        email.into_iter().fold(names, |names, text| names.subject_email(&text))
    }
}

fn interpretation() -> impl Strategy<Value = Interpretation> {
    any::<[u8; 7]>().prop_map(|choices| {
        let mut interpretation = Interpretation::default();
        for ((name, values), choice) in Interpretation::names().iter().zip(choices) {
            interpretation = interpretation
                .with_named(name, values[usize::from(choice) % values.len()])
                .unwrap();
        }
        interpretation
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_decision_is_total_the_same_each_time_and_sends_only_what_it_was_given(
        names in names(),
        hybrid in any::<bool>(),
        ad in prop::option::of("[a-z]{1,8}@[a-z]{1,8}"),
        cached in prop::option::of("[a-z]{1,8}@[a-z]{1,8}"),
        hint in name(),
        interpretation in interpretation(),
        at in any::<u64>(),
    ) {
        let der = names.certificate();
        // Not every tag makes a certificate; the reader has its own tests.
        let Ok(certificate) = Certificate::from_der(&der) else { return Ok(()) };
        let (ad, cached) = (ad.map(|ad| Upn::parse(&ad).unwrap()), cached.map(|cached| Upn::parse(&cached).unwrap()));
        let sign_in = if hybrid {
            NameRequest::hybrid_joined(&certificate, ad.as_ref().map_or(AdLogon::Failed, AdLogon::Succeeded), cached.as_ref())
        } else {
            NameRequest::entra_joined(&certificate)
        };
        let sign_in = sign_in.with_hint(&hint).with_interpretation(interpretation).with_time(UnixTime::since_unix_epoch(Duration::from_secs(at)));
        let decision = sign_in.decide();
        prop_assert_eq!(&decision, &sign_in.decide());

        // The name is sent byte for byte as in its source.
        if let NameOutcome::Send { upn, source } = decision.outcome() {
            let texts: Vec<String> = match source {
                Candidate::ActiveDirectory => ad.iter().map(ToString::to_string).collect(),
                Candidate::CachedEntraUpn => cached.iter().map(ToString::to_string).collect(),
                Candidate::Hint => vec![hint.clone()],
                Candidate::PrincipalName => {
                    certificate.principal_names().filter_map(|name| Some(name.text().ok()?.into_owned())).collect()
                }
                Candidate::Rfc822Name => {
                    certificate.rfc822_names().filter_map(|name| Some(name.text().ok()?.into_owned())).collect()
                }
                Candidate::SubjectEmail => {
                    let attributes = certificate.subject().attributes();
                    attributes.filter_map(|attribute| Some(attribute.value().text().ok()?.into_owned())).collect()
                }
                other => panic!("a source without a test: {other:?}"),
            };
            prop_assert!(texts.iter().any(|text| text == upn.as_str()));
        }

        // The explanation matches the outcome and `sent_name`.
        let taken: Vec<_> = decision.trace().filter(|entry| entry.verdict() == Verdict::Taken).collect();
        let sent: Vec<_> = decision.upn().into_iter().map(Upn::as_str).collect();
        prop_assert_eq!(taken.iter().filter_map(|entry| entry.value()).collect::<Vec<_>>(), sent);
        let short = sign_in.sent_name().map(|(name, source)| (name.into_owned(), source));
        prop_assert_eq!(short, decision.upn().map(ToString::to_string).zip(decision.source()));

        // Printing and redacting never fail either, and no control character is printed.
        let text = format!("{decision:#}{:#}", decision.redacted());
        prop_assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
    }
}
