#![doc = include_str!("../README.md")]

pub mod aadsts;
mod answer;
mod cloud;
pub mod config;
mod device;
mod error;
pub mod flow;
mod guid;
mod hello;
mod jose;
mod kdf;
mod mac;
pub mod manual;
mod printable;
mod prt;
mod refusal;
mod secret;
mod seed;
mod sign_in;
mod step;
mod tenant;
mod transcript;
mod wire;

pub use http;
/// Certificates and times, as the whole rustls family has them.
pub use rustls_pki_types as pki_types;

pub use cloud::{CertificateSignIn, Cloud, CloudError};
pub use config::Config;
pub use device::{Device, DeviceError, JoinType};
pub use error::{Blame, Error};
pub use flow::{Federation, IssuerMetadata, NotManaged, State};
pub use hello::HelloKey;
pub use jose::{Algorithm, Integrity};
pub use prt::{
    AccessToken, ClientInfo, Freshness, IdToken, KerberosTicket, KerberosTickets, PrimaryRefreshToken,
    Renewal, SealError, SealingKey, SsoContext, SsoCredential, TokenRequest, device_credential,
};
pub use refusal::{Interaction, Refusal};
pub use secret::{Secret, SessionKey, SessionKeyLength};
pub use seed::Seed;
pub use sign_in::SignIn;
pub use step::{Exchange, Outcome, SignTask, Step, UnwrapTask};
pub use tenant::{Tenant, TenantError};
pub use transcript::Transcript;
