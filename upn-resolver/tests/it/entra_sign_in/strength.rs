//! How strong the sign-in is, and which affinity it takes.

use upn_resolver::Certificate;
use upn_resolver::entra::{
    Affinity, CertificateField, Policy, RuleAffinity, Strength, StrengthRule, UserAttribute, UsernameBinding,
};

use crate::entra_sign_in::policy::SUBJECT;
use crate::entra_sign_in::tenant::{MICROSOFT, bind};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

use crate::minted::Mint;

#[test]
fn high_affinity_passes_low_bindings_over() {
    let bindings = || {
        vec![
            UsernameBinding::new(
                CertificateField::PrincipalName,
                UserAttribute::UserPrincipalName,
                1,
            ),
            UsernameBinding::new(
                CertificateField::SubjectKeyIdentifier,
                UserAttribute::CertificateUserIds,
                2,
            ),
        ]
    };
    let ski = "X509:<SKI>c6f4e96caad84640361f9fb5f74f6308247cb8b4";
    let policy = Policy::new(bindings(), vec![]).unwrap();
    let used = |policy: &Policy| {
        bind(policy, "contoso@microsoft.com", &[ski], MICROSOFT)
            .used()
            .map(UsernameBinding::affinity)
    };
    assert_eq!(used(&policy), Some(Affinity::Low));
    assert_eq!(
        used(&policy.with_required_affinity(Affinity::High)),
        Some(Affinity::High)
    );

    let rule = StrengthRule::for_issuer("CN=Contoso", Strength::Multifactor).unwrap();
    let policy = Policy::new(
        bindings(),
        vec![rule.clone().with_required_affinity(Affinity::High)],
    )
    .unwrap();
    assert_eq!(used(&policy), Some(Affinity::High));
    let rating = bind(&policy, "contoso@microsoft.com", &[ski], MICROSOFT).rating();
    assert_eq!(
        (rating.rule, rating.strength, rating.required_affinity),
        (policy.rules().first(), Strength::Multifactor, Affinity::High)
    );

    // Of several rules that the certificate meets, one that demands it is enough, whichever is first.
    let by_policy = |affinity| {
        let rule = StrengthRule::for_policy("1.3.6.1.4.1.99999.1", Strength::SingleFactor).unwrap();
        rule.with_required_affinity(affinity)
    };
    let der = Mint {
        extensions: "certificatePolicies = 1.3.6.1.4.1.99999.1",
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let by_issuer = |affinity| {
        StrengthRule::for_issuer("CN=Ada", Strength::Multifactor)
            .unwrap()
            .with_required_affinity(affinity)
    };
    for (rules, expected) in [
        (
            [by_issuer(Affinity::Low), by_policy(Affinity::High)],
            Affinity::High,
        ),
        (
            [by_policy(Affinity::High), by_issuer(Affinity::Low)],
            Affinity::High,
        ),
        (
            [by_issuer(Affinity::High), by_policy(Affinity::Low)],
            Affinity::High,
        ),
        (
            [by_policy(Affinity::Low), by_issuer(Affinity::Low)],
            Affinity::Low,
        ),
    ] {
        let policy = Policy::new(vec![], rules.to_vec()).unwrap();
        assert_eq!(policy.rate(&certificate).required_affinity, expected, "{rules:?}");
    }

    // A rule that is content with low affinity lowers the tenant's demand in one interpretation only.
    let policy = Policy::new(bindings(), vec![rule.with_required_affinity(Affinity::Low)])
        .unwrap()
        .with_required_affinity(Affinity::High);
    assert_eq!(used(&policy), Some(Affinity::High));
    assert_eq!(
        used(&policy.with_rule_affinity(RuleAffinity::Replaces)),
        Some(Affinity::Low)
    );
}

#[test]
fn the_most_specific_rule_decides_and_single_factor_wins_a_tie() {
    let extensions = "certificatePolicies = 1.3.6.1.4.1.99999.1,1.3.6.1.4.1.99999.2.300";
    let der = Mint {
        subject: SUBJECT,
        extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let issuer = "C=DE,O=\"Beispiel, AG\",CN=Card CA,E=ca@beispiel.example";
    let strength = |rules: Vec<StrengthRule>| Policy::new(vec![], rules).unwrap().rate(&certificate).strength;
    let by_issuer = |strength| StrengthRule::for_issuer(issuer, strength).unwrap();
    let by_policy = |policy, strength| StrengthRule::for_policy(policy, strength).unwrap();
    let by_both = |policy, strength| StrengthRule::for_issuer_and_policy(issuer, policy, strength).unwrap();
    let (single, multi) = (Strength::SingleFactor, Strength::Multifactor);
    let (one, other) = ("1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999.2.300");

    assert_eq!(strength(vec![]), single);
    assert_eq!(strength(vec![by_issuer(multi)]), multi);
    assert_eq!(strength(vec![by_issuer(single), by_policy(one, multi)]), multi);
    assert_eq!(
        strength(vec![
            by_policy(one, multi),
            by_policy(other, single),
            by_issuer(multi)
        ]),
        single
    );
    for pair in [[multi, single], [single, multi]] {
        let of_one_kind = vec![by_policy(one, pair[0]), by_policy(other, pair[1])];
        assert_eq!(strength(of_one_kind), single, "in either order");
    }
    assert_eq!(
        strength(vec![by_policy(one, multi), by_policy(one, multi)]),
        multi,
        "said twice"
    );
    assert_eq!(
        strength(vec![
            by_both(other, multi),
            by_policy(one, single),
            by_issuer(single)
        ]),
        multi
    );
    // Identifiers are compared whole, and the rule for all policies is none for any policy.
    assert_eq!(strength(vec![by_policy("1.3.6.1.4.1.99999", multi)]), single);
    assert_eq!(strength(vec![by_policy("1.3.6.1.4.1.99999.2", multi)]), single);
    assert_eq!(strength(vec![by_policy("2.5.29.32.0", multi)]), single);
    // Another parser sees the policies too.
    let (_, peer) = X509Certificate::from_der(&der).unwrap();
    let policies = peer
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => Some(policies),
            _ => None,
        });
    let mut policies = policies.flatten().map(|policy| policy.policy_id.to_id_string());
    assert!(policies.any(|policy| policy == "1.3.6.1.4.1.99999.2.300"));
}

/// OpenSSL encodes them: the first two components share a byte, which under 2 goes beyond 39, and zero is a byte too.
#[test]
fn identifiers_of_every_arc_are_compared() {
    let policies = [
        "2.5.29.32.0",
        "2.999.1",
        "2.16.840.1.101.3.2.1.3.13",
        "1.3.6.1.4.1.311.0",
        "0.9.2342",
    ];
    let extensions = format!("certificatePolicies = {}", policies.join(","));
    let der = Mint {
        extensions: &extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    for policy in policies {
        let rule = StrengthRule::for_policy(policy, Strength::Multifactor).unwrap();
        let policy = Policy::new(vec![], vec![rule]).unwrap();
        assert_eq!(
            policy.rate(&certificate).strength,
            Strength::Multifactor,
            "{policy:?}"
        );
    }
}

#[test]
fn the_first_of_equal_rules_is_named() {
    let extensions = "certificatePolicies = 1.3.6.1.4.1.99999.1,1.3.6.1.4.1.99999.2";
    let der = Mint {
        extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let rule = |policy| StrengthRule::for_policy(policy, Strength::Multifactor).unwrap();
    let (one, other) = (rule("1.3.6.1.4.1.99999.1"), rule("1.3.6.1.4.1.99999.2"));
    for rules in [[one.clone(), other.clone()], [other, one]] {
        let policy = Policy::new(vec![], rules.to_vec()).unwrap();
        assert_eq!(policy.rate(&certificate).rule, Some(&rules[0]));
    }
}

#[test]
fn issuers_with_joiners_are_found() {
    let issuer = "CN=ශ්\u{200D}රී ලංකා CA";
    let der = Mint {
        subject: &issuer.replace('=', " = "),
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    for (text, expected) in [
        (issuer, Strength::Multifactor),
        ("CN=ශ්රී ලංකා CA", Strength::SingleFactor),
    ] {
        let rule = StrengthRule::for_issuer(text, Strength::Multifactor).unwrap();
        let policy = Policy::new(vec![], vec![rule]).unwrap();
        assert_eq!(policy.rate(&certificate).strength, expected, "{text}");
    }
    assert!(StrengthRule::for_issuer("CN=a\u{202E}b", Strength::Multifactor).is_err());
    assert!(StrengthRule::for_issuer("CN=a\nb", Strength::Multifactor).is_err());
}
