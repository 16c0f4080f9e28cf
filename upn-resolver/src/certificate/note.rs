//! Departures from the specifications that issuers are known for, and that do no harm.

use core::fmt;

use super::fields::Fields;
use super::time::TimeForm;

/// Something odd about a certificate that is accepted nevertheless.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// FALSE is encoded where DER leaves it out, as the default (X.690, clause 11.5).
    DefaultFalseEncoded,
    /// A year before 2050 is written as `GeneralizedTime` (RFC 5280, section 4.1.2.5).
    GeneralizedTimeBefore2050,
    /// The key usage has no bit set (RFC 5280, section 4.2.1.3).
    KeyUsageEmpty,
    /// The key usage ends with zero bits, which DER leaves out (X.690, clause 11.2.2).
    KeyUsageTrailingZeros,
    /// The `subjectAltName` holds more than one user principal name; Windows documents no order for them.
    SeveralPrincipalNames,
    /// The serial number is longer than 20 octets (RFC 5280, section 4.1.2.2).
    SerialNumberLong,
    /// The serial number is negative (RFC 5280, section 4.1.2.2).
    SerialNumberNegative,
    /// The serial number is zero (RFC 5280, section 4.1.2.2).
    SerialNumberZero,
}

impl Note {
    const ALL: [Self; 8] = [
        Self::DefaultFalseEncoded,
        Self::GeneralizedTimeBefore2050,
        Self::KeyUsageEmpty,
        Self::KeyUsageTrailingZeros,
        Self::SeveralPrincipalNames,
        Self::SerialNumberLong,
        Self::SerialNumberNegative,
        Self::SerialNumberZero,
    ];

    /// The notes on a certificate.
    pub(super) fn all_of<'c, 'a>(fields: &'c Fields<'a>) -> impl Iterator<Item = Self> + use<'c, 'a> {
        Self::ALL.into_iter().filter(|note| note.applies_to(fields))
    }

    fn applies_to(self, fields: &Fields<'_>) -> bool {
        let validity = fields.validity();
        let early = |time: super::Time| time.form() == TimeForm::Generalized && time.year() < 2050;
        match self {
            Self::DefaultFalseEncoded => fields.known().false_encoded,
            Self::GeneralizedTimeBefore2050 => early(validity.not_before()) || early(validity.not_after()),
            Self::KeyUsageEmpty => fields.key_usage().is_some_and(super::KeyUsage::is_empty),
            Self::KeyUsageTrailingZeros => fields
                .key_usage()
                .is_some_and(super::KeyUsage::has_trailing_zeros),
            Self::SeveralPrincipalNames => fields.principal_names().nth(1).is_some(),
            Self::SerialNumberLong => fields.serial_number().as_octets().len() > 20,
            Self::SerialNumberNegative => fields.serial_number().is_negative(),
            Self::SerialNumberZero => fields.serial_number().is_zero(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DefaultFalseEncoded => "FALSE is encoded where DER leaves it out",
            Self::GeneralizedTimeBefore2050 => "a year before 2050 is written as GeneralizedTime",
            Self::KeyUsageEmpty => "the key usage has no bit set",
            Self::KeyUsageTrailingZeros => "the key usage ends with zero bits",
            Self::SeveralPrincipalNames => "there is more than one principal name",
            Self::SerialNumberLong => "the serial number is longer than 20 octets",
            Self::SerialNumberNegative => "the serial number is negative",
            Self::SerialNumberZero => "the serial number is zero",
        })
    }
}
