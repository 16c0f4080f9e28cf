//! Every token with its certificates, for `list-cards` and `choose-certificate`, as text and as JSON.

use std::fmt;
use std::time::Duration;

use card_access::{
    CardEntry, Confidence, Credential, Error, ErrorKind, PinStatus, Problem, Selector, Token, TokenId,
};
use rustls_pki_types::UnixTime;
use serde::Serialize;
use upn_resolver::Certificate;
use upn_resolver::entra::WindowsName;
use upn_resolver::windows::logon_policy::LogonPolicy;

use crate::backends::Backends;
use crate::card_stream::{CardStream, Snapshot};
use crate::output::{hex, printable_line};
use explain::CertificateNote;

/// A token, or a place whose token could not be read.
#[derive(Debug, Default, Serialize)]
pub struct ListedToken {
    /// Display name.
    pub name: Option<String>,
    /// The PC/SC name of its reader.
    pub reader: Option<String>,
    /// The backends that reach it, in order of preference.
    pub backend: Vec<String>,
    /// `card`, `security-key`, `virtual` or `on-device`.
    pub form: Option<String>,
    /// `contact`, `contactless` or `none`.
    pub interface: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// State of its PIN.
    pub pin: Option<Pin>,
    /// Its certificates with a private key.
    pub certificates: Vec<ListedCertificate>,
    /// The error, if it could not be read.
    pub error: Option<Failure>,
    /// The slots that could not be read.
    pub unread_slots: Vec<UnreadSlot>,
    /// Which of `form` and `interface` are guesses, from the name of the reader or the manufacturer.
    pub guesses: Vec<&'static str>,
    /// The ids of the token, one per backend; empty for a place that could not be read.
    #[serde(skip)]
    pub ids: Vec<TokenId>,
}

/// State of a PIN.
#[derive(Debug, Serialize)]
pub struct Pin {
    /// `blocked`, `change-required`, `final-try`, `low`, `not-low`, `not-needed`, `tries-left`, `unknown`, `unlimited` or
    /// `verified`.
    pub status: &'static str,
    /// The counter, if it is known.
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
#[derive(Clone, Debug, Serialize)]
pub struct UnreadSlot {
    /// The slot, such as `9c`.
    pub slot: String,
    /// The reason.
    #[serde(flatten)]
    pub error: Failure,
}

/// Code of the problem that certificates may be visible only after a login.
const LOGIN_REQUIRED: &str = "card/login-required";

impl UnreadSlot {
    /// Whether this is not an error: certificates may be visible after a login.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.error.code == LOGIN_REQUIRED
    }

    /// The problem with the name of its slot.
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
        let Failure {
            code, message, help, ..
        } = &self.error;
        if *code == LOGIN_REQUIRED {
            // The place is the whole token, and this is not an error.
            write!(f, "no certificate is visible without the PIN. {help}")
        } else {
            write!(f, "slot {} cannot be read: {message}. {help}", self.slot)
        }
    }
}

/// A certificate, and whether Windows would offer it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedCertificate {
    /// The slot of its key.
    pub slot: String,
    /// The label of the object or key.
    pub label: String,
    /// The SHA-256 hash of the certificate, in hexadecimal.
    pub sha256: String,
    /// The subject as Windows writes it.
    pub subject: Option<String>,
    /// The first usable principal name.
    pub upn: Option<String>,
    /// The SID in the security extension, for `doctor`.
    #[serde(skip)]
    pub sid: Option<String>,
    /// Expiry time, RFC 3339.
    pub not_after: Option<String>,
    /// Whether Windows would offer it for a sign-in.
    pub eligible: bool,
    /// Reasons against it.
    pub reasons: Vec<String>,
    /// Deviations from the specifications in the certificate.
    pub notes: Vec<CertificateNote>,
    /// Whether other certificates of the token have the same slot, so that the hash is needed to select it.
    #[serde(skip)]
    pub shares_slot: bool,
}

/// An error, and who has to act.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// A stable code, such as `card/no-service`.
    pub code: &'static str,
    /// The message, with the name and number from the service, card or module.
    pub message: String,
    /// Next step to try.
    pub help: &'static str,
    /// Who has to act.
    pub who: &'static str,
}

/// The tokens of this machine, and everything that could not be read.
#[derive(Debug)]
pub struct CardList {
    /// Tokens, and places whose token could not be read.
    pub tokens: Vec<ListedToken>,
    /// The names of the empty readers.
    pub empty_readers: Vec<String>,
    /// Backends that do not work: the service, or a module by its path.
    pub failed_backends: Vec<(String, Failure)>,
}

impl CardList {
    /// Reads all tokens of this machine at the same time. Tokens that do not answer within `within` are listed as not read.
    #[must_use]
    pub fn of_this_machine(backends: &Backends, policy: &LogonPolicy, within: Duration) -> Self {
        Self::of(stream(backends, policy).look(within))
    }

    /// A list of the answers so far. Everything that has not answered counts as not read.
    #[must_use]
    pub fn of(snapshot: Snapshot<Content>) -> Self {
        let read = snapshot.read.iter();
        let read = read.map(|(entry, content)| ListedToken::of(entry, content.as_ref()));
        let late = snapshot.reading.iter().map(|(entry, waited)| {
            let error = Error::from(ErrorKind::TimedOut)
                .with_location(entry.preferred().id.place())
                .with_detail(format!("not read after {} s", waited.as_secs()));
            ListedToken::of(entry, Err(&error))
        });
        let mut list = Self {
            tokens: read.chain(late).collect(),
            empty_readers: Vec::new(),
            failed_backends: Vec::new(),
        };
        let pending = snapshot.pending.into_iter().map(Problem::from);
        for Problem { place, error, .. } in snapshot.problems.into_iter().chain(pending) {
            match error.kind() {
                ErrorKind::NoCard => list.empty_readers.push(place),
                ErrorKind::ModuleFailed
                | ErrorKind::ModuleMissing
                | ErrorKind::NoReader
                | ErrorKind::NoService
                | ErrorKind::NotAuthorized
                | ErrorKind::ServiceSilent => list.failed_backends.push((place, Failure::from(&error))),
                _ => list.tokens.push(ListedToken::unread(place, &error)),
            }
        }
        list
    }
}

/// The tokens of this machine, in the order of their answers.
#[must_use]
pub fn stream(backends: &Backends, policy: &LogonPolicy) -> CardStream<Content> {
    let selector = Selector::new(UnixTime::now()).with_policy(policy.clone());
    CardStream::new(backends, move |token| Content::read(token, &selector))
}

/// The content of a token.
#[derive(Clone, Debug)]
pub struct Content {
    pin: PinStatus,
    certificates: Vec<ListedCertificate>,
    unread_slots: Vec<UnreadSlot>,
}

impl Content {
    /// The certificates with a private key.
    #[must_use]
    pub fn certificates(&self) -> &[ListedCertificate] {
        &self.certificates
    }

    /// Whether there may be certificates that are visible only after a login.
    #[must_use]
    pub fn has_hidden(&self) -> bool {
        self.unread_slots.iter().any(UnreadSlot::is_hidden)
    }

    fn read(token: &mut dyn Token, selector: &Selector) -> Result<Self, Error> {
        let pin = token.pin_status()?;
        let listing = selector.credentials(token)?;
        let selection = selector.select(&listing.found);
        let reasons = |credential: &Credential| {
            let mut rejected = selection.rejected.iter();
            let rejection = rejected.find(|(rejected, _)| *rejected == credential);
            rejection.map(|(_, why)| why.to_string()).into_iter().collect()
        };
        let certificates = listing.found.iter();
        Ok(Self {
            pin,
            certificates: certificates
                .map(|credential| ListedCertificate::of(credential, reasons(credential), &listing.found))
                .collect(),
            // A slot that cannot be read does not hide the others.
            unread_slots: listing.problems.iter().map(UnreadSlot::of).collect(),
        })
    }
}

impl ListedToken {
    /// A token and its content.
    #[must_use]
    pub fn of(entry: &CardEntry, content: Result<&Content, &Error>) -> Self {
        let info = entry.preferred();
        let guess = |guessed: bool, what| guessed.then_some(what);
        let guesses = [
            guess(matches!(info.kind, Confidence::Inferred(_)), "form"),
            guess(matches!(info.interface, Confidence::Inferred(_)), "interface"),
        ];
        let backends = entry.backends();
        let listed = Self {
            name: Some(info.name.clone()),
            reader: info.reader.clone(),
            backend: backends.map(|info| info.id.backend().to_string()).collect(),
            form: info.kind.value().map(|form| form.to_string()),
            interface: info.interface.value().map(|interface| interface.to_string()),
            serial: info.serial.clone(),
            guesses: guesses.into_iter().flatten().collect(),
            ids: entry.backends().map(|info| info.id.clone()).collect(),
            ..Self::default()
        };
        match content {
            Ok(content) => Self {
                pin: Some(Pin::from(content.pin)),
                certificates: content.certificates.clone(),
                unread_slots: content.unread_slots.clone(),
                ..listed
            },
            Err(error) => Self {
                error: Some(Failure::from(error)),
                ..listed
            },
        }
    }

    fn unread(place: String, error: &Error) -> Self {
        Self {
            reader: Some(place),
            error: Some(Failure::from(error)),
            ..Self::default()
        }
    }
}

impl ListedCertificate {
    /// A certificate of a token, with the reasons against it; without reasons it is eligible.
    #[must_use]
    pub fn of(credential: &Credential, reasons: Vec<String>, on_token: &[Credential]) -> Self {
        let in_slot = on_token.iter().filter(|one| one.slot() == credential.slot());
        let parsed = Certificate::from_der(credential.certificate()).ok();
        let upn = |certificate: &Certificate<'_>| {
            let mut names = certificate.principal_names();
            names.find_map(|name| name.text().ok().map(std::borrow::Cow::into_owned))
        };
        Self {
            slot: credential.slot().to_string(),
            label: credential.label().to_owned(),
            sha256: hex(credential.sha256()),
            subject: parsed
                .as_ref()
                .map(|certificate| WindowsName::for_display(certificate.subject()).to_string()),
            upn: parsed.as_ref().and_then(upn),
            sid: parsed
                .as_ref()
                .and_then(|certificate| Some(certificate.security_identifier()?.to_string())),
            not_after: parsed
                .as_ref()
                .map(|certificate| certificate.validity().not_after().to_string()),
            eligible: reasons.is_empty(),
            reasons,
            notes: parsed.as_ref().map(CertificateNote::all_of).unwrap_or_default(),
            shares_slot: in_slot.count() > 1,
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
            printable_line(
                self.name
                    .as_deref()
                    .or(self.reader.as_deref())
                    .unwrap_or("unknown")
            )
        )?;
        for (title, value, warning) in [
            ("reader", self.name.as_ref().and(self.reader.as_ref()), ""),
            ("form", self.form.as_ref(), guess("form")),
            ("interface", self.interface.as_ref(), guess("interface")),
            ("serial", self.serial.as_ref(), ""),
            ("PIN", self.pin.as_ref().map(|pin| &pin.words), ""),
        ] {
            if let Some(value) = value {
                write!(f, "\n  {title:<10} {}{warning}", printable_line(value))?;
            }
        }
        if !self.backend.is_empty() {
            write!(f, "\n  {:<10} {}", "through", self.backend.join(", "))?;
        }
        for certificate in &self.certificates {
            write!(f, "\n{certificate}")?;
        }
        for unread in &self.unread_slots {
            let mark = if unread.is_hidden() { '·' } else { '✗' };
            write!(f, "\n  {mark} {}", printable_line(&unread.to_string()))?;
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
        write!(f, "  {mark} {:<8} {}", self.slot, printable_line(name))?;
        if let Some(until) = &self.not_after {
            write!(f, ", until {until}")?;
        }
        if self.shares_slot {
            let (label, sha256) = (printable_line(&self.label), &self.sha256);
            write!(f, "\n             label {label:?}, SHA-256 {sha256}")?;
        }
        self.reasons
            .iter()
            .try_for_each(|reason| write!(f, "\n             {}", printable_line(reason)))?;
        self.notes
            .iter()
            .try_for_each(|note| write!(f, "\n             note {}: {}", note.code, note.text))
    }
}
