//! Text format of a registry export: lines, keys, names and data.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::RegistryErrorKind;

/// Data of a value.
pub(super) enum Data {
    Deleted,
    Dword(u32),
    Other,
    Text(String),
}

impl Data {
    /// Parses data, with an optional comment after it.
    pub(super) fn parse(text: &str, form: Form) -> Result<Self, RegistryErrorKind> {
        let ended = |rest: &str| {
            let rest = rest.trim_start();
            (rest.is_empty() || rest.starts_with(';'))
                .then_some(())
                .ok_or(RegistryErrorKind::Malformed)
        };
        if let Some(rest) = text.strip_prefix('-') {
            return ended(rest).map(|()| Self::Deleted);
        }
        if let Some(rest) = without_prefix(text, "dword:") {
            let end = rest
                .find(|character: char| !character.is_ascii_hexdigit())
                .unwrap_or(rest.len());
            let (digits, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
            ended(rest)?;
            let number = u32::from_str_radix(digits, 16).ok();
            return number.map(Self::Dword).ok_or(RegistryErrorKind::Malformed);
        }
        if text.starts_with('"') {
            let (value, rest) = quoted(text).ok_or(RegistryErrorKind::Malformed)?;
            return ended(rest).map(|()| Self::Text(value));
        }
        match without_prefix(text, "hex") {
            Some(rest) => Ok(Self::hexadecimal(rest, form)),
            None => Err(RegistryErrorKind::Malformed),
        }
    }

    /// Parses `(4):01,00,00,00`, where the number is the registry type ([Registry value types][types]); without a
    /// number the data is binary.
    ///
    /// [types]: https://learn.microsoft.com/en-us/windows/win32/sysinfo/registry-value-types
    fn hexadecimal(text: &str, form: Form) -> Self {
        let read = || {
            let (kind, bytes) = text.strip_prefix('(')?.split_once("):")?;
            let bytes = bytes.split(';').next().unwrap_or_default();
            let bytes: Vec<u8> = bytes
                .split(',')
                .map(str::trim)
                .filter(|byte| !byte.is_empty())
                .map(|byte| u8::from_str_radix(byte, 16).ok())
                .collect::<Option<_>>()?;
            match kind {
                // REG_SZ and REG_EXPAND_SZ
                "1" | "2" => form.text(&bytes).map(Self::Text),
                // REG_DWORD
                "4" => Some(Self::Dword(u32::from_le_bytes(bytes.try_into().ok()?))),
                _ => None,
            }
        };
        read().unwrap_or(Self::Other)
    }
}

/// Encoding of strings in hexadecimal.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// `REGEDIT4`: in a code page.
    CodePage,
    /// Version 5.00: in UTF-16.
    Unicode,
}

impl Form {
    /// The format of an export that begins with this line, if it is one.
    pub(super) fn of_header(line: &str) -> Option<Self> {
        if line == "REGEDIT4" {
            Some(Self::CodePage)
        } else {
            line.starts_with("Windows Registry Editor Version ")
                .then_some(Self::Unicode)
        }
    }

    fn text(self, bytes: &[u8]) -> Option<String> {
        let text = match self {
            Self::CodePage => String::from_utf8_lossy(bytes).into_owned(),
            Self::Unicode => {
                let units = bytes
                    .chunks(2)
                    .map(|pair| pair.try_into().ok().map(u16::from_le_bytes));
                let units = units.collect::<Option<Vec<_>>>()?;
                String::from_utf16(&units).ok()?
            }
        };
        Some(text.trim_end_matches('\0').into())
    }
}

/// The path of a line `[path]`, with an optional comment after it.
pub(super) fn section(line: &str) -> Option<&str> {
    let (path, rest) = line.strip_prefix('[')?.rsplit_once(']')?;
    if rest.trim_start().is_empty() || rest.trim_start().starts_with(';') {
        return Some(path);
    }
    // A bracket within the comment.
    let (path, comment) = path.split_once(']')?;
    comment.trim_start().starts_with(';').then_some(path)
}

/// Splits `"name"=data` or `@=data`; the name is `None` for the default value of a key.
pub(super) fn value_line(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(data) = text.strip_prefix("@=") {
        return Some((None, data));
    }
    let (name, rest) = quoted(text)?;
    rest.trim_start()
        .strip_prefix('=')
        .map(|data| (Some(name), data.trim_start()))
}

/// Returns the text between quotes, with `\\` and `\"` decoded, and the rest.
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

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The lines without empty ones and comments, with continued data joined.
pub(super) struct LogicalLines<'a> {
    lines: core::iter::Enumerate<core::str::Lines<'a>>,
}

impl<'a> LogicalLines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().enumerate(),
        }
    }

    /// A string with line ends is written unchanged, over several lines.
    fn join_string(&mut self, first: &'a str, data: &str) -> Cow<'a, str> {
        let mut open = Open::default();
        let mut joined = Cow::Borrowed(first);
        open.read(data);
        while matches!(open, Open::Inside | Open::Escaped) {
            let Some((_, next)) = self.lines.next() else { break };
            joined.to_mut().push('\n');
            joined.to_mut().push_str(next);
            open.read("\n");
            open.read(next);
        }
        joined
    }
}

/// Whether a string has begun but not ended.
#[derive(Default)]
enum Open {
    #[default]
    Before,
    Inside,
    /// After a backslash.
    Escaped,
    After,
}

impl Open {
    fn read(&mut self, piece: &str) {
        for character in piece.chars() {
            *self = match (&self, character) {
                (Self::After, _) => return,
                (Self::Before, '"') | (Self::Escaped, _) => Self::Inside,
                (Self::Inside, '"') => Self::After,
                (Self::Inside, '\\') => Self::Escaped,
                _ => continue,
            };
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
        let data = value_line(first).map_or("", |(_, data)| data);
        if data.starts_with('"') {
            return Some((index + 1, self.join_string(first, data)));
        }
        let mut joined = Cow::Borrowed(first);
        // Only hexadecimal data of the other types can be continued.
        let is_continued = without_prefix(data, "hex").is_some();
        while is_continued && joined.ends_with('\\') {
            joined.to_mut().pop();
            let Some((_, next)) = self.lines.next() else { break };
            joined.to_mut().push_str(next.trim());
        }
        Some((index + 1, joined))
    }
}
