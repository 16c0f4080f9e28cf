//! Policies: valid content and its forms.

use upn_resolver::Certificate;
use upn_resolver::entra::{
    Affinity, CertificateField, Policy, PolicyError, RuleAffinity, SerialPadding, Strength, StrengthRule,
    UserAttribute, UsernameBinding, ValueInterpretation,
};

use crate::minted::Mint;

pub(crate) const SUBJECT: &str =
    "C = DE\nO = \"Beispiel, AG\"\nCN = Card CA\nemailAddress = ca@beispiel.example";

#[test]
fn an_issuer_may_be_written_in_either_order() {
    let der = Mint {
        subject: SUBJECT,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    for (text, expected) in [
        ("C=DE,O=\"Beispiel, AG\",CN=Card CA,E=ca@beispiel.example", true),
        (
            "E=ca@beispiel.example, CN=Card CA, O=\"Beispiel, AG\", C=DE",
            true,
        ),
        (
            "emailAddress=ca@beispiel.example,CN=card ca,O=Beispiel\\, AG,c=de",
            true,
        ),
        ("CN=Card CA,O=\"Beispiel, AG\",C=DE", false),
        (
            "E=ca@beispiel.example, CN=Card CA 2, O=\"Beispiel, AG\", C=DE",
            false,
        ),
    ] {
        let rule = StrengthRule::for_issuer(text, Strength::Multifactor).unwrap();
        let policy = Policy::new(vec![], vec![rule]).unwrap();
        assert_eq!(policy.rate(&certificate).rule.is_some(), expected, "{text}");
    }
    for text in ["", "Card CA", "CN=Card CA,", "CN=\"Card CA"] {
        let error = StrengthRule::for_issuer(text, Strength::Multifactor).unwrap_err();
        assert_eq!(error, PolicyError::Issuer(text.to_owned()));
    }
}

#[test]
fn a_policy_that_entra_would_not_take_is_refused() {
    use PolicyError::{NotOffered, Oid, Priority, TwoStrengths};
    let binding = |field, attribute| UsernameBinding::new(field, attribute, 1);
    let name = binding(CertificateField::PrincipalName, UserAttribute::UserPrincipalName);
    let subject = binding(CertificateField::Subject, UserAttribute::UserPrincipalName);
    assert_eq!(Policy::new(vec![name, name], vec![]), Err(Priority(1)));
    assert_eq!(Policy::new(vec![subject], vec![]), Err(NotOffered(subject)));
    let rule = |strength| StrengthRule::for_issuer("CN=CA", strength).unwrap();
    assert_eq!(
        Policy::new(
            vec![],
            vec![rule(Strength::Multifactor), rule(Strength::SingleFactor)]
        ),
        Err(TwoStrengths("issuer CN=CA".to_owned()))
    );
    for issuer in ["", "CA", "CN=CA,", "CN=\"CA", "CN=CA\u{1b}[2J", "CN=A\u{202e}C"] {
        let error = StrengthRule::for_issuer(issuer, Strength::Multifactor).unwrap_err();
        assert!(!error.to_string().contains(['\u{1b}', '\u{202e}']), "{error}");
    }
    for oid in [
        "",
        "1",
        "1.40",
        "3.1",
        "1.2.x",
        "1..2",
        "1.+2.3",
        "1.2.18446744073709551616",
    ] {
        assert_eq!(
            StrengthRule::for_policy(oid, Strength::Multifactor),
            Err(Oid(oid.to_owned()))
        );
    }
}

#[test]
fn a_change_of_one_part_leaves_the_others() {
    let binding = UsernameBinding::new(
        CertificateField::SubjectKeyIdentifier,
        UserAttribute::CertificateUserIds,
        7,
    );
    let rule = StrengthRule::for_policy("1.2.3", Strength::Multifactor)
        .unwrap()
        .with_required_affinity(Affinity::High);
    assert_eq!(
        (rule.strength(), rule.required_affinity()),
        (Strength::Multifactor, Some(Affinity::High))
    );
    let interpretation = ValueInterpretation::default().with_serial_padding(SerialPadding::Dropped);
    let policy = Policy::new(vec![binding], vec![rule.clone()])
        .unwrap()
        .with_interpretation(interpretation)
        .with_required_affinity(Affinity::High)
        .with_rule_affinity(RuleAffinity::Replaces)
        .with_default_strength(Strength::Multifactor);
    assert_eq!(
        (policy.bindings(), policy.rules(), policy.interpretation()),
        (&[binding][..], &[rule][..], interpretation)
    );

    let der = Mint::default().der();
    let certificate = Certificate::from_der(&der).unwrap();
    let rating = policy.rate(&certificate);
    assert_eq!(
        (rating.rule, rating.strength, rating.required_affinity),
        (None, Strength::Multifactor, Affinity::High)
    );
}

/// X.690, clause 8.19.4: below the arcs 0 and 1 there are 40 numbers, below the arc 2 as many as one likes.
#[test]
fn the_first_two_numbers_of_an_object_identifier_have_their_bounds() {
    for (text, expected) in [
        ("0.39", true),
        ("0.40", false),
        ("1.39.1", true),
        ("2.40.1", true),
        ("3.0", false),
    ] {
        let rule = StrengthRule::for_policy(text, Strength::Multifactor);
        assert_eq!(rule.is_ok(), expected, "{text}");
        if let Ok(rule) = rule {
            assert_eq!(rule.to_string(), format!("policy {text}"));
        }
    }
}

#[test]
fn attributes_have_the_names_of_microsoft_graph() {
    for (attribute, name) in [
        (UserAttribute::CertificateUserIds, "certificateUserIds"),
        (
            UserAttribute::OnPremisesUserPrincipalName,
            "onPremisesUserPrincipalName",
        ),
        (UserAttribute::UserPrincipalName, "userPrincipalName"),
    ] {
        assert_eq!(attribute.to_string(), name);
        assert_eq!(
            UserAttribute::from_graph_name(&name.to_uppercase()),
            Some(attribute)
        );
    }
    assert_eq!(UserAttribute::from_graph_name("mail"), None);
}

#[test]
fn policy_errors_say_what_to_do() {
    let subject = UsernameBinding::new(CertificateField::Subject, UserAttribute::UserPrincipalName, 1);
    for (error, words) in [
        (
            PolicyError::Issuer("CA".to_owned()),
            "\"CA\" is not an issuer name",
        ),
        (PolicyError::NotOffered(subject), "to certificateUserIds"),
        (
            PolicyError::Oid("1.x".to_owned()),
            "\"1.x\" is not an object identifier",
        ),
        (
            PolicyError::Priority(3),
            "the priority 3; each binding requires its own",
        ),
        (
            PolicyError::TwoStrengths("issuer CN=CA".to_owned()),
            "for issuer CN=CA",
        ),
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
}
