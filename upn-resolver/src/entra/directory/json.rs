//! Users from JSON, as Microsoft Graph returns them: a user, a page or a list in a line.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::{DirectoryBuilder, Problem, ProblemKind};
use crate::entra::json;

impl DirectoryBuilder {
    /// Adds the users of one line of JSON: a user, a page of users as Graph answers (`{"value": […]}`), or a list.
    ///
    /// A user has `userPrincipalName`, `onPremisesUserPrincipalName` and `authorizationInfo` with
    /// `certificateUserIds`, which Graph returns when asked for by `$select`; other members are passed over. What can't
    /// be read becomes a [`Problem`] with the line's number.
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
    /// users.add_json(2, r#"{"value": [{"userPrincipalName": "bob@contoso.com"}]}"#);
    /// assert_eq!(users.len(), 2);
    /// ```
    pub fn add_json(&mut self, line: u32, text: &str) {
        let text = text.trim_start_matches('\u{feff}').trim_ascii();
        let parsed = match text.bytes().next() {
            None => return,
            Some(b'[') => serde_json::from_str::<Vec<UserOrPage>>(text),
            // A struct is read from a list too, element by element, which is not meant here.
            Some(_) => serde_json::from_str(text).map(|user| [user].into()),
        };
        match parsed {
            Ok(users) => users.iter().for_each(|user| self.add_user(line, user)),
            Err(error) => self.unreadable(line, json::shown(&error)),
        }
    }

    fn add_user(&mut self, line: u32, user: &UserOrPage) {
        if let Some(users) = &user.value {
            return users.iter().for_each(|user| self.add_user(line, user));
        }
        let name = user.user_principal_name.as_deref().unwrap_or_default();
        let on_premises = user
            .on_premises_user_principal_name
            .as_deref()
            .unwrap_or_default();
        let nested = user
            .authorization_info
            .as_ref()
            .and_then(|info| info.certificate_user_ids.as_ref());
        let values = nested.or(user.certificate_user_ids.as_ref());
        let mut builder = self.add(name).line(line).on_premises(on_premises);
        for value in values.into_iter().flatten() {
            builder = builder.certificate_user_id(value);
        }
        builder.finish();
    }

    fn unreadable(&mut self, line: u32, reason: String) {
        self.problems.push(Problem {
            line,
            kind: ProblemKind::MalformedLine { reason },
        });
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserOrPage {
    /// The users of a page.
    value: Option<Vec<UserOrPage>>,
    user_principal_name: Option<String>,
    on_premises_user_principal_name: Option<String>,
    authorization_info: Option<AuthorizationInfo>,
    /// Some exports flatten the property.
    certificate_user_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationInfo {
    certificate_user_ids: Option<Vec<String>>,
}
