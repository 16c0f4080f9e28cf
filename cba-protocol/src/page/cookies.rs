//! Cookies of the sign-in host (RFC 6265): kept for one flow, and sent to that host only.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use crate::calendar;

/// Most cookies that are kept. The service sets about ten.
const MAX_COOKIES: usize = 64;

/// Longest cookie that is kept, name and value in bytes (RFC 6265 section 6.1).
const MAX_COOKIE: usize = 4_096;

/// Longest header that is sent, in bytes.
const MAX_HEADER: usize = 16 << 10;

/// The cookies of one host.
pub(crate) struct Cookies {
    /// Name of the host, without the port.
    host: String,
    cookies: Vec<Cookie>,
}

struct Cookie {
    name: String,
    value: Zeroizing<String>,
    path: String,
}

impl Cookies {
    /// No cookies yet, of a host with or without a port.
    pub(crate) fn of(authority: &str) -> Self {
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
            _ => authority,
        };
        Self {
            host: host.to_ascii_lowercase(),
            cookies: Vec::new(),
        }
    }

    /// Keeps what an answer of the host to a request for `path` sets.
    pub(crate) fn keep(&mut self, headers: &HeaderMap, path: &str, now: UnixTime) {
        for header in headers.get_all(SET_COOKIE) {
            let Some((cookie, removed)) = header.to_str().ok().and_then(|text| self.read(text, path, now))
            else {
                continue;
            };
            self.cookies
                .retain(|other| (&other.name, &other.path) != (&cookie.name, &cookie.path));
            if !removed && self.cookies.len() < MAX_COOKIES {
                self.cookies.push(cookie);
            }
        }
    }

    /// Value of the header `Cookie` for a request for `path`, marked sensitive; none without a cookie.
    pub(crate) fn header(&self, path: &str) -> Option<HeaderValue> {
        let mut sent: Vec<&Cookie> = self
            .cookies
            .iter()
            .filter(|cookie| covers(&cookie.path, path))
            .collect();
        // RFC 6265 section 5.4: longer paths first
        sent.sort_by_key(|cookie| core::cmp::Reverse(cookie.path.len()));
        let mut text = Zeroizing::new(String::with_capacity(MAX_HEADER));
        for Cookie { name, value, .. } in sent {
            if text.len() + name.len() + value.len() + 3 > MAX_HEADER {
                break;
            }
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        if text.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// RFC 6265 section 5.2: a cookie, and whether it is removed. None if it is not for this host.
    fn read(&self, text: &str, request: &str, now: UnixTime) -> Option<(Cookie, bool)> {
        let mut parts = text.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        if name.is_empty() || name.len() + value.len() > MAX_COOKIE {
            return None;
        }
        let (mut path, mut expires, mut age) = (None, None, None);
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim_ascii();
            match attribute.trim_ascii().to_ascii_lowercase().as_str() {
                "domain" if !self.is_within(value) => return None,
                "path" => path = value.starts_with('/').then(|| value.to_owned()),
                "expires" => expires = date(value),
                "max-age" => age = value.parse::<i64>().ok(),
                _ => {}
            }
        }
        let removed = match (age, expires) {
            (Some(age), _) => age <= 0,
            (None, Some(expires)) => expires <= now.as_secs(),
            (None, None) => false,
        };
        let cookie = Cookie {
            name: name.to_owned(),
            value: Zeroizing::new(value.to_owned()),
            path: path.unwrap_or_else(|| default_path(request)),
        };
        Some((cookie, removed))
    }

    /// RFC 6265 section 5.1.3: an empty domain is none.
    fn is_within(&self, domain: &str) -> bool {
        let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
        domain.is_empty()
            || self
                .host
                .strip_suffix(&domain)
                .is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
    }
}

/// RFC 6265 section 5.1.4.
fn covers(path: &str, request: &str) -> bool {
    request
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 section 5.1.4.
fn default_path(request: &str) -> String {
    match request.rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
        _ => "/".to_owned(),
    }
}

/// RFC 6265 section 5.1.1, in seconds since 1970. A date before is 0.
fn date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':') {
        let number = token.parse::<u64>().ok();
        match (token.len(), number) {
            (_, None) if time.is_none() && token.contains(':') => {
                let mut parts = token.split(':');
                let mut below = |end: u64| {
                    let number = parts.next()?.parse::<u64>().ok();
                    number.filter(|number| *number < end)
                };
                time = Some(below(24)? * 3_600 + below(60)? * 60 + below(60)?);
            }
            (1 | 2, Some(number)) if day.is_none() => day = Some(number),
            (4, Some(number)) if year.is_none() => year = Some(number),
            (2, Some(number)) if year.is_none() => {
                year = Some(if number < 70 {
                    2_000 + number
                } else {
                    1_900 + number
                });
            }
            (3.., None) if month.is_none() => {
                let start = token.get(..3)?.to_ascii_lowercase();
                month = (1..)
                    .zip(MONTHS)
                    .find(|(_, name)| *name == start)
                    .map(|(at, _)| at);
            }
            _ => {}
        }
    }
    let (time, day, month, year): (u64, u64, u64, u64) = (time?, day?, month?, year?);
    if !(1..=31).contains(&day) {
        return None;
    }
    Some(calendar::seconds(year, month, day, time).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn now() -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))
    }

    fn kept(set: &[&str]) -> Cookies {
        let mut cookies = Cookies::of("login.example:8443");
        for text in set {
            let mut headers = HeaderMap::new();
            headers.insert(SET_COOKIE, HeaderValue::from_str(text).unwrap());
            cookies.keep(&headers, "/common/login", now());
        }
        cookies
    }

    fn sent(set: &[&str], path: &str) -> String {
        let header = kept(set).header(path);
        header.map_or_else(String::new, |header| header.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_come_back_in_one_header() {
        assert_eq!(
            sent(&["a=1; path=/; secure; HttpOnly", "b=2=3; path=/"], "/kmsi"),
            "a=1; b=2=3"
        );
        assert_eq!(sent(&["a=1; path=/", "a=2; path=/"], "/"), "a=2");
        assert!(kept(&["a=1; path=/"]).header("/").unwrap().is_sensitive());
    }

    #[test]
    fn a_path_limits_a_cookie() {
        assert_eq!(sent(&["a=1"], "/kmsi"), "");
        assert_eq!(sent(&["a=1"], "/common/x"), "a=1");
        assert_eq!(sent(&["a=1; path=/com"], "/common/x"), "");
        assert_eq!(
            sent(&["a=1; path=/", "b=2; path=/common"], "/common/x"),
            "b=2; a=1"
        );
    }

    #[test]
    fn a_cookie_of_another_host_is_dropped() {
        for domain in ["evil.example", "gin.example", "x.login.example"] {
            assert_eq!(
                sent(&[&format!("a=1; path=/; domain={domain}")], "/"),
                "",
                "{domain}"
            );
        }
        for domain in ["login.example", ".login.example", "EXAMPLE", ""] {
            assert_eq!(
                sent(&[&format!("a=1; path=/; domain={domain}")], "/"),
                "a=1",
                "{domain}"
            );
        }
    }

    #[test]
    fn an_expired_cookie_is_removed() {
        for end in [
            "expires=Thu, 01-Jan-1970 00:00:01 GMT",
            "Max-Age=0",
            "max-age=-1; expires=Fri, 01 Jan 2100 00:00:00 GMT",
            "expires=Fri, 15 Jan 2027 07:59:59 GMT",
        ] {
            assert_eq!(
                sent(&["a=1; path=/", &format!("a=; path=/; {end}")], "/"),
                "",
                "{end}"
            );
        }
        for end in [
            "expires=Fri, 15 Jan 2027 08:00:01 GMT",
            "max-age=60; expires=Thu, 01-Jan-1970 00:00:01 GMT",
            "expires=nonsense",
            "expires=Fri, 01-Jan-27 25:00:00 GMT",
        ] {
            assert_eq!(sent(&[&format!("a=1; path=/; {end}")], "/"), "a=1", "{end}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(date("Fri, 15 Jan 2027 08:00:00 GMT"), Some(1_800_000_000));
        assert_eq!(date("Thu, 29-Feb-2024 23:59:59 GMT"), Some(1_709_251_199));
        assert_eq!(date("Sun Nov  6 08:49:37 1994"), Some(784_111_777));
        assert_eq!(date("Mon, 01 Jan 0001 00:00:00 GMT"), Some(0));
        for time in [
            "24:00:00",
            "00:60:00",
            "00:00:60",
            "00:00",
            "18446744073709551615:00:00",
            "00:18446744073709551615:00",
        ] {
            assert_eq!(date(&format!("Fri, 15 Jan 2027 {time} GMT")), None, "{time}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let long = format!("a={}; path=/", "x".repeat(MAX_COOKIE));
        assert_eq!(sent(&[&long], "/"), "");
        let many: Vec<String> = (0..100)
            .map(|i| format!("n{i}={}; path=/", "x".repeat(300)))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(kept(&many).cookies.len(), MAX_COOKIES);
        assert!(sent(&many, "/").len() <= MAX_HEADER);
    }
}
