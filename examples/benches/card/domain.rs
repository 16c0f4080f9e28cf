//! A sign-in to Active Directory, compared with MIT's `kinit` through OpenSC's module: the same card, the same domain controller, each in
//! a new process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::{Backend, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot, TokenId};
use cba_protocol::active_directory::{AdOutcome, AdSignIn, AdStep, KdcExchange, Keytab};
use cba_protocol::pki_types::UnixTime;
use lab::{ActiveDirectory, Module, Profile, Readers};

use super::{Failure, median};

/// Pairs of a sign-in of each kind, one after the other.
const ROUNDS: usize = 41;

/// Parts of our sign-in, in the order of its output: until the card's certificate is read, then until the card has signed, the answers of
/// the domain controller, and the computations between them.
const PARTS: [&str; 5] = [
    "card opened and read",
    "signed",
    "answer to the signed request",
    "answer with the account's data",
    "computed",
];
const NAME: &str = "alice@corp.local";

/// The first argument of the process that signs in once.
pub(crate) const ONCE: &str = "domain-once";

pub(crate) fn compare() -> Result<(), Failure> {
    let domain = ActiveDirectory::start()?;
    let readers = Readers::start(1)?;
    let mut profile = Profile::new("alice").principal_names([NAME]);
    if let Some(sid) = domain.attribute("alice", "objectSid")? {
        profile = profile.sid(&sid);
    }
    let card = readers.insert(0, &profile)?;
    let module = Module::OpenSc.path()?;
    let ccache = tempfile::tempdir()?;
    let ours = || {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([ONCE, card.reader(), domain.kdc()])
            .arg(domain.keytab());
        timed(command, card.pin())
    };
    let theirs = || {
        let mut command = Command::new("kinit");
        command
            .args(["-E", "-C", "-X"])
            .arg(format!(
                "X509_user_identity=PKCS11:module_name={}",
                module.display()
            ))
            .arg(NAME)
            .env("KRB5_CONFIG", domain.krb5_conf())
            .env("KRB5CCNAME", ccache.path().join("cc"));
        timed(command, card.pin())
    };
    let (mut our_times, mut their_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut parts = PARTS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        let (one, said) = ours()?;
        let (other, _) = theirs()?;
        ratios.push(one.as_secs_f64() / other.as_secs_f64());
        our_times.push(one);
        their_times.push(other);
        for (part, micros) in parts.iter_mut().zip(said.split_whitespace()) {
            part.push(Duration::from_micros(micros.parse()?));
        }
    }
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let show = |what: &str, times: &mut [Duration]| println!("  {what:<54} {:.1?}", median(times));
    println!("sign-in to Active Directory, {ROUNDS} pairs at load {load}, median wall time of a process:");
    show(
        "card-access and cba-protocol, with the account's data",
        &mut our_times,
    );
    for (name, times) in PARTS.iter().zip(&mut parts) {
        show(&format!("  {name}"), times);
    }
    show("kinit through OpenSC's module, ticket only", &mut their_times);
    ratios.sort_unstable_by(f64::total_cmp);
    let [low, middle, high] = [1, 2, 3].map(|quarter| ratios[quarter * (ROUNDS - 1) / 4]);
    println!("  ratio in a pair: {middle:.2} in the middle, quartiles {low:.2} and {high:.2}");
    Ok(())
}

/// Time until the process has ended, and its output. The PIN is its standard input.
fn timed(mut command: Command, pin: &str) -> Result<(Duration, String), Failure> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{pin}")?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok((begun.elapsed(), String::from_utf8(output.stdout)?))
    } else {
        Err(format!("{command:?} failed").into())
    }
}

/// The process that signs in: opens the card, signs, asks the domain controller twice, and reads the account's data. It prints the times
/// of [`PARTS`] in microseconds.
pub(crate) fn once(arguments: &[String]) -> Result<(), Failure> {
    let [reader, kdc, keytab] = arguments else {
        return Err("expected a reader, a domain controller and a keytab".into());
    };
    let mut pin = String::new();
    std::io::stdin().read_line(&mut pin)?;
    let pin = Pin::new(pin.trim().to_owned());
    let begun = Instant::now();
    let mut parts = Vec::new();
    let mut token = PcscProvider::new().open(&TokenId::any_at(Backend::PcSc, &**reader))?;
    let slot = Slot::Piv(PivSlot::Authentication);
    let (credential, _) = token.prepare_slot(&slot, Duration::from_secs(5))?;
    parts.push(begun.elapsed());
    let keytab = Keytab::from_bytes(&std::fs::read(Path::new(keytab))?)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| error.to_string())?;
    let sign_in = AdSignIn::new(NAME, ActiveDirectory::REALM, credential.certificate()).with_host_key(keytab);
    let mut step = sign_in.start(seed.into(), UnixTime::now())?;
    loop {
        let asked = Instant::now();
        step = match step {
            AdStep::SignWithCard(task) => {
                let scheme = Scheme::RsaPkcs1(Hash::Sha256);
                let signature = token.sign(&credential, scheme, task.input(), Some(PinEntry::typed(&pin)))?;
                parts.push(asked.elapsed());
                task.complete(&signature)?
            }
            AdStep::SendToKdc(exchange) => {
                let reply = send(kdc, &exchange)?;
                parts.push(asked.elapsed());
                exchange.respond(&reply, UnixTime::now())?
            }
            AdStep::Done(AdOutcome::SignedIn(account)) if account.upn.as_str() == NAME => break,
            AdStep::Done(outcome) => return Err(format!("{outcome:?}").into()),
        };
    }
    parts.push(begun.elapsed().saturating_sub(parts.iter().sum()));
    for part in parts {
        println!("{}", part.as_micros());
    }
    Ok(())
}

fn send(kdc: &str, exchange: &KdcExchange) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect(kdc)?;
    stream.write_all(&exchange.framed_request())?;
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix)?;
    let mut reply = vec![0; KdcExchange::reply_length(prefix)?];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}
