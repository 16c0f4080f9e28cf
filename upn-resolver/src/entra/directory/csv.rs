//! Users from CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), as PowerShell and spreadsheets export them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{DirectoryBuilder, Problem, ProblemKind};

impl DirectoryBuilder {
    /// Adds the users of a CSV export.
    ///
    /// The first record names the columns, in any order and case of letters: `userPrincipalName` is needed,
    /// `onPremisesUserPrincipalName` and `certificateUserIds` (or `authorizationInfo.certificateUserIds`) are used,
    /// others passed over. Fields are separated by a comma, a semicolon or a tab, whichever the first record has.
    /// Several `certificateUserIds` stand in one field with a semicolon, a comma or a line end in front of each further
    /// `X509:<`. What can't be read becomes a [`Problem`] with its line.
    ///
    /// # Errors
    ///
    /// When there is no column of user principal names.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::DirectoryBuilder;
    ///
    /// let mut users = DirectoryBuilder::new();
    /// users.add_csv("DisplayName,UserPrincipalName,CertificateUserIds\n\
    ///     \"Example, Ada\",ada@contoso.com,X509:<SKI>0102;X509:<PN>ada@contoso\n")?;
    /// assert_eq!(users.len(), 1);
    /// # Ok::<(), upn_resolver::entra::NoUserPrincipalNameColumn>(())
    /// ```
    pub fn add_csv(&mut self, text: &str) -> Result<(), NoUserPrincipalNameColumn> {
        let text = text.trim_start_matches('\u{feff}');
        let header = text.lines().next().unwrap_or_default();
        let separator = [',', ';', '\t']
            .into_iter()
            .max_by_key(|mark| header.matches(*mark).count())
            .unwrap_or(',');
        let mut records = Records {
            rest: text,
            line: 1,
            separator,
        };
        let mut fields = Vec::new();
        let columns = match records.next_into(&mut fields) {
            Some((_, Ok(()))) => Columns::of(&fields),
            _ => None,
        };
        let columns = columns.ok_or(NoUserPrincipalNameColumn)?;
        while let Some((line, record)) = records.next_into(&mut fields) {
            match record {
                Ok(()) if fields.iter().all(String::is_empty) => {}
                Ok(()) => columns.add(self, line, &fields),
                Err(reason) => {
                    let kind = ProblemKind::MalformedLine {
                        reason: reason.to_string(),
                    };
                    self.problems.push(Problem { line, kind });
                }
            }
        }
        Ok(())
    }
}

/// The text has no column `userPrincipalName`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoUserPrincipalNameColumn;

impl fmt::Display for NoUserPrincipalNameColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the first line of the CSV names no column userPrincipalName")
    }
}

impl core::error::Error for NoUserPrincipalNameColumn {}

struct Columns {
    user_principal_name: usize,
    on_premises: Option<usize>,
    user_ids: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(header: &[String]) -> Option<Self> {
        let find = |names: &[&str]| {
            header
                .iter()
                .position(|column| names.iter().any(|name| column.trim().eq_ignore_ascii_case(name)))
        };
        Some(Self {
            user_principal_name: find(&["userPrincipalName"])?,
            on_premises: find(&["onPremisesUserPrincipalName"]),
            user_ids: find(&["certificateUserIds", "authorizationInfo.certificateUserIds"]),
            count: header.len(),
        })
    }

    fn add(&self, users: &mut DirectoryBuilder, line: u32, fields: &[String]) {
        if fields.len() != self.count {
            let reason = alloc::format!("{} fields where the first line has {}", fields.len(), self.count);
            return users.problems.push(Problem {
                line,
                kind: ProblemKind::MalformedLine { reason },
            });
        }
        let field = |column: Option<usize>| {
            column
                .and_then(|column| fields.get(column))
                .map_or("", |text| text.trim())
        };
        let mut user = users
            .add(field(Some(self.user_principal_name)))
            .line(line)
            .on_premises(field(self.on_premises));
        for value in split_values(field(self.user_ids)) {
            user = user.certificate_user_id(value);
        }
        user.finish();
    }
}

/// Splits in front of each further value: a distinguished name may itself hold commas and semicolons. Line ends separate
/// whatever stands on the lines.
fn split_values(field: &str) -> impl Iterator<Item = &str> {
    let mark = |mark: char| mark.is_whitespace() || mark == ';' || mark == ',';
    field.split(['\n', '\r']).flat_map(move |line| {
        let mut rest = line;
        core::iter::from_fn(move || {
            rest = rest.trim_matches(mark);
            if rest.is_empty() {
                return None;
            }
            let further = rest.match_indices("X509:<").map(|(at, _)| at).find(|at| {
                let before = rest.get(..*at).unwrap_or_default().trim_end_matches(' ');
                before.ends_with([';', ','])
            });
            let end = further.unwrap_or(rest.len());
            let (value, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = after;
            Some(value.trim_end_matches(mark))
        })
    })
}

struct Records<'t> {
    rest: &'t str,
    line: u32,
    separator: char,
}

impl Records<'_> {
    /// Reads the next record into `fields`; gives its line, and what is wrong with it.
    fn next_into(&mut self, fields: &mut Vec<String>) -> Option<(u32, Result<(), &'static str>)> {
        fields.clear();
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        loop {
            let mut field = String::new();
            match self.read_field(&mut field) {
                Ok(end) => {
                    fields.push(field);
                    match end {
                        End::Field => {}
                        End::Record => return Some((line, Ok(()))),
                    }
                }
                Err(reason) => {
                    self.skip_line();
                    return Some((line, Err(reason)));
                }
            }
        }
    }

    fn read_field(&mut self, field: &mut String) -> Result<End, &'static str> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let before = (self.rest, self.line);
            self.rest = quoted;
            loop {
                let Some((text, after)) = self.rest.split_once('"') else {
                    (self.rest, self.line) = before;
                    return Err("a quote is never closed");
                };
                field.push_str(text);
                let lines = text.matches('\n').count();
                self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
                self.rest = after;
                match after.strip_prefix('"') {
                    Some(further) => {
                        field.push('"');
                        self.rest = further;
                    }
                    None => break,
                }
            }
        } else {
            let end = self
                .rest
                .find([self.separator, '\n', '\r'])
                .unwrap_or(self.rest.len());
            let (text, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
            if text.contains('"') {
                return Err("a quote stands inside of a field that does not begin with one");
            }
            field.push_str(text);
            self.rest = after;
        }
        self.read_end()
    }

    fn read_end(&mut self) -> Result<End, &'static str> {
        if let Some(after) = self.rest.strip_prefix(self.separator) {
            self.rest = after;
            return Ok(End::Field);
        }
        match ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|end| self.rest.strip_prefix(end))
        {
            Some(after) => {
                self.rest = after;
                self.line = self.line.saturating_add(1);
                Ok(End::Record)
            }
            None if self.rest.is_empty() => Ok(End::Record),
            None => Err("text follows a closed quote"),
        }
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
        self.line = self.line.saturating_add(1);
    }
}

enum End {
    Field,
    Record,
}
