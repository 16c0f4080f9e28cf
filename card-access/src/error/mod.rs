//! Errors: the kind, where it happened, the vendor's code, and who can resolve it.

mod kind;
mod system;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

pub use kind::ErrorKind;

use crate::shown::Shown;

/// Error of a reader, card, module or key file.
///
/// The [kind](Self::kind) is for matching; [`code`](Self::code), [`hint`](Self::hint) and
/// [`responsible`](Self::responsible) are for programs and people.
///
/// ```
/// use card_access::{Error, ErrorKind, Responsible};
///
/// let error = Error::from(ErrorKind::WrongPin { tries_left: Some(2) }).with_location("Reader 00 00");
/// assert_eq!(error.to_string(), "the PIN is wrong, 2 tries are left (Reader 00 00)");
/// assert_eq!(error.code(), "card/wrong-pin");
/// assert_eq!((error.responsible(), error.hint()), (Responsible::User, "Type the PIN again."));
///
/// let error = error.with_vendor_code("SW 63C2", 0x63c2);
/// let vendor = error.vendor_code().map(|code| (&*code.name, code.number));
/// assert_eq!(vendor, Some(("SW 63C2", 0x63c2)));
/// assert_eq!((error.kind(), error.location()), (&ErrorKind::WrongPin { tries_left: Some(2) }, Some("Reader 00 00")));
///
/// let error = Error::from(ErrorKind::ModuleFailed).with_detail("no answer in 20s");
/// assert_eq!(error.to_string(), "the PKCS#11 module failed (no answer in 20s)");
/// assert_eq!((error.detail(), error.vendor_code()), (Some("no answer in 20s"), None));
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    // Boxed because errors are returned everywhere, and most consist of a kind only.
    context: Option<Box<Context>>,
}

/// Details besides the kind.
#[derive(Clone, Debug, Default)]
struct Context {
    location: Option<String>,
    vendor_code: Option<VendorCode>,
    detail: Option<Cow<'static, str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Sets the location: a reader, slot, module or file.
    #[must_use]
    pub fn with_location(self, location: impl Into<String>) -> Self {
        self.with(|context| context.location = Some(location.into()))
    }

    /// Sets the return value of the reader, card or module, with name and number as in its specification.
    #[must_use]
    pub fn with_vendor_code(self, name: impl Into<Cow<'static, str>>, number: u64) -> Self {
        let code = VendorCode {
            name: name.into(),
            number,
        };
        self.with(|context| context.vendor_code = Some(code))
    }

    /// Sets an explanation without a number, such as the message of a library loader.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.with(|context| context.detail = Some(detail.into()))
    }

    /// Sets the underlying error, which [`source`](StdError::source) returns.
    ///
    /// Its text becomes the [detail](Self::detail), so that one line contains everything.
    ///
    /// ```
    /// use card_access::{Error, ErrorKind};
    /// use std::{error::Error as _, io};
    ///
    /// let below = io::Error::from(io::ErrorKind::PermissionDenied);
    /// let error = Error::from(ErrorKind::FileUnreadable).with_source(below);
    /// let below: &io::Error = error.source().unwrap().downcast_ref().unwrap();
    /// assert_eq!(below.kind(), io::ErrorKind::PermissionDenied);
    /// assert_eq!(error.detail(), Some("permission denied"));
    /// ```
    #[must_use]
    pub fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|context| {
            context.detail = Some(source.to_string().into());
            context.source = Some(Arc::new(source));
        })
    }

    /// Kind of error.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Reader, slot, module or file where it occurred.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.context.as_ref()?.location.as_deref()
    }

    /// Return value of the reader, card or module, under the name that a web search finds.
    #[must_use]
    pub fn vendor_code(&self) -> Option<&VendorCode> {
        self.context.as_ref()?.vendor_code.as_ref()
    }

    /// Explanation without a number.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.context.as_ref()?.detail.as_deref()
    }

    /// Stable name for programs, such as `card/wrong-pin`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.entry().code
    }

    /// Next step to try, in one sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.kind.entry().hint
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        self.kind.entry().responsible
    }

    /// Replaces the kind and keeps everything else.
    #[cfg(feature = "pkcs11")]
    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Whether the connection is gone, so that further commands cannot succeed.
    #[cfg(feature = "piv")]
    pub(crate) fn is_final(&self) -> bool {
        use ErrorKind::{CardReset, ModuleFailed, NoCard, NoService, OtherCard, Removed, TimedOut};
        matches!(
            self.kind,
            CardReset | ModuleFailed | NoCard | NoService | OtherCard | Removed | TimedOut
        )
    }

    fn with(mut self, set: impl FnOnce(&mut Context)) -> Self {
        set(self.context.get_or_insert_default());
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, context: None }
    }
}

/// Errors are equal if kind, location, vendor code and detail are. The [source](StdError::source) is not compared.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.location() == other.location()
            && self.vendor_code() == other.vendor_code()
            && self.detail() == other.detail()
    }
}

impl Eq for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let location = self.location().map(|location| Shown(location).to_string());
        let vendor_code = self.vendor_code().map(ToString::to_string);
        let detail = self.detail().map(|detail| Shown(detail).to_string());
        let parts: Vec<_> = [location, vendor_code, detail].into_iter().flatten().collect();
        if parts.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", parts.join(": "))
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + Send + Sync) = self.context.as_ref()?.source.as_deref()?;
        Some(source)
    }
}

/// Return value of a reader, card or module: `SCARD_W_REMOVED_CARD`, `CKR_PIN_LOCKED`, `SW 6983`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct VendorCode {
    /// Name in its specification or header file.
    pub name: Cow<'static, str>,
    /// Number.
    pub number: u64,
}

impl fmt::Display for VendorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, 0x{:X}", Shown(&self.name), self.number)
    }
}

/// Who has to act on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Responsible {
    /// The administrator of the machine.
    Administrator,
    /// The developer of the calling program.
    Developer,
    /// The issuer of the card, or the help desk.
    Issuer,
    /// The operator of a remote service.
    Service,
    /// The person with the card.
    User,
}

impl Responsible {
    /// Stable name for programs: `administrator`, `developer`, `issuer`, `service`, `user`.
    ///
    /// ```
    /// assert_eq!(card_access::Responsible::Issuer.code(), "issuer");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Developer => "developer",
            Self::Issuer => "issuer",
            Self::Service => "service",
            Self::User => "user",
        }
    }
}
