//! Any names, device and hint under any interpretation: no panic, the same decision each time, and the sent name is one of the
//! inputs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::{AdLogon, Certificate, Interpretation, NameOutcome, NameRequest, UnixTime, Upn};

use test_certificates::build;

fuzz_target!(|input: (u8, Vec<u8>, &str, &str, &str, bool, [u8; 7], u64)| {
    let (tag, name, hint, ad, cached, hybrid, choices, at) = input;
    let der = build::with_principal_name(tag, &name);
    let Ok(certificate) = Certificate::from_der(&der) else {
        return;
    };
    let (ad, cached) = (Upn::parse(ad).ok(), Upn::parse(cached).ok());
    let mut interpretation = Interpretation::default();
    for ((name, values), choice) in Interpretation::names().iter().zip(choices) {
        interpretation = interpretation
            .with_named(name, values[usize::from(choice) % values.len()])
            .expect("a listed interpretation can be set");
    }
    let sign_in = if hybrid {
        NameRequest::hybrid_joined(
            &certificate,
            ad.as_ref().map_or(AdLogon::Failed, AdLogon::Succeeded),
            cached.as_ref(),
        )
    } else {
        NameRequest::entra_joined(&certificate)
    };
    let sign_in = sign_in
        .with_hint(hint)
        .with_interpretation(interpretation)
        .with_time(UnixTime::since_unix_epoch(std::time::Duration::from_secs(at)));
    let decision = sign_in.decide();
    assert_eq!(decision, sign_in.decide());
    assert_eq!(
        sign_in.sent_name().map(|(name, _)| name.into_owned()),
        decision.upn().map(ToString::to_string)
    );
    if let NameOutcome::Send { upn, .. } = decision.outcome() {
        let principal = certificate
            .principal_names()
            .filter_map(|name| Some(name.text().ok()?.into_owned()));
        let given = [
            Some(hint.to_owned()),
            ad.map(|ad| ad.to_string()),
            cached.map(|cached| cached.to_string()),
        ];
        assert!(
            given
                .into_iter()
                .flatten()
                .chain(principal)
                .any(|name| name == upn.as_str())
        );
    }
    let text = format!("{decision:#}{:#}", decision.redacted());
    assert!(
        !text
            .chars()
            .any(|character| character.is_control() && character != '\n')
    );
    let _ = decision.after_unknown_user();
});
