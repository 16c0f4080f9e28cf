//! The store under kill -9: no acknowledged write is lost, at 500 random moments, or among four writers at once, each
//! of which waits for the others for its configured time.
//!
//! The test runs itself as the writers. A writer prints a number once `remember` of that number has returned; what was
//! printed before the kill must be in the store after it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use upn_resolver::store::{StoreOptions, UpnStore};
use upn_resolver::{CacheKey, UnixTime, Upn};

const KILLS: u32 = 500;
const WRITERS: u32 = 4;
const WRITES: u32 = 100;
/// A writer lives for less than this many microseconds, counted from its first sign of life or from its start.
const LONGEST_LIFE: u64 = 20_000;
const ACCOUNTS: u32 = 7;
/// How long a writer waits for the others: longer than a busy machine takes for all of their writes.
const WAIT: Duration = Duration::from_secs(300);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, path, account, from, to] = &arguments[..] {
        if role == "writer" {
            return write(
                Path::new(path),
                account.parse().unwrap(),
                from.parse().unwrap(),
                to.parse().unwrap(),
            );
        }
    }
    no_acknowledged_write_is_lost_by_a_kill();
    four_writers_at_once_lose_nothing();
    println!("store_kill: {KILLS} kills and {WRITERS} concurrent writers, no acknowledged write lost");
}

fn no_acknowledged_write_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent/upns.sqlite");
    let mut random = Random::seeded();
    let mut acknowledged = [0; ACCOUNTS as usize];
    let mut next = 1;
    let mut silent = 0;
    for kill in 0..KILLS {
        let mut child = writer(&path, ACCOUNTS, next, u32::MAX);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // Half of them die while they open the store, recover from the last kill or create it; half while they write.
        if random.below(2) == 0 {
            wait_for_a_line(&mut output);
        }
        thread::sleep(Duration::from_micros(random.below(LONGEST_LIFE)));
        child.kill().unwrap();
        let last = last_number(output);
        child.wait().unwrap();
        silent += u32::from(last.is_none());
        for number in next..=last.unwrap_or(next - 1) {
            acknowledged[(number % ACCOUNTS) as usize] = number;
        }
        next = last.map_or(next, |last| last + 1);

        // A kill right after a write and before its acknowledgement leaves one more, which is fine.
        let store = UpnStore::open(&path).unwrap_or_else(|error| panic!("after kill {kill}: {error}"));
        let limit = next;
        for (account, acknowledged) in acknowledged.iter().enumerate() {
            let kept = kept(&store, u32::try_from(account).unwrap()).unwrap_or_default();
            assert!(
                (*acknowledged..=limit).contains(&kept),
                "kill {kill}: {acknowledged} acknowledged, {kept} kept"
            );
        }
    }
    assert!(silent < KILLS, "no writer got to write at all");
    println!(
        "store_kill: {} writes acknowledged, {silent} of {KILLS} writers killed before their first",
        next - 1
    );
}

fn four_writers_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent/upns.sqlite");
    // None of them finds a store: all four try to create it.
    let children: Vec<Child> = (0..WRITERS)
        .map(|writer_id| writer(&path, WRITERS, writer_id * 1000, writer_id * 1000 + WRITES))
        .collect();
    for mut child in children {
        let last = last_number(BufReader::new(child.stdout.take().unwrap()));
        assert!(child.wait().unwrap().success());
        assert_eq!(last.map(|number| number % 1000), Some(WRITES - 1));
    }
    let store = UpnStore::open(&path).unwrap();
    for account in 0..WRITERS {
        assert!(
            kept(&store, account).is_some_and(|number| number % 1000 >= WRITES - WRITERS),
            "account {account}"
        );
    }
}

/// Writes the numbers of a range, each for the account that is its remainder, and says each when it is written.
fn write(path: &Path, accounts: u32, from: u32, to: u32) {
    let mut store = StoreOptions::new().with_wait(WAIT).open(path).unwrap();
    let mut output = std::io::stdout().lock();
    for number in from..to {
        let upn = Upn::parse(&format!("user{number}@contoso.com")).unwrap();
        store
            .remember(&key(number % accounts), &upn, time(number))
            .unwrap();
        writeln!(output, "{number}").unwrap();
        output.flush().unwrap();
    }
}

fn writer(path: &Path, accounts: u32, from: u32, to: u32) -> Child {
    let numbers = [accounts, from, to].map(|number| number.to_string());
    this_program()
        .arg("writer")
        .arg(path)
        .args(numbers)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// This program; under an emulator (`make emulated`), the emulator with this program as its first argument.
fn this_program() -> Command {
    let program = std::env::current_exe().unwrap();
    let runner = std::env::var("TEST_RUNNER").unwrap_or_default();
    let mut words = runner.split_whitespace();
    match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(program);
            command
        }
        None => Command::new(program),
    }
}

fn wait_for_a_line(output: &mut BufReader<ChildStdout>) {
    let available = output.fill_buf().unwrap();
    assert!(!available.is_empty(), "the writer ended by itself");
}

/// The last number of which the whole line arrived.
fn last_number(mut output: BufReader<ChildStdout>) -> Option<u32> {
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    let (whole, _) = text.rsplit_once('\n')?;
    whole.rsplit('\n').next()?.parse().ok()
}

fn kept(store: &UpnStore, account: u32) -> Option<u32> {
    let cached = store.cached(&key(account)).unwrap()?;
    let number = cached
        .upn()
        .prefix()
        .strip_prefix("user")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(cached.remembered_at(), time(number), "half of a row");
    Some(number)
}

fn time(number: u32) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(number.into()))
}

fn key(account: u32) -> CacheKey {
    let account = format!("S-1-5-21-1-2-3-{account}");
    CacheKey::new(
        "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11".parse().unwrap(),
        account.parse().unwrap(),
    )
}

/// Xorshift, seeded from the clock: other moments at each run. The seed is printed.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = since.as_secs() ^ u64::from(since.subsec_nanos()) << 32 | 1;
        println!("store_kill: seed {seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
