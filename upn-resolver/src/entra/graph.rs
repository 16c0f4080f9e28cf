//! The policy as Microsoft Graph returns it, in JSON.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;

use super::field::{Affinity, CertificateField};
use super::policy::{Policy, PolicyError, UserAttribute, UsernameBinding};
use super::strength::{Strength, StrengthRule};
use crate::upn::is_deceptive;

impl Policy {
    /// Reads the policy from the JSON of Graph's `x509CertificateAuthenticationMethodConfiguration`, which
    /// `GET /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate` returns.
    ///
    /// A missing part has its default. Sources: [the configuration][c], [binding][b], [rule][r].
    ///
    /// # Errors
    ///
    /// When the text is no such JSON, or says something that Entra does not offer.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::{CertificateField, Policy, Strength};
    ///
    /// let policy = Policy::from_graph_json(r#"{
    ///     "certificateUserBindings": [
    ///         {"x509CertificateField": "PrincipalName", "userProperty": "userPrincipalName", "priority": 1}],
    ///     "authenticationModeConfiguration": {
    ///         "x509CertificateAuthenticationDefaultMode": "x509CertificateMultiFactor", "rules": []}}"#)?;
    /// assert_eq!(policy.bindings()[0].field(), CertificateField::PrincipalName);
    /// # Ok::<(), upn_resolver::entra::GraphPolicyError>(())
    /// ```
    ///
    /// [c]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateauthenticationmethodconfiguration
    /// [b]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateuserbinding
    /// [r]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificaterule
    pub fn from_graph_json(text: &str) -> Result<Self, GraphPolicyError> {
        let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
        if !text.starts_with('{') {
            return Err(GraphPolicyError::Json("it is no JSON object".to_string()));
        }
        let configuration: Configuration =
            serde_json::from_str(text).map_err(|error| GraphPolicyError::Json(shown(&error)))?;
        let mode = configuration
            .authentication_mode_configuration
            .unwrap_or_default();
        let rules = mode
            .rules
            .iter()
            .map(GraphRule::to_rule)
            .collect::<Result<_, _>>()?;
        let bindings = match configuration.certificate_user_bindings {
            Some(bindings) => bindings
                .iter()
                .map(GraphBinding::to_binding)
                .collect::<Result<_, _>>()?,
            None => Self::default().bindings().to_vec(),
        };
        let policy = Self::new(bindings, rules)?
            .with_default_strength(mode.default_mode.map_or(Strength::SingleFactor, Strength::from))
            .with_required_affinity(mode.default_affinity.map_or(Affinity::Low, Affinity::from));
        Ok(policy)
    }
}

/// What is wrong with a JSON text. It may repeat a word of the text, which must not reach a terminal as it is.
pub(super) fn shown(error: &serde_json::Error) -> String {
    let mut text = String::new();
    for character in error.to_string().chars() {
        if is_deceptive(character) {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    text
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    certificate_user_bindings: Option<Vec<GraphBinding>>,
    #[serde(default)]
    authentication_mode_configuration: Option<ModeConfiguration>,
}

#[derive(Deserialize)]
struct GraphBinding {
    #[serde(rename = "x509CertificateField")]
    field: String,
    #[serde(rename = "userProperty")]
    attribute: String,
    priority: u32,
    #[serde(rename = "trustAffinityLevel", default)]
    affinity: Option<GraphAffinity>,
}

impl GraphBinding {
    fn to_binding(&self) -> Result<UsernameBinding, GraphPolicyError> {
        let unknown = |what, value: &String| GraphPolicyError::Unknown {
            what,
            value: value.clone(),
        };
        let field = CertificateField::from_graph_name(&self.field)
            .ok_or_else(|| unknown("x509CertificateField", &self.field))?;
        let attribute = UserAttribute::from_graph_name(&self.attribute)
            .ok_or_else(|| unknown("userProperty", &self.attribute))?;
        let mut binding = UsernameBinding::new(field, attribute, self.priority);
        if let Some(affinity) = self.affinity {
            binding.affinity = affinity.into();
        }
        Ok(binding)
    }
}

#[derive(Default, Deserialize)]
struct ModeConfiguration {
    #[serde(rename = "x509CertificateAuthenticationDefaultMode", default)]
    default_mode: Option<GraphMode>,
    #[serde(rename = "x509CertificateDefaultRequiredAffinityLevel", default)]
    default_affinity: Option<GraphAffinity>,
    #[serde(default)]
    rules: Vec<GraphRule>,
}

#[derive(Deserialize)]
struct GraphRule {
    #[serde(rename = "x509CertificateRuleType")]
    kind: String,
    #[serde(default)]
    identifier: Option<String>,
    #[serde(rename = "issuerSubjectIdentifier", default)]
    issuer: Option<String>,
    #[serde(rename = "policyOidIdentifier", default)]
    policy: Option<String>,
    #[serde(rename = "x509CertificateAuthenticationMode")]
    mode: GraphMode,
    #[serde(rename = "x509CertificateRequiredAffinityLevel", default)]
    affinity: Option<GraphAffinity>,
}

impl GraphRule {
    fn to_rule(&self) -> Result<StrengthRule, GraphPolicyError> {
        let strength = self.mode.into();
        let missing = |member| GraphPolicyError::MissingMember {
            rule: self.kind.clone(),
            member,
        };
        let identifier = self.identifier.as_deref().filter(|text| !text.is_empty());
        let issuer = self.issuer.as_deref().filter(|text| !text.is_empty());
        let policy = self.policy.as_deref().filter(|text| !text.is_empty());
        let rule = match self.kind.as_str() {
            "issuerSubject" => {
                let issuer = identifier.or(issuer).ok_or_else(|| missing("identifier"))?;
                StrengthRule::for_issuer(issuer, strength)?
            }
            "policyOID" => {
                let policy = identifier.or(policy).ok_or_else(|| missing("identifier"))?;
                StrengthRule::for_policy(policy, strength)?
            }
            "issuerSubjectAndPolicyOID" => StrengthRule::for_issuer_and_policy(
                issuer.ok_or_else(|| missing("issuerSubjectIdentifier"))?,
                policy.ok_or_else(|| missing("policyOidIdentifier"))?,
                strength,
            )?,
            other => {
                return Err(GraphPolicyError::Unknown {
                    what: "x509CertificateRuleType",
                    value: other.to_string(),
                });
            }
        };
        Ok(match self.affinity {
            Some(affinity) => rule.requiring(affinity.into()),
            None => rule,
        })
    }
}

#[derive(Clone, Copy, Deserialize)]
enum GraphMode {
    #[serde(rename = "x509CertificateSingleFactor")]
    Single,
    #[serde(rename = "x509CertificateMultiFactor")]
    Multi,
}

impl From<GraphMode> for Strength {
    fn from(mode: GraphMode) -> Self {
        match mode {
            GraphMode::Single => Self::SingleFactor,
            GraphMode::Multi => Self::Multifactor,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GraphAffinity {
    High,
    Low,
}

impl From<GraphAffinity> for Affinity {
    fn from(affinity: GraphAffinity) -> Self {
        match affinity {
            GraphAffinity::High => Self::High,
            GraphAffinity::Low => Self::Low,
        }
    }
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphPolicyError {
    /// It is no JSON of the expected shape.
    Json(String),
    /// A rule lacks a member that its type needs.
    MissingMember {
        /// The rule's type.
        rule: String,
        /// The member.
        member: &'static str,
    },
    /// It says something that Entra does not offer.
    Policy(PolicyError),
    /// A name that is not known here.
    Unknown {
        /// What it names.
        what: &'static str,
        /// The name.
        value: String,
    },
}

impl From<PolicyError> for GraphPolicyError {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

impl fmt::Display for GraphPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(
                f,
                "no x509CertificateAuthenticationMethodConfiguration as Microsoft Graph returns it: {error}"
            ),
            Self::MissingMember { rule, member } => write!(f, "a rule of type {rule} needs {member}"),
            Self::Policy(error) => error.fmt(f),
            Self::Unknown { what, value } => write!(f, "{value:?} is no {what} that is known here"),
        }
    }
}

impl core::error::Error for GraphPolicyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Policy(error) => Some(error),
            _ => None,
        }
    }
}
