//! The backends of the firmware for its system calls: PINs, chunked files and key wrapping, RSA, then the core.

use trussed::{
    backend::{Backend, BackendId},
    platform::Platform,
    serde_extensions::{ExtensionDispatch, ExtensionId, ExtensionImpl},
    service::ServiceResources,
    types::Context,
};
use trussed_auth::AuthExtension;
use trussed_auth_backend::{AuthBackend, AuthContext, FilesystemLayout};
use trussed_chunked::ChunkedExtension;
use trussed_core::{
    Error,
    api::{Reply, Request, reply, request},
    types::Location,
};
use trussed_hpke::HpkeExtension;
use trussed_rsa_alloc::SoftwareRsa;
use trussed_staging::{StagingBackend, StagingContext};
use trussed_wrap_key_to_file::WrapKeyToFileExtension;

/// The order of the backends for a request.
pub(crate) const ORDER: &[BackendId<Id>] = &[
    BackendId::Custom(Id::Auth),
    BackendId::Custom(Id::Rsa),
    BackendId::Custom(Id::Staging),
    BackendId::Core,
];

/// The backends in addition to trussed's core.
pub(crate) enum Id {
    Auth,
    Rsa,
    Staging,
}

pub(crate) struct Backends {
    auth: AuthBackend,
    staging: StagingBackend,
}

/// The state of each backend for the PIV applet.
#[derive(Default)]
pub(crate) struct Memory {
    auth: AuthContext,
    staging: StagingContext,
}

impl Backends {
    pub(crate) fn new() -> Self {
        Self {
            auth: AuthBackend::new(Location::Internal, FilesystemLayout::V1),
            staging: StagingBackend::new(),
        }
    }
}

impl ExtensionDispatch for Backends {
    type BackendId = Id;
    type Context = Memory;
    type ExtensionId = Extension;

    fn core_request<P: Platform>(
        &mut self,
        backend: &Id,
        context: &mut Context<Memory>,
        request: &Request,
        resources: &mut ServiceResources<P>,
    ) -> Result<Reply, Error> {
        let (core, memory) = (&mut context.core, &mut context.backends);
        match backend {
            Id::Auth => self.auth.request(core, &mut memory.auth, request, resources),
            Id::Rsa => SoftwareRsa.request(core, &mut (), request, resources),
            Id::Staging => self
                .staging
                .request(core, &mut memory.staging, request, resources),
        }
    }

    fn extension_request<P: Platform>(
        &mut self,
        backend: &Id,
        extension: &Extension,
        context: &mut Context<Memory>,
        request: &request::SerdeExtension,
        resources: &mut ServiceResources<P>,
    ) -> Result<reply::SerdeExtension, Error> {
        let (core, memory) = (&mut context.core, &mut context.backends);
        let (staging, memory_of_staging) = (&mut self.staging, &mut memory.staging);
        match (backend, extension) {
            (Id::Auth, Extension::Auth) => {
                self.auth
                    .extension_request_serialized(core, &mut memory.auth, request, resources)
            }
            (Id::Staging, Extension::Chunked) => {
                ExtensionImpl::<ChunkedExtension>::extension_request_serialized(
                    staging,
                    core,
                    memory_of_staging,
                    request,
                    resources,
                )
            }
            (Id::Staging, Extension::Hpke) => ExtensionImpl::<HpkeExtension>::extension_request_serialized(
                staging,
                core,
                memory_of_staging,
                request,
                resources,
            ),
            (Id::Staging, Extension::WrapKeyToFile) => {
                ExtensionImpl::<WrapKeyToFileExtension>::extension_request_serialized(
                    staging,
                    core,
                    memory_of_staging,
                    request,
                    resources,
                )
            }
            _ => Err(Error::RequestNotAvailable),
        }
    }
}

/// The system calls in addition to trussed's core, with their numbers.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Extension {
    Auth,
    Chunked,
    Hpke,
    WrapKeyToFile,
}

impl From<Extension> for u8 {
    fn from(extension: Extension) -> Self {
        extension as Self
    }
}

impl TryFrom<u8> for Extension {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self, Error> {
        [Self::Auth, Self::Chunked, Self::Hpke, Self::WrapKeyToFile]
            .into_iter()
            .find(|extension| u8::from(*extension) == number)
            .ok_or(Error::FunctionNotSupported)
    }
}

impl ExtensionId<AuthExtension> for Backends {
    type Id = Extension;
    const ID: Extension = Extension::Auth;
}

impl ExtensionId<ChunkedExtension> for Backends {
    type Id = Extension;
    const ID: Extension = Extension::Chunked;
}

impl ExtensionId<HpkeExtension> for Backends {
    type Id = Extension;
    const ID: Extension = Extension::Hpke;
}

impl ExtensionId<WrapKeyToFileExtension> for Backends {
    type Id = Extension;
    const ID: Extension = Extension::WrapKeyToFile;
}
