//! The program `broker`: hands what the user's primary refresh token gives to browsers and Microsoft clients, over D-Bus.
//!
//! `service.rs` is the interface that clients call, `hand_over.rs` the one through which `sign-in` and `greeter` hand over their token.
//! `session.rs` has the token: it is sealed in a file (`store.rs`), renewed by the wall clock (`timer.rs`), and dropped after events
//! (`lock.rs`, `card_watch.rs`).

mod account;
mod answer;
mod args;
pub mod browser_host;
mod caller;
mod card_watch;
pub(crate) mod client;
mod exchange;
mod failure;
mod hand_over;
mod keyring;
mod lock;
mod native_message;
mod next;
mod prompt;
mod rate;
mod request;
mod service;
mod session;
mod store;
mod timer;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;

use cba_protocol::{Config, Tenant};
use clap::Parser;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zbus::{Connection, connection};

use self::args::{Arguments, Command, DropOn, Serve};
use self::hand_over::HandOver;
use self::prompt::Prompt;
use self::rate::Rate;
use self::service::{Broker, Service};
use self::session::Session;
use self::store::Store;
use self::timer::Timer;
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::output::{print_line, print_message, printable_line};
use crate::sign_in::failure::Failure;
use crate::sign_in::joined::cloud;

/// Name on the session bus.
const NAME: &str = "com.microsoft.identity.broker1";
/// Path of the object.
const PATH: &str = "/com/microsoft/identity/broker1";

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => match run(&serve) {
            Ok(()) => ExitCode::SUCCESS,
            Err(stopped) => {
                print_message("broker", &stopped);
                ExitCode::from(stopped.exit())
            }
        },
        Command::SignOut => print(client::sign_out()),
        Command::Status => print(client::status()),
    }
}

/// Writes a line of the log.
fn log(line: impl Display) {
    print_message("broker", printable_line(&line.to_string()));
}

fn print(result: Result<String, client::ClientError>) -> ExitCode {
    match result {
        Ok(line) => {
            print_line("broker", line);
            ExitCode::SUCCESS
        }
        Err(error) => {
            print_message("broker", &error);
            match error {
                client::ClientError::NoBus(_) => ExitCode::from(6),
                _ => ExitCode::from(1),
            }
        }
    }
}

/// Runs the service until the session bus ends.
fn run(serve: &Serve) -> Result<(), Stopped> {
    // No core file has the token, and no other process of the user attaches to this one.
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        log(format_args!("this process can be dumped: {error}"));
    }
    // A process that is stopped has nothing to do: what it had acknowledged is stored.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(Stopped::System)?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            std::process::exit(0);
        }
    });
    let session = Arc::new(open(serve)?);
    let version = session.version();
    let connection = zbus::block_on(connect(serve, &session))?;
    session.tidy();
    let renewing = Arc::clone(&session);
    thread::spawn(move || renewing.keep_renewed());
    let (changing, bus) = (Arc::clone(&session), connection.clone());
    thread::spawn(move || announce(&changing, &bus, version));
    if serve.drops_on(DropOn::Lock) {
        lock::watch(&session, &connection);
    }
    if serve.drops_on(DropOn::CardRemoval) {
        card_watch::watch(&session);
    }
    log("ready");
    zbus::block_on(connection.closed());
    if serve.drops_on(DropOn::SessionEnd) {
        session.discard("the session ended");
    }
    Ok(())
}

/// Sends the signal `Changed` after each token that was taken over or dropped. It says nothing else.
fn announce(session: &Session, bus: &Connection, mut version: u64) {
    loop {
        version = session.wait_for_change(version);
        let signal = bus.emit_signal(None::<&str>, PATH, hand_over::INTERFACE, "Changed", &());
        if let Err(error) = zbus::block_on(signal) {
            log(format_args!("a change was not announced: {error}"));
        }
    }
}

fn open(serve: &Serve) -> Result<Session, Stopped> {
    let failed = |failure: Failure| Stopped::Usage(failure.to_string());
    let device = SoftwareDevice::read(&serve.device).map_err(|error| failed(error.into()))?;
    let config = config(serve, &device).map_err(failed)?;
    let limit = config.limits().max_answer();
    let http = match &serve.ca {
        Some(ca) => HttpClient::trusting(ca, limit),
        None => HttpClient::trusting_the_system(limit),
    };
    let http = http.map_err(|error| failed(error.into()))?;
    let store = store(serve)?;
    let timer = Timer::new().map_err(Stopped::System)?;
    Ok(Session::open(config, device, http, store, timer))
}

fn config(serve: &Serve, device: &SoftwareDevice) -> Result<Config, Failure> {
    let own = device.authority().filter(|_| serve.cloud.is_none());
    let cloud = cloud(serve.cloud, serve.authority.as_deref().or(own))?;
    let tenant = Tenant::parse(device.tenant_id())?;
    let version = concat!("examples/", env!("CARGO_PKG_VERSION"));
    Ok(Config::new(cloud, tenant).with_os_version(version))
}

fn store(serve: &Serve) -> Result<Option<Store>, Stopped> {
    if serve.no_store {
        return Ok(None);
    }
    let path = if let Some(path) = &serve.store {
        std::path::absolute(path).map_err(Stopped::System)?
    } else if let Some(folder) = std::env::var_os("XDG_RUNTIME_DIR") {
        PathBuf::from(folder).join("certificate-broker").join("token")
    } else {
        let problem = "XDG_RUNTIME_DIR is not set; name a file with --store, or choose --no-store";
        return Err(Stopped::Usage(problem.to_owned()));
    };
    let store = Store::open(&path).map_err(|error| Stopped::Usage(error.to_string()))?;
    Ok(Some(store))
}

/// Serves the object and takes the name. Another process cannot take it afterwards.
async fn connect(serve: &Serve, session: &Arc<Session>) -> Result<Connection, Stopped> {
    let rate = f64::from(serve.rate);
    let broker = Arc::new(Broker {
        session: Arc::clone(session),
        prompt: Prompt::new(serve.prompt.clone(), serve.prompt_limit()),
        nonce: serve.nonce,
        cookies: Rate::new(rate),
        tokens: Rate::new(rate / 5.0),
        running: AtomicUsize::new(0),
    });
    let built = connection::Builder::session()
        .serve_at(PATH, Service::new(broker))
        .serve_at(PATH, HandOver::new(Arc::clone(session)))
        .allow_name_replacements(false)
        .replace_existing_names(false)
        .name(NAME)
        .build()
        .await;
    built.map_err(|error| match error {
        zbus::Error::NameTaken => Stopped::NameTaken,
        error => Stopped::Bus(error.to_string()),
    })
}

/// Reason why the service does not run.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("the session bus cannot be used: {0}; run this in the user's session")]
    Bus(String),
    #[error(
        "another process has the name {NAME}; end that broker first (busctl --user status {NAME} names it)"
    )]
    NameTaken,
    #[error("{0}")]
    System(std::io::Error),
    #[error("{0}")]
    Usage(String),
}

impl Stopped {
    fn exit(&self) -> u8 {
        match self {
            Self::Bus(_) => 6,
            Self::NameTaken => 3,
            Self::System(_) | Self::Usage(_) => 2,
        }
    }
}
