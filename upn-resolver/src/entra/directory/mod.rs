//! Directory of users in memory: compact records, with an index for each attribute that is looked up.

mod builder;
mod csv;
mod eight;
mod folded_hash;
mod index;
mod json;
mod problem;
mod records;

use alloc::vec::Vec;

pub use self::builder::{DirectoryBuilder, UserBuilder};
pub use self::csv::{CsvHeader, CsvPlace, MAX_CSV_RECORD, NoUserPrincipalNameColumn};
pub use self::index::{IndexKey, NameIndex, TooManyNames};
pub use self::problem::{ExportProblem, ExportProblemKind, MAX_USER_IDS};
pub use self::records::User;

use self::index::Names;
use self::records::Records;
use super::fold;
use super::sign_in::{Directory, NameAttribute};

/// Users of a tenant in memory, with indexes.
#[derive(Clone, Debug)]
pub struct UserDirectory {
    users: Records,
    problems: Vec<ExportProblem>,
    skipped: usize,
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

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.len() == 0
    }

    /// The users, in the order in which they were added.
    pub fn users(&self) -> impl Iterator<Item = User<'_>> {
        self.users.iter().map(|(user, _)| user)
    }

    /// Problems of the users: malformed values in the order of the export, then values that several users share.
    #[must_use]
    pub fn problems(&self) -> &[ExportProblem] {
        &self.problems
    }

    /// The number of users that were skipped because they could not be read or have no usable `userPrincipalName`;
    /// each has a [problem](Self::problems). An unreadable line counts as one.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Returns the users with this value in `certificateUserIds`, without regard to case.
    pub fn users_with_id<'d>(&'d self, value: &'d str) -> impl Iterator<Item = User<'d>> {
        self.numbered(self.by_user_id.candidates(value))
            .filter(move |user| user.has_id(value))
    }

    /// Memory used by the three indexes, in bytes.
    #[must_use]
    pub fn index_memory(&self) -> usize {
        self.by_user_principal_name.memory() + self.by_on_premises.memory() + self.by_user_id.memory()
    }

    fn new(users: Records, problems: Vec<ExportProblem>, skipped: usize, indexes: Indexes) -> Self {
        let mut directory = Self {
            users,
            problems,
            skipped,
            by_user_principal_name: indexes.user_principal_name,
            by_on_premises: indexes.on_premises,
            by_user_id: indexes.user_id,
        };
        directory.find_duplicates();
        directory
    }

    fn numbered<'d>(&'d self, numbers: &'d [u32]) -> impl Iterator<Item = User<'d>> {
        numbers.iter().filter_map(|number| self.users.get(*number))
    }

    fn find_duplicates(&mut self) {
        let mut found = Vec::new();
        let mut search = |attribute, index: &NameIndex, shared: Shared| {
            for numbers in index.duplicates() {
                // More than one only if different names have one hash.
                let mut firsts: Vec<User<'_>> = Vec::new();
                for user in self.numbered(numbers) {
                    let same = firsts.iter().find_map(|first| {
                        let values = shared(*first, user);
                        (!values.is_empty()).then_some((first.line(), values))
                    });
                    let Some((first_line, values)) = same else {
                        firsts.push(user);
                        continue;
                    };
                    found.extend(values.into_iter().map(|value| ExportProblem {
                        line: user.line(),
                        kind: ExportProblemKind::Duplicate {
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
        found.sort_by_key(|problem: &ExportProblem| problem.line);
        found.dedup();
        self.problems.append(&mut found);
    }
}

/// An index for each attribute.
struct Indexes {
    user_principal_name: NameIndex,
    on_premises: NameIndex,
    user_id: NameIndex,
}

impl Indexes {
    fn of(users: &Records, key: IndexKey) -> Result<Self, TooManyNames> {
        let mut names = Names::new(key, users.len());
        let (mut on_premises, mut ids) = (Names::new(key, 0), Names::new(key, 0));
        for (user, number) in users.iter() {
            names.add(user.name(), number)?;
            user.add_others(&mut on_premises, &mut ids, number)?;
        }
        Ok(Self {
            user_principal_name: NameIndex::of(names)?,
            on_premises: NameIndex::of(on_premises)?,
            user_id: NameIndex::of(ids)?,
        })
    }

    /// The same on two threads. Both read all users, which costs less than what they do with them.
    #[cfg(feature = "std")]
    fn on_threads(users: &Records, key: IndexKey) -> Result<Self, TooManyNames> {
        std::thread::scope(|scope| {
            let user_principal_name = scope.spawn(|| {
                let mut names = Names::new(key, users.len());
                users
                    .iter()
                    .try_for_each(|(user, number)| names.add(user.name(), number))?;
                NameIndex::of(names)
            });
            let (mut on_premises, mut ids) = (Names::new(key, 0), Names::new(key, 0));
            users
                .iter()
                .try_for_each(|(user, number)| user.add_others(&mut on_premises, &mut ids, number))?;
            Ok(Self {
                on_premises: NameIndex::of(on_premises)?,
                user_id: NameIndex::of(ids)?,
                user_principal_name: user_principal_name
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
            })
        })
    }
}

impl User<'_> {
    /// Adds its names apart from the `userPrincipalName`.
    #[inline]
    fn add_others(self, on_premises: &mut Names, ids: &mut Names, number: u32) -> Result<(), TooManyNames> {
        if !self.on_premises_name().is_empty() {
            on_premises.add(self.on_premises_name(), number)?;
        }
        self.ids().try_for_each(|value| ids.add(value, number))
    }
}

/// The values that two users share.
type Shared = for<'d> fn(User<'d>, User<'_>) -> Vec<&'d str>;

impl Directory for UserDirectory {
    type User<'d> = User<'d>;

    fn users_with<'d>(&'d self, attribute: NameAttribute, value: &str) -> impl Iterator<Item = User<'d>> {
        let (index, own): (_, fn(User<'d>) -> &'d str) = match attribute {
            NameAttribute::OnPremisesUserPrincipalName => (&self.by_on_premises, User::on_premises_name),
            NameAttribute::UserPrincipalName => (&self.by_user_principal_name, User::name),
        };
        // The index contains hashes; the user's own name decides.
        self.numbered(index.candidates(value))
            .filter(move |user| fold::equal(own(*user), value))
    }
}
