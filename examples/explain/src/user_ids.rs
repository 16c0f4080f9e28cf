//! The values that bind a certificate to an account in Entra ID and in Active Directory.

use serde::Serialize;
use upn_resolver::Certificate;
use upn_resolver::entra::{AltSecurityIdentity, CertificateField, CertificateUserId, ValueInterpretation};

/// The values of a certificate.
#[derive(Debug, Serialize)]
pub struct UserIds {
    /// One for each field that the certificate has.
    pub certificate_user_ids: Vec<UserId>,
    /// For Active Directory.
    pub alt_security_identities: Vec<AltIdentity>,
    /// Fields that give no value.
    pub unusable: Vec<Unusable>,
}

/// A `certificateUserIds` value.
#[derive(Debug, Serialize)]
pub struct UserId {
    /// The field, by its name in Microsoft Graph.
    pub field: &'static str,
    /// `high` or `low`.
    pub affinity: String,
    /// The value.
    pub value: String,
    /// Warnings about the value. Check it before you use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// An `altSecurityIdentities` value.
#[derive(Debug, Serialize)]
pub struct AltIdentity {
    /// `strong` or `weak`.
    pub strength: String,
    /// The value.
    pub value: String,
}

/// A field of the certificate that gives no value.
#[derive(Debug, Serialize)]
pub struct Unusable {
    /// The field, by its name in Microsoft Graph.
    pub field: &'static str,
    /// The reason.
    pub reason: String,
}

impl UserIds {
    /// The values of a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate<'_>, interpretation: ValueInterpretation) -> Self {
        let mut ids = Self {
            certificate_user_ids: vec![],
            alt_security_identities: vec![],
            unusable: vec![],
        };
        for &field in CertificateField::ALL {
            match CertificateUserId::of(certificate, field, interpretation) {
                Ok(Some(value)) => ids.certificate_user_ids.push(UserId {
                    field: field.graph_name(),
                    affinity: field.affinity().to_string(),
                    value: value.to_string(),
                    warning: value.warning().map(|warning| warning.to_string()),
                }),
                Ok(None) => {}
                Err(problem) => {
                    ids.unusable.push(Unusable {
                        field: field.graph_name(),
                        reason: problem.to_string(),
                    });
                }
            }
        }
        let identities = AltSecurityIdentity::all_of(certificate, interpretation);
        ids.alt_security_identities = identities
            .iter()
            .map(|identity| AltIdentity {
                strength: identity.strength().to_string(),
                value: identity.to_string(),
            })
            .collect();
        ids
    }
}
