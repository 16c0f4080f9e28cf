//! The program: `--init` writes a laboratory, `--config` serves it, subcommands issue and revoke certificates.

mod arguments;

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use local_authority::issue::{
    InitOptions, Issuer, ListTime, MULTIFACTOR_POLICY, UserTemplate, Validity, add_device, enrol_device,
    init, read, read_certificate, revocation_list, self_signed_authority, write, write_secret,
};
use local_authority::{Authority, Configuration, StartError};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509Crl;
use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};

use self::arguments::{Arguments, Command, IssueArguments, RevokeArguments};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match (&arguments.command, &arguments.init, &arguments.config) {
        (
            Some(Command::Device {
                dir,
                join,
                request,
                transport_key,
                out,
            }),
            ..,
        ) => match (request, transport_key) {
            (Some(key), Some(transport)) => enrol_device(dir, (*join).into(), (key, transport), out),
            _ => add_device(dir, (*join).into(), out),
        }
        .map_err(Failure::from),
        (Some(Command::Issue(issue)), ..) => issue_certificate(issue),
        (Some(Command::Revoke(revoke)), ..) => revoke_certificates(revoke),
        (None, Some(folder), _) => start_laboratory(folder, &arguments),
        (None, None, Some(config)) => serve(config, &arguments),
        (None, None, None) => unreachable!("clap requires one of them"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error cannot be written, there is no other place for the message.
            let _ = writeln!(io::stderr(), "local-authority: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start_laboratory(folder: &Path, arguments: &Arguments) -> Result<(), Failure> {
    init(
        folder,
        &InitOptions {
            domain: arguments.domain.clone(),
            hosts: arguments.host.clone(),
            trusted: arguments.trust.clone(),
            users: arguments.user.clone(),
        },
    )?;
    Ok(say(folder.join("authority.json").display())?)
}

/// Serves until SIGTERM or SIGINT, or with `--until-stdin-closes` until standard input ends.
fn serve(config: &Path, arguments: &Arguments) -> Result<(), Failure> {
    let mut configuration = Configuration::read(config)?;
    if let Some(faults) = &arguments.faults {
        configuration.faults.extend(
            serde_json::from_slice::<Vec<_>>(&read(faults)?)
                .map_err(|error| format!("{}: {error}", faults.display()))?,
        );
    }
    let log: Box<dyn Write + Send> = match &arguments.log {
        Some(path) => {
            let file = fs::OpenOptions::new().create(true).append(true).open(path);
            Box::new(file.map_err(|error| format!("{}: {error}", path.display()))?)
        }
        None => Box::new(io::stderr()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    // Before the URL is printed, so that a signal cannot come too early.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(entered);
    let started = Authority::start_logging_to(configuration, arguments.listen, log);
    let authority = started.map_err(|error| match error {
        StartError::Io(_) => format!("{}: {error}", arguments.listen),
        _ => error.to_string(),
    })?;
    say(authority.url())?;
    runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = end_of_input(), if arguments.until_stdin_closes => {}
        }
    });
    // A pending read of standard input must not keep the process alive.
    runtime.shutdown_background();
    Ok(())
}

/// Writes a line to standard output. A closed pipe is not an error.
fn say(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn end_of_input() {
    let mut buffer = [0; 256];
    let mut input = tokio::io::stdin();
    while input.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

fn issue_certificate(arguments: &IssueArguments) -> Result<(), Failure> {
    let issuer = if arguments.unknown_ca {
        self_signed_authority("Unknown CA")?
    } else {
        Issuer::read(
            &arguments.dir.join("smart-card-ca.pem"),
            &arguments.dir.join("smart-card-ca.key"),
        )?
    };
    let policies = match &arguments.policy[..] {
        _ if arguments.single_factor => Vec::new(),
        [] => vec![MULTIFACTOR_POLICY.to_owned()],
        policies => policies.to_vec(),
    };
    let name = [&arguments.common_name, &arguments.upn, &arguments.rfc822];
    let template = UserTemplate {
        common_name: name
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_else(|| "Nobody".to_owned()),
        principal_name: arguments.upn.clone(),
        rfc822_name: arguments.rfc822.clone(),
        policies,
        validity: match (arguments.expired, arguments.not_yet_valid) {
            (true, _) => Validity::Expired,
            (_, true) => Validity::NotYet,
            _ => Validity::Now(arguments.days),
        },
    };
    let certificate = match (&arguments.public_key, &arguments.new_key) {
        (Some(file), _) => issuer.issue_user_for_file(&template, file)?,
        (None, Some(file)) => {
            let key = PKey::from_rsa(Rsa::generate(2048)?)?;
            write_secret(file, key.private_key_to_pem_pkcs8()?)?;
            issuer.issue_user(&template, &key)?
        }
        (None, None) => unreachable!("clap requires one of them"),
    };
    match &arguments.out {
        Some(file) => write(file, certificate.to_pem()?)?,
        None => io::stdout().write_all(&certificate.to_pem()?)?,
    }
    Ok(())
}

/// Writes a new revocation list: the old entries and the named certificates.
fn revoke_certificates(arguments: &RevokeArguments) -> Result<(), Failure> {
    let issuer = Issuer::read(
        &arguments.dir.join("smart-card-ca.pem"),
        &arguments.dir.join("smart-card-ca.key"),
    )?;
    let path = arguments.dir.join("smart-card-ca.crl");
    let mut serials = Vec::new();
    if let Some(revoked) = X509Crl::from_pem(&read(&path)?)
        .map_err(|_| format!("{} has no revocation list in PEM form", path.display()))?
        .get_revoked()
    {
        for entry in revoked {
            serials.push(entry.serial_number().to_bn()?.to_vec());
        }
    }
    for file in &arguments.certificates {
        serials.push(read_certificate(file)?.serial_number().to_bn()?.to_vec());
    }
    let time = if arguments.expired {
        ListTime::Expired
    } else {
        ListTime::Current
    };
    write(&path, revocation_list(&issuer, &serials, time)?.to_pem()?)?;
    Ok(())
}
