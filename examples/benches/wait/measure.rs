//! One sign-in, with the time of each request and command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Card, Profile, Readers};
use local_authority::issue::{InitOptions, MULTIFACTOR_POLICY, init};
use local_authority::{Authority, CertificateAuthority, Leg, Pem};
use tempfile::TempDir;

use super::programs::{Program, Running, State};
use super::{Delays, Failure};

/// Interval at which new requests and commands are noticed.
const LOOK: Duration = Duration::from_micros(500);
/// Time without requests and commands, in addition to the delays, after which Enter is pressed.
const QUIET: Duration = Duration::from_millis(300);

/// Longest time that the firmware itself takes for a command, and for a signature: the card was idle for what is more.
const LONGEST: Duration = Duration::from_millis(3);
const SIGNATURE: Duration = Duration::from_millis(60);

/// A card, an authority, and the files of a user.
pub(crate) struct Place {
    delays: Delays,
    authority: Authority,
    card: Card,
    files: PathBuf,
    user: TempDir,
    _readers: Readers,
    _folder: TempDir,
}

/// What a request or a command was for, and when it began and ended, since the start of the sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) what: &'static str,
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
}

/// One sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) requests: Vec<Span>,
    pub(crate) commands: Vec<Span>,
    /// When Enter was pressed.
    pub(crate) enter: Duration,
    /// Time from Enter to the result.
    pub(crate) wait: Duration,
}

/// All runs of one case.
pub(crate) struct Measured {
    pub(crate) program: Program,
    pub(crate) state: State,
    runs: Vec<Run>,
}

impl Measured {
    pub(crate) fn new(program: Program, state: State) -> Self {
        Self {
            program,
            state,
            runs: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, run: Run) {
        self.runs.push(run);
        self.runs.sort_by_key(|run| run.wait);
    }

    /// The run with the median wait.
    pub(crate) fn median(&self) -> Option<&Run> {
        self.runs.get(self.runs.len() / 2)
    }

    pub(crate) fn least(&self) -> Duration {
        self.runs.first().map(|run| run.wait).unwrap_or_default()
    }
}

impl Run {
    pub(crate) fn count_before(&self) -> String {
        self.count(|span| span.end <= self.enter)
    }

    pub(crate) fn count_after(&self) -> String {
        self.count(|span| span.end > self.enter)
    }

    fn count(&self, counts: impl Fn(&Span) -> bool) -> String {
        let of = |spans: &[Span]| spans.iter().filter(|span| counts(span)).count();
        format!("{} req, {} cmd", of(&self.requests), of(&self.commands))
    }
}

impl Place {
    pub(crate) fn new(delays: Delays) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut configuration = init(folder.path(), &InitOptions::default())?;
        configuration.certificate_authorities.push(CertificateAuthority {
            certificate: Pem::new(lab::Authority::trusted()?.certificate().display().to_string()),
            revocation_list: None,
            delta_revocation_list: None,
        });
        configuration.round_trip_milliseconds = u64::try_from(delays.round_trip.as_millis())?;
        let readers = Readers::start(1)?;
        let profile = Profile::new("alice")
            .principal_names(["alice@contoso.example"])
            .extension(&format!("certificatePolicies={MULTIFACTOR_POLICY}"))
            .delay(delays.command);
        let card = readers.insert(0, &profile)?;
        Ok(Self {
            delays,
            files: configuration.base.clone(),
            authority: Authority::start(configuration, SocketAddr::from(([127, 0, 0, 1], 0)))?,
            card,
            user: tempfile::tempdir()?,
            _readers: readers,
            _folder: folder,
        })
    }

    /// Signs in once.
    pub(crate) fn run(&mut self, program: Program, state: State) -> Result<Run, Failure> {
        if state != State::Known {
            // A user without caches.
            self.user = tempfile::tempdir()?;
        }
        let logged = self.authority.log().len();
        self.card.forget_apdus()?;
        let (url, user) = (self.authority.url(), self.user.path());
        let mut running = Running::start(program, state, &url, &self.files, user, &self.card)?;
        if program == Program::Greeter {
            // What is read to show the tile, also by PKCS#11 modules, is read before the user decides anything.
            wait_until_quiet(&self.card, &self.authority, self.delays)?;
            self.card.forget_apdus()?;
        }
        let (begun, ended) = (Instant::now(), AtomicBool::new(false));
        let (card, authority, delays) = (&self.card, &self.authority, self.delays);
        let (seen, watched) = thread::scope(|scope| {
            let ended = &ended;
            let seen = scope.spawn(move || watch(card, authority, logged, delays, begun, ended));
            let mut sign_in = || -> Result<(Duration, Duration), Failure> {
                running.begin(card.pin())?;
                wait_until_quiet(card, authority, delays)?;
                let enter = begun.elapsed();
                running.enter()?;
                running.wait_for_result()?;
                Ok((enter, begun.elapsed().saturating_sub(enter)))
            };
            let signed_in = sign_in();
            running.leave();
            thread::sleep(delays.command + QUIET / 2);
            ended.store(true, Ordering::Relaxed);
            (signed_in, seen.join())
        });
        let (enter, wait) = seen?;
        let (requests, commands) = watched.map_err(|_| "the watching thread panicked")??;
        Ok(Run {
            requests,
            commands,
            enter,
            wait,
        })
    }
}

/// Waits until there were no new requests and commands for a while.
fn wait_until_quiet(card: &Card, authority: &Authority, delays: Delays) -> Result<(), Failure> {
    let count = || -> Result<usize, Failure> { Ok(card.apdus()?.len() + authority.log().len()) };
    // The connection takes two round trips, and the first request one.
    let quiet = QUIET + 4 * delays.round_trip + 2 * delays.command;
    let (mut seen, mut since) = (count()?, Instant::now());
    while since.elapsed() < quiet {
        thread::sleep(Duration::from_millis(5));
        let now = count()?;
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
    Ok(())
}

type Seen = (Vec<Span>, Vec<Span>);

/// Records requests and commands when they end.
fn watch(
    card: &Card,
    authority: &Authority,
    logged: usize,
    delays: Delays,
    begun: Instant,
    ended: &AtomicBool,
) -> Result<Seen, String> {
    let (mut requests, mut commands) = (Vec::new(), Vec::<Span>::new());
    while !ended.load(Ordering::Relaxed) {
        let log = authority.log();
        for entry in log.iter().skip(logged + requests.len()) {
            let end = begun.elapsed();
            requests.push(Span {
                what: name_of_request(entry.leg),
                begin: end.saturating_sub(Duration::from_micros(entry.microseconds)),
                end,
            });
        }
        let apdus = card.apdus().map_err(|error| error.to_string())?;
        for apdu in apdus.iter().skip(commands.len()) {
            let end = begun.elapsed();
            // A command begins when the one before it ends, unless the card was idle.
            let last = commands.last().map(|span| span.end).unwrap_or_default();
            let name = name_of_command(&apdu.command);
            let longest = if name == "sign" { SIGNATURE } else { LONGEST } + delays.command;
            let start = last.max(end.saturating_sub(longest));
            commands.push(Span {
                what: name,
                begin: start,
                end,
            });
        }
        thread::sleep(LOOK);
    }
    Ok((requests, commands))
}

fn name_of_request(leg: Leg) -> &'static str {
    match leg {
        Leg::Realm => "realm",
        Leg::Metadata => "metadata",
        Leg::Nonce => "nonce",
        Leg::PrimaryRefreshToken => "token",
        _ => "request",
    }
}

fn name_of_command(command: &str) -> &'static str {
    match command.get(2..4) {
        Some("20") if command.starts_with("0020FF") => "logout",
        Some("20") => "PIN",
        Some("87") => "sign",
        Some("A4") => "select",
        _ => "read",
    }
}
