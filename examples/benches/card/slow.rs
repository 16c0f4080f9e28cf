//! A good card next to a card that does not answer or a module that hangs: the time of each program for the good card.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Card, Configured, Fault, Held, Profile, Readers};
use local_authority::issue::{InitOptions, MULTIFACTOR_POLICY, init};
use local_authority::{Authority, CertificateAuthority, Configuration, Pem};
use pkcs11_faults::{Faults, Order};
use pty_process::Size;
use tempfile::TempDir;

use super::{Failure, median};

const ROUNDS: usize = 5;
const NAME: &str = "alice@contoso.example";

/// The problem next to the good card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShownFailure {
    Nothing,
    MuteCard,
    HeldCard,
    HungModule,
}

/// A program, and the moment when its work for the good card is done.
type Measure = fn(&mut Place<'_>) -> Result<Duration, Failure>;

pub(crate) fn compare() -> Result<(), Failure> {
    const MEASURES: [(&str, Measure); 6] = [
        ("list-cards", list_cards),
        ("doctor", doctor),
        ("choose", choose),
        ("sign-in", sign_in),
        ("event", event),
        ("tile", tile),
    ];
    let folder = tempfile::tempdir()?;
    let configuration = configuration(folder.path())?;
    let authority = Authority::start(configuration.clone(), SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("\na good card next to a problem, median time until the card is shown or used for a sign-in");
    print!("{:<12}", "");
    for (name, _) in MEASURES {
        print!(" {name:>10}");
    }
    println!();
    for trouble in [
        ShownFailure::Nothing,
        ShownFailure::MuteCard,
        ShownFailure::HeldCard,
        ShownFailure::HungModule,
    ] {
        print!("{:<12}", format!("{trouble:?}"));
        for (_, measure) in MEASURES {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let mut place = Place::new(trouble, &authority, &configuration)?;
                times.push(measure(&mut place)?);
            }
            print!(" {:>7} ms", median(&mut times).as_millis());
            std::io::stdout().flush()?;
        }
        println!();
    }
    Ok(())
}

fn configuration(folder: &Path) -> Result<Configuration, Failure> {
    let mut configuration = init(folder, &InitOptions::default())?;
    let issuer = lab::Authority::trusted()?.certificate();
    configuration.certificate_authorities.push(CertificateAuthority {
        certificate: Pem::new(issuer.display().to_string()),
        revocation_list: None,
        delta_revocation_list: None,
    });
    Ok(configuration)
}

/// A good card, a problem, and the authority.
struct Place<'a> {
    authority: &'a Authority,
    configuration: &'a Configuration,
    module: Option<(Configured, Faults)>,
    good: Card,
    // In the order in which they must end.
    _held: Option<Held>,
    _other: Option<Card>,
    _readers: Readers,
    _folder: TempDir,
}

impl<'a> Place<'a> {
    fn new(
        trouble: ShownFailure,
        authority: &'a Authority,
        configuration: &'a Configuration,
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let readers = Readers::start(2)?;
        let alice = Profile::new("alice")
            .principal_names([NAME])
            .extension(&format!("certificatePolicies={MULTIFACTOR_POLICY}"));
        let good = readers.insert(0, &alice)?;
        let mut other = None;
        if matches!(trouble, ShownFailure::MuteCard | ShownFailure::HeldCard) {
            other = Some(readers.insert(1, &Profile::new("bob"))?);
        }
        let mut held = None;
        match (trouble, &mut other) {
            (ShownFailure::MuteCard, Some(card)) => card.fault(1, Fault::Hang)?,
            (ShownFailure::HeldCard, Some(card)) => held = Some(card.hold()?),
            _ => {}
        }
        let module = match trouble {
            ShownFailure::HungModule => {
                let faults = Faults::in_folder(folder.path());
                faults.order(&[Order::Each("C_GetSlotList", pkcs11_faults::Fault::Hang)]);
                Some((Configured::module(&pkcs11_faults::module())?, faults))
            }
            _ => None,
        };
        Ok(Self {
            authority,
            configuration,
            module,
            good,
            _held: held,
            _other: other,
            _readers: readers,
            _folder: folder,
        })
    }

    fn command(&self, program: &str) -> Result<Command, Failure> {
        let Some((configured, faults)) = &self.module else {
            return Ok(Command::new(program));
        };
        let mut command = configured.command(program);
        command.envs(faults.environment(lab::Module::OpenSc.path()?));
        Ok(command)
    }

    /// The same with the options of every sign-in.
    fn sign_in_command(&self, program: &str) -> Result<Command, Failure> {
        let files = &self.configuration.base;
        let mut command = self.command(program)?;
        command
            .args(["--authority", &self.authority.url(), "--join", "entra", "--ca"])
            .arg(files.join("tls-ca.pem"))
            .arg("--device")
            .arg(files.join("device.json"));
        Ok(command)
    }
}

fn list_cards(place: &mut Place<'_>) -> Result<Duration, Failure> {
    until_shown(place.command(env!("CARGO_BIN_EXE_list-cards"))?, NAME)
}

fn doctor(place: &mut Place<'_>) -> Result<Duration, Failure> {
    until_shown(place.command(env!("CARGO_BIN_EXE_doctor"))?, NAME)
}

fn choose(place: &mut Place<'_>) -> Result<Duration, Failure> {
    let mut command = place.command(env!("CARGO_BIN_EXE_choose-certificate"))?;
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let took = begun.elapsed();
    check(output.status.success(), "choose-certificate chose none")?;
    Ok(took)
}

fn sign_in(place: &mut Place<'_>) -> Result<Duration, Failure> {
    let mut command = place.sign_in_command(env!("CARGO_BIN_EXE_sign-in"))?;
    command.args(["--pin-stdin", "--json"]);
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", place.good.pin())?;
    }
    let status = child.wait()?;
    let took = begun.elapsed();
    check(status.success(), "sign-in was not granted")?;
    Ok(took)
}

/// Time from the removal of the good card to its line.
fn event(place: &mut Place<'_>) -> Result<Duration, Failure> {
    let mut command = place.command(env!("CARGO_BIN_EXE_watch-cards"))?;
    let mut child = quiet(&mut command).spawn()?;
    thread::sleep(Duration::from_secs(1));
    let begun = Instant::now();
    place.good.remove_unseen()?;
    wait_for_line(&mut child, "card removed: Virtual PCD 0 00 00")?;
    let took = begun.elapsed();
    end(child)?;
    Ok(took)
}

/// Time from the start of the program to the first tile on its screen.
fn tile(place: &mut Place<'_>) -> Result<Duration, Failure> {
    let command = place.sign_in_command(env!("CARGO_BIN_EXE_greeter"))?;
    let (pty, pts) = pty_process::blocking::open()?;
    pty.resize(Size::new(24, 80))?;
    let begun = Instant::now();
    let child = pty_process::blocking::Command::from(command)
        .env("TERM", "xterm-256color")
        .spawn_borrowed(&pts)?;
    let (mut written, mut chunk) = (String::new(), [0; 4096]);
    while !written.contains(NAME) {
        let length = (&pty).read(&mut chunk)?;
        written.push_str(&String::from_utf8_lossy(chunk.get(..length).unwrap_or_default()));
    }
    let took = begun.elapsed();
    end(child)?;
    Ok(took)
}

fn until_shown(mut command: Command, words: &str) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let mut child = quiet(&mut command).spawn()?;
    wait_for_line(&mut child, words)?;
    let took = begun.elapsed();
    end(child)?;
    Ok(took)
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
}

fn wait_for_line(child: &mut Child, words: &str) -> Result<(), Failure> {
    let output = child.stdout.take().ok_or("the program has no output")?;
    for line in BufReader::new(output).lines() {
        if line?.contains(words) {
            return Ok(());
        }
    }
    Err(format!("the program ended without {words:?}").into())
}

fn end(mut child: Child) -> Result<(), Failure> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn check(is_so: bool, otherwise: &str) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(otherwise.into()) }
}
