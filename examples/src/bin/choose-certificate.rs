//! `choose-certificate`: the certificate to sign in with, and the reasons against the others.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use card_access::pkcs11::helper;
use card_access::{CardEntry, Credential, Error, ErrorKind, Listing, PinStatus, Problem, Selector};
use clap::Parser;
use examples::backends::Backends;
use examples::card_list::{ListedCertificate, Pin, UnreadSlot};
use examples::card_stream::{CardStream, Snapshot};
use examples::output::{print_lines, print_message, printable_line};
use examples::policy_file::PolicyOption;
use examples::time_limit::{TimeLimit, TimeLimitOption};
use rustls_pki_types::UnixTime;
use serde::Serialize;

/// Chooses a certificate for the sign-in from all tokens, by the rules of Windows, and gives the reasons against the others. A
/// token with a blocked PIN is not chosen. For the other tokens, the state of the PIN is shown.
#[derive(Parser)]
#[command(
    name = "choose-certificate",
    version,
    after_help = "Exit codes:\n  0  a suitable certificate was found\n  1  there are certificates, but none is suitable\n  \
                  2  wrong usage, or the output cannot be written\n  3  there is no certificate"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    #[command(flatten)]
    backends: Backends,

    #[command(flatten)]
    time_limit: TimeLimitOption,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// A certificate and its token.
#[derive(Serialize)]
struct Placed {
    token: String,
    pin: Option<Pin>,
    #[serde(flatten)]
    certificate: ListedCertificate,
}

fn main() -> ExitCode {
    helper::run_if_helper();
    let arguments = Arguments::parse();
    let policy = match arguments.policy.read("choose-certificate") {
        Ok(policy) => policy,
        Err(code) => return code,
    };
    let selector = Selector::new(UnixTime::now()).with_policy(policy);
    let (tokens, credentials): (Vec<Place>, Vec<Credential>) =
        everything(&arguments.backends, &selector, arguments.time_limit.start())
            .into_iter()
            .unzip();
    let place_of = |credential: &Credential| {
        let index = credentials.iter().position(|one| std::ptr::eq(one, credential));
        index.and_then(|index| tokens.get(index))
    };
    let of_token = |credential: &Credential| -> Vec<Credential> {
        let place = place_of(credential).map(|place| &place.name);
        let pairs = tokens.iter().zip(&credentials);
        let same = pairs.filter(|(other, _)| Some(&other.name) == place);
        same.map(|(_, credential)| credential.clone()).collect()
    };
    let selection = selector.select(&credentials);
    let is_blocked = |credential: &Credential| {
        place_of(credential).is_some_and(|place| place.pin == Some(PinStatus::Blocked))
    };
    let (blocked, suitable): (Vec<_>, Vec<_>) = selection
        .suitable
        .iter()
        .copied()
        .partition(|credential| is_blocked(credential));
    let best = suitable.first().copied();
    let suitable = suitable.into_iter().map(|credential| (credential, Vec::new()));
    let blocked = blocked
        .into_iter()
        .map(|credential| (credential, vec![ErrorKind::PinBlocked.to_string()]));
    let rejected = selection
        .rejected
        .iter()
        .map(|(credential, why)| (*credential, vec![why.to_string()]));
    let placed: Vec<Placed> = suitable
        .chain(blocked)
        .chain(rejected)
        .map(|(credential, reasons)| {
            let place = place_of(credential);
            Placed {
                token: place.map(|place| place.name.clone()).unwrap_or_default(),
                pin: place.and_then(|place| place.pin).map(Pin::from),
                certificate: ListedCertificate::of(credential, reasons, &of_token(credential)),
            }
        })
        .collect();

    let written = if arguments.json {
        print_lines("choose-certificate", [serde_json::json!(placed)])
    } else {
        print_lines("choose-certificate", &placed)
    };
    if let Err(code) = written {
        return code;
    }
    match (best, placed.is_empty()) {
        (Some(_), _) => ExitCode::SUCCESS,
        (None, false) => ExitCode::from(1),
        (None, true) => {
            print_message(
                "choose-certificate",
                "no certificate found; run `doctor` to find out why",
            );
            ExitCode::from(3)
        }
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n             on {}", self.certificate, self.token)?;
        match &self.pin {
            Some(pin) => write!(f, ", PIN: {pin}"),
            None => Ok(()),
        }
    }
}

/// A token.
#[derive(Clone)]
struct Place {
    name: String,
    pin: Option<PinStatus>,
}

type Content = (Option<PinStatus>, Listing<Credential>);

/// Every credential with its token. While there is no certificate to sign in with, it waits for tokens that do not answer.
/// Whatever cannot be read is reported, and the rest is still listed.
fn everything(backends: &Backends, selector: &Selector, time: TimeLimit) -> Vec<(Place, Credential)> {
    let reading = selector.clone();
    let mut cards = CardStream::new(backends, move |token| {
        let pin = token.pin_status().ok();
        Ok((pin, reading.credentials(token)?))
    });
    let mut snapshot = cards.look(TimeLimit::GRACE);
    loop {
        let left = time.left();
        if left.is_zero() || snapshot.is_complete() || has_choice(&snapshot, selector) {
            return take(snapshot);
        }
        if let Err(error) = cards.wait(left) {
            cannot_read("cards", &error);
            return take(snapshot);
        }
        snapshot = cards.look(Duration::ZERO);
    }
}

/// Whether there is a suitable certificate whose PIN is not blocked.
fn has_choice(snapshot: &Snapshot<Content>, selector: &Selector) -> bool {
    let contents = snapshot
        .read
        .iter()
        .filter_map(|(_, content)| content.as_ref().ok());
    contents
        .filter(|(pin, _)| *pin != Some(PinStatus::Blocked))
        .any(|(_, credentials)| selector.select(&credentials.found).best().is_some())
}

fn take(snapshot: Snapshot<Content>) -> Vec<(Place, Credential)> {
    let pending = snapshot.pending.into_iter().map(Problem::from);
    for Problem { place, error, .. } in snapshot.problems.into_iter().chain(pending) {
        let place = printable_line(&place);
        match error.kind() {
            ErrorKind::NoCard => print_message("choose-certificate", format_args!("no card in {place}")),
            _ => cannot_read(&place, &error),
        }
    }
    for (entry, waited) in &snapshot.reading {
        let name = printable_line(&name_of(entry));
        print_message(
            "choose-certificate",
            format_args!("{name}: not read after {} s", waited.as_secs()),
        );
    }
    let mut all = Vec::new();
    for (entry, content) in snapshot.read {
        let name = name_of(&entry);
        match content {
            Ok((pin, credentials)) => {
                for problem in &credentials.problems {
                    let unread = UnreadSlot::of(problem).to_string();
                    let words = format!("{}: {}", printable_line(&name), printable_line(&unread));
                    print_message("choose-certificate", words);
                }
                let place = Place { name, pin };
                let credentials = credentials.found.into_iter();
                all.extend(credentials.map(|credential| (place.clone(), credential)));
            }
            Err(error) => cannot_read(&printable_line(&name), &error),
        }
    }
    all
}

fn name_of(entry: &CardEntry) -> String {
    let info = entry.preferred();
    match &info.reader {
        Some(reader) => format!("{} in {reader}", info.name),
        None => info.name.clone(),
    }
}

fn cannot_read(place: &str, error: &Error) {
    print_message(
        "choose-certificate",
        format_args!("{place}: {error}. {}", error.hint()),
    );
}
