//! Generation of keys that Yubico's program in Debian 12 does not support: RSA with 3072 and 4096 bits.

use std::{ffi::CString, fs, path::Path};

use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};

use crate::openssl::{PUBLIC_KEY_TO_PEM, convert};
use crate::{Error, Slot, tools::Tool};

/// The Triple DES key of a factory-new card.
const MANAGEMENT_KEY: &str = "010203040506070801020304050607080102030405060708";

const SELECT: &[u8] = b"\x00\xa4\x04\x00\x09\xa0\x00\x00\x03\x08\x00\x00\x10\x00\x00";

/// Generates the key of a slot on a factory-new card and writes the public key as PEM to `public_key`. `algorithm` is the
/// identifier of NIST SP 800-78-5 table 9, or Yubico's for RSA-4096.
pub(crate) fn rsa(reader: &str, slot: Slot, algorithm: u8, public_key: &Path) -> Result<(), Error> {
    let failed = |error: pcsc::Error| Error::new(format!("generating a key in {reader}: {error}"));
    let name = CString::new(reader).map_err(|_| Error::new("a reader's name with a NUL byte"))?;
    let context = Context::establish(Scope::User).map_err(failed)?;
    let card = context
        .connect(&name, ShareMode::Exclusive, Protocols::ANY)
        .map_err(failed)?;
    transmit(&card, SELECT)?;
    authenticate(&card)?;
    // SP 800-73-4 part 2 section 3.3.2
    let reference = u8::from_str_radix(slot.name(), 16).map_err(|_| Error::new("not a slot"))?;
    let generate = [
        0x00, 0x47, 0x00, reference, 0x05, 0xac, 0x03, 0x80, 0x01, algorithm, 0x00,
    ];
    let answer = transmit(&card, &generate)?;
    card.disconnect(Disposition::LeaveCard)
        .map_err(|(_, error)| failed(error))?;

    let parts = || {
        let (key, _) = tlv(&answer, &[0x7f, 0x49])?;
        let (modulus, rest) = tlv(key, &[0x81])?;
        let (exponent, _) = tlv(rest, &[0x82])?;
        Some((modulus, exponent))
    };
    let (modulus, exponent) = parts().ok_or_else(|| unexpected(&answer))?;
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| Error::io("writing", path, &error))
    };
    // OpenSSL encodes the key.
    let (recipe, der) = (
        public_key.with_extension("asn1"),
        public_key.with_extension("der"),
    );
    let recipe_text = format!(
        "asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:rsa\nkey=BITWRAP,SEQUENCE:key\n\
         [rsa]\noid=OID:rsaEncryption\nnone=NULL\n[key]\nn=INTEGER:0x{}\ne=INTEGER:0x{}\n",
        hex(modulus),
        hex(exponent)
    );
    write(&recipe, recipe_text.as_bytes())?;
    let make = Tool::new("openssl").args(["asn1parse", "-noout", "-genconf"]);
    make.arg(&recipe).arg("-out").arg(&der).run()?;
    convert(PUBLIC_KEY_TO_PEM, &der, public_key)
}

/// Authenticates as administrator: encrypts the card's challenge with the management key.
fn authenticate(card: &Card) -> Result<(), Error> {
    const ASK: &[u8] = b"\x00\x87\x03\x9b\x04\x7c\x02\x81\x00\x00";
    let answer = transmit(card, ASK)?;
    let challenge = tlv(&answer, &[0x7c]).and_then(|(template, _)| tlv(template, &[0x81]));
    let (challenge, _) = challenge.ok_or_else(|| unexpected(&answer))?;
    let file =
        tempfile::NamedTempFile::new().map_err(|error| Error::new(format!("no temporary file: {error}")))?;
    fs::write(file.path(), challenge).map_err(|error| Error::io("writing", file.path(), &error))?;
    let encipher = Tool::new("openssl").args(["enc", "-des-ede3", "-nopad", "-K", MANAGEMENT_KEY, "-in"]);
    let response = encipher.arg(file.path()).run()?;
    let mut command = b"\x00\x87\x03\x9b\x0c\x7c\x0a\x82\x08".to_vec();
    command.extend(response);
    transmit(card, &command).map(drop)
}

/// The complete answer to a short command, which must succeed.
fn transmit(card: &Card, command: &[u8]) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    let mut command = command.to_vec();
    loop {
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        let answer = card.transmit(&command, &mut buffer);
        let answer = answer.map_err(|error| Error::new(format!("the card does not answer: {error}")))?;
        match answer {
            [data @ .., 0x90, 0x00] => {
                whole.extend_from_slice(data);
                return Ok(whole);
            }
            [data @ .., 0x61, _] => {
                whole.extend_from_slice(data);
                command = vec![0x00, 0xc0, 0x00, 0x00, 0x00];
            }
            _ => return Err(unexpected(answer)),
        }
    }
}

fn unexpected(answer: &[u8]) -> Error {
    Error::new(format!("the card answers {}", hex(answer)))
}

/// The value of the TLV at the beginning of `input`, with a length of up to two bytes, and the rest.
fn tlv<'a>(input: &'a [u8], tag: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (length, rest) = match input.strip_prefix(tag)? {
        [0x82, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        [0x81, length, rest @ ..] | [length @ ..=0x7f, rest @ ..] => ((*length).into(), rest),
        _ => return None,
    };
    rest.split_at_checked(length.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
