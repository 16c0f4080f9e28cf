//! `POST /EnrollmentServer/device/?api-version=2.0`: a device joins, or is registered.

use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use serde_json::{Map, Value, json};

use super::csr::{self, check_key};
use super::error::ServiceError;
use super::request::{TokenUser, check_headers, user_of_token};
use crate::config::{
    Allowed, AttributeValues, AttributesName, Demand, JoinType, TargetDomain, TransportKey, User,
};
use crate::endpoint::sid_to_name::sid_of;
use crate::http::{Answer, Request};
use crate::issue::{DeviceTemplate, Validity, register_device_as};
use crate::jose::{base64, from_base64};
use crate::log::SignInNotes;
use crate::random::hex;
use crate::state::State;

/// Checks the request and its user, and issues the device's certificate.
pub(super) fn answer(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, ServiceError> {
    let configuration = &state.configuration;
    if let Some(throttle) = configuration.registration.throttle
        && !state.count_registration(throttle)
    {
        return Err(ServiceError::throttled(throttle.seconds));
    }
    check_headers(state, request)?;
    if !configuration
        .dialect
        .final_slash
        .accepts(request.path.ends_with('/'))
    {
        return Err(ServiceError::invalid("The path."));
    }
    let caller = user_of_token(state, request)?;
    notes.user = Some(caller.user.user_principal_name.clone());
    let version = request.query.get("api-version").map(String::as_str);
    if !matches!(version, Some("1.0" | "2.0")) {
        return Err(ServiceError::invalid("Parameter: 'api-version'."));
    }
    let json = request.header("content-type").unwrap_or_default();
    if !json.starts_with("application/json") {
        return Err(ServiceError::invalid("Header: 'Content-Type'."));
    }
    let body: Map<String, Value> = serde_json::from_slice(&request.body)
        .map_err(|error| ServiceError::invalid(format!("The body is not a JSON object: {error}.")))?;
    let join_type = join_type(&body)?;
    check_fields(state, request, &body)?;
    let (key, transport) = keys(state, &body)?;
    check_user(state, &caller, join_type)?;

    let template = DeviceTemplate {
        tenant_id: configuration.tenant.id.clone(),
        user_id: caller.user.id.clone(),
        join_type,
        region: configuration.tenant.region.clone(),
        validity: Validity::Now(3_650),
    };
    let issuer = state.device_issuer.as_ref();
    let issuer = issuer.ok_or_else(|| ServiceError::not_allowed("This tenant registers no devices."))?;
    let extensions = configuration.dialect.device_extensions;
    let (certificate, record) = register_device_as(issuer, &template, extensions, &key, &transport)?;
    notes.device = Some(record.id.clone());
    let added = state.directory.add(&record, &caller.user.id, configuration);
    added.map_err(|error| ServiceError::invalid(error.to_string()))?;
    let mut answer = Answer::json(&json!({
        "Certificate": {
            "Thumbprint": hex(&certificate.digest(MessageDigest::sha1())?).to_ascii_uppercase(),
            "RawBody": base64(&certificate.to_der()?),
        },
        "User": {"Upn": caller.user.user_principal_name},
        "MembershipChanges": [
            // The administrators of the machine: the user who joined it.
            {"LocalSID": "S-1-5-32-544", "AddSIDs": [sid_of(&caller.user.id)]},
        ],
    }));
    answer.status = configuration.dialect.join_status;
    Ok(answer)
}

/// 0 joins, 4 registers. A hybrid join (6) has no token, and comes with PUT.
fn join_type(body: &Map<String, Value>) -> Result<JoinType, ServiceError> {
    match body.get("JoinType").and_then(Value::as_u64) {
        Some(0) => Ok(JoinType::Entra),
        Some(4) => Ok(JoinType::Registered),
        _ => Err(ServiceError::not_allowed(
            "The enrollment request type is not allowed. Member: 'JoinType'.",
        )),
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, ServiceError> {
    let value = body.get(name).and_then(Value::as_str);
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ServiceError::invalid(format!("Member: '{name}'.")))
}

/// The members that only describe the device.
fn check_fields(state: &State, request: &Request, body: &Map<String, Value>) -> Result<(), ServiceError> {
    let dialect = &state.configuration.dialect;
    for name in ["DeviceDisplayName", "OSVersion"] {
        text(body, name)?;
    }
    let kind = text(body, "DeviceType")?;
    if !dialect.device_types.is_empty() && !dialect.device_types.iter().any(|known| known == kind) {
        return Err(ServiceError::not_allowed(format!(
            "Devices of type '{kind}' are not allowed."
        )));
    }
    let domain = text(body, "TargetDomain")?;
    let host = request.header("host").and_then(|host| host.split(':').next());
    let accepted = match dialect.target_domain {
        TargetDomain::Any => true,
        TargetDomain::RegistrationHost => host.is_some_and(|host| host.eq_ignore_ascii_case(domain)),
        TargetDomain::UserDomain => state.directory.has_domain(domain),
    };
    if !accepted {
        return Err(ServiceError::invalid("Member: 'TargetDomain'."));
    }
    check_attributes(state, body)
}

fn check_attributes(state: &State, body: &Map<String, Value>) -> Result<(), ServiceError> {
    let dialect = &state.configuration.dialect;
    let invalid = || ServiceError::invalid("Member: 'Attributes'.");
    let named = |name: &str| body.get(name).map(|value| value.as_object().ok_or_else(invalid));
    let attributes = match dialect.attributes_name {
        AttributesName::Any => named("Attributes").or_else(|| named("attributes")),
        AttributesName::LowerCase if body.contains_key("Attributes") => return Err(invalid()),
        AttributesName::LowerCase => named("attributes"),
        AttributesName::UpperCase if body.contains_key("attributes") => return Err(invalid()),
        AttributesName::UpperCase => named("Attributes"),
    };
    let attributes = attributes.transpose()?;
    if !dialect.attributes.accepts(attributes.is_some()) {
        return Err(invalid());
    }
    let Some(attributes) = attributes else {
        return Ok(());
    };
    // The device ticket is a text in any dialect.
    let flags = attributes.iter().filter(|(name, _)| *name != "MSA-DDID");
    for (_, value) in flags {
        let seen = match value {
            Value::Bool(_) => AttributeValues::Booleans,
            Value::String(text) if ["True", "False"].contains(&text.as_str()) => AttributeValues::Capitals,
            Value::String(text) if ["true", "false"].contains(&text.as_str()) => AttributeValues::Texts,
            _ => return Err(invalid()),
        };
        if dialect.attribute_values != AttributeValues::Any && dialect.attribute_values != seen {
            return Err(invalid());
        }
    }
    Ok(())
}

/// The device key and the transport key.
fn keys(state: &State, body: &Map<String, Value>) -> Result<(PKey<Public>, PKey<Public>), ServiceError> {
    let dialect = &state.configuration.dialect;
    let request = body.get("CertificateRequest").and_then(Value::as_object);
    let request = request.ok_or_else(|| ServiceError::invalid("Member: 'CertificateRequest'."))?;
    if text(request, "Type")? != "pkcs10" {
        return Err(ServiceError::invalid("Member: 'Type' of 'CertificateRequest'."));
    }
    let bytes = |object, name: &str| {
        from_base64(text(object, name)?)
            .ok_or_else(|| ServiceError::invalid(format!("Member: '{name}' is not base64.")))
    };
    let request = csr::read(&bytes(request, "Data")?, dialect.request_form)?;
    match &request.nonce {
        Some(nonce) => state.redeem_nonce(nonce)?,
        None if dialect.request_nonce == Demand::Required => {
            return Err(ServiceError::invalid("CertificateRequest: the nonce is missing."));
        }
        None => {}
    }
    let transport = transport_key(&bytes(body, "TransportKey")?)?;
    check_key(&transport)?;
    let same = transport.public_eq(&request.key);
    match dialect.transport_key {
        TransportKey::Separate if same => Err(ServiceError::invalid(
            "Member: 'TransportKey' repeats the device key.",
        )),
        TransportKey::Same if !same => Err(ServiceError::invalid(
            "Member: 'TransportKey' is not the device key.",
        )),
        _ => Ok(()),
    }?;
    Ok((request.key, transport))
}

/// A public key as a `BCRYPT_RSAPUBLIC_BLOB`: a magic number, five lengths in little-endian order, exponent and modulus
/// (<https://learn.microsoft.com/windows/win32/api/bcrypt/ns-bcrypt-bcrypt_rsakey_blob>).
fn transport_key(blob: &[u8]) -> Result<PKey<Public>, ServiceError> {
    let invalid = || ServiceError::invalid("Member: 'TransportKey' is not an RSA public key blob.");
    let (header, rest) = blob.split_at_checked(24).ok_or_else(invalid)?;
    let words: Vec<usize> = header
        .chunks_exact(4)
        .map(|word| {
            word.iter()
                .rev()
                .fold(0, |number, byte| number << 8 | usize::from(*byte))
        })
        .collect();
    let [_, bits, exponent, modulus, 0, 0] = words[..] else {
        return Err(invalid());
    };
    if !blob.starts_with(b"RSA1") || bits != 8 * modulus || rest.len() != exponent.saturating_add(modulus) {
        return Err(invalid());
    }
    let (exponent, modulus) = rest.split_at(exponent);
    let (exponent, modulus) = (BigNum::from_slice(exponent)?, BigNum::from_slice(modulus)?);
    Ok(PKey::from_rsa(Rsa::from_public_components(modulus, exponent)?)?)
}

/// Refuses a user if a policy does not allow joining, or if the device quota is reached.
///
/// The words for the policy are those of public reports (<https://github.com/MicrosoftDocs/windows-itpro-docs/issues/4737>). Those for
/// the quota and for another factor are inferred: Windows shows an error of its own for the quota (0x801c000e,
/// <https://learn.microsoft.com/windows/security/identity-protection/hello-for-business/hello-errors-during-pin-creation>), and
/// `DeviceCapReached` is the name of [MS-MDE2] for the same limit of device management.
fn check_user(state: &State, caller: &TokenUser<'_>, join_type: JoinType) -> Result<(), ServiceError> {
    let registration = &state.configuration.registration;
    let user = caller.user;
    let name = &user.user_principal_name;
    let (allowed, what) = match join_type {
        JoinType::Registered => (&registration.register, "register a device"),
        JoinType::Entra | JoinType::Hybrid => (&registration.join, "device join"),
    };
    if !may(user, allowed) {
        let why = format!("Administrator policy does not allow user {name} to {what}.");
        return Err(ServiceError::unauthorized(why));
    }
    let has = |method: &str| caller.methods.iter().any(|own| own == method);
    if registration.require_multifactor && !has("mfa") {
        return Err(ServiceError::unauthorized(
            "Multifactor authentication is required.",
        ));
    }
    if state.configuration.dialect.fresh_multifactor == Demand::Required && !has("ngcmfa") {
        return Err(ServiceError::unauthorized(
            "Fresh multifactor authentication is required.",
        ));
    }
    let quota = registration
        .device_quota
        .and_then(|quota| usize::try_from(quota).ok());
    if quota.is_some_and(|quota| state.directory.devices_of(&user.id) >= quota) {
        let why = format!("User {name} has registered as many devices as are allowed (DeviceCapReached).");
        return Err(ServiceError::unauthorized(why));
    }
    Ok(())
}

fn may(user: &User, allowed: &Allowed) -> bool {
    match allowed {
        Allowed::All => true,
        Allowed::None => false,
        Allowed::Selected(ids) => ids.iter().any(|id| *id == user.id || user.groups.contains(id)),
    }
}
