//! A certificate against a tenant: finds the user, applies the bindings, and writes the result.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use upn_resolver::entra::{
    Account, Binding, CertificateUserId, Directory, GraphPolicy, GraphPolicyWarning, Located, NameAttribute,
    Policy, User, UserDirectory, locate,
};
use upn_resolver::{Certificate, NameRequest};

/// A tenant to match certificates with.
#[derive(Debug)]
pub struct Matcher<'t> {
    directory: &'t UserDirectory,
    policy: &'t Policy,
    sent: Option<&'t str>,
}

/// The result for one certificate.
#[derive(Debug)]
pub struct Verdict<'t> {
    /// The name that was looked up; `None` if there is none.
    sent: Option<Box<str>>,
    located: Located<User<'t>>,
    binding: Option<Binding<'t>>,
}

impl<'t> Matcher<'t> {
    /// A tenant. `sent` replaces the names in the certificates.
    #[must_use]
    pub fn new(directory: &'t UserDirectory, policy: &'t Policy, sent: Option<&'t str>) -> Self {
        Self {
            directory,
            policy,
            sent,
        }
    }

    /// Finds the user and applies the bindings.
    #[must_use]
    pub fn judge(&self, certificate: &Certificate<'_>) -> Verdict<'t> {
        let sent = match self.sent {
            Some(sent) => Some(Cow::Borrowed(sent)),
            None => NameRequest::entra_joined(certificate)
                .sent_name()
                .map(|(name, _)| name),
        };
        let located = sent
            .as_ref()
            .map_or(Located::Missing, |sent| locate(self.directory, sent));
        let binding = match &located {
            Located::Found { user, .. } => Some(self.policy.bind(user, certificate)),
            Located::Ambiguous { .. } | Located::Missing => None,
        };
        Verdict {
            sent: sent.map(|sent| sent.into_owned().into()),
            located,
            binding,
        }
    }

    /// Every rejected binding with its reason and the usual cause.
    #[must_use]
    pub fn rejected(&self, verdict: &Verdict<'t>, certificate: &Certificate<'_>) -> Vec<String> {
        let (Located::Found { user, .. }, Some(binding)) = (&verdict.located, &verdict.binding) else {
            return Vec::new();
        };
        let explain = |rejected: &upn_resolver::entra::RejectedBinding<'_>| match self.policy.near_miss(
            *rejected.binding,
            user,
            certificate,
        ) {
            Some(mistake) => format!("{rejected}; {mistake}"),
            None => rejected.to_string(),
        };
        binding.rejected().iter().map(explain).collect()
    }
}

impl Matcher<'_> {
    /// The other users that the certificate would sign in if their name were typed as hint, each with the binding. They are found by
    /// the certificate's values in `certificateUserIds` and by its names.
    #[must_use]
    pub fn others(&self, verdict: &Verdict<'_>, certificate: &Certificate<'_>) -> Vec<String> {
        let values = CertificateUserId::all_of(certificate, self.policy.interpretation());
        let mut users: Vec<User<'_>> = Vec::new();
        for value in &values {
            users.extend(self.directory.users_with_id(value.as_str()));
        }
        let names = certificate
            .principal_names()
            .take(1)
            .chain(certificate.rfc822_names().take(1));
        for name in names.filter_map(|name| name.text().ok()) {
            for attribute in [
                NameAttribute::UserPrincipalName,
                NameAttribute::OnPremisesUserPrincipalName,
            ] {
                users.extend(self.directory.users_with(attribute, &name));
            }
        }
        let mut others: Vec<String> = users
            .iter()
            .filter(
                |user| !matches!(&verdict.located, Located::Found { user: located, .. } if located == *user),
            )
            .filter_map(|user| {
                let binding = self.policy.bind(user, certificate);
                binding
                    .used()
                    .map(|_| format!("{} ({binding})", user.user_principal_name()))
            })
            .collect();
        others.sort_unstable();
        others.dedup();
        others
    }
}

impl Verdict<'_> {
    /// Why no user is signed in; `None` if a user is.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match (&self.sent, &self.located, &self.binding) {
            (None, _, _) => Some(Failure::NoName),
            (_, Located::Ambiguous { .. }, _) => Some(Failure::Ambiguous),
            (_, Located::Missing, _) => Some(Failure::NoUser),
            (_, Located::Found { .. }, Some(binding)) if binding.used().is_some() => None,
            (_, Located::Found { .. }, _) => Some(Failure::NoBinding),
        }
    }

    fn user(&self) -> Option<(&str, NameAttribute)> {
        match &self.located {
            Located::Found { by, user } => Some((user.user_principal_name(), *by)),
            Located::Ambiguous { .. } | Located::Missing => None,
        }
    }

    /// Writes one line, separated by tabs: certificate, user, binding with affinity and strength, or the failure.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn write(&self, name: &dyn fmt::Display, out: &mut impl Write) -> io::Result<()> {
        let user = self.user().map_or("-", |(user, _)| user);
        match (self.failure(), &self.binding) {
            (None, Some(binding)) => writeln!(out, "{name}\t{user}\t{binding}"),
            (Some(failure), _) => match &self.sent {
                Some(sent) => writeln!(out, "{name}\t{user}\t{failure}: {sent}"),
                None => writeln!(out, "{name}\t{user}\t{failure}"),
            },
            (None, None) => Ok(()),
        }
    }

    /// The result as JSON.
    #[must_use]
    pub fn to_json<'v>(
        &'v self,
        certificate: &'v str,
        rejected: &'v [String],
        others: Option<&'v [String]>,
    ) -> impl Serialize + use<'v> {
        let used = self.binding.as_ref().and_then(Binding::used);
        VerdictJson {
            certificate,
            sent: self.sent.as_deref(),
            user: self.user().map(|(user, _)| user),
            located_by: self.user().map(|(_, by)| by.to_string()),
            binding: used.map(ToString::to_string),
            affinity: used.map(|binding| binding.affinity().to_string()),
            strength: used
                .and(self.binding.as_ref())
                .map(|binding| binding.rating().strength.to_string()),
            failure: self.failure().map(Failure::name),
            error_code: self.error_code(),
            rejected,
            others,
        }
    }

    fn error_code(&self) -> Option<u32> {
        match self.failure()? {
            Failure::NoUser => Some(50_034),
            Failure::NoBinding => self.binding.as_ref()?.error_code(),
            Failure::Ambiguous | Failure::NoName => None,
        }
    }
}

#[derive(Serialize)]
struct VerdictJson<'v> {
    certificate: &'v str,
    sent: Option<&'v str>,
    user: Option<&'v str>,
    located_by: Option<String>,
    binding: Option<String>,
    affinity: Option<String>,
    strength: Option<String>,
    failure: Option<&'static str>,
    error_code: Option<u32>,
    rejected: &'v [String],
    /// Present if they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<&'v [String]>,
}

/// Reason why a certificate signs in no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Several users have the name.
    Ambiguous,
    /// None of the user's values matches the certificate.
    NoBinding,
    /// The certificate has no name, so a hint is needed.
    NoName,
    /// No user has the name.
    NoUser,
}

impl Failure {
    /// The name in JSON, in kebab case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::NoBinding => "no-binding",
            Self::NoName => "no-name",
            Self::NoUser => "no-user",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ambiguous => "several users have the name",
            Self::NoBinding => "no username binding matches",
            Self::NoName => "no name in the certificate; a hint is needed",
            Self::NoUser => "no user has the name",
        })
    }
}

/// Number of certificates for each result.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Warnings about the policy that hold for every certificate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy_warnings: Vec<String>,
    /// Whether the policy is disabled, so that no certificate signs in anybody. The counts are those after it is enabled.
    #[serde(skip_serializing_if = "is_false")]
    policy_disabled: bool,
    /// Users of the exported directory that could not be read.
    #[serde(skip_serializing_if = "is_zero")]
    users_left_out: usize,
    multifactor: u64,
    single_factor: u64,
    no_binding: u64,
    no_name: u64,
    no_user: u64,
    ambiguous: u64,
    /// Certificates that could not be read.
    pub unreadable: u64,
}

impl Summary {
    /// An empty summary for this policy and directory.
    #[must_use]
    pub fn about(policy: &GraphPolicy, directory: &UserDirectory) -> Self {
        Self {
            users_left_out: directory.skipped(),
            policy_warnings: policy.warnings().iter().map(ToString::to_string).collect(),
            policy_disabled: policy.warnings().contains(&GraphPolicyWarning::Disabled),
            ..Self::default()
        }
    }

    /// Adds the results of another summary.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in [
            (&mut self.multifactor, other.multifactor),
            (&mut self.single_factor, other.single_factor),
            (&mut self.no_binding, other.no_binding),
            (&mut self.no_name, other.no_name),
            (&mut self.no_user, other.no_user),
            (&mut self.ambiguous, other.ambiguous),
            (&mut self.unreadable, other.unreadable),
        ] {
            *count += more;
        }
    }

    /// Counts one result.
    pub fn count(&mut self, verdict: &Verdict<'_>) {
        let counter = match verdict.failure() {
            Some(Failure::Ambiguous) => &mut self.ambiguous,
            Some(Failure::NoBinding) => &mut self.no_binding,
            Some(Failure::NoName) => &mut self.no_name,
            Some(Failure::NoUser) => &mut self.no_user,
            None => match verdict.binding.as_ref().map(|binding| binding.rating().strength) {
                Some(upn_resolver::entra::Strength::Multifactor) => &mut self.multifactor,
                _ => &mut self.single_factor,
            },
        };
        *counter += 1;
    }

    /// 0 if every certificate matches, 1 if one does not or the policy is disabled, 3 if one could not be read.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.no_binding + self.no_name + self.no_user + self.ambiguous {
            _ if self.unreadable > 0 => 3,
            0 if !self.policy_disabled => 0,
            _ => 1,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.policy_disabled {
            f.write_str("The policy is disabled: no certificate signs in anybody. After it is enabled:\n")?;
        }
        if self.users_left_out > 0 {
            writeln!(
                f,
                "{:>9}  users of the directory could not be read",
                self.users_left_out
            )?;
        }
        for (count, what) in [
            (self.multifactor, "match a user, multifactor"),
            (self.single_factor, "match a user, single factor"),
            (self.no_binding, "name a user, but no binding matches"),
            (self.no_user, "name no user of the directory"),
            (self.no_name, "have no name and need a hint"),
            (self.ambiguous, "name several users"),
            (self.unreadable, "could not be read"),
        ] {
            if count > 0 {
                writeln!(f, "{count:>9}  {what}")?;
            }
        }
        Ok(())
    }
}
