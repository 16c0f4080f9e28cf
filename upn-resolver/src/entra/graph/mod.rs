//! The policy as Microsoft Graph and PowerShell export it, in JSON.

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
    /// Reads the policy from an export that holds Graph's [`x509CertificateAuthenticationMethodConfiguration`][c].
    ///
    /// It is found in the configuration itself (`GET
    /// /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate`), in the whole
    /// `authenticationMethodsPolicy`, in a page or a list of configurations, and in the objects of PowerShell
    /// (`Get-MgPolicyAuthenticationMethodPolicyAuthenticationMethodConfiguration | ConvertTo-Json -Depth 10`), whose members begin with
    /// a capital letter and are partly in `AdditionalProperties`. The case of letters does not matter, and several JSON values may
    /// follow each other. What is missing has its default and a [warning](GraphPolicy::warnings). Sources: [the configuration][c],
    /// [binding][b], [rule][r].
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, holds no such configuration or two that differ, is cut off, or says something that Entra
    /// does not offer.
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
                "it begins neither with { nor with [".to_string(),
            ));
        }
        let values = Json::read_all(text).map_err(|error| GraphPolicyError::Json(shown(&error)))?;
        read::policy(Configuration::find(&values)?)
    }
}

/// A policy from an export, with what an administrator should know about it.
///
/// The default is the policy of a tenant where nothing is configured.
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

    /// The policy alone.
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

/// A warning about an exported policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphPolicyWarning {
    /// The method's `state` is `disabled`.
    Disabled,
    /// A part of the configuration is not in the export.
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
                "certificate-based authentication is disabled in the tenant: nobody signs in with a certificate until \"state\" is \
                 \"enabled\"",
            ),
            Self::Missing { member } => write!(
                f,
                "the export has no {member}; the default of a tenant where nothing is configured is taken"
            ),
            Self::NoTargets => {
                f.write_str("\"includeTargets\" is empty: certificate-based authentication is enabled for nobody")
            }
        }
    }
}

/// Why a text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphPolicyError {
    /// A member holds a text in place of its content: `ConvertTo-Json` stopped at its depth.
    Truncated {
        /// The member.
        member: &'static str,
    },
    /// An error response of Graph.
    ErrorResponse {
        /// Graph's code.
        code: String,
        /// Graph's message.
        message: String,
    },
    /// It is not JSON.
    Json(String),
    /// A binding or a rule lacks a member that it needs.
    MissingMember {
        /// What lacks it.
        owner: String,
        /// The member.
        member: &'static str,
    },
    /// There is no configuration of certificate-based authentication in it.
    NoConfiguration {
        /// The first objects that are there instead, by type or id.
        found: Vec<String>,
    },
    /// The configuration is there, and neither its bindings nor its modes are.
    NoMembers,
    /// It says something that Entra does not offer.
    Policy(PolicyError),
    /// There are several configurations, and they differ.
    SeveralConfigurations,
    /// A member has another JSON type than Graph gives it.
    Shape {
        /// The member.
        member: &'static str,
    },
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
                "{member} is cut off: export it with more depth, such as ConvertTo-Json -Depth 10"
            ),
            Self::ErrorResponse { code, message } => write!(
                f,
                "an error response of Microsoft Graph, not a policy: {code:?}, {message:?}"
            ),
            Self::Json(error) => write!(
                f,
                "not JSON as Microsoft Graph or PowerShell writes it: {error}"
            ),
            Self::MissingMember { owner, member } => write!(f, "{owner} needs {member}"),
            Self::NoConfiguration { found } => {
                f.write_str("there is no X509Certificate configuration in it")?;
                if !found.is_empty() {
                    write!(f, ", only {found:?}")?;
                }
                f.write_str(
                    "; export \
                     /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate",
                )
            }
            Self::NoMembers => f.write_str(
                "the X509Certificate configuration has neither certificateUserBindings nor authenticationModeConfiguration; \
                 export all its members",
            ),
            Self::Policy(error) => error.fmt(f),
            Self::SeveralConfigurations => f.write_str(
                "there are several X509Certificate configurations in it, and they differ; keep the one that holds",
            ),
            Self::Shape { member } => write!(f, "{member} has another JSON type than Microsoft Graph gives it"),
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
