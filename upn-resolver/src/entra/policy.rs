//! A tenant's policy for certificate-based authentication: username bindings and strength rules.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::binding::{UserAttribute, UsernameBinding};
use super::field::{Affinity, CertificateField};
use super::interpretation::ValueInterpretation;
use super::policy_error::PolicyError;
use super::strength::{Strength, StrengthRule};
use crate::certificate::Certificate;

/// Whether the affinity of a matching rule only adds to the tenant's requirement or takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleAffinity {
    /// High affinity is required when the tenant requires it or a rule does that the certificate meets: the words of
    /// the binding algorithm.
    #[default]
    Adds,
    /// The rule that decides over the strength decides over the affinity too, also to lower it: the words on the
    /// default of the tenant, which a rule overrides.
    Replaces,
}

/// A tenant's policy.
///
/// Sources: [deep dive][dd], "Understand the username binding policy" and "Understand the authentication binding
/// policy"; Microsoft Graph, [`x509CertificateAuthenticationMethodConfiguration`][gr].
///
/// # Examples
///
/// ```
/// use upn_resolver::entra::{CertificateField, Policy, Strength, StrengthRule, UserAttribute, UsernameBinding};
///
/// let policy = Policy::new(
///     vec![
///         UsernameBinding::new(CertificateField::SubjectKeyIdentifier, UserAttribute::CertificateUserIds, 1),
///         UsernameBinding::new(CertificateField::PrincipalName, UserAttribute::UserPrincipalName, 2),
///     ],
///     vec![StrengthRule::for_policy("1.3.6.1.4.1.99999.1", Strength::Multifactor)?],
/// )?;
/// assert_eq!(policy.bindings().len(), 2);
/// # Ok::<(), upn_resolver::entra::PolicyError>(())
/// ```
///
/// [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
/// [gr]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateauthenticationmethodconfiguration
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    bindings: Vec<UsernameBinding>,
    rules: Vec<StrengthRule>,
    default_strength: Strength,
    default_affinity: Affinity,
    rule_affinity: RuleAffinity,
    interpretation: ValueInterpretation,
}

/// What a tenant has before anybody configures it: the principal name must be the `userPrincipalName`, single factor,
/// low affinity. (In the preview of 2022 it was the `onPremisesUserPrincipalName`.)
impl Default for Policy {
    fn default() -> Self {
        let binding = UsernameBinding::new(
            CertificateField::PrincipalName,
            UserAttribute::UserPrincipalName,
            1,
        );
        Self {
            bindings: [binding].into(),
            rules: Vec::new(),
            default_strength: Strength::SingleFactor,
            default_affinity: Affinity::Low,
            rule_affinity: RuleAffinity::default(),
            interpretation: ValueInterpretation::default(),
        }
    }
}

impl Policy {
    /// A policy whose defaults are single factor and low affinity.
    ///
    /// # Errors
    ///
    /// When two bindings have one priority, a binding is not offered by Entra, or an issuer has two strengths.
    pub fn new(mut bindings: Vec<UsernameBinding>, rules: Vec<StrengthRule>) -> Result<Self, PolicyError> {
        bindings.sort_by_key(|binding| binding.priority);
        for pair in bindings.windows(2) {
            if let [one, other] = pair {
                if one.priority == other.priority {
                    return Err(PolicyError::Priority(one.priority));
                }
            }
        }
        if let Some(binding) = bindings.iter().find(|binding| !binding.is_offered()) {
            return Err(PolicyError::NotOffered(*binding));
        }
        for (index, rule) in rules.iter().enumerate() {
            let same = |other: &&StrengthRule| {
                (&other.issuer, &other.policy) == (&rule.issuer, &rule.policy)
                    && other.strength != rule.strength
            };
            if rules.iter().skip(index + 1).find(same).is_some() {
                return Err(PolicyError::TwoStrengths(rule.to_string()));
            }
        }
        Ok(Self {
            bindings,
            rules,
            ..Self::default()
        })
    }

    /// The same policy with another strength for certificates that no rule covers.
    #[must_use]
    pub fn with_default_strength(self, default_strength: Strength) -> Self {
        Self {
            default_strength,
            ..self
        }
    }

    /// The same policy with the affinity that the tenant requires of every binding.
    #[must_use]
    pub fn with_required_affinity(self, default_affinity: Affinity) -> Self {
        Self {
            default_affinity,
            ..self
        }
    }

    /// The same policy with the other interpretation of what a rule's affinity does to the tenant's.
    #[must_use]
    pub fn with_rule_affinity(self, rule_affinity: RuleAffinity) -> Self {
        Self {
            rule_affinity,
            ..self
        }
    }

    /// The same policy with other interpretation of the values.
    #[must_use]
    pub fn with_interpretation(self, interpretation: ValueInterpretation) -> Self {
        Self {
            interpretation,
            ..self
        }
    }

    /// The bindings, in the order in which they are tried.
    #[must_use]
    pub fn bindings(&self) -> &[UsernameBinding] {
        &self.bindings
    }

    /// The strength rules.
    #[must_use]
    pub fn rules(&self) -> &[StrengthRule] {
        &self.rules
    }

    /// The interpretation of the values.
    #[must_use]
    pub fn interpretation(&self) -> ValueInterpretation {
        self.interpretation
    }

    /// How strong the certificate is, by which rule, and which affinity it has to be bound with.
    ///
    /// Issuer and policy together come before a policy, that before an issuer, that before the default; where rules of
    /// one kind differ, single factor wins.
    #[must_use]
    pub fn rate(&self, certificate: &Certificate<'_>) -> Rating<'_> {
        let mut decisive: Option<&StrengthRule> = None;
        let mut demanded = Affinity::Low;
        for rule in self.rules.iter().filter(|rule| rule.covers(certificate)) {
            demanded = demanded.max(rule.required_affinity.unwrap_or(Affinity::Low));
            let weaker = |other: &StrengthRule| {
                other.rank() < rule.rank() || other.rank() == rule.rank() && other.strength > rule.strength
            };
            if decisive.is_none_or(weaker) {
                decisive = Some(rule);
            }
        }
        Rating {
            rule: decisive,
            strength: decisive.map_or(self.default_strength, |rule| rule.strength),
            required_affinity: match self.rule_affinity {
                RuleAffinity::Adds => demanded.max(self.default_affinity),
                RuleAffinity::Replaces => decisive
                    .and_then(|rule| rule.required_affinity)
                    .unwrap_or(self.default_affinity),
            },
        }
    }
}

/// How a certificate is rated: see [`Policy::rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rating<'p> {
    /// The rule that decided; `None` when it was the default.
    pub rule: Option<&'p StrengthRule>,
    /// The strength.
    pub strength: Strength,
    /// The affinity that a binding must have at least.
    pub required_affinity: Affinity,
}
