//! PKCS#12 ([RFC 7292](https://www.rfc-editor.org/rfc/rfc7292)): safes with bags, and an integrity check.

use std::borrow::Cow;

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Encode as _, Sequence, Tag, TagNumber, Tagged as _};
use pkcs5::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::ber;
use super::budget::Budget;
use super::encryption::{Encrypted, EncryptedKey, Password, Scheme};
use super::fault::Fault;
use super::pkcs12_kdf::BmpPassword;
use super::pkcs12_mac::{Check, MacData};

/// Decrypted content of a file.
#[derive(Default)]
pub(super) struct Bags {
    /// X.509 certificates, DER.
    pub(super) certificates: Vec<Vec<u8>>,
    /// PKCS#8 `PrivateKeyInfo`s, DER.
    pub(super) keys: Vec<Zeroizing<Vec<u8>>>,
}

/// Opens a file. Everything that needs no password is read, and charged to the budget, before the first key derivation.
pub(super) fn open(file: &[u8], password: &[u8], budget: &mut Budget) -> Result<Bags, Fault> {
    let file = ber::to_der(file).ok_or(MALFORMED)?;
    let pfx = Pfx::from_der(&file).map_err(|_| MALFORMED)?;
    if pfx.auth_safe.content_type != DATA {
        return Err(Fault::Unsupported("a PKCS#12 file that is signed"));
    }
    let content: &OctetStringRef = pfx.auth_safe.content.decode_as().map_err(|_| MALFORMED)?;
    let infos = ber::to_der(content.as_bytes()).ok_or(MALFORMED)?;
    let infos = Vec::<ContentInfo<'_>>::from_der(&infos).map_err(|_| MALFORMED)?;

    let check = pfx.mac_data.map(|data| Check::read(data, budget)).transpose()?;
    let plain = infos.iter().map(plain_contents).collect::<Result<Vec<_>, _>>()?;
    let safes = infos
        .iter()
        .zip(&plain)
        .map(|(info, plain)| Safe::read(info, plain.as_deref(), budget))
        .collect::<Result<Vec<_>, _>>()?;

    let mut password = Password::new(password);
    if let Some(check) = &check {
        verify(check, content.as_bytes(), &mut password)?;
    }
    let mut bags = Bags::default();
    for safe in safes {
        safe.open(&password, check.is_some(), &mut bags, budget)?;
    }
    Ok(bags)
}

/// Checks the password before anything is decrypted: padding alone does not reliably reveal a wrong one.
///
/// This check distinguishes a missing password from an empty one. Programs write either if the user gave none, so both are
/// tried.
fn verify(check: &Check<'_>, content: &[u8], password: &mut Password<'_>) -> Result<(), Fault> {
    if check.accepts(password, content) {
        return Ok(());
    }
    if password.bytes.is_empty() {
        password.bmp = BmpPassword::none();
        if check.accepts(password, content) {
            return Ok(());
        }
    }
    Err(Fault::WrongPassword)
}

/// `SafeContents` of a safe that is not encrypted.
fn plain_contents(info: &ContentInfo<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
    if info.content_type != DATA {
        return Ok(None);
    }
    let content: &OctetStringRef = info.content.decode_as().map_err(|_| MALFORMED)?;
    ber::to_der(content.as_bytes()).ok_or(MALFORMED).map(Some)
}

/// Plain or encrypted `SafeContents` (section 4.1).
enum Safe<'a> {
    Encrypted { scheme: Scheme<'a>, data: Cow<'a, [u8]> },
    Plain(Vec<Bag<'a>>),
}

impl<'a> Safe<'a> {
    fn read(info: &ContentInfo<'a>, plain: Option<&'a Vec<u8>>, budget: &mut Budget) -> Result<Self, Fault> {
        match (info.content_type, plain) {
            (_, Some(contents)) => Ok(Self::Plain(bags(contents, budget)?)),
            (ENCRYPTED_DATA, None) => {
                let data: EncryptedData<'a> = info.content.decode_as().map_err(|_| MALFORMED)?;
                Ok(Self::Encrypted {
                    scheme: Scheme::read(&data.content.algorithm, budget)?,
                    data: implicit_string(data.content.content)?,
                })
            }
            _ => Err(Fault::Unsupported(
                "a PKCS#12 file that is encrypted to a certificate",
            )),
        }
    }

    fn open(
        self,
        password: &Password<'_>,
        password_checked: bool,
        found: &mut Bags,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        match self {
            Self::Plain(bags) => bags.into_iter().try_for_each(|bag| found.add(bag, password)),
            Self::Encrypted { scheme, data } => {
                let contents = scheme.decrypt(password, &data)?;
                // The padding does not reveal a wrong password once in 256 times.
                let unreadable = if password_checked {
                    MALFORMED
                } else {
                    Fault::WrongPassword
                };
                let contents = ber::to_der(&contents).ok_or(unreadable)?;
                let bags = bags(&contents, budget)
                    .map_err(|fault| if fault == MALFORMED { unreadable } else { fault })?;
                bags.into_iter().try_for_each(|bag| found.add(bag, password))
            }
        }
    }
}

/// Content of `[0] IMPLICIT OCTET STRING`, primitive or constructed.
fn implicit_string(string: AnyRef<'_>) -> Result<Cow<'_, [u8]>, Fault> {
    match string.tag() {
        Tag::ContextSpecific {
            constructed: false,
            number: TagNumber(0),
        } => Ok(Cow::Borrowed(string.value())),
        Tag::ContextSpecific {
            constructed: true,
            number: TagNumber(0),
        } => {
            let mut whole = Vec::with_capacity(string.value().len());
            let mut rest = string.value();
            while !rest.is_empty() {
                let (piece, after) = <&OctetStringRef>::from_der_partial(rest).map_err(|_| MALFORMED)?;
                whole.extend_from_slice(piece.as_bytes());
                rest = after;
            }
            Ok(Cow::Owned(whole))
        }
        _ => Err(MALFORMED),
    }
}

/// `SafeBag` that a sign-in needs (section 4.2).
enum Bag<'a> {
    Certificate(&'a [u8]),
    EncryptedKey(EncryptedKey<'a>),
    Key(AnyRef<'a>),
}

/// Bags of `SafeContents` in DER, with the decryption of their keys charged; bags of other kinds are left out.
fn bags<'a>(contents: &'a [u8], budget: &mut Budget) -> Result<Vec<Bag<'a>>, Fault> {
    let bags = Vec::<SafeBag<'a>>::from_der(contents).map_err(|_| MALFORMED)?;
    let mut known = Vec::with_capacity(bags.len());
    for SafeBag { id, value, .. } in bags {
        match id {
            CERTIFICATE_BAG => {
                let certificate: CertificateBag<'a> = value.decode_as().map_err(|_| MALFORMED)?;
                if certificate.id == X509_CERTIFICATE {
                    let der: &OctetStringRef = certificate.value.decode_as().map_err(|_| MALFORMED)?;
                    known.push(Bag::Certificate(der.as_bytes()));
                }
            }
            ENCRYPTED_KEY_BAG => {
                let encrypted: Encrypted<'a> = value.decode_as().map_err(|_| MALFORMED)?;
                known.push(Bag::EncryptedKey(EncryptedKey::read(&encrypted, budget)?));
            }
            KEY_BAG => known.push(Bag::Key(value)),
            _ => {}
        }
    }
    Ok(known)
}

impl Bags {
    fn add(&mut self, bag: Bag<'_>, password: &Password<'_>) -> Result<(), Fault> {
        match bag {
            Bag::Certificate(der) => self.certificates.push(der.to_vec()),
            Bag::Key(key) => self.keys.push(key.to_der().map_err(|_| MALFORMED)?.into()),
            Bag::EncryptedKey(key) => self.keys.push(key.decrypt(password)?),
        }
        // The limit matters because each certificate is compared with each key.
        if self.keys.len() > MAX_BAGS || self.certificates.len() > MAX_BAGS {
            return Err(Fault::Unsupported(
                "a PKCS#12 file with more than 64 keys or certificates",
            ));
        }
        Ok(())
    }
}

const MAX_BAGS: usize = 64;

const MALFORMED: Fault = Fault::Malformed("PKCS#12 file");

/// Section 4. The version is always 3.
#[derive(Sequence)]
struct Pfx<'a> {
    version: AnyRef<'a>,
    auth_safe: ContentInfo<'a>,
    mac_data: Option<MacData<'a>>,
}

/// [RFC 5652 section 3](https://www.rfc-editor.org/rfc/rfc5652#section-3)
#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: AnyRef<'a>,
}

/// [RFC 5652 section 8](https://www.rfc-editor.org/rfc/rfc5652#section-8)
#[derive(Sequence)]
struct EncryptedData<'a> {
    version: AnyRef<'a>,
    content: EncryptedContentInfo<'a>,
    unprotected_attributes: Option<AnyRef<'a>>,
}

/// [RFC 5652 section 6.1](https://www.rfc-editor.org/rfc/rfc5652#section-6.1)
#[derive(Sequence)]
struct EncryptedContentInfo<'a> {
    content_type: ObjectIdentifier,
    algorithm: AlgorithmIdentifierRef<'a>,
    content: AnyRef<'a>,
}

/// Section 4.2
#[derive(Sequence)]
struct SafeBag<'a> {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: AnyRef<'a>,
    attributes: Option<AnyRef<'a>>,
}

/// Section 4.2.3
#[derive(Sequence)]
struct CertificateBag<'a> {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: AnyRef<'a>,
}

/// id-data (RFC 5652 section 4)
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// id-encryptedData (RFC 5652 section 8)
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// Sections 4.2.1 to 4.2.3
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const ENCRYPTED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
