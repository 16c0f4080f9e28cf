//! The Gregorian calendar.

/// Seconds from 1970 to a second of a day. `None` before 1970.
pub(crate) fn seconds(year: u64, month: u64, day: u64, second: u64) -> Option<u64> {
    let days = (days_before(year, month) + day).checked_sub(days_before(1970, 1) + 1)?;
    Some(days * 86_400 + second)
}

/// Days from the first of March of the year 0 to the first of a month. The year begins in March, so that a leap day is its last.
pub(crate) fn days_before(year: u64, month: u64) -> u64 {
    let (year, month) = if month < 3 {
        (year.saturating_sub(1), month + 9)
    } else {
        (year, month - 3)
    };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5
}
