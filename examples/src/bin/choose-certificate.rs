//! `choose-certificate`: which certificate to sign in with, and why not the others.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use card_access::{Credential, Selector};
use clap::Parser;
use examples::card_list::{ListedCertificate, cards_of_this_machine};
use examples::output::say;
use examples::policy_file::PolicyOption;
use rustls_pki_types::UnixTime;
use serde::Serialize;

/// Chooses the certificate for a sign-in among all tokens, as Windows would offer them, and says why not the others.
#[derive(Parser)]
#[command(
    name = "choose-certificate",
    version,
    after_help = "Exit codes:\n  0  there is one to sign in with\n  1  there are certificates, and none is suitable\n  \
                  2  wrong usage\n  3  there is no certificate"
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
    let (names, credentials): (Vec<String>, Vec<Credential>) = everything().into_iter().unzip();
    let token_of = |credential: &Credential| {
        let index = credentials.iter().position(|one| std::ptr::eq(one, credential));
        index
            .and_then(|index| names.get(index))
            .cloned()
            .unwrap_or_default()
    };
    let selection = Selector::new(UnixTime::now()).policy(policy).select(&credentials);
    let suitable = selection
        .suitable
        .iter()
        .map(|credential| (*credential, Vec::new()));
    let rejected = selection
        .rejected
        .iter()
        .map(|(credential, why)| (*credential, vec![why.to_string()]));
    let placed: Vec<Placed> = suitable
        .chain(rejected)
        .map(|(credential, reasons)| Placed {
            token: token_of(credential),
            certificate: ListedCertificate::of(credential, reasons),
        })
        .collect();

    if arguments.json {
        say("choose-certificate", serde_json::json!(placed));
    } else {
        for Placed { token, certificate } in &placed {
            say(
                "choose-certificate",
                format_args!("{certificate}\n             on {token}"),
            );
        }
    }
    match (selection.best(), placed.is_empty()) {
        (Some(_), _) => ExitCode::SUCCESS,
        (None, false) => ExitCode::from(1),
        (None, true) => {
            eprintln!("choose-certificate: no certificate; `doctor` says what to try");
            ExitCode::from(3)
        }
    }
}

/// Every credential with the name of its token; what can't be read is told, and hides nothing else.
fn everything() -> Vec<(String, Credential)> {
    let mut cards = cards_of_this_machine();
    let listing = cards.tokens();
    for problem in &listing.problems {
        eprintln!("choose-certificate: {}: {}", problem.place, problem.error);
    }
    let mut all = Vec::new();
    for seen in &listing.found {
        let info = seen.best();
        let name = info
            .reader
            .as_ref()
            .map_or(info.name.clone(), |reader| format!("{} in {reader}", info.name));
        match cards.open(&info.id).and_then(|mut token| token.credentials()) {
            Ok(credentials) => all.extend(
                credentials
                    .into_iter()
                    .map(|credential| (name.clone(), credential)),
            ),
            Err(error) => eprintln!("choose-certificate: {name}: {error}. {}", error.help()),
        }
    }
    all
}
