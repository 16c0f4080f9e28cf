//! PKCS#11 URIs ([RFC 7512](https://www.rfc-editor.org/rfc/rfc7512)), which name a module, a token or an object.
//!
//! ```
//! use card_access::uri::{ObjectType, Pkcs11Uri};
//!
//! let uri: Pkcs11Uri = "pkcs11:token=Corp%20Card;id=%01;type=private?module-name=opensc-pkcs11".parse()?;
//! assert_eq!(uri.token.as_deref(), Some("Corp Card"));
//! assert_eq!(uri.id.as_deref(), Some(&[1][..]));
//! assert_eq!(uri.object_type, Some(ObjectType::Private));
//! assert_eq!(uri.to_string(), "pkcs11:token=Corp%20Card;id=%01;type=private?module-name=opensc-pkcs11");
//! # Ok::<(), card_access::uri::UriError>(())
//! ```

mod parse;
mod percent;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent::{Component, Encoded};

/// PKCS#11 URI. Every attribute that is set must match; an empty URI matches everything.
///
/// The fields are those of [RFC 7512 section 2.3](https://www.rfc-editor.org/rfc/rfc7512#section-2.3), decoded. `pin-source`
/// and `pin-value` have no field: a URI with one of them is refused, because a PIN in a configuration file or in a process list
/// is exposed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pkcs11Uri {
    /// `model`: the token's model, at most 16 bytes in the token itself.
    pub model: Option<String>,
    /// `manufacturer`: the token's manufacturer.
    pub manufacturer: Option<String>,
    /// `serial`: the token's serial number, as the module reports it.
    pub serial: Option<String>,
    /// `token`: the token's label.
    pub token: Option<String>,
    /// `slot-description`: usually the reader's name.
    pub slot_description: Option<String>,
    /// `slot-id`: the module's number of the slot, which may change from one start to the next.
    pub slot_id: Option<u64>,
    /// `slot-manufacturer`: the manufacturer of the slot.
    pub slot_manufacturer: Option<String>,
    /// `library-description`: the module's description of itself.
    pub library_description: Option<String>,
    /// `library-manufacturer`: the module's manufacturer.
    pub library_manufacturer: Option<String>,
    /// `library-version`: the module's version.
    pub library_version: Option<LibraryVersion>,
    /// `id`: the object's `CKA_ID`, which connects a certificate and its key.
    pub id: Option<Vec<u8>>,
    /// `object`: the object's label, `CKA_LABEL`.
    pub object: Option<String>,
    /// `type`: the object's class, `CKA_CLASS`.
    pub object_type: Option<ObjectType>,
    /// Path attributes that the RFC does not define, decoded. Such a URI matches nothing here ([section
    /// 2.4](https://www.rfc-editor.org/rfc/rfc7512#section-2.4)), because their meaning is unknown.
    pub vendor_path: Vec<(String, String)>,
    /// `module-name`: the module's name without path, prefix `lib` or suffix.
    pub module_name: Option<String>,
    /// `module-path`: path of the module, or of its folder.
    pub module_path: Option<PathBuf>,
    /// Query attributes that the RFC does not define, decoded. They are kept and have no effect.
    pub vendor_query: Vec<(String, String)>,
}

impl FromStr for Pkcs11Uri {
    type Err = UriError;

    /// Parses a URI, strictly: input outside the RFC's grammar is an error with its position.
    fn from_str(text: &str) -> Result<Self, UriError> {
        parse::uri(text)
    }
}

impl fmt::Display for Pkcs11Uri {
    /// Prints the URI: token attributes first, as `p11tool` does, and `id` with every byte encoded, as [section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc7512#section-2.3) advises.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:")?;
        let mut path = Attributes {
            separator: "",
            next: ";",
            component: Component::Path,
        };
        path.text(f, "model", self.model.as_deref())?;
        path.text(f, "manufacturer", self.manufacturer.as_deref())?;
        path.text(f, "serial", self.serial.as_deref())?;
        path.text(f, "token", self.token.as_deref())?;
        path.text(f, "slot-description", self.slot_description.as_deref())?;
        path.text(f, "slot-id", self.slot_id.map(|id| id.to_string()).as_deref())?;
        path.text(f, "slot-manufacturer", self.slot_manufacturer.as_deref())?;
        path.text(f, "library-description", self.library_description.as_deref())?;
        path.text(f, "library-manufacturer", self.library_manufacturer.as_deref())?;
        path.text(
            f,
            "library-version",
            self.library_version.map(|v| v.to_string()).as_deref(),
        )?;
        path.all_encoded(f, "id", self.id.as_deref())?;
        path.text(f, "object", self.object.as_deref())?;
        path.text(f, "type", self.object_type.map(ObjectType::code))?;
        for (name, value) in &self.vendor_path {
            path.text(f, name, Some(value))?;
        }
        let mut query = Attributes {
            separator: "?",
            next: "&",
            component: Component::Query,
        };
        query.text(f, "module-name", self.module_name.as_deref())?;
        query.text(
            f,
            "module-path",
            self.module_path
                .as_ref()
                .map(|path| path.to_string_lossy())
                .as_deref(),
        )?;
        for (name, value) in &self.vendor_query {
            query.text(f, name, Some(value))?;
        }
        Ok(())
    }
}

/// Class of an object, attribute `type` of a PKCS#11 URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectType {
    /// `cert`: `CKO_CERTIFICATE`.
    Cert,
    /// `data`: `CKO_DATA`.
    Data,
    /// `private`: `CKO_PRIVATE_KEY`.
    Private,
    /// `public`: `CKO_PUBLIC_KEY`.
    Public,
    /// `secret-key`: `CKO_SECRET_KEY`.
    SecretKey,
}

impl ObjectType {
    const ALL: [Self; 5] = [
        Self::Cert,
        Self::Data,
        Self::Private,
        Self::Public,
        Self::SecretKey,
    ];

    /// Value in the URI.
    ///
    /// ```
    /// assert_eq!(card_access::uri::ObjectType::SecretKey.code(), "secret-key");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Cert => "cert",
            Self::Data => "data",
            Self::Private => "private",
            Self::Public => "public",
            Self::SecretKey => "secret-key",
        }
    }
}

/// Version of a module, `CK_VERSION`. A URI may omit the minor number, which means 0.
///
/// ```
/// use card_access::uri::{LibraryVersion, Pkcs11Uri};
///
/// let uri: Pkcs11Uri = "pkcs11:library-version=3".parse()?;
/// assert_eq!(uri.library_version, Some(LibraryVersion { major: 3, minor: 0 }));
/// # Ok::<(), card_access::uri::UriError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryVersion {
    /// Number before the dot.
    pub major: u8,
    /// Number after the dot.
    pub minor: u8,
}

impl fmt::Display for LibraryVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Error of a PKCS#11 URI. Positions are byte offsets in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// A character that must be percent-encoded here, or that no URI may contain.
    #[error("character {found:?} at position {position} must be percent-encoded in a PKCS#11 URI")]
    Character {
        /// Character.
        found: char,
        /// Position.
        position: usize,
    },
    /// A repeated attribute (forbidden by RFC 7512 section 2.3).
    #[error("attribute `{attribute}` appears twice in the PKCS#11 URI")]
    Duplicate {
        /// Name of the attribute.
        attribute: String,
    },
    /// An attribute without a name or without `=`.
    #[error("a PKCS#11 URI needs name=value at position {position}")]
    NotAnAttribute {
        /// Position.
        position: usize,
    },
    /// The text does not begin with `pkcs11:`.
    #[error("not a PKCS#11 URI: it must begin with `pkcs11:`")]
    NotPkcs11,
    /// A percent sign without two hexadecimal digits after it.
    #[error("the percent sign at position {position} must be followed by two hexadecimal digits")]
    Percent {
        /// Position.
        position: usize,
    },
    /// `pin-source` or `pin-value`: the PIN is asked for when it is needed, and never taken from a URI.
    #[error(
        "`{attribute}` is refused: remove it from the PKCS#11 URI; the PIN is asked for when it is needed"
    )]
    PinInUri {
        /// `pin-source` or `pin-value`; the value is not kept.
        attribute: &'static str,
    },
    /// The value of an attribute does not have the form that the RFC defines.
    #[error("the value of `{attribute}` in the PKCS#11 URI is not {expected}")]
    Value {
        /// Name of the attribute.
        attribute: &'static str,
        /// Expected form.
        expected: &'static str,
    },
}

/// Writes attributes one after another, with the separator before each.
struct Attributes {
    separator: &'static str,
    next: &'static str,
    component: Component,
}

impl Attributes {
    fn text(&mut self, f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        let value = Encoded {
            bytes: value.as_bytes(),
            component: Some(self.component),
        };
        write!(
            f,
            "{}{name}={value}",
            std::mem::replace(&mut self.separator, self.next)
        )
    }

    fn all_encoded(&mut self, f: &mut fmt::Formatter<'_>, name: &str, value: Option<&[u8]>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        let value = Encoded {
            bytes: value,
            component: None,
        };
        write!(
            f,
            "{}{name}={value}",
            std::mem::replace(&mut self.separator, self.next)
        )
    }
}
