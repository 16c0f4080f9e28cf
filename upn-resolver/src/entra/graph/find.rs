//! Search for the configuration of certificate-based authentication in an export.

use alloc::string::String;
use alloc::vec::Vec;

use super::GraphPolicyError;
use crate::entra::json::{Json, Object, cut};

/// `#microsoft.graph.x509CertificateAuthenticationMethodConfiguration`, without its namespace.
const TYPE: &str = "x509CertificateAuthenticationMethodConfiguration";
const ID: &str = "X509Certificate";

/// The members that make up a policy.
pub(super) const BINDINGS: &str = "certificateUserBindings";
pub(super) const MODE: &str = "authenticationModeConfiguration";

/// The configuration. PowerShell's objects have the members common to all methods, and the others in
/// `AdditionalProperties`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Configuration<'j> {
    own: &'j Object,
    additional: Option<&'j Object>,
}

impl<'j> Configuration<'j> {
    /// Returns the only configuration in these values, at any depth.
    pub(super) fn find(values: &'j [Json]) -> Result<Self, GraphPolicyError> {
        let mut search = Search::default();
        for value in values {
            search.look_at(value);
        }
        let mut found = search.found.into_iter();
        match (found.next(), search.error) {
            (Some(first), _) if found.all(|other| other == first) => Ok(first),
            (Some(_), _) => Err(GraphPolicyError::SeveralConfigurations),
            (None, Some((code, message))) => Err(GraphPolicyError::ErrorResponse { code, message }),
            (None, None) => Err(GraphPolicyError::NoConfiguration { found: search.others }),
        }
    }

    /// The member with this name, in any case; `None` also for `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'j Json> {
        self.own
            .get(name)
            .or_else(|| self.additional.and_then(|additional| additional.get(name)))
    }

    fn text(&self, name: &str) -> Option<&'j str> {
        self.get(name).and_then(Json::as_text)
    }
}

/// Maximum number of other objects that a message names.
const MAX_OTHERS: usize = 8;

#[derive(Default)]
struct Search<'j> {
    found: Vec<Configuration<'j>>,
    /// What the export contains instead: `Fido2`, …
    others: Vec<String>,
    /// An error response of Graph.
    error: Option<(String, String)>,
}

impl<'j> Search<'j> {
    fn look_at(&mut self, value: &'j Json) {
        match value {
            Json::List(values) => {
                for value in values {
                    self.look_at(value);
                }
            }
            Json::Object(object) => self.look_at_object(object),
            _ => {}
        }
    }

    fn look_at_object(&mut self, own: &'j Object) {
        let candidate = Configuration {
            own,
            additional: own.get("AdditionalProperties").and_then(Json::as_object),
        };
        let id = candidate.text("id");
        let kind = candidate.text("@odata.type").map(|name| {
            let (_, name) = name.rsplit_once('.').unwrap_or(("", name));
            name.trim_start_matches('#')
        });
        let is_meant = match (kind, id) {
            (Some(kind), _) => kind.eq_ignore_ascii_case(TYPE),
            (None, Some(id)) if id.eq_ignore_ascii_case(ID) => true,
            // A part of it, as written for an update.
            (None, _) => candidate.get(BINDINGS).is_some() || candidate.get(MODE).is_some(),
        };
        if is_meant {
            return self.found.push(candidate);
        }
        if let Some(error) = own.get("error").and_then(Json::as_object) {
            let text = |name| error.get(name).and_then(Json::as_text).map(cut);
            if let Some(code) = text("code") {
                self.error = Some((code, text("message").unwrap_or_default()));
            }
        }
        let is_method = |id: &&str| {
            id.starts_with(|first: char| first.is_ascii_alphabetic())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if let Some(name) = kind.or(id.filter(is_method)) {
            if self.others.len() < MAX_OTHERS {
                self.others.push(cut(name));
            }
        }
        if kind.is_some_and(|kind| kind.ends_with("AuthenticationMethodConfiguration")) {
            return;
        }
        for value in own.values() {
            self.look_at(value);
        }
    }
}
