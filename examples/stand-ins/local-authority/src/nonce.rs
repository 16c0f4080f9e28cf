//! Nonces: given out, timed, and taken back once.

use std::collections::{HashMap, VecDeque};

use openssl::error::ErrorStack;

use crate::clock::stamp;
use crate::jose::base64url;
use crate::random;
use crate::refusal::{Code, Refusal};

/// The nonces that are out, oldest first, and those that came back.
#[derive(Default)]
pub(crate) struct Nonces {
    issued: HashMap<String, Issue>,
    order: VecDeque<String>,
}

struct Issue {
    at: i64,
    used: bool,
}

impl Nonces {
    /// A new nonce. Entra's begin with `AwABA`; clients should not care.
    pub(crate) fn issue(&mut self, now: i64, lifetime: i64) -> Result<String, ErrorStack> {
        self.forget(now, lifetime);
        let nonce = format!("AwABA{}", base64url(&random::octets::<80>()?));
        self.issued.insert(nonce.clone(), Issue { at: now, used: false });
        self.order.push_back(nonce.clone());
        Ok(nonce)
    }

    /// Takes a nonce back. It counts as used whatever becomes of the request.
    pub(crate) fn redeem(&mut self, nonce: &str, now: i64, lifetime: i64) -> Result<(), Refusal> {
        let Some(issue) = self.issued.get_mut(nonce) else {
            return Err(Refusal::new(Code::NONCE_INVALID, "It was not issued here."));
        };
        if issue.at + lifetime < now {
            let times = format!(
                "Current time: {}, expiry: {}.",
                stamp(now),
                stamp(issue.at + lifetime)
            );
            return Err(Refusal::new(Code::NONCE_EXPIRED, times));
        }
        if std::mem::replace(&mut issue.used, true) {
            return Err(Refusal::new(Code::NONCE_INVALID, "It has been used."));
        }
        Ok(())
    }

    /// Drops what has been expired for as long as it lived, so that memory stays bounded by the rate of requests.
    fn forget(&mut self, now: i64, lifetime: i64) {
        while let Some(oldest) = self.order.front() {
            if self
                .issued
                .get(oldest)
                .is_some_and(|issue| issue.at + 2 * lifetime >= now)
            {
                break;
            }
            self.issued.remove(oldest);
            self.order.pop_front();
        }
    }
}
