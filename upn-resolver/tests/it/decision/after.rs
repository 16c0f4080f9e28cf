//! After the sign-in: what to cache, what to remove from the cache, what to send instead, once.

use upn_resolver::{
    AdLogon, CacheUpdate, Candidate, Certificate, Decision, Interpretation, NameRequest, Rule, Upn, Verdict,
};

use super::certificates::Names;

fn hybrid(ad: &str, cached: Option<&str>, hint: &str) -> Decision {
    let der = Names::none().principal("card@corp.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (
        Upn::parse(ad).unwrap(),
        cached.map(|text| Upn::parse(text).unwrap()),
    );
    NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), cached.as_ref())
        .with_hint(hint)
        .decide()
}

#[test]
fn only_a_hybrid_joined_device_that_sent_a_name_caches_it() {
    let entra = Upn::parse("bob@corp.com").unwrap();
    assert_eq!(
        hybrid("bob@corp.local", None, "").cache_update(&entra),
        CacheUpdate::Store(entra.clone())
    );
    assert_eq!(
        hybrid("bob@corp.local", None, "other@corp.com").cache_update(&entra),
        CacheUpdate::Store(entra.clone())
    );
    assert_eq!(
        hybrid("bob@corp.local", None, "bob").cache_update(&entra),
        CacheUpdate::None
    );

    let der = Names::none().principal("bob@corp.com").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(
        NameRequest::entra_joined(&certificate)
            .decide()
            .cache_update(&entra),
        CacheUpdate::None
    );
    let failed = NameRequest::hybrid_joined(&certificate, AdLogon::Failed, None).decide();
    assert_eq!(failed.cache_update(&entra), CacheUpdate::None);
}

#[test]
fn only_the_candidate_sent_instead_is_taken() {
    // The principal name equals the AD UPN, but is not used in the decision.
    let first = hybrid("card@corp.com", Some("bob.old@corp.com"), "");
    let second = first.after_unknown_user().instead.unwrap();
    let verdicts: Vec<_> = second
        .trace()
        .map(|entry| (entry.candidate().code(), entry.verdict()))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("hint", Verdict::Absent),
            ("cached-entra-upn", Verdict::Rejected),
            ("active-directory", Verdict::Taken),
            ("principal-name", Verdict::NotConsulted),
            ("rfc822-name", Verdict::NotConsulted),
            ("subject-email", Verdict::NotConsulted),
        ]
    );
}

#[test]
fn a_stale_cached_upn_is_removed_and_the_ad_upn_is_sent_once() {
    let first = hybrid("bob.new@corp.local", Some("bob.old@corp.com"), "");
    assert_eq!(first.source(), Some(Candidate::CachedEntraUpn));
    let recovery = first.after_unknown_user();
    assert!(recovery.forget_cached);

    let second = recovery.instead.unwrap();
    assert_eq!(
        (second.upn().map(Upn::as_str), second.source()),
        (Some("bob.new@corp.local"), Some(Candidate::ActiveDirectory))
    );
    let rules: Vec<Rule> = second
        .notes()
        .iter()
        .map(upn_resolver::DecisionNote::rule)
        .collect();
    assert_eq!(rules, [Rule::CachedUpnStale, Rule::UnroutableSuffix]);
    assert_eq!(
        second
            .trace()
            .filter(|entry| entry.rule() == Rule::CachedUpnStale)
            .count(),
        2
    );

    // What was noted about the name that is not sent any more is gone with it.
    let odd = hybrid("bob@corp.com", Some("b&b@corp.com"), "");
    assert!(
        odd.notes()
            .iter()
            .any(|note| note.rule() == Rule::EntraNamePolicy)
    );
    let rules: Vec<Rule> = odd
        .after_unknown_user()
        .instead
        .unwrap()
        .notes()
        .iter()
        .map(upn_resolver::DecisionNote::rule)
        .collect();
    assert_eq!(rules, [Rule::CachedUpnStale]);

    let third = second.after_unknown_user();
    assert!(!third.forget_cached && third.instead.is_none());
}

#[test]
fn a_cached_upn_that_equals_the_ad_upn_is_removed_without_a_retry() {
    let recovery = hybrid("BOB@corp.com", Some("bob@corp.com"), "").after_unknown_user();
    assert!(recovery.forget_cached && recovery.instead.is_none());
}

#[test]
fn what_is_sent_instead_follows_the_readings() {
    let decide = |hint: &str, name: &str, value: &str, names: Names| {
        let der = names.certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let (ad, cached) = (
            Upn::parse("ad@corp.local").unwrap(),
            Upn::parse("old@corp.com").unwrap(),
        );
        let interpretation = Interpretation::default().with_named(name, value).unwrap();
        let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&cached))
            .with_hint(hint)
            .with_interpretation(interpretation)
            .decide();
        assert_eq!(decision.source(), Some(Candidate::CachedEntraUpn), "{decision}");
        let recovery = decision.after_unknown_user();
        assert!(recovery.forget_cached);
        recovery.instead.map(|second| {
            let taken: Vec<_> = second
                .trace()
                .filter(|entry| entry.verdict() == Verdict::Taken)
                .collect();
            let [taken] = taken[..] else { panic!("{second}") };
            assert_eq!(taken.value(), second.upn().map(Upn::as_str), "{second}");
            assert!(second.after_unknown_user().instead.is_none());
            (second.upn().unwrap().to_string(), second.source().unwrap())
        })
    };
    let two = || Names::none().principal("one@corp.com").principal("two@corp.com");
    assert_eq!(
        decide("hint@corp.com", "hint-against-cache", "cache", two()),
        Some(("hint@corp.com".into(), Candidate::Hint))
    );
    assert_eq!(
        decide("bob", "hint-against-cache", "cache", two()),
        None,
        "the hint must be corrected first"
    );
    assert_eq!(
        decide("", "hybrid-first", "certificate", two()),
        Some(("one@corp.com".into(), Candidate::PrincipalName))
    );
    assert_eq!(decide("", "hybrid-first", "certificate", Names::none()), None);
}

/// The flag U of `UPN_DNS_INFO` in \[MS-PAC\]: the account has no userPrincipalName.
#[test]
fn an_implicit_ad_upn_is_sent_like_any_other_and_noted() {
    let der = Names::none().certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (
        Upn::parse("bob@corp.com").unwrap(),
        Upn::parse("old@corp.com").unwrap(),
    );
    let sent = |ad: AdLogon<'_>, cached: Option<&Upn>| {
        let decision = NameRequest::hybrid_joined(&certificate, ad, cached).decide();
        let decision = decision.after_unknown_user().instead.unwrap_or(decision);
        assert_eq!(
            (decision.upn(), decision.source()),
            (Some(&bob()), Some(Candidate::ActiveDirectory))
        );
        decision
            .notes()
            .iter()
            .any(|note| note.rule() == Rule::AdUpnImplicit)
    };
    for cached in [None, Some(&cached)] {
        assert!(sent(AdLogon::SucceededImplicitly(&ad), cached));
        assert!(!sent(AdLogon::Succeeded(&ad), cached));
    }
    let hint = NameRequest::hybrid_joined(&certificate, AdLogon::SucceededImplicitly(&ad), None)
        .with_hint("a@corp.com");
    assert_eq!(hint.decide().source(), Some(Candidate::Hint));
    assert!(
        hint.decide()
            .notes()
            .iter()
            .all(|note| note.rule() != Rule::AdUpnImplicit)
    );
}

fn bob() -> Upn {
    Upn::parse("bob@corp.com").unwrap()
}

#[test]
fn a_failed_hint_never_touches_the_cache() {
    let recovery = hybrid("bob@corp.local", Some("bob@corp.com"), "wrong@corp.com").after_unknown_user();
    assert!(!recovery.forget_cached && recovery.instead.is_none());
}
