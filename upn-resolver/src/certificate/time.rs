//! Times in certificates.

use core::cmp::Ordering;
use core::fmt;
use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::der::{self, Reader, Shape};
use super::error::{Field, Flaw, Problem};

/// The validity period of a certificate, both ends included.
///
/// RFC 5280, section 4.1.2.5:
///
/// ```asn1
/// Validity ::= SEQUENCE { notBefore Time, notAfter Time }
/// Time     ::= CHOICE   { utcTime UTCTime, generalTime GeneralizedTime }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    not_before: Time,
    not_after: Time,
}

impl Validity {
    /// The first valid second.
    #[must_use]
    pub fn not_before(self) -> Time {
        self.not_before
    }

    /// The last valid second.
    #[must_use]
    pub fn not_after(self) -> Time {
        self.not_after
    }

    /// Whether this time is within the period.
    #[must_use]
    pub fn contains(self, now: UnixTime) -> bool {
        !self.not_before.is_after(now) && !self.not_after.is_before(now)
    }

    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        if let Some((validity, rest)) = Self::usual(input.rest()) {
            *input = Reader::new(rest);
            return Ok(validity);
        }
        let mut validity = input.sequence(Field::Validity)?;
        let not_before = Time::read(&mut validity)?;
        let not_after = Time::read(&mut validity)?;
        validity.end(Field::Validity)?;
        Ok(Self {
            not_before,
            not_after,
        })
    }

    #[inline(always)]
    fn usual(input: &[u8]) -> Option<(Self, &[u8])> {
        let stripped = UTC_TIMES.strip(input)?;
        let [_, _, _, _, not_before @ .., _, _] = stripped.headers;
        let validity = Self {
            not_before: Time::from_utc_time(not_before)?,
            not_after: Time::from_utc_time(stripped.content)?,
        };
        Some((validity, stripped.rest))
    }
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// The shape of a period with both times as `UTCTime`.
const UTC_TIMES: Shape<19> = Shape::new("30{ 17 0D ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? 17{");

/// Encoding of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeForm {
    /// `GeneralizedTime`, YYYYMMDDHHMMSSZ: required from 2050 on (RFC 5280, section 4.1.2.5.2).
    Generalized,
    /// `UTCTime`, YYMMDDHHMMSSZ: required through 2049 (RFC 5280, section 4.1.2.5.1).
    Utc,
}

/// A time in UTC, with a resolution of seconds. It prints as `2027-03-04T05:06:07Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    form: TimeForm,
}

impl Time {
    /// Whether this time is earlier than `other`, in whole seconds.
    #[must_use]
    pub fn is_before(self, other: UnixTime) -> bool {
        self.unix_seconds() < seconds(other)
    }

    /// Whether this time is later than `other`, in whole seconds.
    #[must_use]
    pub fn is_after(self, other: UnixTime) -> bool {
        self.unix_seconds() > seconds(other)
    }

    /// Converts to [`UnixTime`]; `None` before 1970, which that type cannot represent.
    ///
    /// ```
    /// # use upn_resolver::Certificate;
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
    /// let certificate = Certificate::from_der(der)?;
    /// let end = certificate.validity().not_after().to_unix_time().ok_or("it ended before 1970")?;
    /// assert!(certificate.validity().contains(end), "the last second counts");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_unix_time(self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.unix_seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        // Days are counted in years that start in March, so that a leap day is the last day.
        let (year, month) = match self.month {
            3.. => (i64::from(self.year), i64::from(self.month) - 3),
            _ => (i64::from(self.year) - 1, i64::from(self.month) + 9),
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (month * 153 + 2) / 5 + i64::from(self.day) - 719_469;
        let (hour, minute, second) = (
            i64::from(self.hour),
            i64::from(self.minute),
            i64::from(self.second),
        );
        ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// The encoding.
    #[must_use]
    pub fn form(self) -> TimeForm {
        self.form
    }

    /// The year, 0 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    #[inline(always)]
    fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        let at = input.rest();
        let time = if input.peek(der::GENERALIZED_TIME) {
            Self::from_generalized_time(input.read(der::GENERALIZED_TIME, Field::Validity)?)
        } else {
            Self::from_utc_time(input.read(der::UTC_TIME, Field::Validity)?)
        };
        time.ok_or_else(|| Flaw::new(at, Field::Validity, Problem::Time))
    }

    /// RFC 5280, section 4.1.2.5.1: YYMMDDHHMMSSZ, where YY from 50 means 19YY.
    #[inline(always)]
    fn from_utc_time(content: &[u8]) -> Option<Self> {
        let Some([digits @ .., b'Z']) = <&[u8; 13]>::try_from(content).ok() else {
            return None;
        };
        let numbers = numbers(digits)?;
        let [year, ..] = numbers;
        Self::new(if year < 50 { 2000 } else { 1900 }, numbers, TimeForm::Utc)
    }

    /// RFC 5280, section 4.1.2.5.2: YYYYMMDDHHMMSSZ.
    #[inline(never)]
    fn from_generalized_time(content: &[u8]) -> Option<Self> {
        let Some([a, b, digits @ .., b'Z']) = <&[u8; 15]>::try_from(content).ok() else {
            return None;
        };
        // The century, as the year of a valid date.
        let [century, ..] = numbers(&[*a, *b, b'0', b'1', b'0', b'1', b'0', b'0', b'0', b'0', b'0', b'0'])?;
        Self::new(u16::from(century) * 100, numbers(digits)?, TimeForm::Generalized)
    }

    #[inline(always)]
    fn new(century: u16, [year, month, day, hour, minute, second]: [u8; 6], form: TimeForm) -> Option<Self> {
        let year = century + u16::from(year);
        (day <= 28 || day <= days_in(year, month)).then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            form,
        })
    }
}

/// The number of days in a month.
fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads year, month, day, hour, minute and second, two digits each, all within their ranges; a day can still be one
/// too many for its month. Four numbers are checked at once, in 16 bits each.
#[inline(always)]
fn numbers(digits: &[u8; 12]) -> Option<[u8; 6]> {
    const MIN_DATE: u64 = lanes([0, 1, 0, 0]);
    const MAX_DATE: u64 = lanes([99, 12, 99, 99]);
    const MIN_TIME: u64 = lanes([1, 0, 0, 0]);
    const MAX_TIME: u64 = lanes([31, 23, 59, 59]);
    // Year, month, day and hour; day, hour, minute and second.
    let (date, not_digits) = four_pairs(*digits.first_chunk::<8>()?);
    let (time, not_digits_either) = four_pairs(*digits.last_chunk::<8>()?);
    // A number out of range makes a difference negative, which sets the high bit of its lane.
    let outside = date.wrapping_sub(MIN_DATE)
        | MAX_DATE.wrapping_sub(date)
        | time.wrapping_sub(MIN_TIME)
        | MAX_TIME.wrapping_sub(time);
    if (not_digits | not_digits_either | outside) & HIGH_BITS != 0 {
        return None;
    }
    let [year, _, month, ..] = date.to_le_bytes();
    let [day, _, hour, _, minute, _, second, _] = time.to_le_bytes();
    Some([year, month, day, hour, minute, second])
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

const fn lanes([a, b, c, d]: [u8; 4]) -> u64 {
    u64::from_le_bytes([a, 0, b, 0, c, 0, d, 0])
}

/// Returns four numbers of two digits, and a value with a high bit set unless all are digits.
#[inline(always)]
fn four_pairs(digits: [u8; 8]) -> (u64, u64) {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const UP_FROM_TEN: u64 = 0x7676_7676_7676_7676;
    const EVERY_OTHER: u64 = 0x00FF_00FF_00FF_00FF;
    let values = u64::from_le_bytes(digits) ^ ZEROS;
    let not_digits = values | values.wrapping_add(UP_FROM_TEN);
    let numbers = (values & EVERY_OTHER)
        .wrapping_mul(10)
        .wrapping_add(values >> 8 & EVERY_OTHER);
    (numbers, not_digits)
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        self.unix_seconds()
            .cmp(&other.unix_seconds())
            .then(self.form.cmp(&other.form))
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of digits, and of what is next to them, in every place.
    #[test]
    fn numbers_are_digits_in_their_ranges() {
        let ranges = [(0, 99), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59)];
        for (place, (least, most)) in ranges.into_iter().enumerate() {
            for first in 0..=u8::MAX {
                for second in 0..=u8::MAX {
                    let mut digits = *b"490228235959";
                    digits[2 * place] = first;
                    digits[2 * place + 1] = second;
                    let are_digits = first.is_ascii_digit() && second.is_ascii_digit();
                    let number = first
                        .wrapping_sub(b'0')
                        .wrapping_mul(10)
                        .wrapping_add(second.wrapping_sub(b'0'));
                    let expected = are_digits && (least..=most).contains(&number);
                    assert_eq!(
                        numbers(&digits).map(|numbers| numbers[place]),
                        expected.then_some(number),
                        "{first:02X} {second:02X} in {place}"
                    );
                }
            }
        }
    }
}
