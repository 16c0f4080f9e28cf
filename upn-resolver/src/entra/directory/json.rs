//! Users from JSON, as returned by Microsoft Graph and written by PowerShell: users, pages and lists.

mod user;

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use self::user::Members;
use super::{DirectoryBuilder, ExportProblem, ExportProblemKind};
use crate::entra::json::shown;

impl DirectoryBuilder {
    /// Adds the users of a JSON text that begins at this line of an export: users, pages of users as returned by
    /// Graph (`{"value": […]}`), lists, or several of these in sequence.
    ///
    /// A user has `userPrincipalName`, `onPremisesUserPrincipalName` and `authorizationInfo` with
    /// `certificateUserIds`, which Graph returns if requested by `$select`; `certificateUserIds` can also be a member
    /// of the user. Names are case-insensitive, members of `AdditionalProperties` count as the user's own, and others
    /// are ignored. Mistakes become an [`ExportProblem`] with the line, and never hide another user.
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
        let text = text.trim_start_matches('\u{feff}').trim_ascii_end();
        if text.is_empty() {
            return;
        }
        let mut place = Place {
            start: text.as_ptr().addr(),
            text,
            counted: 0,
            line,
        };
        let mut values = Deserializer::from_str(text);
        loop {
            let users = Users {
                builder: self,
                place: &mut place,
                line: None,
                depth: 0,
            };
            if let Err(error) = users.deserialize(&mut values) {
                let after = u32::try_from(error.line().saturating_sub(1)).unwrap_or(u32::MAX);
                return self.unreadable(line.saturating_add(after), reason(&error));
            }
            if values.end().is_ok() {
                return;
            }
        }
    }

    fn unreadable(&mut self, line: u32, reason: String) {
        self.skipped += 1;
        self.problems.push(ExportProblem {
            line,
            kind: ExportProblemKind::MalformedLine { reason },
        });
    }
}

/// The message without the position in the fragment, because the problem has the line.
fn reason(error: &serde_json::Error) -> String {
    let text = shown(error);
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.into(),
        None => text,
    }
}

/// Line numbers of the values in a text, requested in order.
struct Place<'t> {
    text: &'t str,
    /// The address of the text.
    start: usize,
    /// The length up to which lines have been counted.
    counted: usize,
    line: u32,
}

impl Place<'_> {
    /// The line in which a part of the text begins.
    fn line_of(&mut self, part: &str) -> u32 {
        let at = part.as_ptr().addr().wrapping_sub(self.start);
        if let Some(between) = self.text.get(self.counted..at) {
            let lines = between
                .bytes()
                .fold(0_usize, |lines, byte| lines + usize::from(byte == b'\n'));
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.counted = at;
        }
        self.line
    }
}

/// Maximum nesting of lists. Deeper lists contain no users.
const MAX_DEPTH: u8 = 8;

/// A user, a page or a list of them. Each element of a list is read separately.
struct Users<'b, 'p, 't> {
    builder: &'b mut DirectoryBuilder,
    place: &'p mut Place<'t>,
    /// Where it begins, unless it is the text itself.
    line: Option<u32>,
    depth: u8,
}

impl<'t> Users<'_, '_, 't> {
    fn add(&mut self, element: &'t RawValue) {
        let text = element.get();
        let line = self.place.line_of(text);
        if !text.starts_with(['{', '[']) || self.depth >= MAX_DEPTH {
            let reason = "not a user (a JSON object)";
            return self.builder.unreadable(line, reason.into());
        }
        let users = Users {
            builder: &mut *self.builder,
            place: &mut *self.place,
            line: Some(line),
            depth: self.depth + 1,
        };
        if let Err(error) = users.deserialize(&mut Deserializer::from_str(text)) {
            self.builder.unreadable(line, reason(&error));
        }
    }
}

impl<'t> DeserializeSeed<'t> for Users<'_, '_, 't> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Users<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user, or a page or list of users")
    }

    fn visit_seq<A: SeqAccess<'t>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&RawValue>()? {
            self.add(element);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut members = Members::default();
        let mut is_page = false;
        let mut line = self.line;
        while let Some(name) = map.next_key::<Name<'t>>()? {
            if name.0.eq_ignore_ascii_case("value") {
                map.next_value_seed(Page(&mut self))?;
                is_page = true;
            } else if let Some(place) = members.named(&name.0) {
                let value: &RawValue = map.next_value()?;
                line.get_or_insert_with(|| self.place.line_of(value.get()));
                if place.replace(value).is_some() {
                    return Err(A::Error::custom(alloc::format!("duplicate member {}", name.0)));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if !is_page {
            members.add_to(self.builder, line.unwrap_or(self.place.line));
        }
        Ok(())
    }
}

/// The name of a member, borrowed unless the text contains escapes.
#[derive(serde::Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// The member `value`, the users of a page, which are added one by one.
struct Page<'u, 'b, 'p, 't>(&'u mut Users<'b, 'p, 't>);

impl<'t> DeserializeSeed<'t> for Page<'_, '_, '_, 't> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'t> Visitor<'t> for Page<'_, '_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the users of a page")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&RawValue>()? {
            self.0.add(element);
        }
        Ok(())
    }
}
