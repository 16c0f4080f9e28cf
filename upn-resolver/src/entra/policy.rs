//! Policy of a tenant for certificate-based authentication: username bindings and strength rules.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::binding::{UserAttribute, UsernameBinding};
use super::field::{Affinity, CertificateField};
use super::interpretation::ValueInterpretation;
use super::policy_error::PolicyError;
use super::strength::{Strength, StrengthRule};
use crate::certificate::Certificate;

/// Effect of a rule's affinity on the tenant's requirement: addition or replacement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleAffinity {
    /// High affinity is required if the tenant requires it or a matching rule does, as in the description of the
    /// binding algorithm.
    #[default]
    Adds,
    /// The rule that determines the strength also determines the affinity, and can lower it, as in the description of
    /// the tenant's default, which a rule overrides.
    Replaces,
}

/// Policy of a tenant for certificate-based authentication.
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

/// The policy of a tenant without configuration: the principal name must match `userPrincipalName`, single factor,
/// low affinity. (In the preview of 2022 it was `onPremisesUserPrincipalName`.)
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
    /// Returns a policy with the defaults single factor and low affinity.
    ///
    /// # Errors
    ///
    /// Fails if two bindings have the same priority, Entra does not offer a binding, or two rules for the same
    /// certificates have different strengths.
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

    /// Sets the strength of certificates that no rule covers.
    #[must_use]
    pub fn with_default_strength(self, default_strength: Strength) -> Self {
        Self {
            default_strength,
            ..self
        }
    }

    /// Sets the affinity that the tenant requires of every binding.
    #[must_use]
    pub fn with_required_affinity(self, default_affinity: Affinity) -> Self {
        Self {
            default_affinity,
            ..self
        }
    }

    /// Sets the effect of a rule's affinity on the tenant's requirement.
    #[must_use]
    pub fn with_rule_affinity(self, rule_affinity: RuleAffinity) -> Self {
        Self {
            rule_affinity,
            ..self
        }
    }

    /// Sets the interpretations for values.
    #[must_use]
    pub fn with_interpretation(self, interpretation: ValueInterpretation) -> Self {
        Self {
            interpretation,
            ..self
        }
    }

    /// The bindings, by ascending priority.
    #[must_use]
    pub fn bindings(&self) -> &[UsernameBinding] {
        &self.bindings
    }

    /// The strength rules.
    #[must_use]
    pub fn rules(&self) -> &[StrengthRule] {
        &self.rules
    }

    /// The interpretations for values.
    #[must_use]
    pub fn interpretation(&self) -> ValueInterpretation {
        self.interpretation
    }

    /// Rates a certificate: its strength, the rule that determines it, and the affinity that a binding must have.
    ///
    /// A rule with issuer and policy takes precedence over one with a policy, then one with an issuer, then the
    /// default. If rules of the same kind differ, single factor applies.
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

/// Rating of a certificate: see [`Policy::rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rating<'p> {
    /// The rule that applied; `None` for the default.
    pub rule: Option<&'p StrengthRule>,
    /// The strength.
    pub strength: Strength,
    /// The minimum affinity of a binding.
    pub required_affinity: Affinity,
}
