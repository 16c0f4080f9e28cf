//! Policies exported by Microsoft Graph and PowerShell as JSON.

mod find;
mod read;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use self::find::Configuration;
use super::json::{Json, shown};
use super::policy::Policy;
use super::policy_error::PolicyError;
use crate::responsible::Responsible;

impl Policy {
    /// Reads the policy from an export that contains Graph's [`x509CertificateAuthenticationMethodConfiguration`][c].
    ///
    /// The configuration can be the export itself (`GET
    /// /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate`), or part of the
    /// whole `authenticationMethodsPolicy`, of a page or list of configurations, or of PowerShell's objects
    /// (`Get-MgPolicyAuthenticationMethodPolicyAuthenticationMethodConfiguration | ConvertTo-Json -Depth 10`), whose
    /// members are capitalized and partly in `AdditionalProperties`. Names are case-insensitive, and several JSON
    /// values can follow each other. Missing members have their defaults and a [warning](GraphPolicy::warnings).
    /// Sources: [the configuration][c], [binding][b], [rule][r].
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, contains no such configuration or two that differ, is truncated, or contains
    /// something that Entra does not offer.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::{CertificateField, GraphPolicyWarning, Policy, Strength};
    ///
    /// let read = Policy::from_graph_json(r#"{"value": [{"id": "Fido2"}, {"id": "X509Certificate", "state": "disabled",
    ///     "certificateUserBindings": [
    ///         {"x509CertificateField": "PrincipalName", "userProperty": "userPrincipalName", "priority": 1}],
    ///     "authenticationModeConfiguration": {
    ///         "x509CertificateAuthenticationDefaultMode": "x509CertificateMultiFactor", "rules": []}}]}"#)?;
    /// assert_eq!(read.policy().bindings()[0].field(), CertificateField::PrincipalName);
    /// assert_eq!(read.warnings(), [GraphPolicyWarning::Disabled]);
    /// assert!(Policy::from_graph_json("{}").is_err());
    /// # Ok::<(), upn_resolver::entra::GraphPolicyError>(())
    /// ```
    ///
    /// [c]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateauthenticationmethodconfiguration
    /// [b]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateuserbinding
    /// [r]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificaterule
    pub fn from_graph_json(text: &str) -> Result<GraphPolicy, GraphPolicyError> {
        let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
        if !text.starts_with(['{', '[']) {
            return Err(GraphPolicyError::Json(
                "it does not begin with { or [".to_string(),
            ));
        }
        let values = Json::read_all(text).map_err(|error| GraphPolicyError::Json(shown(&error)))?;
        read::policy(Configuration::find(&values)?)
    }
}

/// A policy read from an export, with warnings for the administrator.
///
/// The default is the policy of a tenant without configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphPolicy {
    policy: Policy,
    warnings: Vec<GraphPolicyWarning>,
}

impl GraphPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the policy without the warnings.
    #[must_use]
    pub fn into_policy(self) -> Policy {
        self.policy
    }

    /// Warnings about the export.
    #[must_use]
    pub fn warnings(&self) -> &[GraphPolicyWarning] {
        &self.warnings
    }
}

/// Warning about an exported policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphPolicyWarning {
    /// The `state` of the method is `disabled`.
    Disabled,
    /// A part of the configuration is missing in the export.
    Missing {
        /// The member.
        member: &'static str,
    },
    /// `includeTargets` is empty.
    NoTargets,
}

impl fmt::Display for GraphPolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str(
                "certificate-based authentication is disabled in the tenant: no user can sign in with a certificate until \"state\" is \
                 \"enabled\"",
            ),
            Self::Missing { member } => write!(
                f,
                "the export has no {member}; the default of a tenant without configuration is used"
            ),
            Self::NoTargets => {
                f.write_str("\"includeTargets\" is empty: certificate-based authentication is not enabled for any user")
            }
        }
    }
}

/// Reason why a text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphPolicyError {
    /// A member contains text instead of its content, because `ConvertTo-Json` reached its depth.
    Truncated {
        /// The member.
        member: &'static str,
    },
    /// An error response of Microsoft Graph.
    ErrorResponse {
        /// The error code.
        code: String,
        /// The error message.
        message: String,
    },
    /// Not JSON.
    Json(String),
    /// A binding or a rule without a required member.
    MissingMember {
        /// The binding or rule.
        owner: String,
        /// The member.
        member: &'static str,
    },
    /// No configuration of certificate-based authentication.
    NoConfiguration {
        /// The first objects found instead, by type or ID.
        found: Vec<String>,
    },
    /// A configuration without bindings and modes.
    NoMembers,
    /// Something that Entra does not offer.
    Policy(PolicyError),
    /// Several configurations that differ.
    SeveralConfigurations,
    /// A member with another JSON type than in Graph.
    Shape {
        /// The member.
        member: &'static str,
    },
    /// An unknown name.
    Unknown {
        /// What it should name.
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

impl GraphPolicyError {
    /// Who has to act: the administrator of the tenant, with another export or policy.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::Administrator
    }
}

impl fmt::Display for GraphPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { member } => write!(
                f,
                "{member} is truncated: export it with more depth, such as ConvertTo-Json -Depth 10"
            ),
            Self::ErrorResponse { code, message } => write!(
                f,
                "an error response of Microsoft Graph, not a policy: {code:?}, {message:?}"
            ),
            Self::Json(error) => write!(
                f,
                "not JSON as Microsoft Graph or PowerShell writes it: {error}"
            ),
            Self::MissingMember { owner, member } => write!(f, "{owner} requires {member}"),
            Self::NoConfiguration { found } => {
                f.write_str("no X509Certificate configuration found")?;
                if !found.is_empty() {
                    write!(f, ", only {found:?}")?;
                }
                f.write_str(
                    "; export \
                     /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate",
                )
            }
            Self::NoMembers => f.write_str(
                "the X509Certificate configuration has no certificateUserBindings and no authenticationModeConfiguration; \
                 export all its members",
            ),
            Self::Policy(error) => error.fmt(f),
            Self::SeveralConfigurations => f.write_str(
                "the export contains several X509Certificate configurations that differ; keep the one in use",
            ),
            Self::Shape { member } => write!(f, "{member} has another JSON type than in Microsoft Graph"),
            Self::Unknown { what, value } => write!(f, "{value:?} is not a known {what}"),
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
