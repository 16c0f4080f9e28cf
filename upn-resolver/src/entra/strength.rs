//! Authentication bindings: the strength of certificates by issuer or policy.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::field::Affinity;
use super::issuer::IssuerIdentifier;
use super::policy_error::PolicyError;
use crate::certificate::{Certificate, Oid};

/// Authentication strength of a certificate sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Strength {
    /// Single-factor authentication.
    SingleFactor,
    /// Multifactor authentication: the token contains the claim.
    Multifactor,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SingleFactor => "single factor",
            Self::Multifactor => "multifactor",
        })
    }
}

/// An authentication binding: the strength of certificates from an issuer, under a policy, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrengthRule {
    pub(super) issuer: Option<IssuerIdentifier>,
    pub(super) policy: Option<PolicyOid>,
    pub(super) strength: Strength,
    pub(super) required_affinity: Option<Affinity>,
}

impl StrengthRule {
    /// Returns a rule for all certificates of an issuer, named as in Microsoft Graph:
    /// `CN=ContosoCA,DC=contoso,DC=com`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a distinguished name.
    pub fn for_issuer(issuer: &str, strength: Strength) -> Result<Self, PolicyError> {
        let issuer =
            IssuerIdentifier::parse(issuer).ok_or_else(|| PolicyError::Issuer(issuer.to_string()))?;
        Ok(Self {
            issuer: Some(issuer),
            policy: None,
            strength,
            required_affinity: None,
        })
    }

    /// Returns a rule for all certificates under a certificate policy. Object identifiers are compared as a whole:
    /// `1.2.3.4.5` does not cover `1.2.3.4.5.6`, and all issuance policies are `2.5.29.32.0`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not an object identifier.
    pub fn for_policy(policy: &str, strength: Strength) -> Result<Self, PolicyError> {
        let policy = PolicyOid::parse(policy).ok_or_else(|| PolicyError::Oid(policy.to_string()))?;
        Ok(Self {
            issuer: None,
            policy: Some(policy),
            strength,
            required_affinity: None,
        })
    }

    /// Returns a rule for the certificates of an issuer under a policy.
    ///
    /// # Errors
    ///
    /// Same as [`for_issuer`](Self::for_issuer) and [`for_policy`](Self::for_policy).
    pub fn for_issuer_and_policy(
        issuer: &str,
        policy: &str,
        strength: Strength,
    ) -> Result<Self, PolicyError> {
        let policy = Self::for_policy(policy, strength)?.policy;
        Ok(Self {
            policy,
            ..Self::for_issuer(issuer, strength)?
        })
    }

    /// Sets the affinity that a binding must have.
    #[must_use]
    pub fn with_required_affinity(self, affinity: Affinity) -> Self {
        Self {
            required_affinity: Some(affinity),
            ..self
        }
    }

    /// The strength.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// The required affinity, if the rule specifies one.
    #[must_use]
    pub fn required_affinity(&self) -> Option<Affinity> {
        self.required_affinity
    }

    pub(super) fn covers(&self, certificate: &Certificate<'_>) -> bool {
        let policy = self.policy.as_ref();
        policy.is_none_or(|policy| certificate.certificate_policies().any(|oid| policy.is(oid)))
            && self
                .issuer
                .as_ref()
                .is_none_or(|issuer| issuer.names(certificate.issuer()))
    }

    /// Issuer and policy take precedence over a policy alone, which takes precedence over an issuer alone.
    pub(super) fn rank(&self) -> u8 {
        match (&self.issuer, &self.policy) {
            (Some(_), Some(_)) => 2,
            (None, Some(_)) => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for StrengthRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.issuer, &self.policy) {
            (Some(issuer), Some(policy)) => write!(f, "issuer {issuer} and policy {policy}"),
            (Some(issuer), None) => write!(f, "issuer {issuer}"),
            (None, Some(policy)) => write!(f, "policy {policy}"),
            (None, None) => f.write_str("every certificate"),
        }
    }
}

/// Object identifier of a certificate policy, encoded once for fast comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyOid {
    text: String,
    bytes: Vec<u8>,
}

impl PolicyOid {
    fn parse(text: &str) -> Option<Self> {
        let number = |component: &str| {
            let is_number = component.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| component.parse::<u64>().ok()).flatten()
        };
        let mut components = text.split('.').map(number);
        let (first, second) = (components.next()??, components.next()??);
        // X.690, clause 8.19.4: the first two components are encoded as one, 40 × first + second.
        if first > 2 || first < 2 && second > 39 {
            return None;
        }
        let mut bytes = Vec::new();
        push_base_128(&mut bytes, second.checked_add(first * 40)?);
        for component in components {
            push_base_128(&mut bytes, component?);
        }
        Some(Self {
            text: text.to_string(),
            bytes,
        })
    }

    fn is(&self, oid: Oid<'_>) -> bool {
        oid.as_bytes() == self.bytes
    }
}

impl fmt::Display for PolicyOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn push_base_128(bytes: &mut Vec<u8>, value: u64) {
    let digits = (64 - value.leading_zeros()).div_ceil(7).max(1);
    for digit in (0..digits).rev() {
        let [low, ..] = (value >> (digit * 7) & 0x7f).to_le_bytes();
        bytes.push(if digit == 0 { low } else { low | 0x80 });
    }
}
