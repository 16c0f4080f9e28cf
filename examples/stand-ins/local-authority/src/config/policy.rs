//! The certificate policy, in the words of Microsoft Graph.

use serde::{Deserialize, Serialize};

/// Graph's `x509CertificateAuthenticationMethodConfiguration`, as far as a sign-in depends on it.
///
/// <https://learn.microsoft.com/en-us/graph/api/resources/x509certificateauthenticationmethodconfiguration>
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatePolicy {
    /// Whether certificates may be used at all.
    pub state: PolicyState,
    /// Who may use them: object ids of groups or users, or `all_users`.
    pub include_targets: Vec<Target>,
    /// Who may not use them. This has priority over `includeTargets`.
    #[serde(default)]
    pub exclude_targets: Vec<Target>,
    /// How a certificate names its user.
    pub certificate_user_bindings: Vec<FieldBinding>,
    /// Strength of a certificate.
    pub authentication_mode_configuration: AuthenticationModes,
    /// Whether an authority without a revocation list is refused.
    #[serde(default)]
    pub crl_validation_configuration: CrlValidation,
    /// Whether browsers are sent the names of the accepted authorities.
    #[serde(default)]
    pub issuer_hints_configuration: IssuerHints,
}

/// Graph's `x509CertificateIssuerHintsConfiguration`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct IssuerHints {
    /// Whether the tenant's own certauth host sends the names of the tenant's authorities.
    pub state: PolicyState,
}

/// Whether a policy is in force.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyState {
    /// Not in force.
    #[default]
    Disabled,
    /// In force.
    Enabled,
}

/// A user or group, or `all_users`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Target {
    /// The object id, or `all_users`.
    pub id: String,
}

/// Graph's `x509CertificateUserBinding`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldBinding {
    /// The field of the certificate.
    pub x509_certificate_field: CertificateField,
    /// The attribute of the user.
    pub user_property: UserProperty,
    /// Bindings are tried in ascending order.
    pub priority: u32,
}

/// A field of a certificate that can name a user.
///
/// <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive>
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum CertificateField {
    /// Issuer and serial number.
    IssuerAndSerialNumber,
    /// Issuer and subject.
    IssuerAndSubject,
    /// The principal name among the subject's alternative names.
    PrincipalName,
    /// The first e-mail address among the subject's alternative names.
    RFC822Name,
    /// SHA-1 of the public key.
    SHA1PublicKey,
    /// The subject.
    Subject,
    /// The subject key identifier.
    SubjectKeyIdentifier,
}

impl CertificateField {
    /// Affinity of the field: high if no other certificate can have the same value.
    #[must_use]
    pub fn affinity(self) -> Affinity {
        match self {
            Self::IssuerAndSerialNumber | Self::SHA1PublicKey | Self::SubjectKeyIdentifier => Affinity::High,
            Self::IssuerAndSubject | Self::PrincipalName | Self::RFC822Name | Self::Subject => Affinity::Low,
        }
    }
}

/// An attribute of the user that a field is compared with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UserProperty {
    /// Prefixed values, such as `X509:<SKI>89b0f468c1abea65ec22f0a882b8fda6fdd6750p`.
    CertificateUserIds,
    /// The name synchronised from Active Directory.
    OnPremisesUserPrincipalName,
    /// The Entra name.
    UserPrincipalName,
}

/// Graph's `x509CertificateAffinityLevel`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Affinity {
    /// Any binding is enough.
    #[default]
    Low,
    /// Only a binding to one certificate or key.
    High,
}

/// Graph's `x509CertificateAuthenticationModeConfiguration`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationModes {
    /// Strength of a certificate that no rule applies to.
    pub x509_certificate_authentication_default_mode: AuthenticationMode,
    /// Required affinity if no rule applies.
    #[serde(default)]
    pub x509_certificate_default_required_affinity_level: Affinity,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<ModeRule>,
}

/// Graph's `x509CertificateAuthenticationMode`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum AuthenticationMode {
    /// The certificate alone satisfies a demand for two factors.
    #[serde(rename = "x509CertificateMultiFactor")]
    MultiFactor,
    /// The certificate is one factor.
    #[serde(rename = "x509CertificateSingleFactor")]
    SingleFactor,
}

/// Graph's `x509CertificateRule`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModeRule {
    /// Field that the rule compares.
    pub x509_certificate_rule_type: RuleType,
    /// The issuer's name or the policy; with an issuer and a policy, the two fields below.
    #[serde(default)]
    pub identifier: Option<String>,
    /// The issuer's name, such as `CN=ContosoCA,DC=Contoso,DC=org`.
    #[serde(default)]
    pub issuer_subject_identifier: Option<String>,
    /// The policy, such as `1.2.3.4`; compared exactly.
    #[serde(default)]
    pub policy_oid_identifier: Option<String>,
    /// Strength of a certificate that the rule applies to.
    pub x509_certificate_authentication_mode: AuthenticationMode,
    /// Required affinity of the binding.
    #[serde(default)]
    pub x509_certificate_required_affinity_level: Affinity,
}

/// Graph's `x509CertificateRuleType`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleType {
    /// The issuer.
    IssuerSubject,
    /// Both: has the highest priority.
    IssuerSubjectAndPolicyOID,
    /// A certificate policy: has priority over the issuer.
    PolicyOID,
}

/// Graph's `x509CertificateCRLValidationConfiguration`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrlValidation {
    /// Whether an authority must have a revocation list.
    pub state: PolicyState,
    /// Authorities that need no list, by hexadecimal subject key identifier.
    #[serde(default)]
    pub exempted_certificate_authorities_subject_key_identifiers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that Microsoft Graph answers, with members that this program ignores.
    #[test]
    fn a_policy_of_graph_can_be_pasted_in() {
        let policy: CertificatePolicy = serde_json::from_str(
            r##"{
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#…",
                "@odata.type": "#microsoft.graph.x509CertificateAuthenticationMethodConfiguration",
                "id": "X509Certificate",
                "state": "enabled",
                "excludeTargets": [],
                "issuerHintsConfiguration": {"state": "disabled"},
                "certificateUserBindings": [
                    {"x509CertificateField": "PrincipalName", "userProperty": "onPremisesUserPrincipalName", "priority": 1, "trustAffinityLevel": "low"},
                    {"x509CertificateField": "RFC822Name", "userProperty": "userPrincipalName", "priority": 2, "trustAffinityLevel": "low"},
                    {"x509CertificateField": "SubjectKeyIdentifier", "userProperty": "certificateUserIds", "priority": 3, "trustAffinityLevel": "high"}
                ],
                "authenticationModeConfiguration": {
                    "x509CertificateAuthenticationDefaultMode": "x509CertificateMultiFactor",
                    "x509CertificateDefaultRequiredAffinityLevel": "high",
                    "rules": [{
                        "x509CertificateRuleType": "issuerSubjectAndPolicyOID",
                        "identifier": "CN=ContosoCA,DC=Contoso,DC=org 1.2.3.4",
                        "issuerSubjectIdentifier": "CN=ContosoCA,DC=Contoso,DC=org",
                        "policyOidIdentifier": "1.2.3.4",
                        "x509CertificateAuthenticationMode": "x509CertificateSingleFactor",
                        "x509CertificateRequiredAffinityLevel": "low"
                    }]
                },
                "crlValidationConfiguration": {"state": "disabled", "exemptedCertificateAuthoritiesSubjectKeyIdentifiers": []},
                "includeTargets": [{"targetType": "group", "id": "all_users", "isRegistrationRequired": false}]
            }"##,
        )
        .unwrap();
        assert_eq!(policy.state, PolicyState::Enabled);
        let modes = &policy.authentication_mode_configuration;
        assert_eq!(
            modes.x509_certificate_default_required_affinity_level,
            Affinity::High
        );
        assert_eq!(
            modes.rules[0].x509_certificate_rule_type,
            RuleType::IssuerSubjectAndPolicyOID
        );
        assert_eq!(
            policy.certificate_user_bindings[2].x509_certificate_field,
            CertificateField::SubjectKeyIdentifier
        );
    }
}
