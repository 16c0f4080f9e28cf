//! Nonces: issued, timed, and redeemed once.

use std::collections::{HashMap, VecDeque};

use openssl::error::ErrorStack;

use crate::clock::stamp;
use crate::jose::base64url;
use crate::random;
use crate::refusal::{Code, Refusal};

/// Issued nonces, oldest first, with those that were redeemed.
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
    /// A new nonce. Entra's begin with `AwABA`; clients must not depend on it.
    pub(crate) fn issue(&mut self, now: i64, lifetime: i64) -> Result<String, ErrorStack> {
        self.forget(now, lifetime);
        let nonce = format!("AwABA{}", base64url(&random::bytes::<80>()?));
        self.issued.insert(nonce.clone(), Issue { at: now, used: false });
        self.order.push_back(nonce.clone());
        Ok(nonce)
    }

    /// Redeems a nonce. It counts as used even if the request is refused.
    pub(crate) fn redeem(&mut self, nonce: &str, now: i64, lifetime: i64) -> Result<(), Refusal> {
        let issue = self.current(nonce, now, lifetime)?;
        if std::mem::replace(&mut issue.used, true) {
            return Err(Refusal::new(Code::NONCE_INVALID, "It has been used."));
        }
        Ok(())
    }

    /// Checks a nonce, which may be used again.
    pub(crate) fn check(&mut self, nonce: &str, now: i64, lifetime: i64) -> Result<(), Refusal> {
        self.current(nonce, now, lifetime).map(|_| ())
    }

    fn current(&mut self, nonce: &str, now: i64, lifetime: i64) -> Result<&mut Issue, Refusal> {
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
        Ok(issue)
    }

    /// Removes nonces that expired one lifetime ago, so that memory is bounded by the rate of requests.
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
