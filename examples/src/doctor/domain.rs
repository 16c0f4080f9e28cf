//! Checks of the way to Active Directory: `--realm`.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use cba_protocol::Seed;
use cba_protocol::active_directory::{AdOutcome, AdSignIn, AdStep, Keytab};
use clap::Args;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::tokens::every;
use super::{Check, Part, SET_CLOCK};
use crate::card_list::Content;
use crate::card_stream::Snapshot;
use crate::kdc::{Address, Found, Kdcs, connect};
use crate::sign_in::domain::read_keytab;

/// The realm to check.
#[derive(Args, Clone, Debug)]
pub(super) struct DomainChecks {
    /// Also checks the way to this realm of Active Directory: DNS, domain controllers, clock, and what the certificates contain
    #[arg(long, value_name = "REALM")]
    realm: Option<String>,

    /// A domain controller of the realm. By default those that DNS names
    #[arg(long, value_name = "HOST[:PORT]", requires = "realm")]
    kdc: Option<Address>,

    /// The device's keytab, which is checked too
    #[arg(long, value_name = "FILE", requires = "realm")]
    keytab: Option<PathBuf>,
}

/// The checks of the network, because a host may not answer.
pub(super) struct Domain {
    inbox: Receiver<Vec<Check>>,
    answer: Option<Vec<Check>>,
}

impl Domain {
    /// Begins the checks, if there is a realm.
    pub(super) fn ask(options: &DomainChecks) -> Option<Self> {
        let realm = options.realm.clone()?;
        let (outbox, inbox) = channel();
        let options = options.clone();
        thread::spawn(move || outbox.send(network(&realm, &options)));
        Some(Self { inbox, answer: None })
    }
}

impl Part for Domain {
    fn look(&mut self) {
        if let Ok(answer) = self.inbox.try_recv() {
            self.answer = Some(answer);
        }
    }

    fn has_answered(&self) -> bool {
        self.answer.is_some()
    }

    fn checks(&self, snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
        let mut checks = self.answer.clone().unwrap_or_default();
        if is_last {
            if self.answer.is_none() {
                checks.push(Check::unknown(
                    "kdc",
                    "the network did not answer; check DNS and TCP port 88",
                ));
            }
            checks.extend(names(snapshot));
        }
        checks
    }
}

fn network(realm: &str, options: &DomainChecks) -> Vec<Check> {
    let mut checks = vec![keytab(options.keytab.as_deref())];
    let kdcs = Kdcs::new(realm, options.kdc.clone());
    let Found { addresses, for_udp } = match kdcs.of(realm) {
        Ok(found) => found,
        Err(error) => {
            checks.push(Check::wrong("kdc-dns", error.to_string(), error.hint()));
            return checks;
        }
    };
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let note = if for_udp {
        ", published for UDP only (SRV _kerberos._udp); TCP is used at the same port"
    } else {
        ""
    };
    checks.push(Check::passed("kdc-dns", list.join(", ") + note));
    for address in addresses.iter().take(5) {
        let check = match connect(address) {
            Ok(_) => Check::passed("kdc", format!("{address} can be reached")),
            Err(error) => Check::wrong("kdc", format!("{address}: {error}"), OPEN_PORT),
        };
        checks.push(check.at(address.to_string()));
    }
    checks.push(clock(realm, &kdcs));
    checks
}

/// The keytab of the device. Whether its key is current is known after a sign-in; the newest version is shown for a comparison.
fn keytab(path: Option<&std::path::Path>) -> Check {
    let Some(path) = path else {
        return Check::passed(
            "keytab",
            "none given; --kdc-ca must prove the domain controller then",
        );
    };
    match read_keytab(path) {
        Ok(keytab) => describe(&keytab),
        Err(error) => Check::wrong("keytab", error.to_string(), error.details().2),
    }
}

fn describe(keytab: &Keytab) -> Check {
    let version = keytab.newest_key_version();
    let is_usable = |kind: u16| kind == 17 || kind == 18;
    let usable = keytab
        .entries
        .iter()
        .any(|entry| entry.key_version == version && is_usable(entry.encryption_type));
    let found = format!("{} with key version {version}", keytab.service);
    if usable {
        Check::passed("keytab", found)
    } else {
        Check::wrong(
            "keytab",
            format!("{found} has no AES key"),
            "set msDS-SupportedEncryptionTypes of the device's account to 24, and create the keytab again",
        )
    }
}

/// What to do about a domain controller that cannot be reached.
const OPEN_PORT: &str = "open TCP port 88 to the domain controllers, or name another one with --kdc";

/// A request that every KDC refuses, for the time in its error. Nothing in it belongs to a person.
fn clock(realm: &str, kdcs: &Kdcs) -> Check {
    const ALLOWED: u64 = 300;
    match time_of_kdc(realm, kdcs) {
        Ok(Some(theirs)) => {
            let distance = theirs.as_secs().abs_diff(UnixTime::now().as_secs());
            let found = format!("{distance} s from the domain controller's");
            if distance < ALLOWED {
                Check::passed("kdc-clock", found)
            } else {
                Check::wrong("kdc-clock", found, SET_CLOCK)
            }
        }
        Ok(None) => Check::wrong(
            "kdc-clock",
            "the host does not answer as a domain controller",
            "check the name of the domain controller",
        ),
        Err(why) => Check::wrong("kdc-clock", format!("unknown: {why}"), OPEN_PORT),
    }
}

fn time_of_kdc(realm: &str, kdcs: &Kdcs) -> Result<Option<UnixTime>, String> {
    // A certificate and a signature that are good for nothing.
    let certificate = CertificateDer::from(NOBODY);
    let keytab = Keytab::from_bytes(NO_KEY).map_err(|error| error.to_string())?;
    let sign_in = AdSignIn::new("doctor", realm, &certificate).with_host_key(keytab);
    let mut step = sign_in
        .start(Seed::from([0; 32]), UnixTime::now())
        .map_err(|error| error.to_string())?;
    // The first refusal has the time; a second attempt would correct the clock.
    loop {
        step = match step {
            AdStep::SignWithCard(task) => task.complete(&[1; 256]).map_err(|error| error.to_string())?,
            AdStep::SendToKdc(exchange) => {
                let reply = kdcs.send(&exchange).map_err(|error| error.to_string())?;
                match exchange.respond(&reply, UnixTime::now()) {
                    Ok(step) => step,
                    Err(_) => return Ok(None),
                }
            }
            AdStep::Done(AdOutcome::Refused(refusal)) => return Ok(refusal.server_time),
            AdStep::Done(_) => return Ok(None),
        };
    }
}

/// A self-signed certificate of nobody, made for this check; its key was never kept.
const NOBODY: &[u8] = include_bytes!("nobody.der");

/// A keytab with a key of zeros.
const NO_KEY: &[u8] = &[
    5, 2, 0, 0, 0, 53, 0, 1, 0, 1, b'X', 0, 1, b'x', 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 18, 0, 32, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Fields by which a domain maps a certificate.
fn names(snapshot: &Snapshot<Content>) -> Vec<Check> {
    every(snapshot)
        .filter(|certificate| certificate.eligible)
        .map(|certificate| {
            let upn = certificate
                .upn
                .as_ref()
                .map_or("no UPN".to_owned(), |upn| format!("UPN {upn}"));
            match &certificate.sid {
                Some(sid) => Check::passed("ad-names", format!("{upn}, SID {sid}")),
                None => Check::wrong(
                    "ad-names",
                    format!("{upn}, no SID"),
                    "issue certificates with the SID extension, or set altSecurityIdentities (KB5014754)",
                ),
            }
            .at(certificate.sha256.clone())
        })
        .collect()
}
