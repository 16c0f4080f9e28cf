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
use upn_resolver::Upn;
use zeroize::Zeroizing;

use super::args::{JoinArgs, JoinKind};
use super::drive::Machine;
use super::new_keys::{NewKeys, block};
use super::signals::Deferred;
use super::{Ended, result, seed};
use crate::output::{display_path, print_message};
use crate::private_file::beside;
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::Waiting;
use crate::this_machine::{host_name, os_version};

pub(super) fn run(args: &JoinArgs, waiting: &Waiting) -> Result<Ended, Failure> {
    let file = reserve(&args.out)?;
    let cloud = args.user.service.cloud(None)?;
    let tenant = args.user.tenant()?.unwrap_or_else(Tenant::common);
    let config = Config::new(cloud, tenant);
    let store = args.new_keys.open()?;
    let http = args.user.service.http(config.limits().max_answer())?;
    let mut machine = Machine::new("join", &http);
    machine.store = Some(&store);
    machine.waiting = waiting.clone();
    machine.signals = Some(Deferred::default());

    let (upn, token) = match sign_in(args, &config, &mut machine)? {
        Ok(signed_in) => signed_in,
        Err(ended) => return Ok(ended),
    };
    let kind = match args.kind {
        JoinKind::Join => JoinType::Joined,
        JoinKind::Register => JoinType::Registered,
    };
    let name = args.name.clone().unwrap_or_else(host_name);
    match register(&config, &mut machine, &upn, &token, kind, &name)? {
        Outcome::Granted(registration) => {
            let place = Place {
                out: &args.out,
                file,
                pin_file: args.new_keys.pin_file(),
            };
            save(place, &config, &mut machine, &registration)?;
            Ok(joined(args, &machine, &registration))
        }
        other => Ok(result::not_granted(&other, machine.requests)),
    }
}

/// Makes the keys and registers them. Keys that are not registered are deleted.
pub(super) fn register(
    config: &Config,
    machine: &mut Machine<'_>,
    upn: &Upn,
    token: &AccessToken,
    kind: JoinType,
    name: &str,
) -> Result<Outcome<Registration>, Failure> {
    let join = Join::new(config, upn, token)
        .with_join_type(kind)
        .with_display_name(name)
        .with_os_version(&os_version());
    let registered = machine.drive(join.start(seed()?));
    if !matches!(registered, Ok(Outcome::Granted(_)))
        && let Some(Err(error)) = machine.keys.as_ref().map(NewKeys::discard)
    {
        // Nothing is registered, as far as is known: nobody can use the keys in the token.
        (machine.remark)(&format!("the new keys stay in the token: {error}"));
    }
    registered
}

type SignedIn = Result<(Upn, AccessToken), Ended>;

/// A token for the registration service, by card or by device code.
fn sign_in(args: &JoinArgs, config: &Config, machine: &mut Machine<'_>) -> Result<SignedIn, Failure> {
    let (upn, outcome) = if args.device_code {
        let upn = args
            .user
            .hint
            .as_deref()
            .and_then(|name| Upn::parse(name).ok())
            .ok_or(Failure::NoName)?;
        (upn, machine.drive(DeviceCode::new(config).start(seed()?))?)
    } else {
        let user = args.user.open("join", args.time_limit(), &machine.waiting)?;
        machine.card = Some(user.card);
        let web = WebSignIn::new(config, &user.upn, &user.certificate);
        let outcome = machine.drive(web.start(seed()?));
        if let Some(warning) = user.known_cards.save() {
            print_message("join", warning);
        }
        (user.upn, outcome?)
    };
    Ok(match outcome {
        Outcome::Granted(token) => Ok((upn, *token)),
        other => Err(result::not_granted(&other, machine.requests)),
    })
}

/// A new file beside the device file: whether it can be written is known before anything is registered.
pub(super) fn reserve(path: &Path) -> Result<NamedTempFile, Failure> {
    let output = |source| Failure::Output {
        path: path.to_owned(),
        source,
    };
    if path.symlink_metadata().is_ok() {
        let problem = "the file exists, and may hold the keys of a device; choose another name";
        return Err(output(io::Error::new(io::ErrorKind::AlreadyExists, problem)));
    }
    beside(path).map_err(output)
}

/// Place of the device file.
pub(super) struct Place<'a> {
    pub(super) out: &'a Path,
    /// The new file beside it.
    pub(super) file: NamedTempFile,
    /// The PIN of the token with the keys.
    pub(super) pin_file: Option<&'a Path>,
}

/// Writes the device file whole, or removes the device again.
pub(super) fn save(
    place: Place<'_>,
    config: &Config,
    machine: &mut Machine<'_>,
    registration: &Registration,
) -> Result<(), Failure> {
    let Place { out, file, pin_file } = place;
    let failed = |source| Failure::Output {
        path: out.to_owned(),
        source,
    };
    let pin_file = pin_file.map(std::path::absolute).transpose().map_err(failed)?;
    let content = content(pin_file.as_deref(), config, machine, registration)?;
    persist(out, file, &content).map_err(|source| {
        undo(config, machine, registration.device(), &content);
        failed(source)
    })
}

fn joined(args: &JoinArgs, machine: &Machine<'_>, registration: &Registration) -> Ended {
    let device = registration.device();
    let place = machine.keys.as_ref().map_or("file", NewKeys::place);
    let days = device
        .expires_at()
        .as_secs()
        .saturating_sub(UnixTime::now().as_secs())
        / 86_400;
    let kind = registration.join_type().to_string();
    Ended {
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
    }
}

pub(super) fn content(
    pin_file: Option<&Path>,
    config: &Config,
    machine: &Machine<'_>,
    registration: &Registration,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let device = registration.device();
    let keys = machine.keys.as_ref().ok_or(Failure::UnknownStep)?.for_file()?;
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

/// Nobody can use a registration without its file: removes the device while its keys are still in memory.
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
            (machine.remark)("the device was removed from the tenant again");
        }
        None => (machine.remark)(&format!(
            "the device {} stays in the tenant; delete it there",
            device.id()
        )),
    }
}
