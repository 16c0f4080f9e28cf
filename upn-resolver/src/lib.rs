#![doc = include_str!("../README.md")]
#![no_std]
#![warn(unnameable_types)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod cache;
pub mod certificate;
mod decision;
pub mod entra;
mod fold;
mod hint;
pub mod manual;
mod quoted;
mod responsible;
#[cfg(all(feature = "store", any(unix, windows)))]
pub mod store;
mod text_file;
mod upn;
pub mod windows;

pub use cache::{AccountSid, CacheKey, CacheKeyError, CachedUpn, TenantId};
pub use certificate::{Certificate, CertificateError};
pub use decision::{
    AdLogon, CacheUpdate, Candidate, Decision, DecisionNote, Interpretation, NameOutcome, NameRequest,
    Recovery, Redacted, Rule, Trace, TraceEntry, Verdict, interpretation,
};
pub use hint::{HintProblem, UserNameHint};
pub use responsible::Responsible;
pub use rustls_pki_types::UnixTime;
pub use text_file::{NotText, decode_text};
pub use upn::{PolicyAdvice, Upn, UpnError};
