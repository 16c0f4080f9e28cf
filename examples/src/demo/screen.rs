//! The sign-in screen with two virtual cards and the local authority.

use std::process::ExitCode;

use clap::Parser;
use lab::{Card, Profile, Readers};
use upn_resolver::windows::logon_policy::LogonPolicy;

use super::authority::RunningAuthority;
use super::{Failure, MULTIFACTOR_POLICY};
use crate::greeter::{self, Demonstration};
use crate::joining::NewKeysArgs;
use crate::output::print_message;
use crate::sign_in::joined::Joined;

/// Runs the screen. All processes end with it.
pub fn screen() -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir()?;
    print_message("demo", "starting two readers, two cards and the authority");
    let readers = Readers::start(2)?;
    let cards = readers.insert_all([&alice(), &bob()])?;
    let authority = RunningAuthority::start(folder.path())?;
    let words = format!(
        "Demonstration. The PIN is {}. F5 and F6 insert and remove the cards.",
        cards.first().map_or("unknown", Card::pin)
    );
    let joined = joined(&authority)?;
    let demonstration = Demonstration {
        words,
        move_card: Box::new(card_mover(cards)),
    };
    let code = greeter::run(
        &joined,
        &NewKeysArgs::default(),
        LogonPolicy::new(),
        Some(demonstration),
    );
    drop(readers);
    // A user who only looked around is not a failure.
    Ok(if code == ExitCode::FAILURE {
        ExitCode::SUCCESS
    } else {
        code
    })
}

fn alice() -> Profile {
    Profile::new("alice")
        .principal_names(["alice@contoso.com"])
        .rfc822_names(["alice.a@mail.contoso.com"])
        .subject("/O=Contoso/CN=Alice")
        .extension(MULTIFACTOR_POLICY)
}

/// Windows shows no tile for this certificate without a policy, because it is not for smart card logon.
fn bob() -> Profile {
    Profile::new("bob")
        .principal_names(["bob@contoso.com"])
        .subject("/O=Contoso/CN=Bob")
        .extended_key_usage(["clientAuth"])
        .extension(MULTIFACTOR_POLICY)
}

/// Inserts and removes the cards.
fn card_mover(cards: Vec<Card>) -> impl FnMut(usize) -> Result<(), String> {
    let mut cards: Vec<_> = cards.into_iter().map(|card| (card, true)).collect();
    move |number| {
        let Some((card, is_in)) = cards.get_mut(number) else {
            return Ok(());
        };
        let moved = if *is_in { card.remove() } else { card.insert() };
        *is_in = !*is_in;
        moved.map_err(|error| error.to_string())
    }
}

/// Parsed from a command line, so that the same rules apply.
fn joined(authority: &RunningAuthority) -> Result<Joined, Failure> {
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        joined: Joined,
    }
    let path = |name: &str| authority.file(name).into_os_string();
    let line = Line::try_parse_from([
        "greeter".into(),
        "--authority".into(),
        authority.url().into(),
        "--ca".into(),
        path("tls-ca.pem"),
        "--device".into(),
        path("device.json"),
        "--join".into(),
        "entra".into(),
        "--cache".into(),
        path("upn.sqlite"),
    ])?;
    Ok(line.joined)
}
