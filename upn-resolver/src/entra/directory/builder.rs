//! Construction of a directory from users.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::index::{IndexKey, TooManyNames};
use super::problem::UNDOUBTED_USER_IDS;
use super::records::{Records, values_of};
use super::{ExportProblem, ExportProblemKind, Indexes, MAX_USER_IDS, UserDirectory};
use crate::entra::fold;
use crate::entra::stored::{MalformedUserId, StoredUserId, contains_control};
use crate::upn;

/// Builder of a [`UserDirectory`] from code or from an export.
///
/// # Examples
///
/// ```
/// use upn_resolver::entra::{DirectoryBuilder, IndexKey};
///
/// let mut users = DirectoryBuilder::new();
/// users.add("ada@contoso.com").with_on_premises("ada@corp.local").with_certificate_user_id("X509:<SKI>0102").finish();
/// users.add("bob@contoso.com").finish();
/// let directory = users.build(IndexKey::from_seed([0; 16]))?;
/// assert_eq!(directory.len(), 2);
/// assert!(directory.problems().is_empty());
/// # Ok::<(), upn_resolver::entra::TooManyNames>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DirectoryBuilder {
    users: Records,
    pub(super) problems: Vec<ExportProblem>,
    pub(super) skipped: usize,
    /// Memory for the values of the next user.
    spare: String,
}

impl DirectoryBuilder {
    /// Returns a builder without users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a user, which [`finish`](UserBuilder::finish) adds.
    pub fn add<'b>(&'b mut self, user_principal_name: &'b str) -> UserBuilder<'b> {
        let user_ids = mem::take(&mut self.spare);
        UserBuilder {
            users: self,
            line: 0,
            user_principal_name,
            on_premises: "",
            user_ids,
            values: 0,
        }
    }

    /// The number of users so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are no users yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.len() == 0
    }

    /// Appends the users of another builder, with their problems.
    ///
    /// This allows a large export to be read in parallel: each thread fills builders with successive parts of it, which are then
    /// joined in order. The users are copied as one block, without further checks.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::{DirectoryBuilder, IndexKey};
    ///
    /// let parts = std::thread::scope(|scope| {
    ///     let parts = [(1, "ada@contoso.com"), (2, "bob@contoso.com")].map(|(line, name)| {
    ///         scope.spawn(move || {
    ///             let mut part = DirectoryBuilder::new();
    ///             part.add(name).with_line(line).finish();
    ///             part
    ///         })
    ///     });
    ///     parts.map(|part| part.join().expect("the thread did not panic"))
    /// });
    /// let mut users = DirectoryBuilder::new();
    /// for part in parts {
    ///     users.append(part);
    /// }
    /// assert_eq!(users.len(), 2);
    /// let directory = users.build(IndexKey::from_seed([0; 16]))?;
    /// let lines: Vec<u32> = directory.users().map(|user| user.line()).collect();
    /// assert_eq!(lines, [1, 2]);
    /// # Ok::<(), upn_resolver::entra::TooManyNames>(())
    /// ```
    pub fn append(&mut self, mut other: Self) {
        self.problems.append(&mut other.problems);
        self.skipped += other.skipped;
        let lost = self.users.append(&other.users);
        if lost > 0 {
            self.skipped += lost;
            self.problems.push(ExportProblem {
                line: 0,
                kind: ExportProblemKind::TooLong,
            });
        }
    }

    /// Builds the directory, and checks for values that several users share.
    ///
    /// # Errors
    ///
    /// Fails if there are too many users for an index.
    pub fn build(self, key: IndexKey) -> Result<UserDirectory, TooManyNames> {
        let indexes = Indexes::of(&self.users, key)?;
        Ok(UserDirectory::new(
            self.users,
            self.problems,
            self.skipped,
            indexes,
        ))
    }

    /// Builds the directory as [`build`](Self::build) does, on two threads.
    ///
    /// # Errors
    ///
    /// Fails if there are too many users for an index.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::{Directory, DirectoryBuilder, IndexKey, NameAttribute};
    ///
    /// let mut users = DirectoryBuilder::new();
    /// users.add("ada@contoso.com").finish();
    /// let directory = users.build_on_threads(IndexKey::random())?;
    /// assert_eq!(directory.users_with(NameAttribute::UserPrincipalName, "Ada@contoso.com").count(), 1);
    /// # Ok::<(), upn_resolver::entra::TooManyNames>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn build_on_threads(self, key: IndexKey) -> Result<UserDirectory, TooManyNames> {
        let indexes = Indexes::on_threads(&self.users, key)?;
        Ok(UserDirectory::new(
            self.users,
            self.problems,
            self.skipped,
            indexes,
        ))
    }
}

/// Builder of a user.
#[derive(Debug)]
#[must_use = "a user is added by finish"]
pub struct UserBuilder<'b> {
    users: &'b mut DirectoryBuilder,
    line: u32,
    user_principal_name: &'b str,
    on_premises: &'b str,
    /// The values to store, one per line.
    user_ids: String,
    values: usize,
}

impl<'b> UserBuilder<'b> {
    /// Sets the line of the export that the user comes from.
    pub fn with_line(self, line: u32) -> Self {
        Self { line, ..self }
    }

    /// Sets `onPremisesUserPrincipalName`.
    pub fn with_on_premises(self, name: &'b str) -> Self {
        Self {
            on_premises: name,
            ..self
        }
    }

    /// Adds a value of `certificateUserIds`. Duplicates are ignored. After 100 values, ten times what Entra allows,
    /// further ones are counted but not stored.
    pub fn with_certificate_user_id(mut self, value: &str) -> Self {
        self.add_certificate_user_id(value);
        self
    }

    pub(super) fn add_certificate_user_id(&mut self, value: &str) {
        if self.values >= KEPT_USER_IDS {
            self.values += 1;
            return;
        }
        if values_of(&self.user_ids).any(|own| fold::equal(own, value)) {
            return;
        }
        // Values are stored one per line, so a value with a line end would become two, and an empty one would be lost.
        let error = match value {
            "" => Some(MalformedUserId::NoPrefix),
            _ => contains_control(value).then_some(MalformedUserId::Control),
        };
        if let Some(error) = error {
            let value = value.into();
            return self.report(ExportProblemKind::MalformedUserId { value, error });
        }
        if !self.user_ids.is_empty() {
            self.user_ids.push('\n');
        }
        self.user_ids.push_str(value);
        self.values += 1;
    }

    pub(super) fn report(&mut self, kind: ExportProblemKind) {
        self.users.problems.push(ExportProblem {
            line: self.line,
            kind,
        });
    }

    /// Adds the user. Mistakes in it become an [`ExportProblem`]; a user without a usable `userPrincipalName` is
    /// skipped.
    pub fn finish(mut self) {
        if self.check().is_some() {
            let names = [self.user_principal_name, self.on_premises, &self.user_ids];
            if self.users.users.push(self.line, names).is_none() {
                self.report(ExportProblemKind::TooLong);
                self.users.skipped += 1;
            }
        } else {
            self.users.skipped += 1;
        }
        self.user_ids.clear();
        self.users.spare = self.user_ids;
    }

    /// Reports the mistakes of the user; `None` if it has no usable name.
    fn check(&mut self) -> Option<()> {
        if self.user_principal_name.is_empty() {
            self.report(ExportProblemKind::NoUserPrincipalName);
            return None;
        }
        let malformed = |attribute, name: &str| {
            let error = upn::check(name).err()?;
            let value = name.into();
            Some(ExportProblemKind::MalformedName {
                attribute,
                value,
                error,
            })
        };
        if let Some(kind) = malformed("userPrincipalName", self.user_principal_name) {
            self.report(kind);
            return None;
        }
        if !self.on_premises.is_empty() {
            if let Some(kind) = malformed("onPremisesUserPrincipalName", self.on_premises) {
                self.report(kind);
            }
        }
        let values = self.values;
        if values > MAX_USER_IDS {
            self.report(ExportProblemKind::TooManyUserIds { values });
        } else if values > UNDOUBTED_USER_IDS {
            self.report(ExportProblemKind::ManyUserIds { values });
        }
        for value in values_of(&self.user_ids) {
            let parsed = StoredUserId::parse(value);
            if let Some(error) = parsed.map_or_else(Some, StoredUserId::mistake) {
                self.users.problems.push(ExportProblem {
                    line: self.line,
                    kind: ExportProblemKind::MalformedUserId {
                        value: value.into(),
                        error,
                    },
                });
            }
        }
        Some(())
    }
}

/// Maximum number of values stored per user. Each is compared with the previous ones, which a hostile export could
/// exploit.
const KEPT_USER_IDS: usize = 100;
