//! Configuration of joining and leaving: a switch for each point that the sources leave open.

use std::borrow::Cow;

use super::accessors::switches;

/// Configuration of a [`Join`](crate::Join) and a [`Leave`](crate::Leave).
///
/// [\[MS-DVRJ\]][spec] specifies the two requests for AD FS. Entra has more members, which only public clients show
/// ([roadlib], [libhimmelblau], [AADInternals]).
///
/// ```
/// use cba_protocol::{Cloud, Config, Tenant};
/// use cba_protocol::config::{RegistrationService, TargetDomain};
///
/// let service = RegistrationService::default().with_target_domain(TargetDomain::RegistrationHost);
/// let config = Config::new(Cloud::PUBLIC, Tenant::common()).with_registration(service.clone());
/// assert_eq!(config.registration(), &service);
/// ```
///
/// [spec]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dvrj/
/// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
/// [libhimmelblau]: https://github.com/himmelblau-idm/libhimmelblau
/// [AADInternals]: https://github.com/Gerenios/AADInternals
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationService {
    api_version: Cow<'static, str>,
    device_type: Cow<'static, str>,
    discovery: DiscoveryRequest,
    target_domain: TargetDomain,
    attributes: Attributes,
    attributes_name: AttributesName,
    final_slash: FinalSlash,
    client_headers: ClientHeaders,
    request_form: RequestForm,
    tenant_check: TenantCheck,
    removal_host: RemovalHost,
    removal_version: RemovalVersion,
}

impl Default for RegistrationService {
    fn default() -> Self {
        Self {
            api_version: Cow::Borrowed("2.0"),
            device_type: Cow::Borrowed("Linux"),
            discovery: DiscoveryRequest::WithToken,
            target_domain: TargetDomain::UserDomain,
            attributes: Attributes::Texts,
            attributes_name: AttributesName::UpperCase,
            final_slash: FinalSlash::AsDiscovered,
            client_headers: ClientHeaders::Omitted,
            request_form: RequestForm::Plain,
            tenant_check: TenantCheck::Required,
            removal_host: RemovalHost::Plain,
            removal_version: RemovalVersion::Sent,
        }
    }
}

impl RegistrationService {
    /// `api-version` of a join if discovery does not name one: `2.0`, which public clients use.
    #[must_use]
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Sets [`api_version`](Self::api_version).
    #[must_use]
    pub fn with_api_version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.api_version = version.into();
        self
    }

    /// `DeviceType`: `Linux` by default. The tenant's policies may depend on it.
    #[must_use]
    pub fn device_type(&self) -> &str {
        &self.device_type
    }

    /// Sets [`device_type`](Self::device_type).
    #[must_use]
    pub fn with_device_type(mut self, device_type: impl Into<Cow<'static, str>>) -> Self {
        self.device_type = device_type.into();
        self
    }
}

switches! {
    RegistrationService:

    /// The discovery request before a join.
    discovery: DiscoveryRequest, with_discovery;

    /// `TargetDomain` of a join.
    target_domain: TargetDomain, with_target_domain;

    /// `Attributes` of a join.
    attributes: Attributes, with_attributes;

    /// Name of the member `Attributes`.
    attributes_name: AttributesName, with_attributes_name;

    /// Slash at the end of the path of a join.
    final_slash: FinalSlash, with_final_slash;

    /// Headers `ocp-adrs-client-name` and `ocp-adrs-client-version`.
    client_headers: ClientHeaders, with_client_headers;

    /// Form of the certificate request.
    request_form: RequestForm, with_request_form;

    /// Check of the tenant in the new certificate.
    tenant_check: TenantCheck, with_tenant_check;

    /// Host that gets the request to remove the device.
    removal_host: RemovalHost, with_removal_host;

    /// `api-version` of a removal.
    removal_version: RemovalVersion, with_removal_version;
}

/// The discovery request before a join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryRequest {
    /// None: the host of the cloud and the known path, as roadlib and AADInternals do.
    Omitted,
    /// Without the access token. The community's description of the protocol shows none.
    Plain,
    /// With the access token and `managed=True`, as libhimmelblau sends it.
    #[default]
    WithToken,
}

/// `TargetDomain` of a join. [MS-DVRJ] 3.1.5.1.1.1 specifies the host of the service, libhimmelblau sends the user's domain, and roadlib
/// any text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetDomain {
    /// Host of the registration service.
    RegistrationHost,
    /// Domain of the user name.
    #[default]
    UserDomain,
}

/// `Attributes` of a join: `ReuseDevice` and `ReturnClientSid`. Not in [MS-DVRJ].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attributes {
    /// JSON booleans, as the community's description of the protocol shows them.
    Booleans,
    /// The text `True`, as AADInternals sends it.
    Capitals,
    /// Not sent.
    Omitted,
    /// The text `true`, as libhimmelblau and roadlib send it.
    #[default]
    Texts,
}

/// Name of the member `Attributes`. Public clients differ in its case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributesName {
    /// `attributes`, as roadlib sends it.
    LowerCase,
    /// `Attributes`, as libhimmelblau and AADInternals send it.
    #[default]
    UpperCase,
}

/// Slash at the end of the path of a join. Discovery and public clients have it; [MS-DVRJ] 3.1.5.1 has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinalSlash {
    /// As discovery names the path; without discovery, with a slash.
    #[default]
    AsDiscovered,
    /// Removed.
    Removed,
}

/// Headers `ocp-adrs-client-name` and `ocp-adrs-client-version` of requests to the registration service. libhimmelblau and
/// AADInternals send them, roadlib does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientHeaders {
    /// None.
    #[default]
    Omitted,
    /// Name and version of this library.
    Sent,
}

/// Form of the certificate request. The service uses only its key ([MS-DVRJ] 3.1.5.1.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestForm {
    /// With an empty extension request, as libhimmelblau sends it.
    EmptyExtensions,
    /// The common name ends with a NUL, as in the sample of [MS-DVRJ] 4.1.
    NulTerminated,
    /// A common name and no attributes.
    #[default]
    Plain,
}

/// Check of the tenant in the new certificate, extension 1.2.840.113556.1.5.284.5. AADInternals shows it in Entra's certificates;
/// AD FS does not add it ([MS-DVRJ] 3.1.5.1.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TenantCheck {
    /// It may be missing.
    IfNamed,
    /// It must be present.
    #[default]
    Required,
}

/// Host that gets the request to remove the device. Microsoft's lists of hosts name both
/// (<https://learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-windows>); public clients use the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemovalHost {
    /// `certauth.` in front of the host of the registration service.
    Certauth,
    /// Host of the registration service.
    #[default]
    Plain,
}

/// `api-version` of a removal: `1.0`. AADInternals sends it, roadlib does not; [MS-DVRJ] 3.1.5.1.2 requires it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemovalVersion {
    /// None.
    Omitted,
    /// `api-version=1.0`.
    #[default]
    Sent,
}
