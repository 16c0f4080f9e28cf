//! A directory in memory: a million users packed together, and an index over each attribute that is looked up.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::fold;
use super::index::{IndexKey, NameIndex, TooManyNames};
use super::records::{Records, User};
use super::sign_in::{Directory, NameAttribute};
use super::stored::{MalformedUserId, StoredUserId};
use crate::upn::{self, UpnError};

/// More values than this in `certificateUserIds` are refused by Entra.
///
/// Source: [Certificate user IDs][cuid]. An earlier version of the page had 5.
///
/// [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
pub const MAXIMUM_USER_IDS: usize = 10;

/// More values than this are doubtful: an earlier version of the page allowed no more, and the deep dive still says so.
const UNDOUBTED_USER_IDS: usize = 5;

/// More values than this of one user are counted and not kept: each is compared with those before it, which a hostile export
/// would make endless.
const KEPT_USER_IDS: usize = 100;

/// Collects users, from code or from an export, and then builds a [`UserDirectory`].
///
/// # Examples
///
/// ```
/// use upn_resolver::entra::{DirectoryBuilder, IndexKey};
///
/// let mut users = DirectoryBuilder::new();
/// users.add("ada@contoso.com").on_premises("ada@corp.local").certificate_user_id("X509:<SKI>0102").finish();
/// users.add("bob@contoso.com").finish();
/// let directory = users.build(IndexKey::from_seed([0; 16]))?;
/// assert_eq!(directory.len(), 2);
/// assert!(directory.problems().is_empty());
/// # Ok::<(), upn_resolver::entra::TooManyNames>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DirectoryBuilder {
    users: Records,
    pub(super) problems: Vec<Problem>,
}

impl DirectoryBuilder {
    /// A builder without users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a user. It counts once [`finish`](UserBuilder::finish) is called.
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

    /// How many users there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there is no user so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.len() == 0
    }

    /// Builds the directory and looks for values that several users have.
    ///
    /// # Errors
    ///
    /// When there are too many users for an index.
    pub fn build(self, key: IndexKey) -> Result<UserDirectory, TooManyNames> {
        let Self { users, problems } = self;
        let ids = users
            .iter()
            .flat_map(|(user, number)| user.ids().map(move |value| (value, number)));
        let (by_user_principal_name, by_on_premises, by_user_id) = (
            NameIndex::build(key, users.names(User::name))?,
            NameIndex::build(key, users.names(User::on_premises_name))?,
            NameIndex::build(key, ids)?,
        );
        let mut directory = UserDirectory {
            users,
            problems,
            by_user_principal_name,
            by_on_premises,
            by_user_id,
        };
        directory.find_duplicates();
        Ok(directory)
    }
}

/// A user that is being added.
#[derive(Debug)]
#[must_use = "a user is added by finish"]
pub struct UserBuilder<'b> {
    users: &'b mut DirectoryBuilder,
    line: u32,
    user_principal_name: &'b str,
    on_premises: &'b str,
    /// The values that are kept, one a line.
    user_ids: String,
    values: usize,
}

impl<'b> UserBuilder<'b> {
    /// The line of the export that the user comes from.
    pub fn line(self, line: u32) -> Self {
        Self { line, ..self }
    }

    /// `onPremisesUserPrincipalName`.
    pub fn on_premises(self, name: &'b str) -> Self {
        Self {
            on_premises: name,
            ..self
        }
    }

    /// One more value of `certificateUserIds`; a value that the user has already is passed over. Of a user with more than
    /// 100, ten times what Entra allows, the others are counted and not kept.
    pub fn certificate_user_id(mut self, value: &str) -> Self {
        if self.values >= KEPT_USER_IDS {
            self.values += 1;
            return self;
        }
        if self.user_ids.lines().any(|own| fold::equal(own, value)) {
            return self;
        }
        // The values are kept one a line, so that one that holds a line end would become two.
        if value.contains(char::is_control) {
            let kind = ProblemKind::MalformedUserId {
                value: value.into(),
                error: MalformedUserId::Control,
            };
            self.users.problems.push(Problem {
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

    /// Adds the user. What is wrong with it becomes a [`Problem`]; without a usable `userPrincipalName` it is left out.
    pub fn finish(self) {
        let Self {
            users,
            line,
            user_principal_name,
            on_premises,
            user_ids,
            values,
        } = self;
        let mut problem = |kind| users.problems.push(Problem { line, kind });
        if user_principal_name.is_empty() {
            return problem(ProblemKind::NoUserPrincipalName);
        }
        let malformed = |attribute, name: &str| {
            let error = upn::check(name).err()?;
            let value = name.into();
            Some(ProblemKind::MalformedName {
                attribute,
                value,
                error,
            })
        };
        if let Some(kind) = malformed("userPrincipalName", user_principal_name) {
            return problem(kind);
        }
        if !on_premises.is_empty() {
            malformed("onPremisesUserPrincipalName", on_premises)
                .into_iter()
                .for_each(&mut problem);
        }
        if values > MAXIMUM_USER_IDS {
            problem(ProblemKind::TooManyUserIds { values });
        } else if values > UNDOUBTED_USER_IDS {
            problem(ProblemKind::DoubtfullyManyUserIds { values });
        }
        for value in user_ids.lines() {
            if let Err(error) = StoredUserId::parse(value) {
                problem(ProblemKind::MalformedUserId {
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
            users.problems.push(Problem {
                line,
                kind: ProblemKind::TooLong,
            });
        }
    }
}

/// Users in memory, ready to be looked up.
#[derive(Clone, Debug)]
pub struct UserDirectory {
    users: Records,
    problems: Vec<Problem>,
    by_user_principal_name: NameIndex,
    by_on_premises: NameIndex,
    by_user_id: NameIndex,
}

impl UserDirectory {
    /// The number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there is no user.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.len() == 0
    }

    /// The users, in the order in which they were added.
    pub fn users(&self) -> impl Iterator<Item = User<'_>> {
        self.users.iter().map(|(user, _)| user)
    }

    /// What is wrong with the users: malformed values first, in the order of the export, then values that several
    /// users have.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The users that have this value in `certificateUserIds`, without regard to case.
    pub fn users_with_id<'d>(&'d self, value: &'d str) -> impl Iterator<Item = User<'d>> {
        self.numbered(self.by_user_id.find(value))
            .filter(move |user| user.has_id(value))
    }

    /// The octets of memory that the three indexes hold.
    #[must_use]
    pub fn index_memory(&self) -> usize {
        self.by_user_principal_name.memory() + self.by_on_premises.memory() + self.by_user_id.memory()
    }

    fn numbered<'d>(&'d self, numbers: &'d [u32]) -> impl Iterator<Item = User<'d>> {
        numbers.iter().filter_map(|number| self.users.get(*number))
    }

    fn find_duplicates(&mut self) {
        let mut found = Vec::new();
        let mut search = |attribute, index: &NameIndex, shared: Shared| {
            for numbers in index.duplicates() {
                let mut users = self.numbered(numbers);
                let Some(first) = users.next() else { continue };
                for other in users {
                    let (line, first_line) = (other.line(), first.line());
                    found.extend(shared(first, other).into_iter().map(|value| Problem {
                        line,
                        kind: ProblemKind::Duplicate {
                            attribute,
                            value: value.into(),
                            first_line,
                        },
                    }));
                }
            }
        };
        search("userPrincipalName", &self.by_user_principal_name, |one, other| {
            [one.name()]
                .into_iter()
                .filter(|name| fold::equal(name, other.name()))
                .collect()
        });
        search(
            "onPremisesUserPrincipalName",
            &self.by_on_premises,
            |one, other| {
                [one.on_premises_name()]
                    .into_iter()
                    .filter(|name| fold::equal(name, other.on_premises_name()))
                    .collect()
            },
        );
        search("certificateUserIds", &self.by_user_id, |one, other| {
            one.ids().filter(|value| other.has_id(value)).collect()
        });
        found.sort_by_key(|problem: &Problem| problem.line);
        found.dedup();
        self.problems.append(&mut found);
    }
}

/// The values that two users have both.
type Shared = for<'d> fn(User<'d>, User<'_>) -> Vec<&'d str>;

impl Directory for UserDirectory {
    type User<'d> = User<'d>;

    fn users_with<'d>(&'d self, attribute: NameAttribute, value: &str) -> impl Iterator<Item = User<'d>> {
        let (index, own): (_, fn(User<'d>) -> &'d str) = match attribute {
            NameAttribute::OnPremisesUserPrincipalName => (&self.by_on_premises, User::on_premises_name),
            NameAttribute::UserPrincipalName => (&self.by_user_principal_name, User::name),
        };
        // The index knows names by their hashes; the user's own name has the last word.
        self.numbered(index.find(value))
            .filter(move |user| fold::equal(own(*user), value))
    }
}

/// Something wrong with a user of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(super) line: u32,
    pub(super) kind: ProblemKind,
}

impl Problem {
    /// The line of the export, from 1; 0 for a user from code.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ProblemKind {
        &self.kind
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

/// What is wrong with a user of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// More values than one of Microsoft's pages allows, and no more than the other does.
    DoubtfullyManyUserIds {
        /// How many there are.
        values: usize,
    },
    /// Another user has the same value, which Entra does not allow.
    Duplicate {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// The line of the first user with it.
        first_line: u32,
    },
    /// The line could not be read.
    MalformedLine {
        /// Why not.
        reason: String,
    },
    /// A name that is no user principal name. Without one in `userPrincipalName` the user is left out.
    MalformedName {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        error: UpnError,
    },
    /// A value that can't match any certificate.
    MalformedUserId {
        /// The value.
        value: String,
        /// What is wrong with it.
        error: MalformedUserId,
    },
    /// The user has no `userPrincipalName`.
    NoUserPrincipalName,
    /// The user's values, or all of the export's, are too long to be kept.
    TooLong,
    /// More values than Entra allows.
    TooManyUserIds {
        /// How many there are.
        values: usize,
    },
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubtfullyManyUserIds { values } => write!(
                f,
                "{values} values in certificateUserIds; one page of Entra's documentation allows {MAXIMUM_USER_IDS}, \
                 another {UNDOUBTED_USER_IDS}"
            ),
            Self::Duplicate {
                attribute,
                value,
                first_line,
            } => {
                write!(f, "{attribute} {value:?} is that of line {first_line} too")
            }
            Self::MalformedLine { reason } => write!(f, "unreadable: {reason}"),
            Self::MalformedName {
                attribute,
                value,
                error,
            } => {
                write!(f, "{attribute} {value:?} is no user principal name: {error}")
            }
            Self::MalformedUserId { value, error } => {
                write!(f, "certificateUserIds value {value:?} can't match: {error}")
            }
            Self::NoUserPrincipalName => f.write_str("no userPrincipalName; the user is left out"),
            Self::TooLong => f.write_str("the values are too long; the user is left out"),
            Self::TooManyUserIds { values } => {
                write!(
                    f,
                    "{values} values in certificateUserIds; Entra allows {MAXIMUM_USER_IDS}"
                )
            }
        }
    }
}
