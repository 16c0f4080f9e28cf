//! The PIV card application: NIST [SP 800-73-5](https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final), over any transport.
//!
//! The way to the card is the caller's own: here, answers that are known beforehand.
//!
//! ```
//! use card_access::{
//!     Backend, Error, Token, TokenId, TokenInfo, Transport,
//!     piv::{ObjectCache, PivToken},
//! };
//!
//! struct Recorded;
//!
//! impl Transport for Recorded {
//!     fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
//!         let answer: &[&[u8]] = match command {
//!             [0x00, 0xa4, ..] => &[b"\x61\x00\x90\x00"], // SELECT
//!             [0x00, 0xcb, .., 0x02, 0x00] => &[b"\x53\x1c\x34\x10", &[0x11; 16], b"\x35\x0820321231\x90\x00"],
//!             [0x00, 0xcb, .., 0x07, 0x00] => &[
//!                 b"\x53\x23\xf0\x15\xa0\x00\x00\x01\x16\xff\x02", &[0x22; 14], // the identifier
//!                 b"\xf1\x01\x21\xf2\x01\x21\xf4\x01\x00\xf5\x01\x10\x90\x00",
//!             ],
//!             _ => &[b"\x6a\x82"], // there is no such thing
//!         };
//!         Ok(answer.concat())
//!     }
//! }
//!
//! let id = TokenId::whatever_is_in(Backend::PcSc, "a recording");
//! let mut card = PivToken::new(Recorded, TokenInfo::new(id, "card")).with_cache(ObjectCache::new());
//! assert_eq!(card.identify()?, Some("11".repeat(16)));
//! assert_eq!(card.traffic().map(|traffic| traffic.apdus), Some(2));
//! card.info_mut().name = "the card that was recorded".to_owned();
//!
//! let chuid = card.chuid()?.ok_or("no CHUID")?;
//! assert_eq!((chuid.guid(), chuid.fasc_n()), (Some(&[0x11; 16][..]), None));
//! assert_eq!(chuid.expiration_date(), Some("20321231"));
//!
//! let container = card.identifiers()?.capability_container.ok_or("no capability container")?;
//! assert_eq!((container.version(), container.grammar_version()), (Some(0x21), Some(0x21)));
//! assert_eq!((container.pkcs15(), container.data_model()), (Some(0x00), Some(0x10)));
//! assert_eq!((container.application_urls().count(), container.access_control_rules()), (0, None));
//! let identifier = container.card_identifier().ok_or("no identifier")?;
//! assert_eq!(identifier.registered_identifier(), b"\xa0\x00\x00\x01\x16");
//! assert_eq!((identifier.manufacturer(), identifier.card_type()), (0xff, 0x02));
//! assert_eq!(identifier.as_bytes()[7..], *identifier.card_id());
//! # let _: &Recorded = card.transport();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apdu;
mod cache;
mod capability;
mod objects;
mod pin;
mod sign;
mod status;
mod token;
mod yubico;

pub use cache::ObjectCache;
pub use capability::{CapabilityContainer, CardIdentifier};
pub use objects::Chuid;

use apdu::{Answer, Channel, Command};
use objects::Tag;
use pin::{Attempt, Reference};
use status::Status;

use crate::{
    Credential, Error, ErrorKind, Form, Listing, PivSlot, Slot, TokenInfo, Traffic, Transport, tlv,
    transport::Leave,
};

/// A card with the PIV application, reached over any [`Transport`].
///
/// Every call is one transaction, which makes sure first that the application is selected, and ends with the PIN
/// forgotten.
pub struct PivToken<T> {
    card: Channel<T>,
    cache: ObjectCache,
    info: TokenInfo,
    knowledge: Knowledge,
    sameness: Sameness,
    /// Why the CHUID could not be read the last time, if it could not.
    unread_chuid: Option<Error>,
    leave: Leave,
}

/// Whether the card is the one that was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sameness {
    Certain,
    /// It was connected to anew, and has no identity to go by.
    Doubtful,
}

/// What a card says of itself beside its keys; `None` for what it has not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identifiers {
    /// The cardholder unique identifier: GUID, FASC-N, the day on which the card ends.
    pub chuid: Option<Chuid>,
    /// The card capability container.
    pub capability_container: Option<CapabilityContainer>,
}

/// What is known of the card application.
#[derive(Clone, Copy)]
enum Knowledge {
    /// It has a discovery object, which names this PIN first.
    Discovery(Reference),
    /// It has no discovery object.
    NoDiscovery,
    Nothing,
    /// It is there.
    Selected,
}

const SELECT: u8 = 0xa4;
/// How the identity of a card begins that shows none of its own, before its answer to reset.
pub(crate) const BY_MODEL: &str = "atr:";
/// The application identifier without its version (SP 800-73-5 part 1 section 2.2).
const APPLICATION: [u8; 9] = [0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];

impl<T: Transport> PivToken<T> {
    /// The card at the other end of a transport. Nothing is sent yet.
    #[must_use]
    pub fn new(transport: T, info: TokenInfo) -> Self {
        Self {
            card: Channel::new(transport),
            cache: ObjectCache::new(),
            info,
            knowledge: Knowledge::Nothing,
            sameness: Sameness::Certain,
            unread_chuid: None,
            leave: Leave::AsIs,
        }
    }

    /// Looks certificates up in a cache that may have seen them.
    #[must_use]
    pub fn with_cache(self, cache: ObjectCache) -> Self {
        Self { cache, ..self }
    }

    /// Reads the cardholder unique identifier, which tells this card from all others.
    ///
    /// # Errors
    ///
    /// [`UnknownCard`](ErrorKind::UnknownCard) when the card has no PIV application.
    pub fn chuid(&mut self) -> Result<Option<Chuid>, Error> {
        self.transaction(|token| {
            let object = objects::read(&mut token.card, Tag::CHUID, token.info.interface.value())?;
            Ok(object.map(|object| Chuid::parse(&object)))
        })
    }

    /// Reads what the card says of itself beside its keys.
    ///
    /// # Errors
    ///
    /// As [`chuid`](Self::chuid).
    pub fn identifiers(&mut self) -> Result<Identifiers, Error> {
        self.transaction(|token| {
            let chuid = objects::read_optional(&mut token.card, Tag::CHUID)?;
            let container = objects::read_optional(&mut token.card, Tag::CAPABILITY_CONTAINER)?;
            Ok(Identifiers {
                chuid: chuid.map(|object| Chuid::parse(&object)),
                capability_container: container.map(|object| CapabilityContainer::parse(&object)),
            })
        })
    }

    /// Reads what tells this card from all others and notes it in its [`TokenInfo`]: the GUID of its CHUID, or the
    /// FASC-N, or else the maker's serial number. `None` when it shows none of these.
    ///
    /// # Errors
    ///
    /// As [`chuid`](Self::chuid).
    pub fn identify(&mut self) -> Result<Option<String>, Error> {
        self.transaction(|token| {
            let identity = token.read_chuid_identity()?;
            // Only who has no CHUID or is known for it is asked for more: other cards may not like unknown commands.
            let security_key = token.info.form.value() == Some(Form::SecurityKey);
            let serial = if security_key || identity.is_none() {
                token.info.firmware =
                    yubico::version(&mut token.card)?.map(|v| format!("{}.{}.{}", v[0], v[1], v[2]));
                token.read_serial()?
            } else {
                None
            };
            let identity = identity.or_else(|| serial.clone());
            token.info.serial = serial.or_else(|| identity.clone());
            Ok(identity)
        })
    }

    fn read_chuid_identity(&mut self) -> Result<Option<String>, Error> {
        let object = match objects::read(&mut self.card, Tag::CHUID, None) {
            Err(error) if error.is_final() => return Err(error),
            Err(error) => {
                self.unread_chuid = Some(error);
                None
            }
            Ok(object) => {
                self.unread_chuid = None;
                object
            }
        };
        Ok(object.and_then(|object| Chuid::parse(&object).identity()))
    }

    /// The error for a card that does not show the expected identity: that it could not be read, or else that it is another card.
    pub(crate) fn other_card(&self) -> Error {
        let unread = self.unread_chuid.clone();
        unread.unwrap_or_else(|| ErrorKind::OtherCard.into())
    }

    fn read_serial(&mut self) -> Result<Option<String>, Error> {
        Ok(yubico::serial(&mut self.card)?.map(|serial| serial.to_string()))
    }

    /// The way to the card.
    pub fn transport(&self) -> &T {
        &self.card.transport
    }

    /// What the card is, to be completed by whoever opened it.
    pub fn info_mut(&mut self) -> &mut TokenInfo {
        &mut self.info
    }

    /// The same card at the end of another transport.
    #[cfg(feature = "pcsc")]
    pub(crate) fn on<U: Transport>(self, transport: U) -> PivToken<U> {
        PivToken {
            card: Channel {
                transport,
                traffic: self.card.traffic,
            },
            cache: self.cache,
            info: self.info,
            knowledge: self.knowledge,
            sameness: self.sameness,
            unread_chuid: self.unread_chuid,
            leave: self.leave,
        }
    }

    /// What went over the wire.
    pub(crate) fn sent(&self) -> Traffic {
        self.card.traffic
    }

    /// Begin, select, do, end.
    fn transaction<R>(&mut self, body: impl FnOnce(&mut Self) -> Result<R, Error>) -> Result<R, Error> {
        self.leave = Leave::AsIs;
        self.card.transport.begin()?;
        let result = self.begun().and_then(|()| body(self));
        self.card.transport.end(self.leave);
        result.map_err(|error| error.with_location(self.info.id.place()))
    }

    /// Selects, and looks at the card again if it had to be connected to anew.
    fn begun(&mut self) -> Result<(), Error> {
        let reconnected = self.card.transport.reconnected();
        if reconnected {
            self.knowledge = Knowledge::Nothing;
            self.sameness = Sameness::Doubtful;
        }
        self.select()?;
        match (reconnected, self.info.id.identity()) {
            (true, Some(_)) => self.expect_identity(),
            _ => Ok(()),
        }
    }

    /// A card that showed an identity must show it again.
    fn expect_identity(&mut self) -> Result<(), Error> {
        let shown = match self.read_chuid_identity()? {
            None => self.read_serial()?,
            shown => shown,
        };
        match (shown, self.info.id.identity()) {
            // Told from others by its model only, which tells nothing here.
            (None, Some(expected)) if expected.starts_with(BY_MODEL) => Ok(()),
            (shown, expected) if shown.as_deref() == expected => {
                self.sameness = Sameness::Certain;
                Ok(())
            }
            _ => Err(self.other_card()),
        }
    }

    /// A card that may be another one must have the credential that is meant.
    fn expect_credential(&mut self, slot: PivSlot, meant: &Credential) -> Result<(), Error> {
        if self.sameness == Sameness::Certain {
            return Ok(());
        }
        // Not from the cache: this is about what the card has now.
        let interface = self.info.interface.value();
        let object = objects::read(&mut self.card, Tag::certificate(slot), interface)?;
        let certificate = object.map(|object| objects::certificate(&object)).transpose()?;
        if certificate.as_ref() != Some(meant.certificate()) {
            return Err(ErrorKind::OtherCard.into());
        }
        self.sameness = Sameness::Certain;
        Ok(())
    }

    /// A card that may be another one gets no PIN or PUK; it has to be opened again.
    fn expect_certainty(&self) -> Result<(), Error> {
        match self.sameness {
            Sameness::Certain => Ok(()),
            Sameness::Doubtful => Err(ErrorKind::CardReset.into()),
        }
    }

    /// Makes a try at the PIN, if it may be made, and lets the card forget it afterwards, whatever came of it: that the
    /// PIN was verified is a state of the card, not of this process, and others could sign with it.
    fn unlocked<R>(
        &mut self,
        attempt: &Attempt,
        body: impl FnOnce(&mut Self, Reference) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let reference = self.primary_pin()?;
        attempt.check_final_try(&mut self.card, reference)?;
        let result = body(self, reference);
        if pin::logout(&mut self.card, reference).is_err() {
            self.leave = Leave::Reset;
        }
        result
    }

    /// Makes sure that the application is selected: another program may have selected another one meanwhile.
    ///
    /// If it was selected before, reading the discovery object tells whether it still is, and says in the same command
    /// which PIN the card wants.
    fn select(&mut self) -> Result<(), Error> {
        if let Knowledge::Discovery(_) | Knowledge::Selected = self.knowledge {
            if let Some(reference) = objects::discover(&mut self.card)? {
                self.knowledge = Knowledge::Discovery(reference);
                return Ok(());
            }
        }
        let command = Command {
            instruction: SELECT,
            p1: 0x04,
            p2: 0x00,
            data: &APPLICATION,
            answer: Answer::Data,
        };
        let response = self.card.send(command)?;
        let known_before = !matches!(self.knowledge, Knowledge::Nothing);
        match (response.status, is_piv_template(&response.data)) {
            (status, Some(true)) if status.is_success() => {}
            // A card that had the application still has it: something else is wrong.
            (status, _) if known_before && !status.is_success() && !status.is_absent() => {
                return Err(status.error());
            }
            // Some cards accept any application identifier. A PIV card that answers without a template has a discovery object.
            (Status::OK, None) => match objects::discover(&mut self.card)? {
                Some(reference) => self.knowledge = Knowledge::Discovery(reference),
                None => return Err(ErrorKind::UnknownCard.into()),
            },
            (status, _) => return Err(status.error_of(ErrorKind::UnknownCard)),
        }
        if let Knowledge::Nothing = self.knowledge {
            self.knowledge = Knowledge::Selected;
        }
        Ok(())
    }

    /// Which PIN the card wants: one sent to the wrong reference would spend its tries.
    fn primary_pin(&mut self) -> Result<Reference, Error> {
        if let Knowledge::Nothing | Knowledge::Selected = self.knowledge {
            let found = objects::discover(&mut self.card)?;
            self.knowledge = found.map_or(Knowledge::NoDiscovery, Knowledge::Discovery);
        }
        Ok(match self.knowledge {
            Knowledge::Discovery(reference) => reference,
            Knowledge::NoDiscovery | Knowledge::Nothing | Knowledge::Selected => Reference::Application,
        })
    }

    /// Reads the certificates of slots. Empty slots are left out; one that cannot be read is a problem with its name.
    fn read_credentials(
        &mut self,
        slots: impl IntoIterator<Item = PivSlot>,
    ) -> Result<Listing<Credential>, Error> {
        let mut listing = Listing::default();
        for slot in slots {
            match self.read_credential(slot) {
                Err(error) if *error.kind() == ErrorKind::NoCredential => {}
                Err(error) if error.is_final() => return Err(error),
                result => listing.record(slot.to_string(), result),
            }
        }
        Ok(listing)
    }

    fn read_credential(&mut self, slot: PivSlot) -> Result<Credential, Error> {
        let interface = self.info.interface.value();
        let object = objects::read_cached(&mut self.card, Tag::certificate(slot), &self.cache, interface)?
            .ok_or(ErrorKind::NoCredential)?;
        Credential::new(Slot::Piv(slot), label(slot), objects::certificate(&object)?)
    }
}

/// Whether the response to SELECT is the application property template of PIV (SP 800-73-5 part 2 section 3.1.1): `None` if it is
/// no such template at all.
///
/// The application identifier in it is whole on early cards, and without the registered identifier on later ones.
fn is_piv_template(response: &[u8]) -> Option<bool> {
    const TEMPLATE: u32 = 0x61;
    const APPLICATION_IDENTIFIER: u32 = 0x4f;
    const REGISTERED_IDENTIFIER: usize = 5;
    let template = tlv::Reader::new(response).expect(TEMPLATE)?;
    let extension = APPLICATION.get(REGISTERED_IDENTIFIER..).unwrap_or_default();
    Some(
        tlv::find(template, APPLICATION_IDENTIFIER)
            .is_none_or(|found| found.starts_with(&APPLICATION) || found.starts_with(extension)),
    )
}

/// What SP 800-73-5 part 1 table 3 calls the certificates.
fn label(slot: PivSlot) -> String {
    match slot {
        PivSlot::Authentication => String::from("PIV Authentication"),
        PivSlot::CardAuthentication => String::from("Card Authentication"),
        PivSlot::KeyManagement => String::from("Key Management"),
        PivSlot::Retired(_) => format!("Retired Key Management {slot}"),
        PivSlot::Signature => String::from("Digital Signature"),
    }
}
