//! State of a sign-in in progress.

use rustls_pki_types::CertificateDer;
use upn_resolver::Upn;

use super::NonceRetry;
use super::context::Context;
use crate::device::Device;
use crate::discovery::IssuerMetadata;
use crate::hello::HelloKey;
use crate::secret::Secret;

/// A sign-in in progress.
pub(crate) struct Flow {
    pub(super) context: Context,
    pub(super) device: Device,
    pub(super) upn: Upn,
    pub(super) proof: Proof,
    pub(super) metadata: Option<IssuerMetadata>,
    pub(super) nonce_retry: NonceRetry,
}

/// How the user proves their identity.
pub(crate) enum Proof {
    Certificate(CertificateDer<'static>),
    Hello(HelloKey),
    RefreshToken(Secret),
}

impl Flow {
    pub(crate) fn new(
        context: Context,
        device: Device,
        upn: Upn,
        proof: Proof,
        metadata: Option<IssuerMetadata>,
    ) -> Self {
        Self {
            context,
            device,
            upn,
            proof,
            metadata,
            nonce_retry: NonceRetry::Available,
        }
    }
}
