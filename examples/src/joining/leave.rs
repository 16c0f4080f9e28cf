//! `leave`: the removal of the device, then of its keys and its file.

use std::fs;

use cba_protocol::config::RemovalHost;
use cba_protocol::{Config, Device, Leave, Outcome, Removal, Tenant};
use serde_json::json;

use super::args::LeaveArgs;
use super::drive::Machine;
use super::{Ended, result, seed};
use crate::device::SoftwareDevice;
use crate::output::{display_path, print_message};
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::Waiting;

pub(super) fn run(args: &LeaveArgs, waiting: &Waiting) -> Result<Ended, Failure> {
    let own = SoftwareDevice::read(&args.device)?;
    let device = Device::from_certificate(own.certificate())?;
    let cloud = args.service.cloud(own.authority())?;
    let config = Config::new(cloud, Tenant::parse(own.tenant_id())?);
    let http = args.service.http(config.limits().max_answer())?;
    let mut machine = Machine::new("leave", &http);
    machine.device = Some(&own);
    machine.waiting = waiting.clone();
    let outcome = machine.drive(Leave::new(&config, &device).start(seed()?))?;
    let Outcome::Granted(removal) = outcome else {
        return Ok(result::not_granted(&outcome, machine.requests));
    };
    let mut removal = *removal;
    if removal == Removal::AlreadyGone {
        // Microsoft's lists name a second host that takes certificates. The keys are deleted only if neither knows the device.
        let service = config
            .registration()
            .clone()
            .with_removal_host(RemovalHost::Certauth);
        let other = config.clone().with_registration(service);
        if let Ok(Outcome::Granted(second)) = machine.drive(Leave::new(&other, &device).start(seed()?)) {
            removal = *second;
        }
    }
    let (name, words) = match removal {
        Removal::AlreadyGone => (
            "already-gone",
            "already removed: the service does not know the device",
        ),
        _ => ("removed", "removed from the tenant"),
    };
    // The service no longer knows the device, so the keys are useless.
    if !args.keep {
        if let Err(error) = own.delete_keys() {
            print_message(
                "leave",
                format_args!("{error}; delete the keys in the token by hand"),
            );
        }
        if let Err(error) = fs::remove_file(&args.device) {
            print_message(
                "leave",
                format_args!("{} was not deleted: {error}", display_path(&args.device)),
            );
        }
    }
    Ok(Ended {
        text: format!("{words}: {}", device.id()),
        json: json!({
            "outcome": name,
            "device_id": device.id(),
            "keys": if args.keep { "kept" } else { "deleted" },
            "requests": machine.requests,
        }),
        exit: Exit::Granted,
    })
}
