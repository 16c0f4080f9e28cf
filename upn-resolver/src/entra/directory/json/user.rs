//! Members of a user, with whatever value an export gave them.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

use crate::entra::directory::csv::split_values;
use crate::entra::directory::problem::is_cut_off;
use crate::entra::directory::{DirectoryBuilder, ExportProblem, ExportProblemKind};

const NAME: &str = "userPrincipalName";
const ON_PREMISES: &str = "onPremisesUserPrincipalName";
const USER_IDS: &str = "certificateUserIds";
const INFO: &str = "authorizationInfo";
const ADDITIONAL: &str = "AdditionalProperties";

/// The members that are read, as encoded in the text.
#[derive(Clone, Copy, Default)]
pub(super) struct Members<'t> {
    name: Option<&'t RawValue>,
    on_premises: Option<&'t RawValue>,
    user_ids: Option<&'t RawValue>,
    info: Option<&'t RawValue>,
    /// Members for which PowerShell's types have no property.
    additional: Option<&'t RawValue>,
}

impl<'t> Members<'t> {
    /// The member with this name, in any case; `None` for other names.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut Option<&'t RawValue>> {
        let is = |member: &str| name.eq_ignore_ascii_case(member);
        if is(NAME) {
            Some(&mut self.name)
        } else if is(ON_PREMISES) {
            Some(&mut self.on_premises)
        } else if is(USER_IDS) {
            Some(&mut self.user_ids)
        } else if is(INFO) {
            Some(&mut self.info)
        } else if is(ADDITIONAL) {
            Some(&mut self.additional)
        } else {
            None
        }
    }

    /// The members of an object that are read.
    fn of(object: &'t RawValue) -> Self {
        let json = object.get();
        // serde_json would write an error for each user that has another value.
        if !json.starts_with('{') {
            return Self::default();
        }
        serde_json::Deserializer::from_str(json)
            .deserialize_map(MembersOfObject)
            .unwrap_or_default()
    }

    pub(super) fn add_to(self, builder: &mut DirectoryBuilder, line: u32) {
        let mut problems = Vec::new();
        let additional = self.additional.map(Self::of).unwrap_or_default();
        let of_user = |member: fn(&Self) -> Option<&'t RawValue>| {
            let is_there = |value: &&RawValue| value.get() != "null";
            member(&self)
                .filter(is_there)
                .or(member(&additional).filter(is_there))
        };
        let mut text = |attribute, value: Option<&'t RawValue>| {
            value.map_or(Cow::Borrowed(""), |value| {
                text_of(value).unwrap_or_else(|| {
                    problems.push(ExportProblemKind::NotText { attribute, values: 1 });
                    Cow::Borrowed("")
                })
            })
        };
        let name = text(NAME, of_user(|members| members.name));
        let on_premises = text(ON_PREMISES, of_user(|members| members.on_premises));
        let nested = of_user(|members| members.info).map(|info| (info, Self::of(info).user_ids));
        let values = match nested {
            Some((_, Some(nested))) => Some(nested),
            Some((info, None)) if !info.get().starts_with('{') => {
                problems.push(ExportProblemKind::Truncated { attribute: INFO });
                None
            }
            _ => of_user(|members| members.user_ids),
        };
        let values = values
            .map(|values| user_ids(values, &mut problems))
            .unwrap_or_default();
        for kind in problems {
            builder.problems.push(ExportProblem { line, kind });
        }
        values
            .iter()
            .fold(
                builder.add(&name).with_line(line).with_on_premises(&on_premises),
                |user, value| user.with_certificate_user_id(value),
            )
            .finish();
    }
}

/// The values of `certificateUserIds`: a list of strings, or what an export turned it into.
fn user_ids<'t>(values: &'t RawValue, problems: &mut Vec<ExportProblemKind>) -> Vec<Cow<'t, str>> {
    let attribute = USER_IDS;
    if let Some(text) = text_of(values) {
        if is_cut_off(&text) {
            problems.push(ExportProblemKind::Truncated { attribute });
            return Vec::new();
        }
        problems.push(ExportProblemKind::NotAList { attribute });
        return match text {
            Cow::Borrowed(text) => split_values(text).map(Cow::Borrowed).collect(),
            Cow::Owned(text) => split_values(&text)
                .map(|value| Cow::Owned(value.into()))
                .collect(),
        };
    }
    let json = values.get();
    let list = json
        .starts_with('[')
        .then(|| {
            serde_json::Deserializer::from_str(json)
                .deserialize_seq(ListOfTexts)
                .ok()
        })
        .flatten();
    let Some((texts, odd)) = list else {
        if json != "null" {
            problems.push(ExportProblemKind::NotAList { attribute });
        }
        return Vec::new();
    };
    if odd > 0 {
        problems.push(ExportProblemKind::NotText {
            attribute,
            values: odd,
        });
    }
    texts
}

/// The text that a value is; `None` for another value.
fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let content = value.get().strip_prefix('"')?.strip_suffix('"')?;
    // serde_json has checked the value. Without escapes, the text is the value.
    if !content.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(content));
    }
    serde_json::from_str(value.get()).ok().map(|Text(text)| text)
}

/// The texts of a list, and the number of its other values, apart from `null`.
struct ListOfTexts;

impl<'t> Visitor<'t> for ListOfTexts {
    type Value = (Vec<Cow<'t, str>>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut texts, mut odd) = (Vec::new(), 0);
        while let Some(value) = list.next_element::<&RawValue>()? {
            match text_of(value) {
                Some(text) if !is_cut_off(&text) => texts.push(text),
                None if value.get() == "null" => {}
                _ => odd += 1,
            }
        }
        Ok((texts, odd))
    }
}

/// A string, borrowed unless it contains escapes.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object that are read.
struct MembersOfObject;

impl<'t> Visitor<'t> for MembersOfObject {
    type Value = Members<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Members<'t>, A::Error> {
        let mut members = Members::default();
        while let Some(Text(name)) = map.next_key()? {
            match members.named(&name) {
                Some(member) => *member = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}
