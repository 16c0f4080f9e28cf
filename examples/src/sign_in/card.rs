//! The card of one sign-in: opened, its certificate read, its PIN asked for once.

use card_access::{
    Backend, Cards, Credential, Error, ErrorKind, FinalTryPolicy, Interface, Pin, PinEntry, PinPad,
    PinStatus, Scheme, ShortPinPolicy, Token,
};
use cba_protocol::Algorithm;

use super::args::Args;
pub(crate) use super::card_problem::CardProblem;
use super::choice::{self, NoCertificate, Wanted};
use super::token_choice;
use super::waiting::{Wait, Waiting};
use crate::output::printable_line;
use crate::pin_prompt::PinSource;

/// An open token with the credential of one slot.
pub(crate) struct Card {
    token: Box<dyn Token>,
    credential: Credential,
    access: Access,
    /// Kept to the end, because its own end may wait a moment for readers that do not answer.
    _cards: Option<Cards>,
}

/// The PIN, where it comes from, and what the user permits.
struct Access {
    entry: Entry,
    last_try: LastTry,
    short_pin: ShortPinPolicy,
    pin: Option<Pin>,
    waiting: Waiting,
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
    /// Opens the token that the command line means and reads one certificate. The PIN is asked for only where the certificate
    /// is not visible without it. What the user should know about the choice is added to the warnings, also before an error.
    pub(super) fn open(
        args: &Args,
        warnings: &mut Vec<String>,
        waiting: &Waiting,
    ) -> Result<Self, CardProblem> {
        let (mut token, cards) = token_choice::open(args, warnings, waiting)?;
        let source = if args.pin_stdin {
            PinSource::StandardInput
        } else {
            PinSource::Terminal
        };
        let mut access = Access {
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
            waiting: waiting.clone(),
        };
        let wanted = match (&args.certificate, &args.slot) {
            (Some(certificate), _) => Wanted::Certificate(certificate),
            (None, Some(slot)) => Wanted::Slot(slot),
            (None, None) => Wanted::Any,
        };
        let credential = match choice::credential(token.as_mut(), &wanted, warnings) {
            Ok(credential) => credential,
            Err(NoCertificate::Final(problem)) => return Err(problem),
            Err(NoCertificate::NoneVisible(problem)) => {
                access.credential_after_login(token.as_mut(), &wanted, problem, warnings)?
            }
        };
        if token.info().id.backend() == Backend::Pkcs11
            && token.pin_status().ok() == Some(PinStatus::ChangeRequired)
        {
            warnings.push(format!(
                "{} reports that its PIN must be changed first",
                token.info().name
            ));
        }
        Ok(Self {
            token,
            credential,
            access,
            _cards: Some(cards),
        })
    }

    /// A token that is open already, and a PIN that was asked for already.
    pub(crate) fn with(
        token: Box<dyn Token>,
        credential: Credential,
        given: Given,
        last_try: LastTry,
        short_pin: ShortPinPolicy,
        waiting: &Waiting,
    ) -> Self {
        let (entry, pin) = match given {
            Given::Nothing => (Entry::Given, None),
            Given::OnReader => (Entry::OnReader, None),
            Given::Typed(pin) => (Entry::Given, Some(pin)),
        };
        Self {
            token,
            credential,
            access: Access {
                entry,
                last_try,
                short_pin,
                pin,
                waiting: waiting.clone(),
            },
            _cards: None,
        }
    }

    /// State of the PIN; spends no try.
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

    /// Reads the PIN's counter and asks for the PIN, once. A PIN that cannot be used is not asked for.
    pub(crate) fn ask_pin(&mut self) -> Result<(), CardProblem> {
        self.access.ask(self.token.as_mut())
    }

    /// Signs with the card.
    pub(crate) fn sign(&mut self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, CardProblem> {
        let scheme = Scheme::from_jws(algorithm.code())?;
        let token = self.token.as_mut();
        self.access.wait_for_use_of_pin(token);
        let mut signature = token.sign(&self.credential, scheme, message, self.access.pin_entry());
        // Some tokens say that they need no PIN, and do.
        let needs_pin =
            |error: &Error| matches!(error.kind(), ErrorKind::NoCredential | ErrorKind::PinRequired);
        if signature.as_ref().is_err_and(needs_pin) && self.access.ask_although_not_needed(token)? {
            self.access.wait_for_use_of_pin(token);
            signature = token.sign(&self.credential, scheme, message, self.access.pin_entry());
        }
        let signature = signature.map_err(CardProblem::of_pin)?;
        // A card whose key is not its certificate's is told here, rather than by the server's refusal.
        self.credential.verify(scheme, message, &signature)?;
        Ok(signature)
    }
}

impl Access {
    /// Asks for the PIN once, unless the token needs none.
    fn ask(&mut self, token: &mut dyn Token) -> Result<(), CardProblem> {
        let source = match self.entry {
            _ if self.pin.is_some() => return Ok(()),
            Entry::Given => return Ok(()),
            Entry::OnReader if token.info().pin_pad == PinPad::Present => return Ok(()),
            Entry::OnReader => return Err(CardProblem::NoPinPad),
            Entry::Typed(source) => source,
        };
        self.waiting.set(Wait::token(&token.info().id));
        let status = token.pin_status()?;
        if status == PinStatus::NotNeeded {
            return Ok(());
        }
        let blocked = status == PinStatus::Blocked;
        let permission = match self.last_try {
            LastTry::Allowed if !blocked => FinalTryPolicy::Allow,
            LastTry::Allowed | LastTry::Refused => FinalTryPolicy::Refuse,
        };
        // What would be refused afterwards is refused before somebody types a PIN.
        status.check_try(permission).map_err(|kind| match kind {
            ErrorKind::TriesUnknown if is_contactless(token) => {
                Error::from(ErrorKind::ContactRequired).into()
            }
            other => CardProblem::of_pin(other.into()),
        })?;
        self.prompt(token, source, &status.to_string())
    }

    /// Asks for the PIN if nobody did because the token says that it needs none. Whether there is one now.
    fn ask_although_not_needed(&mut self, token: &dyn Token) -> Result<bool, CardProblem> {
        match (self.entry, &self.pin) {
            (Entry::Typed(source), None) => self.prompt(token, source, "needed after all").map(|()| true),
            _ => Ok(false),
        }
    }

    fn prompt(&mut self, token: &dyn Token, source: PinSource, status: &str) -> Result<(), CardProblem> {
        let prompt = format!("PIN for {} ({status}): ", printable_line(&token.info().name));
        self.waiting.set(Wait::Pin);
        self.pin = Some(source.read(&prompt).map_err(CardProblem::NoPin)?);
        Ok(())
    }

    /// The certificate that is meant among those that a token shows after a login. The same login is good for the signature.
    fn credential_after_login(
        &mut self,
        token: &mut dyn Token,
        wanted: &Wanted<'_>,
        problem: CardProblem,
        warnings: &mut Vec<String>,
    ) -> Result<Credential, CardProblem> {
        if token.info().id.backend() != Backend::Pkcs11 || token.pin_status()? == PinStatus::NotNeeded {
            return Err(problem);
        }
        self.ask(token)?;
        let Some(entry) = self.pin_entry() else {
            return Err(problem);
        };
        self.wait_for_use_of_pin(token);
        let listing = token
            .credentials_after_login(entry)
            .map_err(CardProblem::of_pin)?;
        match choice::among(token.info(), &listing.found, wanted, warnings) {
            Ok(credential) => Ok(credential),
            Err(NoCertificate::NoneVisible(problem) | NoCertificate::Final(problem)) => Err(problem),
        }
    }

    /// Notes what a signature or a login waits for.
    fn wait_for_use_of_pin(&self, token: &dyn Token) {
        let wait = Wait::token(&token.info().id);
        self.waiting.set(match (self.entry, wait) {
            (Entry::OnReader, Wait::Card { place }) => Wait::PinPad { place },
            (_, wait) => wait,
        });
    }

    fn pin_entry(&self) -> Option<PinEntry<'_>> {
        let entry = match (&self.pin, self.entry) {
            (Some(pin), _) => PinEntry::typed(pin),
            (None, Entry::OnReader) => PinEntry::on_reader(),
            (None, Entry::Given | Entry::Typed(_)) => return None,
        };
        let entry = match self.last_try {
            LastTry::Allowed => entry.allow_final_try(),
            LastTry::Refused => entry,
        };
        Some(match self.short_pin {
            ShortPinPolicy::Allow => entry.allow_short_pin(),
            ShortPinPolicy::Refuse => entry,
        })
    }
}

fn is_contactless(token: &dyn Token) -> bool {
    token.info().interface.value() == Some(Interface::Contactless)
}
