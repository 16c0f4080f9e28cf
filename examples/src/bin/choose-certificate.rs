//! `choose-certificate`: which certificate to sign in with, and why not the others.

use std::fmt;
use std::process::ExitCode;

use card_access::pkcs11::helper;
use card_access::{Credential, Error, ErrorKind, PinStatus, Selector};
use clap::Parser;
use examples::card_list::{ListedCertificate, Pin, UnreadSlot, cards_of_this_machine};
use examples::output::{complain, on_one_line, tell};
use examples::policy_file::PolicyOption;
use rustls_pki_types::UnixTime;
use serde::Serialize;

/// Chooses the certificate for a sign-in among all tokens, as Windows would offer them, and says why not the others. One
/// whose token has a blocked PIN is no choice; how the PIN of the others stands is shown.
#[derive(Parser)]
#[command(
    name = "choose-certificate",
    version,
    after_help = "Exit codes:\n  0  there is one to sign in with\n  1  there are certificates, and none is suitable\n  \
                  2  wrong usage, or the output can't be written\n  3  there is no certificate"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// A certificate and the token that it is on.
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
    let selector = Selector::new(UnixTime::now()).policy(policy);
    let (tokens, credentials): (Vec<Place>, Vec<Credential>) = everything(&selector).into_iter().unzip();
    let place_of = |credential: &Credential| {
        let index = credentials.iter().position(|one| std::ptr::eq(one, credential));
        index.and_then(|index| tokens.get(index))
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
                certificate: ListedCertificate::of(credential, reasons),
            }
        })
        .collect();

    let told = if arguments.json {
        tell("choose-certificate", [serde_json::json!(placed)])
    } else {
        tell("choose-certificate", &placed)
    };
    if let Err(code) = told {
        return code;
    }
    match (best, placed.is_empty()) {
        (Some(_), _) => ExitCode::SUCCESS,
        (None, false) => ExitCode::from(1),
        (None, true) => {
            complain("choose-certificate", "no certificate; `doctor` says what to try");
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

/// Every credential with its token; what can't be read is told, and hides nothing else.
fn everything(selector: &Selector) -> Vec<(Place, Credential)> {
    let mut cards = cards_of_this_machine();
    let listing = cards.tokens(std::time::Duration::from_secs(60));
    for problem in &listing.problems {
        let place = on_one_line(&problem.place);
        match problem.error.kind() {
            ErrorKind::NoCard => complain("choose-certificate", format_args!("no card in {place}")),
            _ => cannot_read(&place, &problem.error),
        }
    }
    let mut all = Vec::new();
    for seen in &listing.found {
        let info = seen.preferred();
        let name = info
            .reader
            .as_ref()
            .map_or(info.name.clone(), |reader| format!("{} in {reader}", info.name));
        let read = cards.open(&info.id).and_then(|mut token| {
            let pin = token.pin_status().ok();
            Ok((pin, selector.credentials(token.as_mut())?))
        });
        match read {
            Ok((pin, credentials)) => {
                for problem in &credentials.problems {
                    let unread = UnreadSlot::of(problem).to_string();
                    let words = format!("{}: {}", on_one_line(&name), on_one_line(&unread));
                    complain("choose-certificate", words);
                }
                let place = Place { name, pin };
                all.extend(
                    credentials
                        .found
                        .into_iter()
                        .map(|credential| (place.clone(), credential)),
                );
            }
            Err(error) => cannot_read(&on_one_line(&name), &error),
        }
    }
    all
}

fn cannot_read(place: &str, error: &Error) {
    complain(
        "choose-certificate",
        format_args!("{place}: {error}. {}", error.hint()),
    );
}
