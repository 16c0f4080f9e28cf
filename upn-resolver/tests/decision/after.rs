//! After the attempt: what to remember, what to forget, what to send instead, once.

use upn_resolver::{AdLogon, Certificate, Decision, Remember, Rule, SignIn, Source, Upn};

use super::certificates::Names;

fn hybrid(ad: &str, cached: Option<&str>, hint: &str) -> Decision {
    let der = Names::none().principal("card@corp.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (
        Upn::parse(ad).unwrap(),
        cached.map(|text| Upn::parse(text).unwrap()),
    );
    SignIn::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), cached.as_ref())
        .hint(hint)
        .decide()
}

#[test]
fn only_a_hybrid_joined_device_that_sent_something_remembers() {
    let entra = Upn::parse("bob@corp.com").unwrap();
    assert_eq!(
        hybrid("bob@corp.local", None, "").remember(&entra),
        Remember::Upn(entra.clone())
    );
    assert_eq!(
        hybrid("bob@corp.local", None, "other@corp.com").remember(&entra),
        Remember::Upn(entra.clone())
    );
    assert_eq!(
        hybrid("bob@corp.local", None, "bob").remember(&entra),
        Remember::Nothing
    );

    let der = Names::none().principal("bob@corp.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(
        SignIn::entra_joined(&certificate).decide().remember(&entra),
        Remember::Nothing
    );
    let failed = SignIn::hybrid_joined(&certificate, AdLogon::Failed, None).decide();
    assert_eq!(failed.remember(&entra), Remember::Nothing);
}

#[test]
fn a_stale_cached_upn_is_forgotten_and_the_ad_upn_is_sent_once() {
    let first = hybrid("bob.new@corp.local", Some("bob.old@corp.com"), "");
    assert_eq!(first.source(), Some(Source::CachedEntraUpn));
    let recovery = first.user_not_found();
    assert!(recovery.forget_cached);

    let second = recovery.instead.unwrap();
    assert_eq!(
        (second.upn().map(Upn::as_str), second.source()),
        (Some("bob.new@corp.local"), Some(Source::ActiveDirectory))
    );
    let rules: Vec<Rule> = second.notes().iter().map(upn_resolver::Note::rule).collect();
    assert_eq!(rules, [Rule::CachedUpnStale, Rule::UnroutableSuffix]);
    assert_eq!(
        second
            .trace()
            .iter()
            .filter(|entry| entry.rule() == Rule::CachedUpnStale)
            .count(),
        2
    );

    let third = second.user_not_found();
    assert!(!third.forget_cached && third.instead.is_none());
}

#[test]
fn a_cached_upn_that_equals_the_ad_upn_is_forgotten_without_a_second_try() {
    let recovery = hybrid("BOB@corp.com", Some("bob@corp.com"), "").user_not_found();
    assert!(recovery.forget_cached && recovery.instead.is_none());
}

#[test]
fn a_failed_hint_never_touches_the_cache() {
    let recovery = hybrid("bob@corp.local", Some("bob@corp.com"), "wrong@corp.com").user_not_found();
    assert!(!recovery.forget_cached && recovery.instead.is_none());
}
