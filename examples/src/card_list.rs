//! Every token with its certificates, as `list-cards` and `choose-certificate` show it: text and JSON from one tree.

use std::fmt;
use std::thread;
use std::time::Duration;

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{
    CardEntry, Cards, Credential, Error, ErrorKind, PinStatus, Problem, Selector, Token, TokenInfo, Told,
};
use rustls_pki_types::UnixTime;
use serde::Serialize;
use upn_resolver::Certificate;
use upn_resolver::entra::WindowsName;
use upn_resolver::windows::logon_policy::LogonPolicy;

use crate::certificate_note::CertificateNote;
use crate::output::on_one_line;

/// A token, or a place where one could not be read.
#[derive(Debug, Serialize)]
pub struct ListedToken {
    /// What to call it.
    pub name: Option<String>,
    /// The reader that it is in, as PC/SC names it.
    pub reader: Option<String>,
    /// The ways in, the best one first.
    pub backend: Vec<String>,
    /// `card`, `security-key`, `virtual` or `on-device`.
    pub form: Option<String>,
    /// `contact`, `contactless` or `none`.
    pub interface: Option<String>,
    /// The number that it shows.
    pub serial: Option<String>,
    /// How its PIN stands.
    pub pin: Option<Pin>,
    /// Its certificates with a private key.
    pub certificates: Vec<ListedCertificate>,
    /// What could not be read.
    pub error: Option<Failure>,
    /// The slots that could not be read.
    pub unread_slots: Vec<UnreadSlot>,
    /// Which of `form` and `interface` are guesses, from the reader's name or a habit of the maker.
    pub guesses: Vec<&'static str>,
}

/// How a PIN stands.
#[derive(Debug, Serialize)]
pub struct Pin {
    /// `blocked`, `final-try`, `low`, `not-needed`, `tries-left`, `unknown` or `verified`.
    pub status: &'static str,
    /// The counter, where it is known.
    pub tries_left: Option<u8>,
    #[serde(skip)]
    words: String,
}

impl From<PinStatus> for Pin {
    fn from(status: PinStatus) -> Self {
        Self {
            status: status.code(),
            tries_left: status.tries_left(),
            words: status.to_string(),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// A slot that could not be read.
#[derive(Debug, Serialize)]
pub struct UnreadSlot {
    /// The slot, such as `9c`.
    pub slot: String,
    /// Why.
    #[serde(flatten)]
    pub error: Failure,
}

impl UnreadSlot {
    /// The problem with the name of the slot.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        Self {
            slot: problem.place.clone(),
            error: Failure::from(&problem.error),
        }
    }
}

impl fmt::Display for UnreadSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { message, help, .. } = &self.error;
        write!(f, "slot {} cannot be read: {message}. {help}", self.slot)
    }
}

/// A certificate, and whether Windows would offer it.
#[derive(Debug, Serialize)]
pub struct ListedCertificate {
    /// Where its key is.
    pub slot: String,
    /// The SHA-256 hash of the certificate, in hexadecimal.
    pub sha256: String,
    /// The subject as Windows writes it.
    pub subject: Option<String>,
    /// The first principal name that can be used.
    pub upn: Option<String>,
    /// When it expires, RFC 3339.
    pub not_after: Option<String>,
    /// Whether it would be offered for a sign-in.
    pub eligible: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Departures from the specifications in the certificate.
    pub notes: Vec<CertificateNote>,
}

/// What went wrong, and who can resolve it.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// A code that stays the same over versions, such as `card/no-service`.
    pub code: &'static str,
    /// What went wrong, with the name and number of the service, card or module.
    pub message: String,
    /// What to try next.
    pub help: &'static str,
    /// Who can resolve it.
    pub who: &'static str,
}

/// Every way in to cards that this machine has. PKCS#11 modules run in processes of their own, so the program's `main` begins
/// with [`run_if_helper`](card_access::pkcs11::helper::run_if_helper).
#[must_use]
pub fn cards_of_this_machine() -> Cards {
    let modules = Pkcs11Provider::system().with_time_limit(Duration::from_secs(20));
    Cards::new()
        .with_provider(PcscProvider::new())
        .with_provider(modules)
}

/// What is there, beside what could not be looked at.
#[derive(Debug)]
pub struct CardList {
    /// Tokens, and places whose token could not be read.
    pub tokens: Vec<ListedToken>,
    /// The names of the readers that are empty.
    pub empty_readers: Vec<String>,
    /// Ways in that don't work: the service, or a module by its path.
    pub ways_lost: Vec<(String, Failure)>,
}

impl CardList {
    /// Looks at every token of the machine, all at the same time: readers are slow, each for itself.
    #[must_use]
    pub fn of_this_machine(policy: &LogonPolicy) -> Self {
        let listing = cards_of_this_machine().tokens(Duration::from_secs(60));
        let selector = Selector::new(UnixTime::now()).policy(policy.clone());
        let tokens = thread::scope(|scope| {
            let looks: Vec<_> = listing
                .found
                .iter()
                .map(|seen| scope.spawn(|| ListedToken::look(seen, &selector)))
                .collect();
            looks.into_iter().filter_map(|look| look.join().ok()).collect()
        });
        let mut list = Self {
            tokens,
            empty_readers: Vec::new(),
            ways_lost: Vec::new(),
        };
        for Problem { place, error } in listing.problems {
            match error.kind() {
                ErrorKind::NoCard => list.empty_readers.push(place),
                ErrorKind::ModuleFailed
                | ErrorKind::ModuleMissing
                | ErrorKind::NoReader
                | ErrorKind::NoService
                | ErrorKind::NotAuthorized => list.ways_lost.push((place, Failure::from(&error))),
                _ => list.tokens.push(ListedToken::unread(place, &error)),
            }
        }
        list
    }
}

impl ListedToken {
    fn look(entry: &CardEntry, selector: &Selector) -> Self {
        let mut listed = Self::known(entry.preferred());
        listed.backend = entry
            .backends()
            .map(|info| info.id.backend().to_string())
            .collect();
        match cards_of_this_machine()
            .open(&entry.preferred().id)
            .and_then(|mut token| listed.read(token.as_mut(), selector))
        {
            Ok(()) => {}
            Err(error) => listed.error = Some(Failure::from(&error)),
        }
        listed
    }

    fn known(info: &TokenInfo) -> Self {
        let guess = |guessed: bool, what| guessed.then_some(what);
        Self {
            name: Some(info.name.clone()),
            reader: info.reader.clone(),
            backend: Vec::new(),
            form: info.form.value().map(|form| form.to_string()),
            interface: info.interface.value().map(|interface| interface.to_string()),
            serial: info.serial.clone(),
            pin: None,
            certificates: Vec::new(),
            error: None,
            unread_slots: Vec::new(),
            guesses: [
                guess(matches!(info.form, Told::Guessed(_)), "form"),
                guess(matches!(info.interface, Told::Guessed(_)), "interface"),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    fn unread(place: String, error: &Error) -> Self {
        Self {
            name: None,
            reader: Some(place),
            backend: Vec::new(),
            form: None,
            interface: None,
            serial: None,
            pin: None,
            certificates: Vec::new(),
            error: Some(Failure::from(error)),
            unread_slots: Vec::new(),
            guesses: Vec::new(),
        }
    }

    fn read(&mut self, token: &mut dyn Token, selector: &Selector) -> Result<(), Error> {
        self.pin = Some(Pin::from(token.pin_status()?));
        let listing = selector.credentials(token)?;
        let selection = selector.select(&listing.found);
        for credential in &listing.found {
            let rejection = selection
                .rejected
                .iter()
                .find(|(rejected, _)| *rejected == credential);
            let reasons = rejection.map(|(_, why)| why.to_string()).into_iter().collect();
            self.certificates.push(ListedCertificate::of(credential, reasons));
        }
        // A slot that cannot be read hides no other.
        self.unread_slots = listing.problems.iter().map(UnreadSlot::of).collect();
        Ok(())
    }
}

impl ListedCertificate {
    /// The certificate, and the reasons against it; none mean that it is eligible.
    #[must_use]
    pub fn of(credential: &Credential, reasons: Vec<String>) -> Self {
        let parsed = Certificate::from_der(credential.certificate()).ok();
        let upn = |certificate: &Certificate<'_>| {
            let mut names = certificate.principal_names();
            names.find_map(|name| name.text().ok().map(std::borrow::Cow::into_owned))
        };
        Self {
            slot: credential.slot().to_string(),
            sha256: credential
                .sha256()
                .iter()
                .fold(String::new(), |text, octet| format!("{text}{octet:02x}")),
            subject: parsed
                .as_ref()
                .map(|certificate| WindowsName::for_display(certificate.subject()).to_string()),
            upn: parsed.as_ref().and_then(upn),
            not_after: parsed
                .as_ref()
                .map(|certificate| certificate.validity().not_after().to_string()),
            eligible: reasons.is_empty(),
            reasons,
            notes: parsed.as_ref().map(CertificateNote::all_of).unwrap_or_default(),
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            help: error.hint(),
            who: error.responsible().code(),
        }
    }
}

impl fmt::Display for ListedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guess = |what| {
            if self.guesses.contains(&what) {
                " (a guess)"
            } else {
                ""
            }
        };
        write!(
            f,
            "{}",
            on_one_line(
                self.name
                    .as_deref()
                    .or(self.reader.as_deref())
                    .unwrap_or("unknown")
            )
        )?;
        for (title, value, remark) in [
            ("reader", self.name.as_ref().and(self.reader.as_ref()), ""),
            ("form", self.form.as_ref(), guess("form")),
            ("interface", self.interface.as_ref(), guess("interface")),
            ("serial", self.serial.as_ref(), ""),
            ("PIN", self.pin.as_ref().map(|pin| &pin.words), ""),
        ] {
            if let Some(value) = value {
                write!(f, "\n  {title:<10} {}{remark}", on_one_line(value))?;
            }
        }
        if !self.backend.is_empty() {
            write!(f, "\n  {:<10} {}", "through", self.backend.join(", "))?;
        }
        for certificate in &self.certificates {
            write!(f, "\n{certificate}")?;
        }
        for unread in &self.unread_slots {
            write!(f, "\n  ✗ {}", on_one_line(&unread.to_string()))?;
        }
        match &self.error {
            Some(error) => write!(f, "\n  ✗ {}: {}. {}", error.code, error.message, error.help),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ListedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.eligible { '✓' } else { '✗' };
        let name = self
            .upn
            .as_deref()
            .or(self.subject.as_deref())
            .unwrap_or("unreadable certificate");
        write!(f, "  {mark} {:<8} {}", self.slot, on_one_line(name))?;
        if let Some(until) = &self.not_after {
            write!(f, ", until {until}")?;
        }
        self.reasons
            .iter()
            .try_for_each(|reason| write!(f, "\n             {}", on_one_line(reason)))?;
        self.notes
            .iter()
            .try_for_each(|note| write!(f, "\n             note {}: {}", note.code, note.text))
    }
}
