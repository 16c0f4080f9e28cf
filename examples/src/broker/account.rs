//! The account: what clients call the user of the primary refresh token.

use base64ct::{Base64UrlUnpadded, Encoding};
use cba_protocol::{ClientInfo, Cloud, IdToken, PrimaryRefreshToken};
use serde_json::{Value, json};

/// The user of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    environment: String,
    name: String,
    object: String,
    tenant: String,
    username: String,
}

impl Account {
    /// The account of a token; `None` if the token does not name the ids of the user and the tenant, without which clients
    /// do not accept an account.
    pub(super) fn of(prt: &PrimaryRefreshToken, cloud: &Cloud) -> Option<Self> {
        let (claims, info) = (prt.id_token(), prt.client_info());
        let object = info.and_then(ClientInfo::uid).or(claims.and_then(IdToken::oid))?;
        let tenant = info
            .and_then(ClientInfo::utid)
            .or(claims.and_then(IdToken::tid))?;
        let username = claims.and_then(IdToken::entra_upn).unwrap_or(prt.upn().as_str());
        Some(Self {
            environment: environment(cloud).to_owned(),
            name: claims.and_then(IdToken::name).unwrap_or_default().to_owned(),
            object: object.to_owned(),
            tenant: tenant.to_owned(),
            username: username.to_owned(),
        })
    }

    /// Name of the user in Entra.
    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// Id of the tenant.
    pub(super) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The ids of user and tenant in base64url, as the token endpoint writes them.
    pub(super) fn client_info(&self) -> String {
        let ids = json!({"uid": self.object, "utid": self.tenant});
        Base64UrlUnpadded::encode_string(ids.to_string().as_bytes())
    }

    /// The members that clients read. sso-mib refuses an account without any of them.
    pub(super) fn json(&self) -> Value {
        json!({
            "clientInfo": self.client_info(),
            "environment": self.environment,
            "familyName": "",
            "givenName": "",
            "homeAccountId": self.home_id(),
            "localAccountId": self.object,
            "name": self.name,
            "passwordExpiry": 0,
            "realm": self.tenant,
            "username": self.username,
        })
    }

    /// Whether an account in a request is this one: no member that names a user says otherwise, and at least one is there.
    pub(super) fn is(&self, asked: &Value) -> bool {
        let own = [
            ("homeAccountId", self.home_id()),
            ("localAccountId", self.object.clone()),
            ("realm", self.tenant.clone()),
            ("username", self.username.clone()),
        ];
        let mut named = 0;
        let agrees = own.iter().all(|(member, own)| match asked.get(member) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) if text.is_empty() => true,
            Some(Value::String(text)) => {
                named += 1;
                text.eq_ignore_ascii_case(own)
            }
            Some(_) => false,
        });
        agrees && named > 0
    }

    fn home_id(&self) -> String {
        format!("{}.{}", self.object, self.tenant)
    }
}

/// The host that stands for the cloud in an account. Microsoft's broker was seen to write `login.windows.net` for the public cloud:
/// <https://github.com/siemens/linux-entra-sso/issues/59>.
fn environment(cloud: &Cloud) -> &str {
    if cloud.authority() == Cloud::PUBLIC.authority() {
        "login.windows.net"
    } else {
        cloud.authority()
    }
}
