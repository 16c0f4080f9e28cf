//! Kerberos tickets that may come with a primary refresh token. Not in the specification: the fields are those that public
//! clients read, so all of them are optional, and none can make a sign-in fail.

use core::fmt;

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::jose::jwe::Jwe;
use crate::limits::deeper_than;
use crate::secret::{Secret, SessionKey};
use crate::wire::lenient::{integer, secret, string};
use crate::wire::{RawJson, TokenAnswer};

/// Deepest nesting of a ticket. Tickets are flat, and JSON inside a string was not checked when the answer was read.
const MAX_DEPTH: usize = 8;

/// Kerberos tickets of an answer. Not in the specification: the fields are those that [roadlib] and [libhimmelblau] read.
///
/// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
/// [libhimmelblau]: https://github.com/himmelblau-idm/libhimmelblau
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct KerberosTickets {
    /// Ticket for the realm of Active Directory: `tgt_ad`.
    pub ad: Option<KerberosTicket>,
    /// Ticket for the realm of Entra: `tgt_cloud`.
    pub cloud: Option<KerberosTicket>,
    /// Names for which the cloud ticket is used: `kerberos_top_level_names`.
    pub top_level_names: Vec<String>,
}

/// A ticket-granting ticket. Its key is wiped when it is dropped, and never printed.
#[derive(Clone)]
#[non_exhaustive]
pub struct KerberosTicket {
    /// Realm.
    pub realm: Option<String>,
    /// Name of the server: `sn`.
    pub server: Option<String>,
    /// Name of the client: `cn`.
    pub client: Option<String>,
    /// Encryption type of the key, a number of RFC 3961 section 8: 18 is AES-256 (RFC 3962 section 7), 0 is none.
    pub key_type: Option<u64>,
    /// Encryption type of the ticket's session key, with the same numbers.
    pub session_key_type: Option<u64>,
    /// Kind of account, a number of the service.
    pub account_type: Option<u64>,
    /// `AS-REP` (RFC 4120 section 5.4.2) in DER.
    pub as_rep: Vec<u8>,
    /// Reason why there is no ticket.
    pub error: Option<String>,
    client_key: Option<Zeroizing<Vec<u8>>>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(
        default,
        rename = "clientKey",
        alias = "tgt_client_key",
        deserialize_with = "secret"
    )]
    client_key: Option<Secret>,
    #[serde(default, rename = "keyType", deserialize_with = "integer")]
    key_type: Option<u64>,
    #[serde(default, rename = "messageBuffer", deserialize_with = "string")]
    message_buffer: Option<String>,
    #[serde(default, alias = "tgt_error_message", deserialize_with = "string")]
    error: Option<String>,
    #[serde(default, deserialize_with = "string")]
    realm: Option<String>,
    #[serde(default, deserialize_with = "string")]
    sn: Option<String>,
    #[serde(default, deserialize_with = "string")]
    cn: Option<String>,
    #[serde(default, rename = "sessionKeyType", deserialize_with = "integer")]
    session_key_type: Option<u64>,
    #[serde(default, rename = "accountType", deserialize_with = "integer")]
    account_type: Option<u64>,
}

impl KerberosTickets {
    pub(crate) fn read(answer: &TokenAnswer, key: &SessionKey) -> Self {
        let names = answer.kerberos_top_level_names.as_deref().unwrap_or_default();
        Self {
            ad: answer
                .tgt_ad
                .as_ref()
                .and_then(|value| KerberosTicket::read(value, key)),
            cloud: answer
                .tgt_cloud
                .as_ref()
                .and_then(|value| KerberosTicket::read(value, key)),
            top_level_names: names
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl KerberosTicket {
    /// Key of the client: the `AS-REP` is encrypted with it.
    #[must_use]
    pub fn client_key(&self) -> Option<&[u8]> {
        self.client_key.as_deref().map(Vec::as_slice)
    }

    /// Reads an object, or a string that contains one.
    fn read(json: &RawJson, key: &SessionKey) -> Option<Self> {
        let json = json.0.expose();
        let inner = json
            .starts_with('"')
            .then(|| serde_json::from_str::<Zeroizing<String>>(json))
            .transpose()
            .ok()?;
        let object = inner.as_ref().map_or(json, |inner| inner.as_str());
        if !object.trim_start().starts_with('{') || deeper_than(object.as_bytes(), MAX_DEPTH) {
            return None;
        }
        let wire: Wire = serde_json::from_str(object).ok()?;
        let buffer = wire.message_buffer.unwrap_or_default();
        Some(Self {
            realm: wire.realm,
            server: wire.sn,
            client: wire.cn,
            key_type: wire.key_type,
            session_key_type: wire.session_key_type,
            account_type: wire.account_type,
            as_rep: Base64::decode_vec(&buffer).unwrap_or_default(),
            error: wire.error.filter(|error| !error.is_empty()),
            client_key: wire.client_key.and_then(|text| open(text.expose(), key)),
        })
    }
}

/// Reads a JWE for the session key, or bare base64.
fn open(text: &str, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>> {
    match Jwe::parse(text) {
        Ok(jwe) => jwe
            .open(key)
            .ok()
            .map(|(plain, _)| plain)
            .or_else(|| jwe.open_gcm(key.bytes())),
        Err(_) => Base64::decode_vec(text).ok().map(Zeroizing::new),
    }
}

impl fmt::Debug for KerberosTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KerberosTicket")
            .field("realm", &self.realm)
            .field("server", &self.server)
            .field("key_type", &self.key_type)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
