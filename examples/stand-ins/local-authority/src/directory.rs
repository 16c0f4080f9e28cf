//! The directory: users, domains and devices.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;
use openssl::x509::store::X509Store;

use crate::config::{Configuration, DeviceRecord, Domain, PemError, Realm, Target, User};
use crate::jose::{Algorithm, Jws};
use crate::refusal::{Code, Refusal};
use crate::trust;

/// Users by either name, domains and devices.
pub(crate) struct Directory {
    users: Vec<User>,
    by_name: HashMap<String, usize>,
    by_on_premises_name: HashMap<String, usize>,
    /// By key id; with the user they belong to.
    hello_keys: HashMap<String, (String, PKey<Public>)>,
    domains: Vec<Domain>,
    devices: RwLock<Vec<Arc<Device>>>,
    device_authorities: X509Store,
}

/// A device object.
pub(crate) struct Device {
    pub(crate) id: String,
    /// The user who registered it here; none for a device of the configuration.
    owner: Option<String>,
    pub(crate) transport_key: Option<PKey<Public>>,
    account_enabled: bool,
    certificate: X509,
    der: Vec<u8>,
    key: PKey<Public>,
}

/// How a user was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FoundBy {
    OnPremisesUserPrincipalName,
    UserPrincipalName,
}

impl Directory {
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, PemError> {
        let index = |name: fn(&User) -> Option<&str>| {
            let names = configuration.users.iter().enumerate();
            names
                .filter_map(|(at, user)| Some((name(user)?.to_lowercase(), at)))
                .collect()
        };
        let authorities: Result<Vec<_>, _> = configuration
            .device_authorities
            .iter()
            .map(|pem| pem.certificate(&configuration.base))
            .collect();
        let devices = configuration
            .devices
            .iter()
            .map(|record| Device::new(record, None, configuration).map(Arc::new));
        Ok(Self {
            users: configuration.users.clone(),
            by_name: index(|user| Some(&user.user_principal_name)),
            by_on_premises_name: index(|user| user.on_premises_user_principal_name.as_deref()),
            hello_keys: hello_keys(configuration)?,
            domains: configuration.domains.clone(),
            devices: RwLock::new(devices.collect::<Result<_, _>>()?),
            device_authorities: trust::store(authorities?).map_err(|source| PemError::Parse {
                place: "deviceAuthorities".to_owned(),
                what: "usable set of certificates",
                source,
            })?,
        })
    }

    /// Finds a user by the Entra name, and then by the name from Active Directory.
    ///
    /// <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-smartcard>
    pub(crate) fn locate(&self, name: &str) -> Option<(&User, FoundBy)> {
        let name = name.to_lowercase();
        let found = |index: &HashMap<String, usize>| index.get(&name).and_then(|at| self.users.get(*at));
        let first = found(&self.by_name).map(|user| (user, FoundBy::UserPrincipalName));
        first.or_else(|| {
            found(&self.by_on_premises_name).map(|user| (user, FoundBy::OnPremisesUserPrincipalName))
        })
    }

    /// The user with an object id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The Hello key with an id, if it is the user's.
    pub(crate) fn hello_key(&self, user: &User, id: &str) -> Option<&PKey<Public>> {
        self.hello_keys
            .get(id)
            .filter(|(owner, _)| *owner == user.id)
            .map(|(_, key)| key)
    }

    /// The realm of a user name, and its domain. A user in staged rollout is managed
    /// in any domain.
    pub(crate) fn realm(&self, name: &str) -> (&Realm, String) {
        let suffix = name
            .rsplit_once('@')
            .map_or(name, |(_, suffix)| suffix)
            .to_lowercase();
        let domain = self
            .domains
            .iter()
            .find(|domain| domain.name.eq_ignore_ascii_case(&suffix));
        let realm = domain.map_or(&Realm::Unknown, |domain| &domain.realm);
        let rolled_out = matches!(realm, Realm::Federated { .. })
            && self.locate(name).is_some_and(|(user, _)| user.staged_rollout);
        (if rolled_out { &Realm::Managed } else { realm }, suffix)
    }

    /// Whether the domain is one of the tenant's own.
    pub(crate) fn has_domain(&self, name: &str) -> bool {
        self.domains.iter().any(|domain| {
            domain.name.eq_ignore_ascii_case(name)
                && matches!(domain.realm, Realm::Managed | Realm::Federated { .. })
        })
    }

    /// The device with an id.
    pub(crate) fn device(&self, id: &str) -> Option<Arc<Device>> {
        self.find(|device| device.id == id)
    }

    fn find(&self, wanted: impl Fn(&Device) -> bool) -> Option<Arc<Device>> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.iter().find(|device| wanted(device)).cloned()
    }

    /// Adds a device that a user registered.
    pub(crate) fn add(
        &self,
        record: &DeviceRecord,
        owner: &str,
        configuration: &Configuration,
    ) -> Result<(), PemError> {
        let device = Arc::new(Device::new(record, Some(owner.to_owned()), configuration)?);
        self.devices
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(device);
        Ok(())
    }

    /// Removes a device.
    pub(crate) fn remove(&self, id: &str) {
        self.devices
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|device| device.id != id);
    }

    /// How many devices a user has registered.
    pub(crate) fn devices_of(&self, user: &str) -> usize {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices
            .iter()
            .filter(|device| device.owner.as_deref() == Some(user))
            .count()
    }

    /// The device that signed a request. Its certificate is in `x5c`, is the one that the device registered, is from
    /// a device authority and current, and its key made the signature.
    pub(crate) fn authenticate(&self, request: &Jws, now: i64) -> Result<Arc<Device>, Refusal> {
        let required = |detail: &str| Refusal::new(Code::DEVICE_AUTHENTICATION_REQUIRED, detail);
        let chain = request.x5c().ok_or_else(|| required("The header has no x5c."))?;
        let leaf = chain.first().ok_or_else(|| required("The x5c is empty."))?;
        let der = crate::jose::from_base64(leaf)
            .ok_or_else(|| Refusal::new(Code::CERTIFICATE_BASE64, "In the x5c of the device."))?;
        let device = self.known(&der, now)?;
        if !request.verify(Algorithm::Rs256, &device.key)? {
            return Err(Refusal::new(
                Code::ASSERTION_SIGNATURE,
                "The request is not signed with the key of the device.",
            ));
        }
        device.check_enabled()?;
        Ok(device)
    }

    /// The device that registered a certificate, if it is from a device authority and current.
    pub(crate) fn known(&self, der: &[u8], now: i64) -> Result<Arc<Device>, Refusal> {
        let Some(device) = self.find(|device| device.is(der)) else {
            return Err(self.stranger(der));
        };
        if trust::chain(&self.device_authorities, &[], &device.certificate)?.is_err() {
            return Err(Refusal::new(
                Code::DEVICE_AUTHENTICATION_FAILED,
                "The device certificate is not from a device authority.",
            ));
        }
        if !trust::is_current(&device.certificate, now)? {
            return Err(Refusal::new(
                Code::DEVICE_CERTIFICATE_TIME,
                format!("Device: {}.", device.id),
            ));
        }
        Ok(device)
    }

    /// The device whose key signed a request that names no certificate.
    pub(crate) fn signer(&self, request: &Jws) -> Result<Arc<Device>, Refusal> {
        let devices = self
            .devices
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for device in devices {
            if request.verify(Algorithm::Rs256, &device.key)? {
                device.check_enabled()?;
                return Ok(device);
            }
        }
        Err(Refusal::new(
            Code::ASSERTION_SIGNATURE,
            "The request is not signed with the key of any device.",
        ))
    }

    /// Why a certificate that no device registered is refused.
    fn stranger(&self, der: &[u8]) -> Refusal {
        let Ok(certificate) = X509::from_der(der) else {
            return Refusal::new(
                Code::DEVICE_AUTHENTICATION_FAILED,
                "The x5c of the device is not a certificate.",
            );
        };
        let name = trust::common_name(&certificate);
        match trust::chain(&self.device_authorities, &[], &certificate) {
            Ok(Ok(_)) => Refusal::new(Code::DEVICE_NOT_FOUND, format!("Device: {name}.")),
            _ => Refusal::new(
                Code::DEVICE_AUTHENTICATION_FAILED,
                format!("The certificate of {name} is not from a device authority."),
            ),
        }
    }
}

impl Device {
    fn new(
        record: &DeviceRecord,
        owner: Option<String>,
        configuration: &Configuration,
    ) -> Result<Self, PemError> {
        let certificate = record.certificate.certificate(&configuration.base)?;
        let bad = |source| PemError::Parse {
            place: record.id.clone(),
            what: "usable certificate",
            source,
        };
        let key = certificate.public_key().map_err(bad)?;
        let der = certificate.to_der().map_err(bad)?;
        let transport_key = record.transport_key.as_ref();
        Ok(Self {
            id: record.id.clone(),
            owner,
            transport_key: transport_key
                .map(|pem| pem.public_key(&configuration.base))
                .transpose()?,
            account_enabled: record.account_enabled,
            certificate,
            der,
            key,
        })
    }

    /// Refuses a disabled device.
    pub(crate) fn check_enabled(&self) -> Result<(), Refusal> {
        if self.account_enabled {
            return Ok(());
        }
        Err(Refusal::new(
            Code::DEVICE_DISABLED,
            format!("Device: {}.", self.id),
        ))
    }

    fn is(&self, der: &[u8]) -> bool {
        self.der == der
    }
}

fn hello_keys(configuration: &Configuration) -> Result<HashMap<String, (String, PKey<Public>)>, PemError> {
    let mut keys = HashMap::new();
    for user in &configuration.users {
        for pem in &user.hello_keys {
            let key = pem.public_key(&configuration.base)?;
            let id = hello_key_id(&key).map_err(|source| PemError::Parse {
                place: user.user_principal_name.clone(),
                what: "RSA public key",
                source,
            })?;
            keys.insert(id, (user.id.clone(), key));
        }
    }
    Ok(keys)
}

/// The id of a Hello key: SHA-256, in base64, of the key as a `BCRYPT_RSAPUBLIC_BLOB`, whose header is six little-endian numbers
/// (<https://learn.microsoft.com/en-us/windows/win32/api/bcrypt/ns-bcrypt-bcrypt_rsakey_blob>).
fn hello_key_id(key: &PKey<Public>) -> Result<String, ErrorStack> {
    let rsa = key.rsa()?;
    let (modulus, exponent) = (rsa.n().to_vec(), rsa.e().to_vec());
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut blob = b"RSA1".to_vec();
    for number in [length(&modulus) * 8, length(&exponent), length(&modulus), 0, 0] {
        blob.extend(number.to_le_bytes());
    }
    blob.extend(exponent);
    blob.extend(modulus);
    Ok(crate::jose::base64(&openssl::sha::sha256(&blob)))
}

/// Whether a list includes the user: by id, by group, or as one of all users.
pub(crate) fn is_target(user: &User, targets: &[Target]) -> bool {
    targets
        .iter()
        .any(|target| target.id == "all_users" || target.id == user.id || user.groups.contains(&target.id))
}
