//! A scripted card, for what no firmware can be made to answer.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::sync::{Arc, Mutex};

use card_access::{Backend, Error, ErrorKind, Leave, Lengths, TokenId, TokenInfo, Transport, piv::PivToken};

pub(crate) const SELECT: &str = "00a4040009a0000003080000100000";
pub(crate) const READ_9A: &str = "00cb3fff055c035fc10500";
pub(crate) const READ_DISCOVERY: &str = "00cb3fff035c017e00";
pub(crate) const STATUS: &str = "00200080";
pub(crate) const LOGOUT: &str = "0020ff80";

/// Answers each command as told, in hexadecimal, and everything else with 6A82; remembers what happened.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) answers: Vec<(String, String)>,
    pub(crate) lengths: Lengths,
    /// Whether every transaction begins with another connection.
    pub(crate) reconnected: bool,
    log: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) fn new<'a>(answers: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let answers = answers
            .into_iter()
            .map(|(command, answer)| (command.to_owned(), answer));
        let select = (SELECT.to_owned(), "61009000".to_owned());
        Self {
            answers: std::iter::once(select).chain(answers).collect(),
            lengths: Lengths::Short,
            reconnected: false,
            log: Arc::default(),
        }
    }

    pub(crate) fn token(&self) -> PivToken<Self> {
        PivToken::new(
            self.clone(),
            TokenInfo::new(TokenId::whatever_is_in(Backend::PcSc, "script"), "script"),
        )
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }
}

impl Transport for Script {
    fn end(&mut self, leave: Leave) {
        self.note(format!("{leave:?}"));
    }

    fn reconnected(&self) -> bool {
        self.reconnected
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let command = hex(command);
        self.note(command.clone());
        let answer = self
            .answers
            .iter()
            .find(|(told, _)| command.starts_with(told.as_str()));
        Ok(bytes(answer.map_or("6a82", |(_, answer)| answer)))
    }

    fn lengths(&self) -> Lengths {
        self.lengths
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
    rcgen::generate_simple_self_signed(["alice".to_owned()])
        .unwrap()
        .cert
        .der()
        .to_vec()
}

/// The object around a certificate, with the flag byte for compression.
pub(crate) fn object(certificate: &[u8], flag: u8) -> Vec<u8> {
    tlv(
        "53",
        &[tlv("70", certificate), vec![0x71, 1, flag, 0xfe, 0]].concat(),
    )
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}
