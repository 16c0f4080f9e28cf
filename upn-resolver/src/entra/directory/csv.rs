//! Users from CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), as exported by PowerShell and spreadsheets.

mod records;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use self::records::Records;
use super::problem::is_cut_off;
use super::{DirectoryBuilder, ExportProblem, ExportProblemKind};

impl DirectoryBuilder {
    /// Adds the users of a CSV export.
    ///
    /// The first record names the columns, in any order and case: `userPrincipalName` is required,
    /// `onPremisesUserPrincipalName` and `certificateUserIds` (or `authorizationInfo.certificateUserIds`) are used,
    /// others are ignored. Lines before it that state the type (`#TYPE …`, from Windows PowerShell) or the separator
    /// (`sep=;`, for spreadsheets) are recognized. The separator is the one in `sep=`, otherwise the comma, semicolon
    /// or tab in the first record. Several `certificateUserIds` are in one field, with a semicolon, a comma or a line
    /// end before each further `X509:<`, or in several columns. Mistakes become an [`ExportProblem`] with the line.
    ///
    /// # Errors
    ///
    /// Fails if there is no column of user principal names.
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
        let mut records = Records::of(text);
        let mut fields = Vec::new();
        let columns = match records.next_into(&mut fields) {
            Some((line, Ok(()))) => Columns::of(line, &fields, self),
            _ => None,
        };
        let columns = columns.ok_or(NoUserPrincipalNameColumn)?;
        while let Some((line, record)) = records.next_into(&mut fields) {
            match record {
                Ok(()) if fields.iter().all(String::is_empty) => {}
                Ok(()) => columns.add(self, line, &fields),
                Err(reason) => self.malformed(line, reason.into()),
            }
        }
        Ok(())
    }

    fn malformed(&mut self, line: u32, reason: String) {
        self.skipped += 1;
        self.problems.push(ExportProblem {
            line,
            kind: ExportProblemKind::MalformedLine { reason },
        });
    }
}

/// Error for CSV without a column `userPrincipalName`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoUserPrincipalNameColumn;

impl fmt::Display for NoUserPrincipalNameColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the first line of the CSV does not name a column userPrincipalName")
    }
}

impl core::error::Error for NoUserPrincipalNameColumn {}

/// Positions of the attributes in a record.
struct Columns {
    user_principal_name: usize,
    on_premises: Option<usize>,
    user_ids: Vec<usize>,
    /// The object that contains `certificateUserIds`, if it was exported without expansion.
    info: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(line: u32, header: &[String], users: &mut DirectoryBuilder) -> Option<Self> {
        // `authorizationInfo.certificateUserIds`, `AuthorizationInfo_CertificateUserIds`, `User Principal Name`
        let letters = |name: &str| {
            let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
            letters.map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>()
        };
        let find = |names: &[&str]| {
            let is = |column: &str| names.iter().any(|name| letters(name) == letters(column));
            header
                .iter()
                .enumerate()
                .filter_map(|(index, column)| is(column).then_some(index))
                .collect::<Vec<_>>()
        };
        let mut one = |attribute| match find(&[attribute]).as_slice() {
            [] => None,
            [only] => Some(*only),
            [first, ..] => {
                users.problems.push(ExportProblem {
                    line,
                    kind: ExportProblemKind::DuplicateColumn { attribute },
                });
                Some(*first)
            }
        };
        Some(Self {
            user_principal_name: one("userPrincipalName")?,
            on_premises: one("onPremisesUserPrincipalName"),
            user_ids: find(&["certificateUserIds", "authorizationInfo.certificateUserIds"]),
            info: one("authorizationInfo"),
            count: header.len(),
        })
    }

    fn add(&self, users: &mut DirectoryBuilder, line: u32, fields: &[String]) {
        let is_empty = |field: &String| field.is_empty();
        // Spreadsheets append empty fields.
        let surplus = fields.get(self.count..).unwrap_or_default();
        if fields.len() < self.count || !surplus.iter().all(is_empty) {
            let reason = alloc::format!("{} fields where the first line has {}", fields.len(), self.count);
            return users.malformed(line, reason);
        }
        let field = |column: usize| fields.get(column).map_or("", |text| text.trim());
        let info = self.info.map(field).filter(|info| is_cut_off(info));
        let cut_off = match info.filter(|_| self.user_ids.is_empty()) {
            Some(_) => Some("authorizationInfo"),
            None => self
                .user_ids
                .iter()
                .any(|column| is_cut_off(field(*column)))
                .then_some("certificateUserIds"),
        };
        if let Some(attribute) = cut_off {
            let kind = ExportProblemKind::Truncated { attribute };
            users.problems.push(ExportProblem { line, kind });
        }
        let mut user = users
            .add(field(self.user_principal_name))
            .with_line(line)
            .with_on_premises(self.on_premises.map_or("", field));
        for column in &self.user_ids {
            for value in split_values(field(*column)).filter(|value| !is_cut_off(value)) {
                user = user.with_certificate_user_id(value);
            }
        }
        user.finish();
    }
}

/// Splits before each further value, because a distinguished name can contain commas and semicolons. Line ends always
/// separate values.
pub(super) fn split_values(field: &str) -> impl Iterator<Item = &str> {
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
