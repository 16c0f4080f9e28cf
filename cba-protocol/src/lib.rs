#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What a caller starts.
mod sign_in;

// The flows: one file for each request and each signature.
mod flow;

// Owned steps.
mod step;

// Data: tokens, the device, answers, refusals, the record of a flow.
mod answer;
mod device;
mod prt;
mod recorder;
mod refusal;
mod transcript;

// Another peer: the domain controller.
#[cfg(feature = "active-directory")]
pub mod active_directory;

// Configuration, messages, cryptography.
pub mod config;
mod jose;
mod kdf;
mod page;
mod sealing;
mod wire;

// The lowest layer.
pub mod aadsts;
mod advised;
mod algorithm;
mod calendar;
mod cloud;
mod der;
mod discovery;
mod error;
mod guid;
mod hello;
mod limits;
mod percent;
mod printable;
mod public_key;
mod registration_error;
mod responsible;
mod secret;
mod seed;
mod state;

pub mod manual;

pub use http;
/// Certificates and times, shared with the rustls family of crates.
pub use rustls_pki_types as pki_types;

pub use algorithm::{Algorithm, AlgorithmError};
pub use cloud::{CertificateSignIn, Cloud, CloudError, Tenant, TenantError};
pub use config::Config;
pub use device::{Device, DeviceError, JoinType};
pub use discovery::{Federation, IssuerMetadata, NotManaged};
pub use error::Error;
pub use flow::{
    AccessToken, DeviceCode, Join, Leave, Registration, Removal, Renewal, TokenRequest, WebSignIn,
    device_credential,
};
pub use hello::HelloKey;
pub use jose::Integrity;
pub use prt::{
    ClientInfo, Freshness, IdToken, KerberosTicket, KerberosTickets, PrimaryRefreshToken, SsoContext,
    SsoCredential,
};
pub use refusal::{Interaction, Refusal};
pub use responsible::Responsible;
pub use sealing::{SealError, SealingKey};
pub use secret::{Secret, SessionKey, SessionKeyLength};
pub use seed::Seed;
pub use sign_in::SignIn;
pub use state::State;
pub use step::{
    AuthenticatedExchange, Exchange, KeysTask, Outcome, SignTask, Step, UnwrapTask, UserCodeTask, WaitTask,
};
pub use transcript::Transcript;
