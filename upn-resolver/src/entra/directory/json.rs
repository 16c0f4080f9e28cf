//! Users from JSON, as returned by Microsoft Graph and written by PowerShell: users, pages and lists.

mod reader;
mod user;
mod value;

use alloc::format;
use alloc::string::String;

use self::reader::{Fault, Reader};
use self::user::Members;
use super::{DirectoryBuilder, ExportProblem, ExportProblemKind};

impl DirectoryBuilder {
    /// Adds the users of a JSON text that begins at this line of an export: users, pages of users as returned by
    /// Graph (`{"value": […]}`), lists, or several of these in sequence.
    ///
    /// A user has `userPrincipalName`, `onPremisesUserPrincipalName` and `authorizationInfo` with
    /// `certificateUserIds`, which Graph returns if requested by `$select`; `certificateUserIds` can also be a member
    /// of the user. Names are case-insensitive, members of `AdditionalProperties` count as the user's own, and others
    /// are ignored. Mistakes become an [`ExportProblem`] with the line, and never hide another user, unless the text is
    /// not JSON from there on.
    ///
    /// Source: [user resource type](https://learn.microsoft.com/en-us/graph/api/resources/user) and
    /// [authorizationInfo](https://learn.microsoft.com/en-us/graph/api/resources/authorizationinfo).
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::DirectoryBuilder;
    ///
    /// let mut users = DirectoryBuilder::new();
    /// users.add_json(1, r#"{"userPrincipalName": "ada@contoso.com", "displayName": "Ada",
    ///     "authorizationInfo": {"certificateUserIds": ["X509:<PN>ada@contoso"]}}"#);
    /// users.add_json(3, r#"{"value": [{"UserPrincipalName": "bob@contoso.com"}]}"#);
    /// assert_eq!(users.len(), 2);
    /// ```
    pub fn add_json(&mut self, line: u32, text: &str) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader::new(text);
        let mut users = Users {
            builder: self,
            place: Place {
                text,
                counted: 0,
                line,
            },
        };
        while let Some(begin) = reader.next() {
            if let Err(Fault { at, reason }) = users.read(&mut reader, begin, 0) {
                return users.unreadable(at, reason.into());
            }
        }
    }
}

/// Maximum nesting of lists. Deeper lists contain no users.
const MAX_DEPTH: u8 = 8;

struct Users<'b, 't> {
    builder: &'b mut DirectoryBuilder,
    place: Place<'t>,
}

impl<'t> Users<'_, 't> {
    /// Reads a user, a page or a list of them, which begins with this byte in this position.
    fn read(&mut self, reader: &mut Reader<'t>, (first, at): (u8, usize), depth: u8) -> Result<(), Fault> {
        match first {
            b'{' => self.user_or_page(reader, at, depth),
            b'[' if depth < MAX_DEPTH => self.list(reader, depth),
            _ => {
                reader.pass()?;
                self.unreadable(at, "not a user (a JSON object)".into());
                Ok(())
            }
        }
    }

    fn list(&mut self, reader: &mut Reader<'t>, depth: u8) -> Result<(), Fault> {
        reader.list(|reader| match reader.next() {
            Some(begin) => self.read(reader, begin, depth + 1),
            None => reader.pass(),
        })
    }

    fn user_or_page(&mut self, reader: &mut Reader<'t>, at: usize, depth: u8) -> Result<(), Fault> {
        let mut members = Members::default();
        let mut is_page = false;
        reader.object(|reader, name| {
            if !name.is("value") {
                return members.read(reader, name);
            }
            is_page = true;
            match reader.next() {
                Some((b'[', _)) if depth < MAX_DEPTH => self.list(reader, depth),
                begin => {
                    reader.pass()?;
                    let at = begin.map_or(at, |(_, at)| at);
                    self.unreadable(at, "the member value is not a list of users".into());
                    Ok(())
                }
            }
        })?;
        if is_page {
            return Ok(());
        }
        let line = self.place.line_of(at);
        if let Err(duplicate) = members.add_to(self.builder, line) {
            self.unreadable(at, format!("duplicate member {duplicate}"));
        }
        Ok(())
    }

    #[cold]
    fn unreadable(&mut self, at: usize, reason: String) {
        let line = self.place.line_of(at);
        self.builder.skipped += 1;
        self.builder.problems.push(ExportProblem {
            line,
            kind: ExportProblemKind::MalformedLine { reason },
        });
    }
}

/// Line numbers of positions in a text, requested in order.
struct Place<'t> {
    text: &'t str,
    /// The length up to which lines have been counted.
    counted: usize,
    line: u32,
}

impl Place<'_> {
    /// The line in which this byte is.
    fn line_of(&mut self, at: usize) -> u32 {
        if let Some(between) = self.text.as_bytes().get(self.counted..at) {
            let lines = between
                .iter()
                .fold(0_usize, |lines, byte| lines + usize::from(*byte == b'\n'));
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.counted = at;
        }
        self.line
    }
}
