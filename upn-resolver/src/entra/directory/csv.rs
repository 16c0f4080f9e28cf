//! Users from CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), as exported by PowerShell and spreadsheets.

mod records;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use self::records::CsvPlace;
use self::records::{Record, Records};
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
        let header = self.add_csv_header(text)?;
        let records = text.get(header.size()..).unwrap_or_default();
        self.add_csv_records(&header, header.end(), records);
        Ok(())
    }

    /// Reads the header of a CSV export, whose records [`add_csv_records`](Self::add_csv_records) adds part by part.
    ///
    /// The text is the whole export or its beginning, and contains at least the header.
    ///
    /// # Errors
    ///
    /// Fails if there is no column of user principal names.
    pub fn add_csv_header(&mut self, text: &str) -> Result<CsvHeader, NoUserPrincipalNameColumn> {
        let mut records = Records::of(text);
        let mut fields = Vec::new();
        let columns = match records.next_into(&mut fields) {
            Some(Record::Whole { line }) => Columns::of(line, &fields, self),
            _ => None,
        };
        Ok(CsvHeader {
            separator: records.separator(),
            columns: columns.ok_or(NoUserPrincipalNameColumn)?,
            size: text.len() - records.rest().len(),
            end: records.place(),
        })
    }

    /// Adds the users of a part of a CSV export that begins at this place, and returns the place after it.
    ///
    /// A part consists of whole records, as determined by [`CsvHeader::whole_records`]. An export of any size can be read in
    /// bounded memory, and by several threads whose builders are then [joined](Self::append).
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::DirectoryBuilder;
    ///
    /// let export = "userPrincipalName,city\nada@contoso.com,London\nbob@contoso.com,\"Pa";
    /// let mut users = DirectoryBuilder::new();
    /// let header = users.add_csv_header(export)?;
    /// let records = &export[header.size()..];
    /// // The last record is not there yet.
    /// let (size, after) = header.whole_records(header.end(), records.as_bytes(), false);
    /// assert_eq!((size, after.line()), (23, 3));
    /// assert_eq!(users.add_csv_records(&header, header.end(), &records[..size]), after);
    /// users.add_csv_records(&header, after, "bob@contoso.com,\"Paris\"\n");
    /// assert_eq!(users.len(), 2);
    /// # Ok::<(), upn_resolver::entra::NoUserPrincipalNameColumn>(())
    /// ```
    pub fn add_csv_records(&mut self, header: &CsvHeader, place: CsvPlace, text: &str) -> CsvPlace {
        let mut records = Records::part(text, header.separator, place);
        let mut fields = Vec::new();
        while let Some(record) = records.next_into(&mut fields) {
            match record {
                Record::Whole { .. } if fields.iter().all(|field| field.is_empty()) => {}
                Record::Whole { line } => header.columns.add(self, line, &fields),
                Record::Malformed { line, reason, .. } => self.malformed(line, reason.into()),
                // The part is read as if nothing followed it.
                Record::Incomplete => break,
            }
        }
        records.place()
    }

    fn malformed(&mut self, line: u32, reason: String) {
        self.skipped += 1;
        self.problems.push(ExportProblem {
            line,
            kind: ExportProblemKind::MalformedLine { reason },
        });
    }
}

/// Header of a CSV export: the separator and the columns that are used.
#[derive(Clone, Debug)]
pub struct CsvHeader {
    separator: u8,
    columns: Columns,
    size: usize,
    end: CsvPlace,
}

impl CsvHeader {
    /// The size of the header in bytes, including its line end and everything before it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The place of the first record.
    #[must_use]
    pub fn end(&self) -> CsvPlace {
        self.end
    }

    /// The number of bytes of whole records at the beginning of `bytes`, and the place after them. `bytes` begin at this
    /// place, and are the end of the export if `is_end` is true.
    ///
    /// If the number is smaller than that of all bytes, the last record is incomplete. If a record is still incomplete after
    /// [`MAX_CSV_RECORD`] bytes, a quote counts as never closed: the size is 0, and from the returned place on every line is a
    /// record.
    #[must_use]
    pub fn whole_records(&self, place: CsvPlace, bytes: &[u8], is_end: bool) -> (usize, CsvPlace) {
        let mut records = Records::passed(bytes, self.separator, place, is_end);
        let (mut size, mut after) = (0, place);
        let mut looked_at = 0;
        while let Some(record) = records.pass() {
            let passed = bytes.len() - records.rest().len();
            match record {
                Record::Incomplete if size == 0 && bytes.len() > MAX_CSV_RECORD => {
                    return (0, place.line_by_line());
                }
                Record::Incomplete => return (size, after),
                // Reading the part must report the same mistake.
                Record::Malformed { beyond, .. } => looked_at = looked_at.max(passed + beyond),
                Record::Whole { .. } => {}
            }
            if passed >= looked_at {
                (size, after) = (passed, records.place());
            }
        }
        if is_end {
            (bytes.len(), records.place())
        } else {
            (size, after)
        }
    }
}

/// Maximum size of a CSV record, in bytes, if the export is read in parts.
pub const MAX_CSV_RECORD: usize = 1 << 20;

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
#[derive(Clone, Debug)]
struct Columns {
    user_principal_name: usize,
    on_premises: Option<usize>,
    user_ids: Vec<usize>,
    /// The object that contains `certificateUserIds`, if it was exported without expansion.
    info: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(line: u32, header: &[Cow<'_, str>], users: &mut DirectoryBuilder) -> Option<Self> {
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

    fn add(&self, users: &mut DirectoryBuilder, line: u32, fields: &[Cow<'_, str>]) {
        let is_empty = |field: &Cow<'_, str>| field.is_empty();
        // Spreadsheets append empty fields.
        let surplus = fields.get(self.count..).unwrap_or_default();
        if fields.len() < self.count || !surplus.iter().all(is_empty) {
            let reason = alloc::format!("{} fields where the first line has {}", fields.len(), self.count);
            return users.malformed(line, reason);
        }
        let field = |column: usize| fields.get(column).map_or("", |text| trimmed(text));
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
            for_each_value(field(*column), |value| {
                if !is_cut_off(value) {
                    user.add_certificate_user_id(value);
                }
            });
        }
        user.finish();
    }
}

/// The text without white space around it.
#[inline]
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        // Most have none.
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Calls `each` for the values in a field. It is split before each further value, because a distinguished name can contain commas and
/// semicolons. Line ends always separate values.
pub(super) fn for_each_value(field: &str, mut each: impl FnMut(&str)) {
    let is_mark = |byte: u8| byte < b' ' || byte == b';' || byte == b',';
    // Every byte is examined, which is faster than stopping at the first match.
    if !field.bytes().fold(false, |found, byte| found | is_mark(byte)) {
        let value = trimmed(field);
        if !value.is_empty() {
            each(value);
        }
        return;
    }
    split_values(field).for_each(each);
}

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
