//! A scripted card, for answers that no firmware gives.

use std::sync::{Arc, Mutex};

use card_access::{
    ApduLength, Backend, CardConnection, CardTransaction, Confidence, Credential, Disposition, Error,
    ErrorKind, Hash, Interface, NewTransaction, PinEntry, PinPadCommand, Scheme, Token, TokenId, TokenInfo,
    piv::PivToken,
};

pub(crate) const SELECT: &str = "00a4040009a0000003080000100000";
/// The response to SELECT: the application property template (SP 800-73-5 part 2 section 3.1.1).
pub(crate) const SELECTED: &str = "61114f0600001000010079074f05a0000003089000";
pub(crate) const READ_9A: &str = "00cb3fff055c035fc10500";
pub(crate) const READ_CHUID: &str = "00cb3fff055c035fc10200";
pub(crate) const READ_DISCOVERY: &str = "00cb3fff035c017e00";
pub(crate) const STATUS: &str = "00200080";
pub(crate) const LOGOUT: &str = "0020ff80";
/// The try at 123456.
pub(crate) const VERIFY: &str = "0020008008313233343536ffff";
/// Beginning of the command that signs with a key on P-256 or P-384.
pub(crate) const SIGN: &str = "00871";
/// A signature on a curve with r = s = 1, and the status word.
pub(crate) const SIGNED: &str = "7c0a820830060201010201019000";

/// Answers each command from a script in hexadecimal, and everything else with 6A82; records what happened.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) answers: Vec<(String, String)>,
    pub(crate) length: ApduLength,
    /// Whether every transaction begins with another connection.
    pub(crate) reconnected: bool,
    log: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) fn new<'a>(answers: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let answers = answers
            .into_iter()
            .map(|(command, answer)| (command.to_owned(), answer));
        let select = (SELECT.to_owned(), SELECTED.to_owned());
        Self {
            answers: std::iter::once(select).chain(answers).collect(),
            length: ApduLength::Short,
            reconnected: false,
            log: Arc::default(),
        }
    }

    pub(crate) fn token(&self) -> PivToken<Self> {
        PivToken::new(
            self.clone(),
            TokenInfo::new(TokenId::any_at(Backend::PcSc, "script"), "script"),
        )
    }

    /// The same card over its contactless interface.
    pub(crate) fn contactless(&self) -> PivToken<Self> {
        let mut token = self.token();
        token.info_mut().interface = Confidence::Inferred(Interface::Contactless);
        token
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }
}

impl CardConnection for Script {
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error> {
        let reconnected = self.reconnected;
        let transaction = Box::new(self);
        Ok(if reconnected {
            NewTransaction::Reconnected(transaction)
        } else {
            NewTransaction::SameCard(transaction)
        })
    }

    fn apdu_length(&self) -> ApduLength {
        self.length
    }
}

impl CardTransaction for &mut Script {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let command = hex(command);
        self.note(command.clone());
        let answer = self
            .answers
            .iter()
            .find(|(scripted, _)| command.starts_with(scripted.as_str()));
        Ok(bytes(answer.map_or("6a82", |(_, answer)| answer)))
    }

    /// Answers commands that begin with `pad`, and has no PIN pad otherwise.
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        let line = format!("pad {} {}-{}", hex(command.template), command.min, command.max);
        self.note(line.clone());
        let answer = self
            .answers
            .iter()
            .find(|(scripted, _)| line.starts_with(scripted.as_str()));
        answer
            .map(|(_, answer)| bytes(answer))
            .ok_or_else(|| ErrorKind::Unsupported { what: "keys" }.into())
    }

    fn end(self: Box<Self>, disposition: Disposition) {
        self.note(format!("{disposition:?}"));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digit = |c: char| u8::try_from(c.to_digit(16).unwrap()).unwrap();
    let digits: Vec<u8> = hex.chars().map(digit).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

pub(crate) fn tlv(tag: &str, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&bytes(tag), &[0x82][..], &length, value].concat()
}

pub(crate) fn certificate() -> Vec<u8> {
    if cfg!(miri) {
        // rcgen's key comes from C, which Miri cannot run.
        return include_bytes!("../../../../upn-resolver/tests/certificates/piv-p256.der").to_vec();
    }
    rcgen::generate_simple_self_signed(["alice".to_owned()])
        .unwrap()
        .cert
        .der()
        .to_vec()
}

/// A key of an algorithm in 9A, with its certificate.
pub(crate) fn credential(algorithm: &'static rcgen::SignatureAlgorithm) -> Credential {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    Credential::new("9a".parse().unwrap(), "", certificate.der().clone()).unwrap()
}

/// A signature as returned by a key (SP 800-73-5 part 2 section 3.2.4).
pub(crate) fn signed(signature: &[u8]) -> String {
    hex(&tlv("7c", &tlv("82", signature))) + "9000"
}

/// The object around a certificate, with the flag byte for compression.
pub(crate) fn object(certificate: &[u8], flag: u8) -> Vec<u8> {
    tlv(
        "53",
        &[tlv("70", certificate), vec![0x71, 1, flag, 0xfe, 0]].concat(),
    )
}

/// A signature with 9A, whose key is on P-256.
pub(crate) fn sign(
    token: &mut PivToken<Script>,
    certificate: Vec<u8>,
    entry: Option<PinEntry<'_>>,
) -> Result<Vec<u8>, Error> {
    let credential = Credential::new("9a".parse().unwrap(), "", certificate.into()).unwrap();
    token.sign(&credential, Scheme::EcdsaDer(Hash::Sha256), b"message", entry)
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}
