//! Lookup of the account and binding of the certificate: first `locate`, then `bind`.

use alloc::vec::Vec;
use core::fmt;

use super::binding::{UserAttribute, UsernameBinding};
use super::field::{Affinity, CertificateField};
use super::fold;
use super::policy::{Policy, Rating};
use super::stored::{NearMiss, StoredUserId};
use crate::certificate::{Certificate, NameProblem};
use crate::responsible::Responsible;

/// Attributes of a user that certificate-based authentication uses.
pub trait Account {
    /// `userPrincipalName`.
    fn user_principal_name(&self) -> &str;
    /// `onPremisesUserPrincipalName`.
    fn on_premises_user_principal_name(&self) -> Option<&str>;
    /// `certificateUserIds`.
    fn certificate_user_ids(&self) -> impl Iterator<Item = &str>;
}

/// Users of a tenant, as needed for a sign-in.
pub trait Directory {
    /// A user, borrowed from the directory.
    type User<'d>: Account
    where
        Self: 'd;

    /// Returns the users whose attribute has this value, without regard to case. Entra keeps both attributes unique;
    /// an export may not.
    fn users_with<'d>(
        &'d self,
        attribute: NameAttribute,
        value: &str,
    ) -> impl Iterator<Item = Self::User<'d>>;
}

/// Attribute by which an account is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NameAttribute {
    /// `onPremisesUserPrincipalName`.
    OnPremisesUserPrincipalName,
    /// `userPrincipalName`.
    UserPrincipalName,
}

impl fmt::Display for NameAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnPremisesUserPrincipalName => "onPremisesUserPrincipalName",
            Self::UserPrincipalName => "userPrincipalName",
        })
    }
}

/// Result of looking up a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located<U> {
    /// Several users have the value. Entra rules this out, but an export can contain it.
    Ambiguous {
        /// The attribute with the value.
        by: NameAttribute,
        /// The number of users.
        users: usize,
    },
    /// One user has the value.
    Found {
        /// The attribute with the value.
        by: NameAttribute,
        /// The user.
        user: U,
    },
    /// No user has the value. Entra answers AADSTS50034.
    Missing,
}

/// Looks up the account of a name: the user with this `userPrincipalName`, otherwise the one with this
/// `onPremisesUserPrincipalName`. The certificate is not used.
///
/// Sources: the [smart card sign-in page][sc], which describes both lookups (the second in its section on hybrid
/// joined devices only), and the [deep dive][dd], whose binding algorithm starts from the named user.
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
/// [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
pub fn locate<'d, D: Directory>(directory: &'d D, sent: &str) -> Located<D::User<'d>> {
    for by in [
        NameAttribute::UserPrincipalName,
        NameAttribute::OnPremisesUserPrincipalName,
    ] {
        let mut users = directory.users_with(by, sent);
        if let Some(user) = users.next() {
            return match users.count() {
                0 => Located::Found { by, user },
                more => Located::Ambiguous { by, users: more + 1 },
            };
        }
    }
    Located::Missing
}

impl Policy {
    /// Checks whether the certificate can sign in to the account, by which binding, and with which strength.
    ///
    /// The bindings are tried by priority. A binding is skipped if its affinity is too low, if the certificate does
    /// not have its field, or if its attribute has another value. The first match decides.
    ///
    /// Source: the [deep dive][dd], "How Microsoft Entra ID resolves multiple username binding policies". (In the
    /// preview of 2022, a field that was present but did not match ended the search.)
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::Certificate;
    /// use upn_resolver::entra::{Account, Policy};
    ///
    /// /// A user as your program has it; the feature `directory` has users of its own.
    /// struct Ada;
    ///
    /// impl Account for Ada {
    ///     fn user_principal_name(&self) -> &str {
    ///         "Ada.Example@contoso.com"
    ///     }
    ///     fn on_premises_user_principal_name(&self) -> Option<&str> {
    ///         None
    ///     }
    ///     fn certificate_user_ids(&self) -> impl Iterator<Item = &str> {
    ///         ["X509:<PN>ada.example@contoso.com"].into_iter()
    ///     }
    /// }
    ///
    /// # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
    /// let certificate = Certificate::from_der(der)?;
    /// let policy = Policy::default();
    /// let binding = policy.bind(&Ada, &certificate);
    /// assert_eq!(binding.to_string(), "PrincipalName -> userPrincipalName, low affinity, single factor");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
    pub fn bind(&self, account: &impl Account, certificate: &Certificate<'_>) -> Binding<'_> {
        let rating = self.rate(certificate);
        let mut rejected = Vec::new();
        for binding in self.bindings() {
            match self.try_binding(*binding, &rating, account, certificate) {
                Ok(()) => {
                    return Binding {
                        used: Some(binding),
                        rating,
                        rejected,
                    };
                }
                Err(rejection) => rejected.push(RejectedBinding {
                    binding,
                    reason: rejection,
                }),
            }
        }
        Binding {
            used: None,
            rating,
            rejected,
        }
    }

    /// Finds a common mistake in the account's values that prevents this binding from matching.
    pub fn near_miss(
        &self,
        binding: UsernameBinding,
        account: &impl Account,
        certificate: &Certificate<'_>,
    ) -> Option<NearMiss> {
        if binding.attribute != UserAttribute::CertificateUserIds {
            return None;
        }
        account
            .certificate_user_ids()
            .filter_map(|value| StoredUserId::parse(value).ok())
            .filter(|value| value.field() == binding.field)
            .find_map(|value| value.near_miss(certificate, self.interpretation()))
    }

    fn try_binding(
        &self,
        binding: UsernameBinding,
        rating: &Rating<'_>,
        account: &impl Account,
        certificate: &Certificate<'_>,
    ) -> Result<(), BindingRejection> {
        if binding.affinity < rating.required_affinity {
            return Err(BindingRejection::AffinityTooLow);
        }
        let name = match binding.field {
            CertificateField::PrincipalName => Some(certificate.principal_name()),
            CertificateField::Rfc822Name => Some(certificate.rfc822_name()),
            _ => None,
        };
        let present = match (name, binding.field) {
            (Some(name), _) => name.is_some(),
            (None, CertificateField::Subject | CertificateField::IssuerAndSubject) => {
                !certificate.subject().is_empty()
            }
            (None, CertificateField::SubjectKeyIdentifier) => certificate
                .subject_key_identifier()
                .is_some_and(|identifier| !identifier.is_empty()),
            (None, _) => true,
        };
        if !present {
            return Err(BindingRejection::FieldMissing);
        }
        let name = match name.flatten().map(crate::certificate::NameString::text) {
            Some(Err(problem)) => return Err(BindingRejection::FieldUnusable(problem)),
            Some(Ok(text)) => Some(text),
            None => None,
        };
        let target = match binding.attribute {
            UserAttribute::CertificateUserIds => return self.try_user_ids(binding, account, certificate),
            UserAttribute::OnPremisesUserPrincipalName => account.on_premises_user_principal_name(),
            UserAttribute::UserPrincipalName => Some(account.user_principal_name()),
        };
        match (target, name) {
            (None, _) => Err(BindingRejection::AttributeEmpty),
            (Some(target), Some(name)) if fold::equal(target, &name) => Ok(()),
            (Some(_), _) => Err(BindingRejection::Different),
        }
    }

    fn try_user_ids(
        &self,
        binding: UsernameBinding,
        account: &impl Account,
        certificate: &Certificate<'_>,
    ) -> Result<(), BindingRejection> {
        let mut any = false;
        for value in account.certificate_user_ids() {
            if let Ok(value) = StoredUserId::parse(value) {
                if value.field() == binding.field {
                    any = true;
                    if value.matches(certificate, self.interpretation()) {
                        return Ok(());
                    }
                }
            }
        }
        Err(if any {
            BindingRejection::Different
        } else {
            BindingRejection::AttributeEmpty
        })
    }
}

/// Result of [`Policy::bind`], with all bindings that were tried.
///
/// `{}` prints one line, `{:#}` adds the rejected bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Binding<'p> {
    used: Option<&'p UsernameBinding>,
    rating: Rating<'p>,
    rejected: Vec<RejectedBinding<'p>>,
}

impl<'p> Binding<'p> {
    /// The binding that matched; `None` if the certificate cannot sign in to the account.
    #[must_use]
    pub fn used(&self) -> Option<&'p UsernameBinding> {
        self.used
    }

    /// The strength of the certificate, the rule that determined it, and the required affinity.
    #[must_use]
    pub fn rating(&self) -> Rating<'p> {
        self.rating
    }

    /// The bindings that were tried before, with the reasons.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedBinding<'p>] {
        &self.rejected
    }

    /// The error code of Entra, as far as it is published: 1001003 if the certificate has none of the bound fields.
    ///
    /// Source: [AADSTS1001003](https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes).
    #[must_use]
    pub fn error_code(&self) -> Option<u32> {
        let lacks =
            |rejected: &RejectedBinding<'_>| matches!(rejected.reason, BindingRejection::FieldMissing);
        (self.used.is_none() && !self.rejected.is_empty() && self.rejected.iter().all(lacks))
            .then_some(1_001_003)
    }
}

impl fmt::Display for Binding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.used {
            Some(binding) => write!(
                f,
                "{binding}, {} affinity, {}",
                binding.affinity, self.rating.strength
            )?,
            None => write!(f, "no username binding matches")?,
        }
        if f.alternate() {
            match self.rating.rule {
                Some(rule) => write!(
                    f,
                    "\n  strength: {}, by the rule for {rule}",
                    self.rating.strength
                )?,
                None => write!(f, "\n  strength: {}, by default", self.rating.strength)?,
            }
            if self.rating.required_affinity == Affinity::High {
                f.write_str("\n  high affinity is required")?;
            }
            for rejected in &self.rejected {
                write!(f, "\n  rejected: {rejected}")?;
            }
        }
        Ok(())
    }
}

/// A binding that was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedBinding<'p> {
    /// The binding.
    pub binding: &'p UsernameBinding,
    /// The reason.
    pub reason: BindingRejection,
}

impl fmt::Display for RejectedBinding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (priority {}): {}",
            self.binding, self.binding.priority, self.reason
        )
    }
}

/// Reason why a binding was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingRejection {
    /// High affinity is required, but the binding has low affinity.
    AffinityTooLow,
    /// The account has no value of this kind in the attribute.
    AttributeEmpty,
    /// The values differ.
    Different,
    /// The certificate does not have the field.
    FieldMissing,
    /// The certificate's field contains text that must not be compared.
    FieldUnusable(NameProblem),
}

impl BindingRejection {
    /// Who has to act: the issuer if the certificate lacks a usable field, otherwise the administrator of the tenant.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        match self {
            Self::FieldMissing | Self::FieldUnusable(_) => Responsible::Issuer,
            Self::AffinityTooLow | Self::AttributeEmpty | Self::Different => Responsible::Administrator,
        }
    }
}

impl fmt::Display for BindingRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AffinityTooLow => f.write_str("low affinity, but high affinity is required"),
            Self::AttributeEmpty => f.write_str("the account has no such value"),
            Self::Different => f.write_str("the account has another value"),
            Self::FieldMissing => f.write_str("the certificate does not have the field"),
            Self::FieldUnusable(problem) => write!(f, "the certificate's field {problem}"),
        }
    }
}
