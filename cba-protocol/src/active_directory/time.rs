//! `KerberosTime` (RFC 4120 section 5.2.3): `YYYYMMDDHHMMSSZ`.

use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::der;

const DAY: u64 = 86_400;

/// Seconds since 1970.
pub(super) fn seconds(time: UnixTime) -> u64 {
    time.as_secs()
}

pub(super) fn unix(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// The element for a time of the years 1970 to 9999.
pub(super) fn write(seconds: u64) -> Vec<u8> {
    let (year, month, day) = date(seconds / DAY);
    let second = seconds % DAY;
    let text = format!(
        "{year:04}{month:02}{day:02}{:02}{:02}{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    der::element(der::GENERALIZED_TIME, text.as_bytes())
}

/// Seconds since 1970 from the content of the element.
pub(super) fn read(content: &[u8]) -> Option<u64> {
    let digits = content.strip_suffix(b"Z").filter(|digits| digits.len() == 14)?;
    let number = |from: usize, to: usize| {
        digits.get(from..to)?.iter().try_fold(0_u64, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_time = hour < 24 && minute < 60 && second < 61;
    (is_date && is_time).then(|| days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last one.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - MARCH_OF_YEAR_0
}

/// Days from 1 March of the year 0 to 1970-01-01.
const MARCH_OF_YEAR_0: u64 = 719_468;

fn date(days: u64) -> (u64, u64, u64) {
    let days = days + MARCH_OF_YEAR_0;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    if month < 10 {
        (year + era * 400, month + 3, day)
    } else {
        (year + era * 400 + 1, month - 9, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // `date -u -d @N +%Y%m%d%H%M%SZ`
        for (seconds, text) in [
            (0, "19700101000000Z"),
            (951_782_400, "20000229000000Z"),
            (1_772_323_199, "20260228235959Z"),
            (1_796_083_200, "20261201000000Z"),
            (4_107_542_400, "21000301000000Z"),
            (253_402_300_799, "99991231235959Z"),
        ] {
            assert_eq!(write(seconds).get(2..), Some(text.as_bytes()), "{seconds}");
            assert_eq!(read(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "20260228235959",
            "202602282359.9Z",
            "20261328235959Z",
            "20260028235959Z",
            "20260101240000Z",
            "19691231235959Z",
            "2026010100000aZ",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
