//! Kerberos principal names in certificates (PKINIT).

use super::der::{self, Reader, context_constructed};
use super::error::Field;
use super::text::NameString;

const FIELD: Field = Field::SubjectAltName;

/// The tag of `KerberosString ::= GeneralString (IA5String)`, RFC 4120, section 5.2.1.
const GENERAL_STRING: u8 = 0x1B;

/// A Kerberos principal: its realm, and its components such as `ada` or `host`, `server.example.com`.
///
/// RFC 4556, section 3.2.2, and RFC 4120, section 5.2.2:
///
/// ```asn1
/// KRB5PrincipalName ::= SEQUENCE { realm [0] Realm, principalName [1] PrincipalName }
/// PrincipalName     ::= SEQUENCE { name-type [0] Int32, name-string [1] SEQUENCE OF KerberosString }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KerberosPrincipal<'a> {
    realm: NameString<'a>,
    components: &'a [u8],
}

impl<'a> KerberosPrincipal<'a> {
    /// The realm.
    #[must_use]
    pub fn realm(self) -> NameString<'a> {
        self.realm
    }

    /// The components of the name.
    #[must_use]
    pub fn components(self) -> PrincipalComponents<'a> {
        PrincipalComponents {
            rest: Reader::new(self.components),
        }
    }

    /// Reads the content of `KRB5PrincipalName`.
    pub(super) fn read(content: &'a [u8]) -> Option<Self> {
        let mut input = Reader::new(content);
        let realm = read_string(&mut Reader::new(input.read(context_constructed(0), FIELD).ok()?))?;
        let mut explicit = Reader::new(input.read(context_constructed(1), FIELD).ok()?);
        let mut name = explicit.sequence(FIELD).ok()?;
        name.read(context_constructed(0), FIELD).ok()?;
        let mut explicit = Reader::new(name.read(context_constructed(1), FIELD).ok()?);
        let components = explicit.read(der::SEQUENCE, FIELD).ok()?;
        let mut strings = Reader::new(components);
        while !strings.is_empty() {
            read_string(&mut strings)?;
        }
        (input.is_empty() && name.is_empty()).then_some(Self { realm, components })
    }
}

/// Iterator over the components of a [`KerberosPrincipal`].
#[derive(Clone, Debug)]
pub struct PrincipalComponents<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for PrincipalComponents<'a> {
    type Item = NameString<'a>;

    fn next(&mut self) -> Option<NameString<'a>> {
        read_string(&mut self.rest)
    }
}

/// A `KerberosString`, restricted to the characters of `IA5String`.
fn read_string<'a>(input: &mut Reader<'a>) -> Option<NameString<'a>> {
    let bytes = input.read(GENERAL_STRING, FIELD).ok()?;
    der::check_string(der::IA5_STRING, bytes, FIELD).ok()?;
    Some(NameString::new(der::IA5_STRING, bytes))
}
