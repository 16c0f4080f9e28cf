//! Which account a sign-in is for, and whether the certificate belongs to it: first `locate`, then `bind`.

use alloc::vec::Vec;
use core::fmt;

use super::binding::{UserAttribute, UsernameBinding};
use super::field::{Affinity, CertificateField};
use super::fold;
use super::policy::{Policy, Rating};
use super::stored::{NearMiss, StoredUserId};
use crate::certificate::{Certificate, NameProblem};
use crate::responsible::Responsible;

/// The attributes of a user that certificate-based authentication looks at.
pub trait Account {
    /// `userPrincipalName`.
    fn user_principal_name(&self) -> &str;
    /// `onPremisesUserPrincipalName`.
    fn on_premises_user_principal_name(&self) -> Option<&str>;
    /// `certificateUserIds`.
    fn certificate_user_ids(&self) -> impl Iterator<Item = &str>;
}

/// A tenant's users, as far as a sign-in asks for them.
pub trait Directory {
    /// A user, borrowed from the directory.
    type User<'d>: Account
    where
        Self: 'd;

    /// The users whose attribute has the value, without regard to case. Entra keeps both attributes unique; an export
    /// may not.
    fn users_with<'d>(
        &'d self,
        attribute: NameAttribute,
        value: &str,
    ) -> impl Iterator<Item = Self::User<'d>>;
}

/// An attribute that an account is looked up by.
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

/// What became of the look-up of a sent value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located<U> {
    /// Several users have the value, which Entra rules out and an export may hold.
    Ambiguous {
        /// The attribute that has the value.
        by: NameAttribute,
        /// How many users have it.
        users: usize,
    },
    /// This user.
    Found {
        /// The attribute that has the value.
        by: NameAttribute,
        /// The user.
        user: U,
    },
    /// Nobody. Entra answers AADSTS50034.
    Missing,
}

/// The account that a sent value selects: the user with this `userPrincipalName`, or else the one with this
/// `onPremisesUserPrincipalName`. The certificate has no say in it.
///
/// Sources: the [smart-card sign-in page][sc], which has both look-ups (the second in its section on hybrid joined
/// devices only), and the [deep dive][dd], whose binding algorithm begins with the user that was named.
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
    /// Whether the certificate may sign in to the account, by which binding and how strongly.
    ///
    /// The bindings are tried in the order of their priority. One whose affinity is too low is passed over; so is one
    /// whose field the certificate does not have, or whose attribute has another value. The first that agrees decides.
    ///
    /// Source: the [deep dive][dd], "How Microsoft Entra ID resolves multiple username binding policies". (In the
    /// preview of 2022 a field that was present and did not agree ended the search.)
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

    /// The mistake in the account's values that keeps this binding from agreeing, if it is one of the usual ones.
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

/// The outcome of [`Policy::bind`], with all that was tried.
///
/// In one line as text, and with every rejected binding in `{:#}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Binding<'p> {
    used: Option<&'p UsernameBinding>,
    rating: Rating<'p>,
    rejected: Vec<RejectedBinding<'p>>,
}

impl<'p> Binding<'p> {
    /// The binding that agreed; `None` when the certificate may not sign in to the account.
    #[must_use]
    pub fn used(&self) -> Option<&'p UsernameBinding> {
        self.used
    }

    /// The strength of the certificate, the rule that decided over it, and the affinity that was required.
    #[must_use]
    pub fn rating(&self) -> Rating<'p> {
        self.rating
    }

    /// The bindings that were tried before, each with why it did not count.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedBinding<'p>] {
        &self.rejected
    }

    /// The code with which Entra refuses, as far as it is published: 1001003 when the certificate has none of the
    /// fields that are bound.
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
            None => write!(f, "no username binding agrees")?,
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
                write!(f, "\n  passed over: {rejected}")?;
            }
        }
        Ok(())
    }
}

/// A binding that did not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedBinding<'p> {
    /// The binding.
    pub binding: &'p UsernameBinding,
    /// Why it did not count.
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

/// Why a binding did not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingRejection {
    /// High affinity is required, and the binding has low affinity.
    AffinityTooLow,
    /// The account has no value of this kind in the attribute.
    AttributeEmpty,
    /// Both have a value, and the values differ.
    Different,
    /// The certificate does not have the field.
    FieldMissing,
    /// The certificate's field holds text that must not be compared.
    FieldUnusable(NameProblem),
}

impl BindingRejection {
    /// Who has to act: the issuer if the certificate does not have what the binding compares, else the administrator of the
    /// tenant.
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
            Self::AffinityTooLow => f.write_str("low affinity, and high affinity is required"),
            Self::AttributeEmpty => f.write_str("the account has no such value"),
            Self::Different => f.write_str("the account has another value"),
            Self::FieldMissing => f.write_str("the certificate does not have the field"),
            Self::FieldUnusable(problem) => write!(f, "the certificate's field {problem}"),
        }
    }
}
