//! The text form of a registry export: lines, keys, names and data.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::registry::RegistryErrorKind;

/// The data of a value.
pub(super) enum Data {
    Deleted,
    Dword(u32),
    Other,
    Text(String),
}

impl Data {
    pub(super) fn parse(text: &str) -> Result<Self, RegistryErrorKind> {
        if text == "-" {
            return Ok(Self::Deleted);
        }
        if let Some(digits) = text.strip_prefix("dword:") {
            let number = u32::from_str_radix(digits, 16)
                .ok()
                .filter(|_| !digits.starts_with('+'));
            return number.map(Self::Dword).ok_or(RegistryErrorKind::Malformed);
        }
        if text.starts_with('"') {
            return match quoted(text) {
                Some((value, "")) => Ok(Self::Text(value)),
                _ => Err(RegistryErrorKind::Malformed),
            };
        }
        if text.starts_with("hex") {
            Ok(Self::Other)
        } else {
            Err(RegistryErrorKind::Malformed)
        }
    }
}

/// Whether the line begins a registry export.
pub(super) fn is_header(line: &str) -> bool {
    line == "REGEDIT4" || line.starts_with("Windows Registry Editor Version ")
}

/// The path below `HKEY_LOCAL_MACHINE`, with whichever control set written as the current one.
pub(super) fn machine_path(path: &str) -> Option<String> {
    let (hive, rest) = path.split_once('\\').unwrap_or((path, ""));
    if !["HKEY_LOCAL_MACHINE", "HKLM"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(hive))
    {
        return None;
    }
    let mut parts: Vec<&str> = rest.split('\\').collect();
    if let [system, set, ..] = parts.as_mut_slice() {
        let numbered = set.len() == 13
            && set
                .get(..10)
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case("ControlSet"));
        if system.eq_ignore_ascii_case("SYSTEM") && (numbered || set.eq_ignore_ascii_case("CCS")) {
            *set = "CurrentControlSet";
        }
    }
    Some(parts.join("\\"))
}

/// `"name"=data` or `@=data`; the name is `None` for a key's default value.
pub(super) fn value_line(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(data) = text.strip_prefix("@=") {
        return Some((None, data));
    }
    let (name, rest) = quoted(text)?;
    rest.trim_start()
        .strip_prefix('=')
        .map(|data| (Some(name), data.trim_start()))
}

/// The text between quotes, with `\\` and `\"` undone, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

/// The lines without blank ones and comments, those that end in a backslash joined with the next.
pub(super) struct LogicalLines<'a> {
    lines: core::iter::Enumerate<core::str::Lines<'a>>,
}

impl<'a> LogicalLines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().enumerate(),
        }
    }
}

impl<'a> Iterator for LogicalLines<'a> {
    type Item = (usize, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let (index, first) = self
            .lines
            .by_ref()
            .map(|(index, line)| (index, line.trim()))
            .find(|(_, line)| !line.is_empty() && !line.starts_with(';'))?;
        let mut joined = Cow::Borrowed(first);
        // Only data in hexadecimal is ever continued; a quoted string may well end in a backslash.
        let is_continued = first.contains("=hex");
        while is_continued && joined.ends_with('\\') {
            joined.to_mut().pop();
            let Some((_, next)) = self.lines.next() else { break };
            joined.to_mut().push_str(next.trim());
        }
        Some((index + 1, joined))
    }
}
