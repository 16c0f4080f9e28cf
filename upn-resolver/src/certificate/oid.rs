//! Object identifiers, and constants for those that this crate uses.

use core::fmt;

/// An object identifier: the content of its DER encoding.
///
/// ```
/// use upn_resolver::certificate::{Oid, oid};
///
/// assert_eq!(oid::CLIENT_AUTH.to_string(), "1.3.6.1.5.5.7.3.2");
/// assert_eq!(oid::CLIENT_AUTH, "1.3.6.1.5.5.7.3.2");
/// assert_ne!(oid::CLIENT_AUTH, oid::SMART_CARD_LOGON);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// Wraps content that is known to be well formed.
    #[inline]
    pub(super) const fn from_checked(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The content of the DER encoding, without tag and length.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Formats the dotted form. Components up to 128 bits are printed as numbers, larger ones as `?`.
impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for component in self.0.split_inclusive(|byte| *byte < 0x80) {
            let value = component.iter().try_fold(0_u128, |value, byte| {
                (value.leading_zeros() >= 7).then(|| value << 7 | u128::from(byte & 0x7F))
            });
            match value {
                // X.690, clause 8.19.4: the first two components are encoded as one, 40 × first + second.
                Some(value) if first => {
                    write!(f, "{}.{}", (value / 40).min(2), value - (value / 40).min(2) * 40)
                }
                Some(value) => write!(f, ".{value}"),
                None => f.write_str(if first { "2.?" } else { ".?" }),
            }?;
            first = false;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

/// Compares with the dotted form, without allocating.
impl PartialEq<str> for Oid<'_> {
    fn eq(&self, dotted: &str) -> bool {
        let mut rest = Unmatched(dotted);
        fmt::Write::write_fmt(&mut rest, format_args!("{self}")).is_ok() && rest.0.is_empty()
    }
}

impl PartialEq<&str> for Oid<'_> {
    fn eq(&self, dotted: &&str) -> bool {
        *self == **dotted
    }
}

/// Strips what is written from the front of the text, as long as it matches.
struct Unmatched<'t>(&'t str);

impl fmt::Write for Unmatched<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $($byte:literal)+;)*) => {
        $($(#[$doc])* pub const $name: Oid<'static> = Oid(&[$($byte),+]);)*
    };
}

oids! {
    /// 2.5.29.37.0, anyExtendedKeyUsage: RFC 5280, section 4.2.1.12.
    ANY_EXTENDED_KEY_USAGE = 0x55 0x1D 0x25 0x00;
    /// 2.5.29.32.0, anyPolicy: RFC 5280, section 4.2.1.4.
    ANY_POLICY = 0x55 0x1D 0x20 0x00;
    /// 1.3.6.1.5.5.7.48.2, id-ad-caIssuers: RFC 5280, section 4.2.2.1.
    CA_ISSUERS = 0x2B 0x06 0x01 0x05 0x05 0x07 0x30 0x02;
    /// 1.3.6.1.5.5.7.3.2, id-kp-clientAuth: RFC 5280, section 4.2.1.12.
    CLIENT_AUTH = 0x2B 0x06 0x01 0x05 0x05 0x07 0x03 0x02;
    /// 1.3.6.1.5.5.7.2.1, id-qt-cps: RFC 5280, section 4.2.1.4.
    CPS_URI = 0x2B 0x06 0x01 0x05 0x05 0x07 0x02 0x01;
    /// 1.2.840.10045.2.1, id-ecPublicKey: RFC 5480, section 2.1.1.
    EC_PUBLIC_KEY = 0x2A 0x86 0x48 0xCE 0x3D 0x02 0x01;
    /// 1.3.101.112, id-Ed25519: RFC 8410, section 3.
    ED25519 = 0x2B 0x65 0x70;
    /// 1.3.101.113, id-Ed448: RFC 8410, section 3.
    ED448 = 0x2B 0x65 0x71;
    /// 1.2.840.113549.1.9.1, id-emailAddress: RFC 5280, appendix A.1.
    EMAIL_ADDRESS = 0x2A 0x86 0x48 0x86 0xF7 0x0D 0x01 0x09 0x01;
    /// 2.16.840.1.101.3.6.6, pivFASC-N: FIPS 201-3, appendix B.
    FASC_N = 0x60 0x86 0x48 0x01 0x65 0x03 0x06 0x06;
    /// 1.3.6.1.5.2.3.4, id-pkinit-KPClientAuth: RFC 4556, section 3.2.2.
    PKINIT_CLIENT_AUTH = 0x2B 0x06 0x01 0x05 0x02 0x03 0x04;
    /// 1.3.6.1.5.2.2, id-pkinit-san: RFC 4556, section 3.2.2.
    PKINIT_NAME = 0x2B 0x06 0x01 0x05 0x02 0x02;
    /// 1.3.6.1.4.1.311.20.2.3, the user principal name (`szOID_NT_PRINCIPAL_NAME`): \[MS-WCCE\], section 2.2.2.7.7.4
    /// names it, and <https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw> reads it.
    PRINCIPAL_NAME = 0x2B 0x06 0x01 0x04 0x01 0x82 0x37 0x14 0x02 0x03;
    /// 1.3.6.1.5.5.7.48.1, id-ad-ocsp: RFC 5280, section 4.2.2.1.
    OCSP = 0x2B 0x06 0x01 0x05 0x05 0x07 0x30 0x01;
    /// 1.2.840.113549.1.1.1, rsaEncryption: RFC 3279, section 2.3.1.
    RSA_ENCRYPTION = 0x2A 0x86 0x48 0x86 0xF7 0x0D 0x01 0x01 0x01;
    /// 1.2.840.10045.3.1.7, secp256r1 (P-256): RFC 5480, section 2.1.1.1.
    SECP256R1 = 0x2A 0x86 0x48 0xCE 0x3D 0x03 0x01 0x07;
    /// 1.3.132.0.34, secp384r1 (P-384): RFC 5480, section 2.1.1.1.
    SECP384R1 = 0x2B 0x81 0x04 0x00 0x22;
    /// 1.3.132.0.35, secp521r1 (P-521): RFC 5480, section 2.1.1.1.
    SECP521R1 = 0x2B 0x81 0x04 0x00 0x23;
    /// 1.3.6.1.4.1.311.25.2.1, `szOID_NTDS_OBJECTSID`: \[MS-WCCE\], section 2.2.2.7.7.4.
    NTDS_OBJECT_SID = 0x2B 0x06 0x01 0x04 0x01 0x82 0x37 0x19 0x02 0x01;
    /// 1.3.6.1.4.1.311.20.2.2, smart card logon:
    /// <https://learn.microsoft.com/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration>.
    SMART_CARD_LOGON = 0x2B 0x06 0x01 0x04 0x01 0x82 0x37 0x14 0x02 0x02;
    /// 1.3.6.1.5.5.7.2.2, id-qt-unotice: RFC 5280, section 4.2.1.4.
    USER_NOTICE = 0x2B 0x06 0x01 0x05 0x05 0x07 0x02 0x02;
}
