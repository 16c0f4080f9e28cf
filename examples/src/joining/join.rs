//! `join`: the sign-in, the registration, and the device file.

use std::io::{self, Write};
use std::path::Path;

use cba_protocol::{
    AccessToken, Config, Device, DeviceCode, Join, JoinType, Leave, Outcome, Registration, Removal, Tenant,
    WebSignIn,
};
use rustls_pki_types::UnixTime;
use serde_json::json;
use tempfile::NamedTempFile;
use upn_resolver::{Certificate, NameRequest, Upn};
use zeroize::Zeroizing;

use super::args::{CARD_LIMIT, JoinArgs, JoinKind};
use super::drive::Machine;
use super::new_keys::{KeyStore, block};
use super::{Ended, result, seed};
use crate::output::{display_path, print_message, printable_line};
use crate::sign_in::attempt::now;
use crate::sign_in::card::Card;
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::Waiting;

pub(super) fn run(args: &JoinArgs) -> Result<Ended, Failure> {
    let file = reserve(&args.out)?;
    let cloud = args.service.cloud(None)?;
    let tenant = args
        .tenant
        .as_deref()
        .map_or(Ok(Tenant::common()), Tenant::parse)?;
    let config = Config::new(cloud, tenant);
    let store = KeyStore::open(&args.keys, args.pin_file())?;
    let http = args.service.http(config.limits().max_answer())?;
    let mut machine = Machine::new("join", &http);
    machine.store = Some(&store);

    let (upn, token) = match sign_in(args, &config, &mut machine)? {
        Ok(signed_in) => signed_in,
        Err(ended) => return Ok(ended),
    };
    let join = Join::new(&config, &upn, &token)
        .with_join_type(match args.kind {
            JoinKind::Join => JoinType::Joined,
            JoinKind::Register => JoinType::Registered,
        })
        .with_display_name(&args.name.clone().unwrap_or_else(host_name))
        .with_os_version(&os_version());
    let registered = machine.drive(join.start(seed()?));
    match registered {
        Ok(Outcome::Granted(registration)) => write(args, &config, &mut machine, &registration, file),
        other => {
            // Nothing is registered, as far as is known: the keys in the token are of no use.
            if let Some(Err(error)) = machine.keys.as_ref().map(super::new_keys::NewKeys::discard) {
                print_message("join", format_args!("the new keys stay in the token: {error}"));
            }
            other.map(|outcome| result::not_granted(&outcome, machine.requests))
        }
    }
}

type SignedIn = Result<(Upn, AccessToken), Ended>;

/// A token for the registration service, by card or by device code.
fn sign_in(args: &JoinArgs, config: &Config, machine: &mut Machine<'_>) -> Result<SignedIn, Failure> {
    let (upn, outcome) = if args.device_code {
        let upn = args
            .hint
            .as_deref()
            .and_then(|name| Upn::parse(name).ok())
            .ok_or(Failure::NoName)?;
        (upn, machine.drive(DeviceCode::new(config).start(seed()?))?)
    } else {
        let mut warnings = Vec::new();
        let card = Card::open(
            &args.card,
            args.short_pin(),
            CARD_LIMIT,
            &mut warnings,
            &Waiting::new(),
        );
        for warning in warnings {
            print_message("join", printable_line(&warning));
        }
        let card = card?;
        let der = card.credential().certificate().clone();
        let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
        let mut request = NameRequest::entra_joined(&certificate);
        if let Some(hint) = &args.hint {
            request = request.with_hint(hint);
        }
        if let Some(now) = now() {
            request = request.with_time(now);
        }
        let upn = request.decide().upn().ok_or(Failure::NoName)?.clone();
        machine.card = Some(card);
        let web = WebSignIn::new(config, &upn, &der);
        (upn, machine.drive(web.start(seed()?))?)
    };
    Ok(match outcome {
        Outcome::Granted(token) => Ok((upn, *token)),
        other => Err(result::not_granted(&other, machine.requests)),
    })
}

/// A new file beside the device file: whether it can be written is known before anything is registered.
fn reserve(path: &Path) -> Result<NamedTempFile, Failure> {
    let output = |source| Failure::Output {
        path: path.to_owned(),
        source,
    };
    if path.symlink_metadata().is_ok() {
        return Err(output(io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Only the owner may read it.
    NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(output)
}

/// Writes the device file whole, or removes the device again.
fn write(
    args: &JoinArgs,
    config: &Config,
    machine: &mut Machine<'_>,
    registration: &Registration,
    file: NamedTempFile,
) -> Result<Ended, Failure> {
    let device = registration.device();
    let pin_file = args
        .pin_file()
        .map(std::path::absolute)
        .transpose()
        .map_err(|source| Failure::Output {
            path: args.out.clone(),
            source,
        })?;
    let content = content(pin_file.as_deref(), config, machine, registration)?;
    if let Err(source) = persist(&args.out, file, &content) {
        undo(config, machine, device, &content);
        return Err(Failure::Output {
            path: args.out.clone(),
            source,
        });
    }
    let place = machine
        .keys
        .as_ref()
        .map_or("file", super::new_keys::NewKeys::place);
    let days = device
        .expires_at()
        .as_secs()
        .saturating_sub(UnixTime::now().as_secs())
        / 86_400;
    let kind = registration.join_type().to_string();
    Ok(Ended {
        text: format!(
            "{kind}: {}\n  tenant       {}\n  keys         in the {place}\n  certificate  valid for {days} days; it cannot be renewed, \
             so join again before\n  device file  {}\n  requests     {}",
            device.id(),
            device.tenant().map_or("", Tenant::as_str),
            display_path(&args.out),
            machine.requests
        ),
        json: json!({
            "outcome": kind,
            "device_id": device.id(),
            "tenant_id": device.tenant().map(Tenant::as_str),
            "certificate_expires_at": device.expires_at().as_secs(),
            "keys": place,
            "device": args.out.to_string_lossy(),
            "requests": machine.requests,
        }),
        exit: Exit::Granted,
    })
}

pub(super) fn content(
    pin_file: Option<&Path>,
    config: &Config,
    machine: &Machine<'_>,
    registration: &Registration,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let device = registration.device();
    let keys = machine.keys.as_ref().ok_or(Failure::KeyCannotSign)?.for_file()?;
    let authority = config.cloud().authority();
    let is_public = authority == cba_protocol::Cloud::PUBLIC.authority();
    let file = json!({
        "tenantId": device.tenant().map(Tenant::as_str),
        "deviceId": device.id(),
        "joinType": match registration.join_type() {
            JoinType::Registered => "registered",
            _ => "entra",
        },
        "authority": (!is_public).then(|| format!("https://{authority}")),
        "certificate": &*block("CERTIFICATE", device.certificate()),
        "key": &*keys[0],
        "transportKey": &*keys[1],
        "pinFile": pin_file,
    });
    Ok(Zeroizing::new(
        serde_json::to_vec_pretty(&file).unwrap_or_default(),
    ))
}

fn persist(path: &Path, mut file: NamedTempFile, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// The registration without its file is of no use: removes the device, while its keys are still at hand.
fn undo(config: &Config, machine: &mut Machine<'_>, device: &Device, content: &[u8]) {
    let removed = crate::device::SoftwareDevice::parse(content)
        .ok()
        .and_then(|own| {
            let mut leaving = Machine::new("join", machine.http);
            leaving.device = Some(&own);
            let step = Leave::new(config, device).start(seed().ok()?);
            let outcome = leaving.drive(step).ok()?;
            matches!(outcome, Outcome::Granted(removal) if *removal == Removal::Removed).then_some(())
        });
    match removed {
        Some(()) => {
            if let Some(keys) = &machine.keys {
                let _ = keys.discard();
            }
            print_message("join", "the device was removed from the tenant again");
        }
        None => print_message(
            "join",
            format_args!("the device {} stays in the tenant; delete it there", device.id()),
        ),
    }
}

pub(super) fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

pub(super) fn os_version() -> String {
    let system = rustix::system::uname();
    format!(
        "{} {}",
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy()
    )
}
