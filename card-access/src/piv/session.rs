//! Transaction with the PIV application: selection, identity, PIN, certificates.

use super::{
    APPLICATION, Chuid, KnownCards,
    apdu::{Answer, Channel, Command},
    objects::{self, CertificateObject, Tag},
    pin::{self, Attempt, Reference},
    status::Status,
    yubico,
};
use crate::{Credential, Disposition, Error, ErrorKind, Listing, PinStatus, PivSlot, TokenInfo, tlv};

/// Prefix of the fallback identity derived from the answer to reset, for cards without a CHUID or serial number.
pub(crate) const BY_MODEL: &str = "atr:";

/// State of a card that is kept between transactions.
pub(super) struct CardState {
    pub(super) known: KnownCards,
    pub(super) info: TokenInfo,
    /// Hashes of the certificates of which only the first part was read.
    recalled: Vec<[u8; 32]>,
    knowledge: Knowledge,
    sameness: Sameness,
    /// Reason why the CHUID could not be read the last time.
    unread_chuid: Option<Error>,
}

/// Whether the card is the one that was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sameness {
    Certain,
    /// The connection is new, and the card has no identity to compare.
    Doubtful,
}

/// State of the card application.
#[derive(Clone, Copy)]
enum Knowledge {
    /// It has a discovery object, which names this PIN first.
    Discovery(Reference),
    /// It has no discovery object.
    NoDiscovery,
    Nothing,
    /// It exists, and the last signature with this card was made with this PIN.
    Remembered(Reference),
    /// It exists.
    Selected,
}

impl CardState {
    pub(super) fn new(info: TokenInfo) -> Self {
        Self {
            known: KnownCards::new(),
            info,
            recalled: Vec::new(),
            knowledge: Knowledge::Nothing,
            sameness: Sameness::Certain,
            unread_chuid: None,
        }
    }

    /// Error for a card without the expected identity: the identity could not be read, or it is another card.
    pub(super) fn other_card(&self) -> Error {
        let unread = self.unread_chuid.clone();
        unread.unwrap_or_else(|| ErrorKind::OtherCard.into())
    }
}

/// Transaction in which the application is selected.
pub(super) struct Session<'a> {
    pub(super) channel: Channel<'a>,
    pub(super) state: &'a mut CardState,
    disposition: Disposition,
}

impl<'a> Session<'a> {
    pub(super) fn new(channel: Channel<'a>, state: &'a mut CardState) -> Self {
        Self {
            channel,
            state,
            disposition: Disposition::Leave,
        }
    }

    pub(super) fn end(self) {
        self.channel.end(self.disposition);
    }

    /// Begins on a new connection: the card must show its identity again, if it has one.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        self.state.knowledge = Knowledge::Nothing;
        self.state.sameness = Sameness::Doubtful;
        self.select()?;
        let Some(expected) = self.state.info.id.identity().map(str::to_owned) else {
            return Ok(());
        };
        let shown = match self.read_chuid_identity()? {
            None => self.read_serial()?,
            shown => shown,
        };
        match shown {
            // The card is identified by its model only, which is not enough here.
            None if expected.starts_with(BY_MODEL) => Ok(()),
            shown if shown.as_deref() == Some(&*expected) => {
                self.state.sameness = Sameness::Certain;
                Ok(())
            }
            _ => Err(self.state.other_card()),
        }
    }

    /// Makes sure that the application is selected: another program may have selected another one meanwhile.
    ///
    /// If it was selected before, reading the discovery object shows whether it still is, and in the same command which PIN the
    /// card requires.
    pub(super) fn select(&mut self) -> Result<(), Error> {
        const SELECT: u8 = 0xa4;
        if let Knowledge::Discovery(_) | Knowledge::Remembered(_) | Knowledge::Selected = self.state.knowledge
        {
            if let Some(reference) = objects::discover(&mut self.channel)? {
                self.state.knowledge = Knowledge::Discovery(reference);
                return Ok(());
            }
        }
        let response = self.channel.send(Command {
            instruction: SELECT,
            p1: 0x04,
            p2: 0x00,
            data: &APPLICATION,
            answer: Answer::Data,
        })?;
        let known_before = !matches!(self.state.knowledge, Knowledge::Nothing);
        match (response.status, is_piv_template(&response.data)) {
            (status, Some(true)) if status.is_success() => {}
            // A card that had the application still has it: the failure has another cause.
            (status, _) if known_before && !status.is_success() && !status.is_absent() => {
                return Err(status.error());
            }
            // Some cards accept any application identifier. A PIV card that answers without a template has a discovery object.
            (Status::OK, None) => match objects::discover(&mut self.channel)? {
                Some(reference) => self.state.knowledge = Knowledge::Discovery(reference),
                None => return Err(ErrorKind::UnknownCard.into()),
            },
            (status, _) => return Err(status.error_of(ErrorKind::UnknownCard)),
        }
        if let Knowledge::Nothing = self.state.knowledge {
            self.state.knowledge = Knowledge::Selected;
        }
        Ok(())
    }

    pub(super) fn read_chuid_identity(&mut self) -> Result<Option<String>, Error> {
        let read = objects::read(&mut self.channel, Tag::CHUID, None);
        self.state.unread_chuid = read.as_ref().err().cloned();
        let object = read.or_else(objects::unless_final)?;
        Ok(object.and_then(|object| Chuid::parse(&object).identity()))
    }

    pub(super) fn read_serial(&mut self) -> Result<Option<String>, Error> {
        Ok(yubico::serial(&mut self.channel)?.map(|serial| serial.to_string()))
    }

    /// Checks that a card that may be another one has the intended credential.
    pub(super) fn expect_credential(&mut self, slot: PivSlot, meant: &Credential) -> Result<(), Error> {
        if self.state.sameness == Sameness::Certain {
            return Ok(());
        }
        // Not from the cache: the card's present content matters.
        let interface = self.state.info.interface.value();
        let object = objects::read(&mut self.channel, Tag::certificate(slot), interface)?;
        let certificate = object.map(|object| objects::certificate(&object)).transpose()?;
        if certificate.as_ref() != Some(meant.certificate()) {
            return Err(ErrorKind::OtherCard.into());
        }
        self.state.sameness = Sameness::Certain;
        Ok(())
    }

    /// Refuses a card that may be another one: it must be opened again before it gets a PIN or PUK.
    pub(super) fn expect_certainty(&self) -> Result<(), Error> {
        match self.state.sameness {
            Sameness::Certain => Ok(()),
            Sameness::Doubtful => Err(ErrorKind::CardReset.into()),
        }
    }

    /// Makes a try at the PIN if it is allowed, and logs out afterwards in any case: the verification is a state of the card
    /// and not of this process, and other programs could sign with it.
    ///
    /// `known` is the state of the PIN, if it was read in this transaction.
    pub(super) fn unlocked<R>(
        &mut self,
        attempt: &Attempt,
        known: Option<PinStatus>,
        body: impl FnOnce(&mut Self, Reference) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let reference = self.primary_pin()?;
        match known {
            Some(status @ (PinStatus::FinalTry | PinStatus::TriesLeft(_))) => {
                status.check_try(attempt.final_try())?;
            }
            _ => attempt.check_final_try(&mut self.channel, reference)?,
        }
        let result = body(self, reference);
        if pin::logout(&mut self.channel, reference).is_err() {
            self.disposition = Disposition::Reset;
        }
        result
    }

    /// State of the PIN that the card requires, before a signature with the credential.
    ///
    /// For a known card, the discovery object is not read if the PIN of the last signature has two or more tries left. If another PIN
    /// is required since then, a wrong PIN costs one of these tries and is not taken for granted again.
    pub(super) fn pin_status(&mut self, credential: &Credential) -> Result<PinStatus, Error> {
        if let Knowledge::Selected = self.state.knowledge {
            if let Some(reference) = self.state.known.reference(credential) {
                let status = pin::status(&mut self.channel, reference)?;
                if let PinStatus::TriesLeft(_) = status {
                    self.state.knowledge = Knowledge::Remembered(reference);
                    return Ok(status);
                }
            }
        }
        let reference = self.primary_pin()?;
        pin::status(&mut self.channel, reference)
    }

    /// PIN that the card requires: one sent to the wrong reference would spend its tries.
    pub(super) fn primary_pin(&mut self) -> Result<Reference, Error> {
        if let Knowledge::Nothing | Knowledge::Selected = self.state.knowledge {
            let found = objects::discover(&mut self.channel)?;
            self.state.knowledge = found.map_or(Knowledge::NoDiscovery, Knowledge::Discovery);
        }
        Ok(match self.state.knowledge {
            Knowledge::Discovery(reference) | Knowledge::Remembered(reference) => reference,
            Knowledge::NoDiscovery | Knowledge::Nothing | Knowledge::Selected => Reference::Application,
        })
    }

    /// Reads the certificates of slots. Empty slots are left out; one that cannot be read is a problem under its name.
    pub(super) fn read_credentials(
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

    pub(super) fn read_credential(&mut self, slot: PivSlot) -> Result<Credential, Error> {
        let interface = self.state.info.interface.value();
        let known = &self.state.known;
        let object = CertificateObject::read(&mut self.channel, slot, |part| known.find(part), interface)?;
        let object = object.ok_or(ErrorKind::NoCredential)?;
        let credential = objects::credential(slot, label(slot), &object.bytes)?;
        if object.recalled {
            self.state.recalled.push(*credential.sha256());
        }
        // Cards of one model that have no identity of their own are different cards.
        let identity = self.state.info.id.identity();
        let identity = identity.filter(|identity| !identity.starts_with(BY_MODEL));
        known.keep(slot, &object.bytes, &credential, identity);
        Ok(credential)
    }

    /// Reads the credential of a slot. What is read now is the card's, whichever card it is.
    pub(super) fn read_certain_credential(&mut self, slot: PivSlot) -> Result<Credential, Error> {
        let credential = self.read_credential(slot)?;
        self.state.sameness = Sameness::Certain;
        Ok(credential)
    }

    /// Checks and records the result of a signature. `reference` is the PIN that it was made with. `fits` is whether the signature is
    /// that of the certificate's key, as far as this can be checked.
    pub(super) fn signed(
        &self,
        credential: &Credential,
        reference: Option<Reference>,
        fits: impl FnOnce(&[u8]) -> bool,
        result: Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let known = &self.state.known;
        match &result {
            Ok(signature) if fits(signature) => known.signed(credential, reference),
            Ok(_) => {
                known.forget(credential.sha256());
                if self.state.recalled.contains(credential.sha256()) {
                    return Err(ErrorKind::WrongSignature.into());
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WrongPin { .. }) => {
                known.forget_reference(credential);
            }
            Err(_) => {}
        }
        result
    }
}

/// Whether the response to SELECT is the application property template of PIV (SP 800-73-5 part 2 section 3.1.1); `None` if it
/// is not a template of this kind.
///
/// The application identifier in it is complete on early cards, and without the registered identifier on later ones.
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

/// Names of the certificates in SP 800-73-5 part 1 table 3.
fn label(slot: PivSlot) -> String {
    match slot {
        PivSlot::Authentication => String::from("PIV Authentication"),
        PivSlot::CardAuthentication => String::from("Card Authentication"),
        PivSlot::KeyManagement => String::from("Key Management"),
        PivSlot::Retired(_) => format!("Retired Key Management {slot}"),
        PivSlot::Signature => String::from("Digital Signature"),
    }
}
