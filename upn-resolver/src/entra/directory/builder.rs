//! Construction of a directory from users.

use alloc::string::String;
use alloc::vec::Vec;

use super::index::{IndexKey, TooManyNames};
use super::problem::UNDOUBTED_USER_IDS;
use super::records::Records;
use super::{ExportProblem, ExportProblemKind, MAX_USER_IDS, UserDirectory};
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
}

impl DirectoryBuilder {
    /// Returns a builder without users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a user, which [`finish`](UserBuilder::finish) adds.
    pub fn add<'b>(&'b mut self, user_principal_name: &'b str) -> UserBuilder<'b> {
        UserBuilder {
            users: self,
            line: 0,
            user_principal_name,
            on_premises: "",
            user_ids: String::new(),
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
        UserDirectory::new(self.users, self.problems, self.skipped, key)
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
        if self.values >= KEPT_USER_IDS {
            self.values += 1;
            return self;
        }
        if self.user_ids.lines().any(|own| fold::equal(own, value)) {
            return self;
        }
        // Values are stored one per line, so a value with a line end would become two.
        if contains_control(value) {
            let kind = ExportProblemKind::MalformedUserId {
                value: value.into(),
                error: MalformedUserId::Control,
            };
            self.users.problems.push(ExportProblem {
                line: self.line,
                kind,
            });
            return self;
        }
        if !self.user_ids.is_empty() {
            self.user_ids.push('\n');
        }
        self.user_ids.push_str(value);
        self.values += 1;
        self
    }

    /// Adds the user. Mistakes in it become an [`ExportProblem`]; a user without a usable `userPrincipalName` is
    /// skipped.
    pub fn finish(self) {
        let Self {
            users,
            line,
            user_principal_name,
            on_premises,
            user_ids,
            values,
        } = self;
        let mut problem = |kind| users.problems.push(ExportProblem { line, kind });
        if user_principal_name.is_empty() {
            problem(ExportProblemKind::NoUserPrincipalName);
            users.skipped += 1;
            return;
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
        if let Some(kind) = malformed("userPrincipalName", user_principal_name) {
            problem(kind);
            users.skipped += 1;
            return;
        }
        if !on_premises.is_empty() {
            malformed("onPremisesUserPrincipalName", on_premises)
                .into_iter()
                .for_each(&mut problem);
        }
        if values > MAX_USER_IDS {
            problem(ExportProblemKind::TooManyUserIds { values });
        } else if values > UNDOUBTED_USER_IDS {
            problem(ExportProblemKind::ManyUserIds { values });
        }
        for value in user_ids.lines() {
            let parsed = StoredUserId::parse(value);
            if let Some(error) = parsed.map_or_else(Some, StoredUserId::mistake) {
                problem(ExportProblemKind::MalformedUserId {
                    value: value.into(),
                    error,
                });
            }
        }
        if users
            .users
            .push(line, [user_principal_name, on_premises, &user_ids])
            .is_none()
        {
            users.skipped += 1;
            users.problems.push(ExportProblem {
                line,
                kind: ExportProblemKind::TooLong,
            });
        }
    }
}

/// Maximum number of values stored per user. Each is compared with the previous ones, which a hostile export could
/// exploit.
const KEPT_USER_IDS: usize = 100;
