//! Members of a user, with whatever value an export gave them.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use serde::Deserialize;
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
        let mut members = Self::default();
        let Ok(Object(all)) = serde_json::from_str::<Object<'t>>(object.get()) else {
            return members;
        };
        for (name, value) in all {
            if let Some(member) = members.named(&name) {
                *member = Some(value);
            }
        }
        members
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
            let text = value.map(|value| serde_json::from_str::<Text<'t>>(value.get()));
            match text {
                Some(Ok(Text(text))) => text,
                Some(Err(_)) => {
                    problems.push(ExportProblemKind::NotText { attribute, values: 1 });
                    Cow::Borrowed("")
                }
                None => Cow::Borrowed(""),
            }
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
    if let Ok(Text(text)) = serde_json::from_str::<Text<'t>>(values.get()) {
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
    let Ok(list) = serde_json::from_str::<Vec<&'t RawValue>>(values.get()) else {
        if values.get() != "null" {
            problems.push(ExportProblemKind::NotAList { attribute });
        }
        return Vec::new();
    };
    let mut odd = 0;
    let mut texts = Vec::with_capacity(list.len());
    for value in list {
        match serde_json::from_str::<Text<'t>>(value.get()) {
            Ok(Text(text)) if is_cut_off(&text) => odd += 1,
            Ok(Text(text)) => texts.push(text),
            Err(_) if value.get() == "null" => {}
            Err(_) => odd += 1,
        }
    }
    if odd > 0 {
        problems.push(ExportProblemKind::NotText {
            attribute,
            values: odd,
        });
    }
    texts
}

/// A string, borrowed unless it contains escapes.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// All members of an object, in order.
struct Object<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Object<'t> {
    fn deserialize<D: serde::Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'t> serde::de::Visitor<'t> for Members {
            type Value = Object<'t>;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
