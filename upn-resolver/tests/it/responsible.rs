//! Who has to act on each error.

use test_certificates::build::Pieces;
use upn_resolver::certificate::InputError;
use upn_resolver::entra::{
    Account, BindingRejection, CertificateField, Policy, PolicyError, StoredUserId, StrengthRule,
    UserAttribute, UsernameBinding,
};
use upn_resolver::windows::eligibility::{KeySpec, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::LogonPolicy;
use upn_resolver::{Certificate, HintProblem, Responsible};

struct User {
    name: &'static str,
    ids: &'static [&'static str],
}

impl Account for User {
    fn user_principal_name(&self) -> &str {
        self.name
    }
    fn on_premises_user_principal_name(&self) -> Option<&str> {
        None
    }
    fn certificate_user_ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().copied()
    }
}

#[test]
fn codes_are_stable() {
    let codes = [
        (Responsible::Administrator, "administrator"),
        (Responsible::Developer, "developer"),
        (Responsible::Issuer, "issuer"),
        (Responsible::Service, "service"),
        (Responsible::User, "user"),
    ];
    for (responsible, code) in codes {
        assert_eq!(
            (responsible.code(), responsible.to_string()),
            (code, code.to_owned())
        );
    }
}

#[test]
fn users_resolve_files_and_hints() {
    assert_eq!(InputError::Empty.responsible(), Responsible::User);
    assert_eq!(HintProblem::Bare.responsible(), Responsible::User);
}

#[test]
fn issuers_resolve_certificates() {
    let error = Certificate::from_der(b"\x30\x80").unwrap_err();
    assert_eq!(error.responsible(), Responsible::Issuer);
}

#[test]
fn administrators_resolve_values_policies_and_exports() {
    let value = StoredUserId::parse("X509:<SKI>xyz").unwrap_err();
    let rule: PolicyError =
        StrengthRule::for_policy("x", upn_resolver::entra::Strength::Multifactor).unwrap_err();
    let export = LogonPolicy::from_registry_export("no export").unwrap_err();
    let administrator = Responsible::Administrator;
    assert_eq!(
        [value.responsible(), rule.responsible(), export.responsible()],
        [administrator; 3]
    );
    #[cfg(feature = "serde")]
    assert_eq!(
        Policy::from_graph_json("{}").unwrap_err().responsible(),
        administrator
    );
}

#[test]
fn a_binding_that_the_certificate_cannot_meet_is_the_issuers() {
    let der = Pieces::default().der();
    let certificate = Certificate::from_der(&der).unwrap();
    let bindings = [CertificateField::SubjectKeyIdentifier, CertificateField::Subject];
    let bindings = bindings.map(|field| {
        UsernameBinding::new(
            field,
            UserAttribute::CertificateUserIds,
            1 + u32::from(field == CertificateField::Subject),
        )
    });
    let policy = Policy::new(bindings.to_vec(), Vec::new()).unwrap();
    let user = User {
        name: "ada@contoso.com",
        ids: &["X509:<S>CN=Somebody else", "X509:<SKI>0102"],
    };
    let binding = policy.bind(&user, &certificate);
    let responsible: Vec<_> = binding
        .rejected()
        .iter()
        .map(|rejected| {
            (
                rejected.reason == BindingRejection::FieldMissing,
                rejected.reason.responsible(),
            )
        })
        .collect();
    assert_eq!(
        responsible,
        [(true, Responsible::Issuer), (false, Responsible::Administrator)]
    );
}

#[test]
fn a_hidden_certificate_is_the_administrators_if_a_policy_shows_it() {
    let der = Pieces::default().der();
    let certificate = Certificate::from_der(&der).unwrap();
    let now = certificate.validity().not_after().to_unix_time().unwrap();
    let token = [
        TokenCertificate::new(&certificate).with_key_spec(KeySpec::Signature),
        TokenCertificate::unreadable(),
    ];
    let assessment = assess(&token, &LogonPolicy::new(), now);
    for hidden in assessment.hidden() {
        let expected = if hidden.shown_with().is_some() {
            Responsible::Administrator
        } else {
            Responsible::Issuer
        };
        assert_eq!(hidden.responsible(), expected, "{hidden}");
    }
    let responsible: Vec<_> = assessment
        .hidden()
        .iter()
        .map(upn_resolver::windows::eligibility::Hidden::responsible)
        .collect();
    assert!(responsible.contains(&Responsible::Issuer), "{assessment:?}");
}
