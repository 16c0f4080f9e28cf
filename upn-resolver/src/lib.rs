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
#[cfg(all(feature = "store", unix))]
pub mod store;
mod text_file;
mod upn;
pub mod windows;

pub use cache::{AccountSid, CacheKey, CacheKeyError, CachedUpn, TenantId};
pub use certificate::{Certificate, CertificateError};
pub use decision::{
    AdLogon, Candidate, Decision, DecisionNote, HintAgainstCache, HybridFirst, NameOutcome, NameRequest,
    NonUpnHint, PrincipalNameType, Reading, Redacted, Remember, Rule, SeveralNames, SubjectEmail, Trace,
    TraceEntry, UnknownReading, UnusableName, UserNotFound, Verdict,
};
pub use hint::{HintProblem, UserNameHint};
pub use rustls_pki_types::UnixTime;
pub use text_file::{NotText, decode_text};
pub use upn::{PolicyAdvice, Upn, UpnError};
