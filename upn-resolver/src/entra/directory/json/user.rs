//! Members of a user, with whatever value an export gave them.

use alloc::borrow::Cow;

use super::reader::{Fault, Reader};
use super::value::{Name, Value};
use crate::entra::directory::builder::UserBuilder;
use crate::entra::directory::csv::for_each_value;
use crate::entra::directory::problem::is_cut_off;
use crate::entra::directory::{DirectoryBuilder, ExportProblem, ExportProblemKind};

const NAME: &str = "userPrincipalName";
const ON_PREMISES: &str = "onPremisesUserPrincipalName";
const USER_IDS: &str = "certificateUserIds";
const INFO: &str = "authorizationInfo";
const ADDITIONAL: &str = "AdditionalProperties";

/// The members that are read. Those that are `null` count only as duplicates.
#[derive(Default)]
pub(super) struct Members<'t> {
    name: Option<Value<'t>>,
    on_premises: Option<Value<'t>>,
    user_ids: Option<Value<'t>>,
    info: Option<Info<'t>>,
    /// Members for which PowerShell's types have no property.
    additional: Option<Value<'t>>,
    /// A member that occurs twice. RFC 8259, section 4, leaves open which of them counts.
    duplicate: Option<&'static str>,
}

/// The value of `authorizationInfo`.
enum Info<'t> {
    Null,
    Object { user_ids: Option<Value<'t>> },
    Other,
}

impl<'t> Members<'t> {
    /// Reads the value of the member with this name.
    #[inline]
    pub(super) fn read(&mut self, reader: &mut Reader<'t>, name: Name<'t>) -> Result<(), Fault> {
        if name.is(NAME) {
            self.keep(reader.value()?, NAME, |own| &mut own.name);
        } else if name.is(ON_PREMISES) {
            self.keep(reader.value()?, ON_PREMISES, |own| &mut own.on_premises);
        } else if name.is(USER_IDS) {
            self.keep(reader.value()?, USER_IDS, |own| &mut own.user_ids);
        } else if name.is(INFO) {
            let info = self.info(reader)?;
            self.keep(info, INFO, |own| &mut own.info);
        } else if name.is(ADDITIONAL) {
            self.keep(reader.value()?, ADDITIONAL, |own| &mut own.additional);
        } else {
            reader.pass()?;
        }
        Ok(())
    }

    fn info(&mut self, reader: &mut Reader<'t>) -> Result<Info<'t>, Fault> {
        if !matches!(reader.next(), Some((b'{', _))) {
            return Ok(match reader.value()? {
                Value::Null => Info::Null,
                _ => Info::Other,
            });
        }
        let mut user_ids = None;
        reader.object(|reader, name| {
            if !name.is(USER_IDS) {
                return reader.pass();
            }
            if user_ids.replace(reader.value()?).is_some() {
                self.duplicate = Some(USER_IDS);
            }
            Ok(())
        })?;
        Ok(Info::Object { user_ids })
    }

    #[inline]
    fn keep<V>(&mut self, value: V, name: &'static str, place: impl Fn(&mut Self) -> &mut Option<V>) {
        if place(self).replace(value).is_some() {
            self.duplicate = Some(name);
        }
    }

    /// Adds the members in `AdditionalProperties` where it has none.
    fn complete(&mut self) {
        let Some(Value::Object(object)) = self.additional else {
            return;
        };
        let mut more = Self::default();
        // The object is well-formed.
        let _ = Reader::new(object).object(|reader, name| more.read(reader, name));
        let is_there = |value: &Value<'t>| !matches!(value, Value::Null);
        for (own, more) in [
            (&mut self.name, more.name),
            (&mut self.on_premises, more.on_premises),
            (&mut self.user_ids, more.user_ids),
        ] {
            *own = own.filter(is_there).or(more);
        }
        if matches!(self.info, None | Some(Info::Null)) {
            self.info = more.info;
        }
        self.duplicate = self.duplicate.or(more.duplicate);
    }

    /// Adds the user.
    ///
    /// # Errors
    /// The name of a member that occurs twice.
    pub(super) fn add_to(mut self, builder: &mut DirectoryBuilder, line: u32) -> Result<(), &'static str> {
        self.complete();
        if let Some(duplicate) = self.duplicate {
            return Err(duplicate);
        }
        let mut problem = |kind| builder.problems.push(ExportProblem { line, kind });
        let mut text = |attribute, value: Option<Value<'t>>| match value {
            None | Some(Value::Null) => Cow::Borrowed(""),
            Some(value) => value.text().unwrap_or_else(|| {
                problem(ExportProblemKind::NotText { attribute, values: 1 });
                Cow::Borrowed("")
            }),
        };
        let name = text(NAME, self.name);
        let on_premises = text(ON_PREMISES, self.on_premises);
        let values = match self.info {
            Some(Info::Object {
                user_ids: Some(nested),
            }) => Some(nested),
            Some(Info::Other) => {
                problem(ExportProblemKind::Truncated { attribute: INFO });
                None
            }
            _ => self.user_ids,
        };
        let user = builder.add(&name).with_line(line).with_on_premises(&on_premises);
        match values {
            Some(values) => with_user_ids(user, values),
            None => user,
        }
        .finish();
        Ok(())
    }
}

/// Adds the values of `certificateUserIds`: a list of strings, or what an export turned it into.
fn with_user_ids<'b>(mut user: UserBuilder<'b>, values: Value<'_>) -> UserBuilder<'b> {
    let attribute = USER_IDS;
    if let Some(text) = values.text() {
        if is_cut_off(&text) {
            user.report(ExportProblemKind::Truncated { attribute });
            return user;
        }
        user.report(ExportProblemKind::NotAList { attribute });
        for_each_value(&text, |value| user.add_certificate_user_id(value));
        return user;
    }
    let list = match values {
        Value::List(list) => list,
        Value::Null => return user,
        _ => {
            user.report(ExportProblemKind::NotAList { attribute });
            return user;
        }
    };
    let mut odd = 0;
    // The list is well-formed.
    let _ = Reader::new(list).list(|reader| {
        match reader.value()? {
            Value::Null => {}
            value => match value.text().filter(|text| !is_cut_off(text)) {
                Some(text) => user.add_certificate_user_id(&text),
                None => odd += 1,
            },
        }
        Ok(())
    });
    if odd > 0 {
        user.report(ExportProblemKind::NotText {
            attribute,
            values: odd,
        });
    }
    user
}
