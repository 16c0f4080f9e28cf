//! Grants: the opaque tokens that only this authority can read. Nothing is stored; what a grant says is sealed inside it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};

use crate::random;
use crate::seal::Sealer;

/// Kind of a grant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Kind {
    /// An authorization code (RFC 6749, section 4.1.2).
    Code {
        client_id: String,
        redirect_uri: String,
        resource: String,
        /// The scope of the request, for a token request that names none.
        scope: String,
        /// The `code_challenge` as a method and a value (RFC 7636, section 4.3).
        challenge: Option<(ChallengeMethod, String)>,
        /// Value that the id token repeats.
        nonce: Option<String>,
    },
    /// A primary refresh token, and the protocol version that it must be redeemed with.
    Primary { protocol: Protocol },
    /// A refresh token.
    Refresh { client_id: String },
}

/// How a code verifier becomes the challenge (RFC 7636, section 4.2).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum ChallengeMethod {
    Plain,
    S256,
}

impl ChallengeMethod {
    /// The method of a name; `plain` when there is none.
    pub(crate) fn of(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("plain") => Some(Self::Plain),
            Some("S256") => Some(Self::S256),
            Some(_) => None,
        }
    }

    /// The challenge of a verifier.
    pub(crate) fn challenge(self, verifier: &str) -> String {
        match self {
            Self::Plain => verifier.to_owned(),
            Self::S256 => crate::jose::base64url(&openssl::sha::sha256(verifier.as_bytes())),
        }
    }
}

/// Versions of the protocol for primary refresh tokens. A token of one version is not accepted in the other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Protocol {
    /// `windows_api_version` 2.x, at `/oauth2/token`.
    Two,
    /// `prt_protocol_version` 3.0, at `/oauth2/v2.0/token`.
    Three,
}

/// The key of a primary refresh token.
#[derive(Clone, Copy)]
pub(crate) struct SessionKey {
    pub(crate) bytes: [u8; 32],
    /// Start of its use, in seconds since 1970.
    pub(crate) since: i64,
}

impl SessionKey {
    /// A new key.
    pub(crate) fn new(now: i64) -> Result<Self, ErrorStack> {
        Ok(Self {
            bytes: random::bytes()?,
            since: now,
        })
    }
}

/// A grant: who signed in, how and when.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) user: String,
    pub(crate) device: Option<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) authenticated: i64,
    pub(crate) issued: i64,
    pub(crate) expires: i64,
    /// Base64; only a primary refresh token has one.
    session_key: Option<String>,
    session_key_since: i64,
}

impl Grant {
    /// A new grant. Only a primary refresh token has a session key.
    pub(crate) fn new(
        kind: Kind,
        login: &Login,
        session_key: Option<&SessionKey>,
        (issued, lifetime): (i64, i64),
    ) -> Result<Self, ErrorStack> {
        Ok(Self {
            id: random::hex(&random::bytes::<12>()?),
            kind,
            user: login.user.clone(),
            device: login.device.clone(),
            methods: login.methods.clone(),
            authenticated: login.authenticated,
            issued,
            expires: issued + lifetime,
            session_key: session_key.map(|key| STANDARD.encode(key.bytes)),
            session_key_since: session_key.map_or(0, |key| key.since),
        })
    }

    /// The sign-in that the grant came from.
    pub(crate) fn login(&self) -> Login {
        Login {
            user: self.user.clone(),
            device: self.device.clone(),
            methods: self.methods.clone(),
            authenticated: self.authenticated,
        }
    }

    /// The key that proves possession.
    pub(crate) fn session_key(&self) -> Option<SessionKey> {
        let bytes = STANDARD.decode(self.session_key.as_deref()?).ok()?;
        Some(SessionKey {
            bytes: bytes.try_into().ok()?,
            since: self.session_key_since,
        })
    }
}

/// A sign-in: who, on what, with what, when.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Login {
    /// The user's object id.
    pub(crate) user: String,
    /// The device id.
    pub(crate) device: Option<String>,
    /// The `amr` values.
    pub(crate) methods: Vec<String>,
    /// When, in seconds since 1970.
    pub(crate) authenticated: i64,
}

impl Login {
    /// Whether the sign-in counts as multifactor.
    pub(crate) fn is_multifactor(&self) -> bool {
        self.methods.iter().any(|method| method == "mfa")
    }
}

/// Sealed grants and their revocation.
pub(crate) struct Grants {
    sealer: Sealer,
    revoked: Mutex<HashSet<String>>,
    /// Sign-ins of a user before this time are not accepted.
    valid_from: Mutex<Vec<(String, i64)>>,
}

impl Grants {
    pub(crate) fn new() -> Result<Self, ErrorStack> {
        Ok(Self {
            sealer: Sealer::new()?,
            revoked: Mutex::default(),
            valid_from: Mutex::default(),
        })
    }

    /// The opaque text of a grant.
    pub(crate) fn seal(&self, grant: &Grant) -> Result<String, ErrorStack> {
        Ok(format!("1.A{}", self.sealer.seal("grant", grant)?))
    }

    /// The grant of an opaque text, if it was sealed here and is whole.
    pub(crate) fn open(&self, text: &str) -> Option<Grant> {
        self.sealer.open("grant", text.strip_prefix("1.A")?)
    }

    /// Revokes a grant. Returns false if it was revoked before.
    pub(crate) fn revoke(&self, grant: &Grant) -> bool {
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(grant.id.clone())
    }

    /// Revokes all grants of a user for sign-ins before the time.
    pub(crate) fn revoke_user(&self, user: &str, before: i64) {
        self.valid_from
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((user.to_owned(), before));
    }

    /// Whether the grant was revoked.
    pub(crate) fn is_revoked(&self, grant: &Grant) -> bool {
        let alone = self
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&grant.id);
        let valid_from = self.valid_from.lock().unwrap_or_else(PoisonError::into_inner);
        alone
            || valid_from
                .iter()
                .any(|(user, from)| *user == grant.user && grant.authenticated < *from)
    }
}
