//! The card of one sign-in: found, opened, its certificate read, its PIN asked for once.

use std::time::Duration;

use card_access::pkcs11::Pkcs11Provider;
use card_access::{
    Backend, Credential, Error, ErrorKind, FinalTry, Interface, Pin, PinEntry, PinPad, PinStatus, PivSlot,
    Problem, Provider, Scheme, Selector, ShortPin, Slot, Token, TokenId, TokenInfo,
};
use cba_protocol::Algorithm;
use rustls_pki_types::UnixTime;

use super::args::Args;
use crate::output::on_one_line;
use crate::pin_prompt::PinSource;

/// An open token with the credential of one slot.
pub(crate) struct Card {
    token: Box<dyn Token>,
    credential: Credential,
    entry: Entry,
    last_try: LastTry,
    short_pin: ShortPin,
    pin: Option<Pin>,
    /// What the user should know about the choice of the certificate.
    remarks: Vec<String>,
}

/// What the caller has of the PIN before the sign-in begins.
pub(crate) enum Given {
    /// Nothing, for keys that need none.
    Nothing,
    /// The user will type it on the reader or the token itself.
    OnReader,
    /// The PIN.
    Typed(Pin),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// Whatever the caller had: nobody is asked.
    Given,
    OnReader,
    Typed(PinSource),
}

/// Whether the final try may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastTry {
    /// The user knows that a wrong PIN blocks the card.
    Allowed,
    /// It is left alone.
    Refused,
}

impl Card {
    /// Opens the token that the command line means and reads one certificate; asks for nothing yet.
    pub(super) fn open(args: &Args) -> Result<Self, CardProblem> {
        let mut provider = provider(args);
        let mut token = open(provider.as_mut(), args)?;
        let mut remarks = Vec::new();
        let credential = credential(token.as_mut(), args.slot.as_ref(), &mut remarks)?;
        let source = if args.pin_stdin {
            PinSource::StandardInput
        } else {
            PinSource::Terminal
        };
        Ok(Self {
            token,
            credential,
            entry: if args.pin_pad {
                Entry::OnReader
            } else {
                Entry::Typed(source)
            },
            last_try: if args.last_try {
                LastTry::Allowed
            } else {
                LastTry::Refused
            },
            short_pin: args.joined.short_pin(),
            pin: None,
            remarks,
        })
    }

    /// A token that is open already, and a PIN that was asked for already.
    pub(crate) fn with(
        token: Box<dyn Token>,
        credential: Credential,
        given: Given,
        last_try: LastTry,
        short_pin: ShortPin,
    ) -> Self {
        let (entry, pin) = match given {
            Given::Nothing => (Entry::Given, None),
            Given::OnReader => (Entry::OnReader, None),
            Given::Typed(pin) => (Entry::Given, Some(pin)),
        };
        Self {
            token,
            credential,
            entry,
            last_try,
            short_pin,
            pin,
            remarks: Vec::new(),
        }
    }

    /// What the user should know about the choice of the certificate.
    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// How the PIN stands; spends no try.
    pub(crate) fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.token.pin_status()
    }

    /// The certificate and its key.
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Command-response pairs so far, where they can be counted.
    pub(crate) fn apdus(&self) -> Option<u64> {
        self.token.traffic().map(|traffic| traffic.apdus)
    }

    /// Looks at the PIN's counter and asks for the PIN, once. A PIN that cannot be used is not asked for.
    pub(crate) fn ask_pin(&mut self) -> Result<(), CardProblem> {
        let source = match self.entry {
            _ if self.pin.is_some() => return Ok(()),
            Entry::Given => return Ok(()),
            Entry::OnReader if self.token.info().pin_pad == PinPad::Present => return Ok(()),
            Entry::OnReader => return Err(CardProblem::NoPinPad),
            Entry::Typed(source) => source,
        };
        let status = self.token.pin_status()?;
        if status == PinStatus::NotNeeded {
            return Ok(());
        }
        let blocked = status == PinStatus::Blocked;
        let permission = match self.last_try {
            LastTry::Allowed if !blocked => FinalTry::Allow,
            LastTry::Allowed | LastTry::Refused => FinalTry::Refuse,
        };
        // What would be refused afterwards is refused before somebody types a PIN.
        status.check_try(permission).map_err(|kind| match kind {
            ErrorKind::TriesUnknown if self.is_contactless() => {
                Error::from(ErrorKind::ContactRequired).into()
            }
            other => pin_problem(other.into()),
        })?;
        let left = format!(" ({status})");
        let prompt = format!("PIN for {}{left}: ", on_one_line(&self.token.info().name));
        self.pin = Some(source.read(&prompt).map_err(CardProblem::NoPin)?);
        Ok(())
    }

    fn is_contactless(&self) -> bool {
        self.token.info().interface.value() == Some(Interface::Contactless)
    }

    /// Signs with the card.
    pub(crate) fn sign(&mut self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, CardProblem> {
        let entry = match (&self.pin, self.entry) {
            (Some(pin), _) => Some(PinEntry::typed(pin)),
            (None, Entry::OnReader) => Some(PinEntry::on_reader()),
            (None, Entry::Given | Entry::Typed(_)) => None,
        };
        let entry = entry.map(|entry| match self.last_try {
            LastTry::Allowed => entry.allow_final_try(),
            LastTry::Refused => entry,
        });
        let entry = entry.map(|entry| match self.short_pin {
            ShortPin::Allow => entry.allow_short_pin(),
            ShortPin::Refuse => entry,
        });
        let scheme = Scheme::from_jws(algorithm.code())?;
        let signature = self
            .token
            .sign(&self.credential, scheme, message, entry)
            .map_err(pin_problem)?;
        // A card whose key is not its certificate's is told here, rather than by the server's refusal.
        self.credential.verify(scheme, message, &signature)?;
        Ok(signature)
    }
}

/// The credential that is meant. PC/SC reads the one slot only; a PKCS#11 module has read them all anyway.
fn credential(
    token: &mut dyn Token,
    slot: Option<&Slot>,
    remarks: &mut Vec<String>,
) -> Result<Credential, CardProblem> {
    let pkcs11 = token.info().id.backend() == Backend::Pkcs11;
    let wanted = match (slot, pkcs11) {
        (Some(Slot::Piv(slot)), true) => object_of(*slot).ok_or(CardProblem::NoSuchObject { slot: *slot })?,
        (Some(slot), _) => slot.clone(),
        (None, false) => return best_on_card(token, remarks),
        (None, true) => {
            let mut all = token.credentials()?.found;
            let first = all
                .iter()
                .position(|c| Some(c.slot()) == object_of(PivSlot::Authentication).as_ref());
            return match (first, all.len()) {
                (Some(index), _) => Ok(all.swap_remove(index)),
                (None, 1) => Ok(all.swap_remove(0)),
                (None, 0) => Err(Error::from(ErrorKind::NoCredential).into()),
                (None, _) => Err(CardProblem::SeveralCertificates {
                    slots: all
                        .iter()
                        .map(|c| c.slot().to_string())
                        .collect::<Vec<_>>()
                        .join(", "),
                }),
            };
        }
    };
    token
        .credential(&wanted)
        .map_err(|error| slot_problem(token.info(), wanted, error))
}

/// The problem that names the option of this program, where there is one.
fn pin_problem(error: Error) -> CardProblem {
    match error.kind() {
        ErrorKind::FinalTryRefused => CardProblem::FinalTry,
        ErrorKind::TriesUnknown => CardProblem::TriesUnknown,
        _ => error.into(),
    }
}

fn slot_problem(info: &TokenInfo, slot: Slot, error: Error) -> CardProblem {
    match error.kind() {
        ErrorKind::NoCredential => CardProblem::EmptySlot {
            token: info.name.clone(),
            slot,
        },
        _ => CardProblem::Card(error),
    }
}

/// The certificate in 9A of a PIV card if it is one to sign in with, which takes the fewest commands; or else the best one of all
/// slots, the retired ones included; or else what is in 9A, for the server to judge.
fn best_on_card(token: &mut dyn Token, remarks: &mut Vec<String>) -> Result<Credential, CardProblem> {
    const AUTHENTICATION: Slot = Slot::Piv(PivSlot::Authentication);
    let selector = Selector::new(UnixTime::now());
    let usual = token.credential(&AUTHENTICATION);
    let usual = match usual {
        Ok(credential) if is_suitable(&selector, &credential) => return Ok(credential),
        Err(error) if !is_of_slot(&error) => return Err(error.into()),
        usual => usual,
    };
    let listing = selector.credentials(token)?;
    for Problem { place, error } in &listing.problems {
        remarks.push(format!("slot {place} cannot be read: {error}. {}", error.hint()));
    }
    let selection = selector.select(&listing.found);
    let Some(best) = selection.best() else {
        return usual.map_err(|error| slot_problem(token.info(), AUTHENTICATION, error));
    };
    remarks.push(match usual {
        Ok(_) => format!(
            "the certificate in slot 9a is not one to sign in with; slot {} is used",
            best.slot()
        ),
        Err(_) => format!("slot 9a has no usable certificate; slot {} is used", best.slot()),
    });
    Ok(best.clone())
}

fn is_suitable(selector: &Selector, credential: &Credential) -> bool {
    !selector
        .select(std::slice::from_ref(credential))
        .suitable
        .is_empty()
}

/// Whether an error concerns the one slot, so that others may still be read.
fn is_of_slot(error: &Error) -> bool {
    use ErrorKind::{AccessDenied, CardFailed, ContactRequired, Malformed, NoCredential, Unsupported};
    matches!(
        error.kind(),
        AccessDenied | CardFailed | ContactRequired | Malformed { .. } | NoCredential | Unsupported { .. }
    )
}

/// The PKCS#11 object of a PIV key: `OpenSC` and `ykcs11` both number them 01 to 04 in `CKA_ID`.
fn object_of(slot: PivSlot) -> Option<Slot> {
    let number = match slot {
        PivSlot::Authentication => 1,
        PivSlot::Signature => 2,
        PivSlot::KeyManagement => 3,
        PivSlot::CardAuthentication => 4,
        _ => return None,
    };
    Some(Slot::Object(vec![number]))
}

fn provider(args: &Args) -> Box<dyn Provider> {
    match &args.module {
        Some(path) => {
            // Typing the PIN on the reader is one call of the module.
            let limit = Duration::from_secs(if args.pin_pad { 60 } else { 20 });
            Box::new(Pkcs11Provider::module(path).with_time_limit(limit))
        }
        None => Box::new(card_access::pcsc::PcscProvider::new()),
    }
}

/// A reader that is named in full is opened without a look at the others, which saves the card two commands.
fn open(provider: &mut dyn Provider, args: &Args) -> Result<Box<dyn Token>, CardProblem> {
    if let Some(reader) = &args.reader {
        match provider.open(&TokenId::whatever_is_in(Backend::PcSc, reader)) {
            Err(error) if *error.kind() == ErrorKind::NoReader => {}
            opened => return Ok(opened?),
        }
    }
    let wanted = args.reader.as_deref().or(args.token.as_deref());
    let info = choose(provider, wanted)?;
    Ok(provider.open(&info.id)?)
}

/// The token that is meant: the one of that name, or the only one.
fn choose(provider: &mut dyn Provider, wanted: Option<&str>) -> Result<TokenInfo, CardProblem> {
    let listing = provider.tokens()?;
    let fits = |info: &TokenInfo| {
        let names = [Some(info.name.as_str()), info.reader.as_deref()];
        wanted.is_none_or(|wanted| names.iter().flatten().any(|name| name.contains(wanted)))
    };
    let (mut fitting, others): (Vec<_>, Vec<_>) = listing.found.into_iter().partition(fits);
    match (fitting.len(), wanted) {
        (1, _) => Ok(fitting.remove(0)),
        (0, Some(wanted)) if !others.is_empty() => Err(CardProblem::NotFound {
            wanted: wanted.to_owned(),
            there: names(&others),
        }),
        (0, _) => Err(listing
            .problems
            .into_iter()
            .next()
            .map_or_else(|| Error::from(ErrorKind::NoCard), |problem| problem.error)
            .into()),
        _ => Err(CardProblem::Several {
            there: names(&fitting),
        }),
    }
}

fn names(tokens: &[TokenInfo]) -> String {
    let names = tokens.iter().map(|info| match &info.reader {
        Some(reader) => format!("{:?} in {reader:?}", info.name),
        None => format!("{:?}", info.name),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Why the card cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CardProblem {
    /// What card-access says.
    #[error("{0}. {help}", help = .0.hint())]
    Card(#[from] Error),
    /// Nothing in the slot.
    #[error(
        "{token} holds no certificate in slot {slot}: choose another with --slot, or have one issued to the card"
    )]
    EmptySlot {
        /// The token's name.
        token: String,
        /// The slot that was asked for.
        slot: Slot,
    },
    /// One try is left, and it was not allowed.
    #[error(
        "only one try is left for the PIN, and a wrong one blocks the card: make sure of it, then add --last-try"
    )]
    FinalTry,
    /// The PIN could not be read.
    #[error("no PIN: {0}")]
    NoPin(std::io::Error),
    /// A PIN pad was asked for and there is none.
    #[error("this reader has no PIN pad: leave --pin-pad out")]
    NoPinPad,
    /// No token of that name.
    #[error("no card called {wanted:?}; there are {there}")]
    NotFound {
        /// The name on the command line.
        wanted: String,
        /// The tokens that are there.
        there: String,
    },
    /// A PIV slot whose PKCS#11 object is not known.
    #[error("which PKCS#11 object stands for slot {slot} is not known: give its CKA_ID with --slot id:HEX")]
    NoSuchObject {
        /// The slot on the command line.
        slot: PivSlot,
    },
    /// More than one token fits.
    #[error("several cards: {there}. Choose one with --reader or --token")]
    Several {
        /// The tokens that fit.
        there: String,
    },
    /// How many tries are left is not shown, and one that may be the last was not allowed.
    #[error(
        "the card does not show how many tries are left for the PIN, and a wrong one may block it: make sure of it, then add \
         --last-try"
    )]
    TriesUnknown,
    /// More than one certificate, and none is the usual one.
    #[error("several certificates, in {slots}. Choose one with --slot")]
    SeveralCertificates {
        /// Where they are.
        slots: String,
    },
}
