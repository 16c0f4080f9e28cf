//! The card of one sign-in: opens it, reads its certificate, and asks for its PIN once.

use std::sync::Arc;
use std::time::Duration;

use card_access::piv::KnownCards;
use card_access::rustls::CardIdentity;
use card_access::{
    Backend, Cards, Credential, Error, ErrorKind, FinalTryPolicy, Interface, Pin, PinEntry, PinPad,
    PinStatus, Scheme, ShortPinPolicy, Token, TokenId,
};
use cba_protocol::Algorithm;

use super::card_options::CardOptions;
pub(crate) use super::card_problem::CardProblem;
use super::choice::{self, NoCertificate, Wanted};
use super::token_choice;
use super::waiting::{Wait, Waiting};
use crate::backends::Backends;
use crate::output::printable_line;
use crate::pin_prompt::PinSource;

/// Time for which the card is kept ready for the signature while the user types the PIN. Other programs wait meanwhile.
pub(crate) const HOLD: Duration = Duration::from_secs(30);

/// An open token with the credential of one slot.
pub(crate) struct Card {
    token: Box<dyn Token>,
    credential: Credential,
    access: Access,
    /// Dropped last, because this may wait a moment for readers that do not answer.
    cards: Option<Cards>,
}

/// The PIN, its source, and the permissions of the user.
struct Access {
    entry: Entry,
    last_try: LastTry,
    short_pin: ShortPinPolicy,
    pin: Option<Pin>,
    prefetch: Prefetching,
    /// State of the PIN, if the card is prepared for the signature.
    prepared: Option<PinStatus>,
    waiting: Waiting,
}

/// Whether a sign-in begins before the PIN is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefetching {
    /// Nothing is sent, and the card is not prepared.
    Off,
    /// What needs no PIN is done while the user types it.
    On,
}

/// What a program knows about cards before it opens one.
pub(crate) struct CardSetup {
    pub(crate) short_pin: ShortPinPolicy,
    pub(crate) limit: Duration,
    pub(crate) known_cards: KnownCards,
    pub(crate) prefetch: Prefetching,
}

/// The PIN as the caller has it before the sign-in begins.
pub(crate) enum Given {
    /// None, for keys that need none.
    Nothing,
    /// The user will type it on the reader or the token.
    OnReader,
    /// The PIN.
    Typed(Pin),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// From the caller; the user is not asked.
    Given,
    OnReader,
    Typed(PinSource),
}

/// Whether the last PIN try may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastTry {
    /// The user knows that a wrong PIN blocks the card.
    Allowed,
    /// The last try is not used.
    Refused,
}

impl Card {
    /// Opens the token of the command line and reads one certificate. Asks for the PIN only if the certificate is not visible
    /// without it. Adds warnings about the choice, also before an error.
    pub(crate) fn open(
        args: &CardOptions,
        setup: CardSetup,
        warnings: &mut Vec<String>,
        waiting: &Waiting,
    ) -> Result<Self, CardProblem> {
        let (mut token, cards) = token_choice::open(args, setup.limit, setup.known_cards, warnings, waiting)?;
        let source = if args.pin_stdin {
            PinSource::StandardInput
        } else {
            PinSource::Terminal
        };
        let mut access = Access {
            entry: if args.asks_elsewhere() {
                Entry::OnReader
            } else {
                Entry::Typed(source)
            },
            last_try: if args.last_try {
                LastTry::Allowed
            } else {
                LastTry::Refused
            },
            short_pin: setup.short_pin,
            pin: None,
            prefetch: setup.prefetch,
            prepared: None,
            waiting: waiting.clone(),
        };
        let hold = match setup.prefetch {
            Prefetching::Off => None,
            Prefetching::On => Some(HOLD),
        };
        let wanted = match (&args.certificate, &args.slot) {
            (Some(certificate), _) => Wanted::Certificate(certificate),
            (None, Some(slot)) => Wanted::Slot(slot),
            (None, None) => Wanted::Any,
        };
        let credential = match choice::credential(token.as_mut(), &wanted, hold, warnings) {
            Ok((credential, prepared)) => {
                access.prepared = prepared;
                credential
            }
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
            cards: Some(cards),
        })
    }

    /// A token that is open and a PIN that was asked for before.
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
                // The PIN is there, or is typed on the reader.
                prefetch: Prefetching::Off,
                prepared: None,
                waiting: waiting.clone(),
            },
            cards: None,
        }
    }

    /// State of the PIN; uses no try.
    pub(crate) fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.token.pin_status()
    }

    /// The certificate and its key.
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Reader of the card; empty if the backend does not name it.
    pub(crate) fn reader(&self) -> &str {
        self.token.info().reader.as_deref().unwrap_or_default()
    }

    /// Number of command-response pairs, if they can be counted.
    pub(crate) fn apdus(&self) -> Option<u64> {
        self.token.traffic().map(|traffic| traffic.apdus)
    }

    /// Prepares the card for the signature and asks for the PIN, once. Does not ask for a PIN that cannot be used.
    pub(crate) fn ask_pin(&mut self) -> Result<(), CardProblem> {
        self.access.ask(self.token.as_mut(), Some(&self.credential))
    }

    /// Makes the card a TLS client identity for one handshake. Asks for the PIN first, once.
    pub(crate) fn into_tls(mut self) -> Result<TlsCard, CardProblem> {
        self.access.ask(self.token.as_mut(), Some(&self.credential))?;
        self.access.wait_for_use_of_pin(self.token.as_ref());
        let (id, credential) = (self.token.info().id.clone(), self.credential.clone());
        let identity = CardIdentity::new(self.token, self.credential)?;
        if let Some(entry) = self.access.pin_entry() {
            identity.arm(entry);
        }
        Ok(TlsCard {
            identity: Arc::new(identity),
            id,
            credential,
            access: self.access,
            cards: self.cards,
        })
    }

    /// Signs with the card.
    pub(crate) fn sign(&mut self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, CardProblem> {
        let scheme = Scheme::from_jws(algorithm.code())?;
        let token = self.token.as_mut();
        self.access.wait_for_use_of_pin(token);
        let mut signature = token.sign(&self.credential, scheme, message, self.access.pin_entry());
        // Some tokens report that they need no PIN, and then require one.
        let needs_pin =
            |error: &Error| matches!(error.kind(), ErrorKind::NoCredential | ErrorKind::PinRequired);
        if signature.as_ref().is_err_and(needs_pin) && self.access.ask_although_not_needed(token)? {
            self.access.wait_for_use_of_pin(token);
            signature = token.sign(&self.credential, scheme, message, self.access.pin_entry());
        }
        let signature = signature.map_err(CardProblem::of_pin)?;
        // Detects here, and not by the server's refusal, that the card's key does not belong to its certificate.
        self.credential.verify(scheme, message, &signature)?;
        Ok(signature)
    }
}

/// The card as a TLS client identity. The PIN is asked for before.
pub(crate) struct TlsCard {
    identity: Arc<CardIdentity>,
    id: TokenId,
    credential: Credential,
    access: Access,
    /// Dropped last.
    cards: Option<Cards>,
}

impl TlsCard {
    /// The identity, armed with the PIN for one handshake.
    pub(crate) fn identity(&self) -> &Arc<CardIdentity> {
        &self.identity
    }

    /// Removes a PIN that the handshake did not use. Returns the card's failure, if the handshake failed because of it.
    pub(crate) fn finish(&self) -> Option<CardProblem> {
        self.identity.disarm();
        self.identity.take_failure().map(CardProblem::of_pin)
    }

    /// The card again, with the PIN that was typed for the handshake.
    pub(crate) fn reopen(self) -> Result<Card, CardProblem> {
        let Self {
            identity,
            id,
            credential,
            access,
            cards,
        } = self;
        // The connection to the card ends first.
        drop(identity);
        let mut cards = cards.unwrap_or_else(|| Backends::default().cards());
        let mut token = cards.open(&id)?;
        // A card that was opened by its reader may have been exchanged. The other one must not get the PIN.
        if id.identity().is_none() && token.credential(credential.slot())? != credential {
            return Err(Error::from(ErrorKind::OtherCard).with_location(id.place()).into());
        }
        Ok(Card {
            token,
            credential,
            access,
            cards: Some(cards),
        })
    }
}

impl Access {
    /// Asks for the PIN once, unless the token needs none.
    fn ask(&mut self, token: &mut dyn Token, credential: Option<&Credential>) -> Result<(), CardProblem> {
        let source = match self.entry {
            _ if self.pin.is_some() => return Ok(()),
            Entry::Given => return Ok(()),
            Entry::OnReader if token.info().pin_pad == PinPad::Present => return Ok(()),
            Entry::OnReader => return Err(CardProblem::NoPinPad),
            Entry::Typed(source) => source,
        };
        self.waiting.set(Wait::token(&token.info().id));
        let status = match (self.prepared.take(), credential) {
            (Some(status), _) => status,
            (None, Some(credential)) if self.prefetch == Prefetching::On => {
                token.prepare(credential, HOLD)?
            }
            (None, _) => token.pin_status()?,
        };
        if status == PinStatus::NotNeeded {
            return Ok(());
        }
        let blocked = status == PinStatus::Blocked;
        let permission = match self.last_try {
            LastTry::Allowed if !blocked => FinalTryPolicy::Allow,
            LastTry::Allowed | LastTry::Refused => FinalTryPolicy::Refuse,
        };
        // A try that the token would refuse is refused before the user types the PIN.
        status.check_try(permission).map_err(|kind| match kind {
            ErrorKind::TriesUnknown if is_contactless(token) => {
                Error::from(ErrorKind::ContactRequired).into()
            }
            other => CardProblem::of_pin(other.into()),
        })?;
        self.prompt(token, source, &status.to_string())
    }

    /// Asks for the PIN if the token reported that it needs none. Returns whether there is a PIN now.
    fn ask_although_not_needed(&mut self, token: &dyn Token) -> Result<bool, CardProblem> {
        match (self.entry, &self.pin) {
            (Entry::Typed(source), None) => {
                self.prompt(token, source, "required by the token").map(|()| true)
            }
            _ => Ok(false),
        }
    }

    fn prompt(&mut self, token: &dyn Token, source: PinSource, status: &str) -> Result<(), CardProblem> {
        let secret = match token.info().id.backend() {
            Backend::File => "Password",
            _ => "PIN",
        };
        let prompt = format!("{secret} for {} ({status}): ", printable_line(&token.info().name));
        self.waiting.set(Wait::Pin);
        self.pin = Some(source.read(&prompt).map_err(CardProblem::NoPin)?);
        Ok(())
    }

    /// Selects the certificate from those that a token shows after a login. The login is also used for the signature.
    fn credential_after_login(
        &mut self,
        token: &mut dyn Token,
        wanted: &Wanted<'_>,
        problem: CardProblem,
        warnings: &mut Vec<String>,
    ) -> Result<Credential, CardProblem> {
        if token.info().id.backend() == Backend::PcSc || token.pin_status()? == PinStatus::NotNeeded {
            return Err(problem);
        }
        self.ask(token, None)?;
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

    /// Records what a signature or a login waits for.
    fn wait_for_use_of_pin(&self, token: &dyn Token) {
        let id = &token.info().id;
        self.waiting.set(match (self.entry, Wait::token(id)) {
            (Entry::OnReader, _) if id.backend() == Backend::WindowsStore => Wait::Pin,
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
