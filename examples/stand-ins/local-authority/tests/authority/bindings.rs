//! Which certificate is whose, and how strong it counts.

use local_authority::issue::UserTemplate;
use local_authority::{
    AuthenticationMode, CertificateField, Configuration, FieldBinding, ModeRule, RuleType, UserProperty,
};
use serde_json::json;

use crate::support::{Lab, MULTIFACTOR_POLICY, id_token, template};

const ALICE: &str = "alice@contoso.example";

#[test]
fn bindings_are_tried_in_order_and_must_fit_the_user_of_the_name() {
    let lab = Lab::new();
    // The certificate is Alice's, the name is Bob's.
    lab.refused(&lab.alice(), "bob@contoso.example", 1_001_009);
    let nameless = UserTemplate {
        principal_name: None,
        ..template()
    };
    let only_names = Lab::with(|configuration| {
        bind(
            configuration,
            &[(CertificateField::PrincipalName, UserProperty::UserPrincipalName)],
        );
    });
    only_names.refused(&only_names.card(&nameless), ALICE, 1_001_003);

    let robert = UserTemplate {
        principal_name: Some("robert@mil".to_owned()),
        ..template()
    };
    lab.granted(&lab.card(&robert), "bob@contoso.example");
    let log = lab.authority.log();
    let binding = log.last().unwrap().sign_in.binding.clone();
    assert_eq!(
        binding.as_deref(),
        Some("PrincipalName -> CertificateUserIds (3)")
    );
}

fn bind(configuration: &mut Configuration, bindings: &[(CertificateField, UserProperty)]) {
    configuration.certificate_policy.certificate_user_bindings = (1..)
        .zip(bindings)
        .map(|(priority, (field, property))| FieldBinding {
            x509_certificate_field: *field,
            user_property: *property,
            priority,
        })
        .collect();
}

/// The values are computed by the OpenSSL program, not by the authority.
#[test]
fn every_field_can_bind() {
    let lab = Lab::new();
    let card = lab.alice();
    let file = lab.path("alice.pem");
    let ask = |arguments: &[&str]| {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["x509", "-noout", "-in"]).arg(&file).args(arguments);
        String::from_utf8(openssl.output().expect("the openssl program is needed").stdout).unwrap()
    };
    let serial = ask(&["-serial"]).trim().rsplit_once('=').unwrap().1.to_owned();
    let reversed: String = serial
        .as_bytes()
        .rchunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap())
        .collect();
    let ski = ask(&["-ext", "subjectKeyIdentifier"]);
    let ski: String = ski.lines().last().unwrap().trim().replace(':', "");
    let thumbprint = ask(&["-fingerprint", "-sha1"])
        .trim()
        .rsplit_once('=')
        .unwrap()
        .1
        .replace(':', "");
    let (issuer, subject) = ("O=Contoso,CN=Contoso Smart Card CA", "O=Contoso,CN=Alice");
    let values = [
        (
            CertificateField::IssuerAndSerialNumber,
            format!("X509:<I>{issuer}<SR>{reversed}"),
        ),
        (
            CertificateField::IssuerAndSubject,
            format!("X509:<I>{issuer}<S>{subject}"),
        ),
        (
            CertificateField::PrincipalName,
            "X509:<PN>alice@contoso.example".to_owned(),
        ),
        (
            CertificateField::RFC822Name,
            "X509:<RFC822>alice@contoso.example".to_owned(),
        ),
        (
            CertificateField::SHA1PublicKey,
            format!("X509:<SHA1-PUKEY>{thumbprint}"),
        ),
        (CertificateField::Subject, format!("X509:<S>{subject}")),
        (CertificateField::SubjectKeyIdentifier, format!("X509:<SKI>{ski}")),
    ];
    for (field, value) in values {
        let mut configuration = lab.authority.configuration().clone();
        bind(&mut configuration, &[(field, UserProperty::CertificateUserIds)]);
        configuration.users[0].certificate_user_ids = vec![value.clone()];
        let lab = Lab::on(configuration);
        let (status, body) = lab.sign_in(&card, ALICE);
        assert_eq!(status, 200, "{value}: {body}");
        let mut configuration = lab.authority.configuration().clone();
        configuration.users[0].certificate_user_ids = vec![value.replace("X509:", "x509:")];
        Lab::on(configuration).refused(&card, ALICE, 1_001_009);
    }
}

#[test]
fn high_affinity_leaves_only_bindings_to_one_certificate() {
    let lab = Lab::with(|configuration| {
        let modes = &mut configuration.certificate_policy.authentication_mode_configuration;
        modes.rules[0].x509_certificate_required_affinity_level = local_authority::Affinity::High;
    });
    lab.refused(&lab.alice(), ALICE, 1_001_009);
    let single = lab.card(&UserTemplate {
        policies: Vec::new(),
        ..template()
    });
    lab.granted(&single, ALICE);
}

#[test]
fn the_order_of_strength_rules() {
    let rule = |kind, issuer: Option<&str>, policy: Option<&str>, mode| ModeRule {
        x509_certificate_rule_type: kind,
        identifier: None,
        issuer_subject_identifier: issuer.map(str::to_owned),
        policy_oid_identifier: policy.map(str::to_owned),
        x509_certificate_authentication_mode: mode,
        x509_certificate_required_affinity_level: local_authority::Affinity::Low,
    };
    let (single, multi) = (AuthenticationMode::SingleFactor, AuthenticationMode::MultiFactor);
    let issuer = Some("CN=Contoso Smart Card CA, O=Contoso");
    let by_issuer = |mode| rule(RuleType::IssuerSubject, issuer, None, mode);
    let by_policy = |policy, mode| rule(RuleType::PolicyOID, None, Some(policy), mode);
    let by_both = |policy, mode| rule(RuleType::IssuerSubjectAndPolicyOID, issuer, Some(policy), mode);
    let cases = [
        (vec![], single),
        (vec![by_issuer(multi)], multi),
        (
            vec![by_issuer(multi), by_policy(MULTIFACTOR_POLICY, single)],
            single,
        ),
        (
            vec![
                by_policy(MULTIFACTOR_POLICY, single),
                by_both(MULTIFACTOR_POLICY, multi),
            ],
            multi,
        ),
        (
            vec![by_policy(MULTIFACTOR_POLICY, single), by_policy("1.2.3.4", multi)],
            single,
        ),
        (vec![by_policy("1.2.3", multi)], single),
    ];
    for (number, (rules, expected)) in cases.into_iter().enumerate() {
        let lab = Lab::with(|configuration| {
            configuration
                .certificate_policy
                .authentication_mode_configuration
                .rules = rules;
        });
        let policies = vec![MULTIFACTOR_POLICY.to_owned(), "1.2.3.4".to_owned()];
        let body = lab.granted(
            &lab.card(&UserTemplate {
                policies,
                ..template()
            }),
            ALICE,
        );
        let amr = if expected == multi {
            json!(["rsa", "mfa"])
        } else {
            json!(["rsa"])
        };
        assert_eq!(id_token(&body)["amr"], amr, "case {number}");
    }
}
