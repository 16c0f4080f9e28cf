//! Look-up of one name among N users: the directory index, a hash table of the standard library, and the latency of memory.
//!
//! `cargo bench -p benches --bench directory` prints the nanoseconds of one isolated look-up. Each look-up depends on the result of
//! the previous one, as in a sign-in. `-- --quick` stops at a million users.
//!
//! The first pair finds the number of the user. The second is the complete `locate`, which also reads the user's record and compares
//! the name, next to a hash table of owned users.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use upn_resolver::entra::{Account, DirectoryBuilder, IndexKey, Located, NameIndex, UserDirectory, locate};

/// Number of names to look up, each once and in random order, so that no look-up profits from another.
const LOOKUPS: usize = 400_000;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    let sizes: &[u32] = if quick {
        &[1_000, 100_000, 1_000_000]
    } else {
        &[1_000, 100_000, 1_000_000, 5_000_000]
    };
    println!(
        "             floor   number of the user, ns      the user itself, ns          bytes a user      built"
    );
    println!(
        "    users       ns   HashMap   index   ratio   HashMap  locate   ratio   HashMap   index       in s"
    );
    for users in sizes {
        measure(*users);
    }
}

fn measure(users: u32) {
    let names = Names::new(users);
    let queries = names.shuffled_queries();

    let started = Instant::now();
    let index = NameIndex::build(IndexKey::random(), names.iter()).expect("these names fit");
    let built = started.elapsed().as_secs_f64();
    let table: HashMap<String, u32> = names.iter().map(|(name, user)| (name.to_owned(), user)).collect();

    let people: HashMap<String, Person> = names
        .iter()
        .map(|(name, _)| {
            (
                name.to_owned(),
                Person {
                    name: name.to_owned(),
                },
            )
        })
        .collect();
    let directory = directory(&names);

    let chase = PointerChase::new(index.memory());
    // In turns, with the best result of each, because other programs share the machine.
    let mut best = [f64::INFINITY; 5];
    for _ in 0..5 {
        let rounds = [
            chase.time(),
            time(&queries, |name| table.get(name).copied()),
            time(&queries, |name| index.candidates(name).first().copied()),
            time(&queries, |name| {
                people.get(name).map(|person| last_byte(&person.name))
            }),
            time(&queries, |name| match locate(&directory, name) {
                Located::Found { user, .. } => Some(last_byte(user.user_principal_name())),
                _ => None,
            }),
        ];
        for (best, round) in best.iter_mut().zip(rounds) {
            *best = best.min(round);
        }
    }
    let [floor, number_peer, number, user_peer, user] = best;
    let strings: usize = table.keys().map(String::capacity).sum();
    let hash_map_bytes = table.capacity() * 8 / 7 * (size_of::<(String, u32)>() + 1) + strings;
    println!(
        "{users:>9}  {floor:>7.0}  {number_peer:>8.0}{number:>8.0}  {:>6.2}  {user_peer:>8.0}{user:>8.0}  {:>6.2}  {:>8.1}{:>8.1}  {built:>9.2}",
        number / number_peer,
        user / user_peer,
        per(hash_map_bytes, users),
        per(index.memory(), users),
    );
}

/// A user as a program without this library would store it.
struct Person {
    name: String,
}

fn last_byte(name: &str) -> u32 {
    name.bytes().last().map_or(0, u32::from)
}

fn directory(names: &Names) -> UserDirectory {
    let mut users = DirectoryBuilder::new();
    for (name, _) in names.iter() {
        users.add(name).finish();
    }
    users.build(IndexKey::random()).expect("these users fit")
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be printed with one digit")]
fn per(bytes: usize, users: u32) -> f64 {
    bytes as f64 / f64::from(users)
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be printed without digits")]
fn time(queries: &Names, mut find: impl FnMut(&str) -> Option<u32>) -> f64 {
    let started = Instant::now();
    let mut at = 0;
    let mut found = 0_usize;
    while let Some(name) = queries.get(at) {
        let user = find(name).expect("each of them is in the directory");
        // The next name depends on this result, which is never this value.
        at += 1 + usize::from(black_box(user) == u32::MAX);
        found += 1;
    }
    started.elapsed().as_nanos() as f64 / found as f64
}

/// Names one after the other in memory, so that reading the next query is not a cache miss.
struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    fn new(users: u32) -> Self {
        let mut names = Self {
            text: String::new(),
            ends: Vec::new(),
        };
        for user in 0..users {
            names.push(&format!("firstname.lastname.{user:07}@contoso.example.com"));
        }
        names
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends
            .push(u32::try_from(self.text.len()).expect("fewer than 4 GiB of names"));
    }

    fn get(&self, at: usize) -> Option<&str> {
        let start = at
            .checked_sub(1)
            .map_or(Some(&0), |before| self.ends.get(before))?;
        self.text
            .get(usize::try_from(*start).ok()?..usize::try_from(*self.ends.get(at)?).ok()?)
    }

    fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        (0..self.ends.len()).filter_map(|at| Some((self.get(at)?, u32::try_from(at).ok()?)))
    }

    fn shuffled_queries(&self) -> Self {
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        shuffle(&mut order);
        let mut queries = Self {
            text: String::new(),
            ends: Vec::new(),
        };
        for at in order.iter().cycle().take(LOOKUPS) {
            queries.push(self.get(*at).expect("an index below the length"));
        }
        queries
    }
}

/// Dependent reads over as many bytes as the index has: the cost of a cache miss on this machine.
struct PointerChase {
    next: Vec<usize>,
}

impl PointerChase {
    fn new(bytes: usize) -> Self {
        let lines = (bytes / 64).max(2);
        let mut order: Vec<usize> = (0..lines).collect();
        shuffle(&mut order);
        let mut next = vec![0; lines * 8];
        for (at, following) in order.iter().zip(order.iter().cycle().skip(1)) {
            next[at * 8] = following * 8;
        }
        Self { next }
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to be printed without digits")]
    fn time(&self) -> f64 {
        let started = Instant::now();
        let mut at = 0;
        for _ in 0..LOOKUPS {
            at = self.next[at];
        }
        black_box(at);
        started.elapsed().as_nanos() as f64 / LOOKUPS as f64
    }
}

/// Fisher-Yates with a fixed xorshift, so that every run has the same queries.
fn shuffle(order: &mut [usize]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bound = u64::try_from(last + 1).expect("a length fits 64 bits");
        order.swap(last, usize::try_from(state % bound).expect("below the length"));
    }
}
