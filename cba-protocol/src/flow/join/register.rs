//! Keys, certificate request, and the certificate of the new device.

use base64ct::{Base64, Encoding};
use http::header::AUTHORIZATION;
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::certificate::{Certificate, oid};

use super::discover::Endpoint;
use super::{Joining, Registration, request, service};
use crate::answer::Answer;
use crate::cloud::Tenant;
use crate::config::{Attributes, AttributesName, FinalSlash, TargetDomain, TenantCheck};
use crate::device::{Device, JoinType};
use crate::error::Error;
use crate::public_key::RsaPublicKey;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::{CertificateRequest, JoinAnswer, JoinAttributes, JoinRequest};

const STATE: State = State::Registration;

impl Joining {
    /// The keys come before anything that is dated: a TPM may take long.
    pub(super) fn make_keys(self, endpoint: Option<Endpoint>) -> Step<Registration> {
        let recorder = self.context.recorder.clone();
        Step::make_keys(recorder, move |[device, transport]| {
            Ok(self.sign(endpoint, device, transport))
        })
    }

    fn sign(
        self,
        endpoint: Option<Endpoint>,
        device: RsaPublicKey,
        transport: RsaPublicKey,
    ) -> Step<Registration> {
        let form = self.context.config.registration().request_form();
        let information = request::information(&device, form);
        let recorder = self.context.recorder.clone();
        Step::sign_request_as_device(information, recorder, move |information, signature| {
            let signed = request::signed(information, signature);
            self.register(endpoint, &signed, device, &transport)
        })
    }

    /// [MS-DVRJ] 3.1.5.1.1.
    fn register(
        self,
        endpoint: Option<Endpoint>,
        signed: &[u8],
        device: RsaPublicKey,
        transport: &RsaPublicKey,
    ) -> Result<Step<Registration>, Error> {
        let config = &self.context.config;
        let (service, host) = (config.registration(), config.cloud().registration());
        let endpoint = endpoint.unwrap_or_else(|| Endpoint {
            url: format!("https://{host}/EnrollmentServer/device/"),
            api_version: None,
        });
        let version = endpoint.api_version.as_deref().unwrap_or(service.api_version());
        let path = match service.final_slash() {
            FinalSlash::AsDiscovered => endpoint.url.as_str(),
            FinalSlash::Removed => endpoint.url.trim_end_matches('/'),
        };
        let url = format!("{path}?api-version={version}");
        let attributes = |value: serde_json::Value| JoinAttributes {
            reuse_device: value.clone(),
            return_client_sid: value,
        };
        let attributes = match service.attributes() {
            Attributes::Omitted => None,
            Attributes::Booleans => Some(attributes(true.into())),
            Attributes::Capitals => Some(attributes("True".into())),
            Attributes::Texts => Some(attributes("true".into())),
        };
        let (upper_case, lower_case) = match service.attributes_name() {
            AttributesName::UpperCase => (attributes, None),
            AttributesName::LowerCase => (None, attributes),
        };
        let body = JoinRequest {
            certificate_request: CertificateRequest {
                r#type: "pkcs10",
                data: Base64::encode_string(signed),
            },
            transport_key: Base64::encode_string(&transport.blob()),
            target_domain: match service.target_domain() {
                // a host name has no port
                TargetDomain::RegistrationHost => host.split(':').next().unwrap_or(host),
                TargetDomain::UserDomain => self.domain(),
            },
            device_type: service.device_type(),
            os_version: &self.os_version,
            device_display_name: &self.display_name,
            join_type: match self.join_type {
                JoinType::Joined => 0,
                JoinType::Registered => 4,
            },
            upper_case,
            lower_case,
        };
        let mut request = self.context.post_json(STATE, &url, &body)?;
        service::name_client(config, &mut request);
        let token = self
            .authorization()
            .ok_or(Error::UnwritableRequest { state: STATE })?;
        request.headers_mut().insert(AUTHORIZATION, token);
        let recorder = self.context.recorder.clone();
        Ok(Step::send(STATE, request, recorder, move |answer, now| {
            self.registered(&answer, &device, now)
        }))
    }

    /// Any success status: [MS-DVRJ] has 200, others have seen 201.
    fn registered(
        self,
        answer: &Answer,
        key: &RsaPublicKey,
        now: UnixTime,
    ) -> Result<Step<Registration>, Error> {
        let config = &self.context.config;
        if !answer.status.is_success() {
            let refusal = service::refusal(answer, config.limits())?;
            return Ok(Step::Done(Outcome::refused(refusal)));
        }
        let issued: JoinAnswer = answer.json(config.limits())?;
        let missing = Error::ProtocolChanged {
            state: STATE,
            what: "the answer has no Certificate.RawBody",
        };
        let raw = issued
            .certificate
            .and_then(|certificate| certificate.raw_body)
            .ok_or(missing)?;
        let device = self.check(&raw, key, now)?;
        Ok(Step::Done(Outcome::Granted(Box::new(Registration {
            device,
            join_type: self.join_type,
        }))))
    }

    /// The certificate is for this key, device, tenant, time and purpose.
    fn check(&self, raw: &str, key: &RsaPublicKey, now: UnixTime) -> Result<Device, Error> {
        let unfit = |what| Error::UnfitCertificate { what };
        let der = Base64::decode_vec(raw).map_err(|_| unfit("it is not base64"))?;
        let certificate = Certificate::from_der(&der).map_err(|_| unfit("it is not a certificate in DER"))?;
        if certificate.public_key().as_der() != key.spki() {
            return Err(unfit("its key is another one"));
        }
        let device = Device::from_certificate(&CertificateDer::from(der.as_slice()))
            .map_err(|_| unfit("it does not name one device"))?;
        let required = self.context.config.registration().tenant_check() == TenantCheck::Required;
        match (device.tenant().map(Tenant::as_str), self.tenant) {
            (None, _) if required => return Err(unfit("it names no tenant")),
            (Some(named), Some(asked)) if named != asked.to_string() => {
                return Err(unfit("it is for another tenant"));
            }
            _ => {}
        }
        if !device.is_valid_at(now) {
            return Err(unfit(
                "it is not valid now, or the clock of this machine is wrong",
            ));
        }
        if !certificate
            .extended_key_usage()
            .any(|purpose| purpose == oid::CLIENT_AUTH)
        {
            return Err(unfit("it is not for client authentication"));
        }
        Ok(device)
    }
}
