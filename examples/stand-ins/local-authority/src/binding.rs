//! User name bindings between users and certificates, and the strength of a certificate.
//!
//! <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive>

use crate::certificate::UserCertificate;
use crate::config::{
    Affinity, AuthenticationMode, AuthenticationModes, CertificateField, FieldBinding, ModeRule, RuleType,
    Sha1PublicKey, User, UserProperty,
};
use crate::refusal::{Code, Refusal};

/// Strength of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Strength {
    pub(crate) mode: AuthenticationMode,
    pub(crate) affinity: Affinity,
}

/// Strength by the rules, in their order: issuer with policy, policy, issuer, default. If rules of one kind disagree, the weaker
/// mode and the stricter affinity apply.
pub(crate) fn strength(certificate: &UserCertificate, modes: &AuthenticationModes) -> Strength {
    for kind in [
        RuleType::IssuerSubjectAndPolicyOID,
        RuleType::PolicyOID,
        RuleType::IssuerSubject,
    ] {
        let fits = |rule: &&ModeRule| rule.x509_certificate_rule_type == kind && fits(rule, certificate);
        let found = modes.rules.iter().filter(fits).map(|rule| Strength {
            mode: rule.x509_certificate_authentication_mode,
            affinity: rule.x509_certificate_required_affinity_level,
        });
        if let Some(strength) = found.reduce(|left, right| Strength {
            mode: if left.mode == right.mode {
                left.mode
            } else {
                AuthenticationMode::SingleFactor
            },
            affinity: left.affinity.max(right.affinity),
        }) {
            return strength;
        }
    }
    Strength {
        mode: modes.x509_certificate_authentication_default_mode,
        affinity: modes.x509_certificate_default_required_affinity_level,
    }
}

fn fits(rule: &ModeRule, certificate: &UserCertificate) -> bool {
    let identifier = rule.identifier.as_deref();
    let issuer = |name: Option<&str>| name.is_some_and(|name| is_same_name(name, &certificate.issuer));
    let policy = |oid: Option<&str>| oid.is_some_and(|oid| certificate.policies.iter().any(|has| has == oid));
    match rule.x509_certificate_rule_type {
        RuleType::IssuerSubject => issuer(rule.issuer_subject_identifier.as_deref().or(identifier)),
        RuleType::IssuerSubjectAndPolicyOID => {
            issuer(rule.issuer_subject_identifier.as_deref()) && policy(rule.policy_oid_identifier.as_deref())
        }
        RuleType::PolicyOID => policy(rule.policy_oid_identifier.as_deref().or(identifier)),
    }
}

/// Administrators write a name in either order, with or without spaces after the commas.
fn is_same_name(written: &str, printed: &str) -> bool {
    let parts = |name: &str| {
        name.split(',')
            .map(|part| part.trim().to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    let (written, mut printed) = (parts(written), parts(printed));
    written == printed || {
        printed.reverse();
        written == printed
    }
}

/// Finds the binding that ties the certificate to the user.
pub(crate) fn bind<'a>(
    certificate: &UserCertificate,
    user: &User,
    bindings: &'a [FieldBinding],
    affinity: Affinity,
    sha1_of: Sha1PublicKey,
) -> Result<&'a FieldBinding, Refusal> {
    let mut ordered: Vec<&FieldBinding> = bindings
        .iter()
        .filter(|binding| binding.x509_certificate_field.affinity() >= affinity)
        .collect();
    ordered.sort_by_key(|binding| binding.priority);
    let mut compared = false;
    for binding in ordered {
        let field = binding.x509_certificate_field;
        let Some(value) = certificate.value(field, sha1_of) else {
            continue;
        };
        compared = true;
        if is_users(user, binding.user_property, field, &value) {
            return Ok(binding);
        }
    }
    let code = if compared {
        Code::BINDING_MISMATCH
    } else {
        Code::BINDING_FIELD_MISSING
    };
    Err(Refusal::new(code, format!("User: {}.", user.user_principal_name)))
}

fn is_users(user: &User, property: UserProperty, field: CertificateField, value: &str) -> bool {
    match property {
        UserProperty::CertificateUserIds => {
            let prefix = prefix(field);
            let values = user
                .certificate_user_ids
                .iter()
                .filter_map(|id| id.strip_prefix(prefix));
            values.into_iter().any(|id| id.eq_ignore_ascii_case(value))
        }
        UserProperty::OnPremisesUserPrincipalName => user
            .on_premises_user_principal_name
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(value)),
        UserProperty::UserPrincipalName => user.user_principal_name.eq_ignore_ascii_case(value),
    }
}

/// Prefix of a value in `certificateUserIds`. Its case matters.
fn prefix(field: CertificateField) -> &'static str {
    match field {
        CertificateField::IssuerAndSerialNumber | CertificateField::IssuerAndSubject => "X509:<I>",
        CertificateField::PrincipalName => "X509:<PN>",
        CertificateField::RFC822Name => "X509:<RFC822>",
        CertificateField::SHA1PublicKey => "X509:<SHA1-PUKEY>",
        CertificateField::Subject => "X509:<S>",
        CertificateField::SubjectKeyIdentifier => "X509:<SKI>",
    }
}
