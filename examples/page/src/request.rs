//! A request of the script: settings in JSON, a line break, and the bytes of the inputs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use upn_resolver::UnixTime;

use crate::recognise::Kind;

/// The settings.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    /// The time, in seconds since 1970.
    pub(crate) now: u64,
    pub(crate) join: JoinChoice,
    #[serde(default)]
    pub(crate) hint: String,
    #[serde(default)]
    pub(crate) ad: AdChoice,
    #[serde(default)]
    pub(crate) ad_upn: String,
    #[serde(default)]
    pub(crate) cached: String,
    #[serde(default)]
    pub(crate) build: String,
    /// Interpretations by name.
    #[serde(default)]
    pub(crate) interpretations: BTreeMap<String, String>,
    #[serde(default)]
    inputs: Vec<InputHead>,
}

/// How the device is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JoinChoice {
    /// Every row of the table.
    All,
    Entra,
    Hybrid,
    /// As the output of dsregcmd says.
    Report,
}

/// The result of the sign-in to Active Directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdChoice {
    Failed,
    /// Active Directory returned an implicit UPN, because the account has none.
    Implicit,
    /// Not known if there is no UPN.
    #[default]
    Upn,
}

/// An input, apart from its bytes.
#[derive(Debug, Deserialize)]
struct InputHead {
    name: String,
    length: usize,
    /// `None` if the content determines it.
    kind: Option<Kind>,
}

/// A file that was dropped, or text that was pasted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: Kind,
}

impl Request {
    /// Splits a request from the bytes of its inputs.
    pub(crate) fn parse(message: &[u8]) -> Option<(Self, &[u8])> {
        let end = message.iter().position(|byte| *byte == b'\n')?;
        let (json, rest) = message.split_at_checked(end)?;
        Some((serde_json::from_slice(json).ok()?, rest.get(1..)?))
    }

    /// The inputs with their bytes.
    pub(crate) fn inputs<'a>(&'a self, mut bytes: &'a [u8]) -> Option<Vec<Input<'a>>> {
        let input = |head: &'a InputHead| {
            let (own, rest) = bytes.split_at_checked(head.length)?;
            bytes = rest;
            Some(Input {
                name: &head.name,
                bytes: own,
                kind: head.kind.unwrap_or_else(|| Kind::of(own)),
            })
        };
        self.inputs.iter().map(input).collect()
    }

    pub(crate) fn time(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.now))
    }
}
