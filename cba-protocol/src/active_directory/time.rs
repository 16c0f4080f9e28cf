//! `KerberosTime` (RFC 4120 section 5.2.3): `YYYYMMDDHHMMSSZ`.

use core::ops::Range;
use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::asn1::{Asn1, GENERALIZED_TIME};
use crate::calendar::{days_before, seconds};
use crate::der::{Reader, element};

const DAY: u64 = 86_400;

/// The time this many seconds after 1970.
pub(super) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// For the years 1970 to 9999.
pub(super) fn to_der(time: UnixTime) -> Vec<u8> {
    let (day, second) = (time.as_secs() / DAY + days_before(1970, 1), time.as_secs() % DAY);
    let has_begun = |year: &u64| days_before(*year, 1) <= day;
    let year = (1970..=9999).rfind(has_begun).unwrap_or(1970);
    let month = (2..=12).rfind(|month| days_before(year, *month) <= day);
    let month = month.unwrap_or(1);
    let day = day + 1 - days_before(year, month);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    element(GENERALIZED_TIME, text.as_bytes())
}

impl<'a> Asn1<'a> for UnixTime {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let digits = reader.take(GENERALIZED_TIME)?.strip_suffix(b"Z")?;
        let is_number = digits.len() == 14 && digits.iter().all(u8::is_ascii_digit);
        let digits = core::str::from_utf8(digits).ok().filter(|_| is_number)?;
        let number = |range: Range<usize>| digits.get(range)?.parse::<u64>().ok();
        let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
        let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
        let is_time = hour < 24 && minute < 60 && second < 61;
        let time = seconds(year, month, day, hour * 3600 + minute * 60 + second);
        time.filter(|_| is_date && is_time).map(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<u64> {
        UnixTime::from_der(&element(GENERALIZED_TIME, text.as_bytes())).map(|time| time.as_secs())
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        // `date -u -d @N +%Y%m%d%H%M%SZ`
        for (seconds, text) in [
            (0, "19700101000000Z"),
            (28_799_999, "19701130075959Z"),
            (94_694_399, "19721231235959Z"),
            (951_782_399, "20000228235959Z"),
            (951_782_400, "20000229000000Z"),
            (951_868_800, "20000301000000Z"),
            (1_772_323_199, "20260228235959Z"),
            (1_796_083_200, "20261201000000Z"),
            (4_107_542_400, "21000301000000Z"),
            (253_402_300_799, "99991231235959Z"),
        ] {
            assert_eq!(to_der(at(seconds)).get(2..), Some(text.as_bytes()), "{seconds}");
            assert_eq!(read(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        assert!(read("20260101235960Z").is_some(), "a leap second");
        for text in [
            "",
            "20260228235959",
            "202602282359.9Z",
            "20260028235959Z",
            "20261328235959Z",
            "20260200235959Z",
            "20260232235959Z",
            "20260101240000Z",
            "20260101006000Z",
            "20260101000061Z",
            "19691231235959Z",
            "2026010100000aZ",
            "202601010000000Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
