//! Laboratories: a configuration with its keys and certificates, in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::certificate::{Issuer, UserTemplate, Validity, name, root};
use super::device::{DeviceTemplate, device_authority, issue_device, register_device};
use super::error::{IssueError, read_certificate, read_public_key, write, write_secret};
use super::revocation::{ListTime, revocation_list};
use crate::config::{
    Affinity, AuthenticationMode, AuthenticationModes, CertAuth, CertificateAuthority, CertificateField,
    CertificatePolicy, Configuration, CrlValidation, DeviceRecord, Dialect, Domain, FieldBinding,
    IssuerHints, JoinType, Lifetimes, ModeRule, Pages, Pem, PolicyState, Realm, Registration, RuleType,
    Switches, Target, Tenant, Tls, User, UserProperty,
};

/// The tenant of a new laboratory.
pub const TENANT_ID: &str = "b1c2d3e4-0000-4000-8000-00000000c0de";

/// The certificate policy that counts as multifactor in a new laboratory: one of those that NIST set aside for tests
/// (<https://csrc.nist.gov/projects/computer-security-objects-register/pki-registration>).
pub const MULTIFACTOR_POLICY: &str = "2.16.840.1.101.3.2.1.48.11";

/// The domain of a new laboratory's tenant. It cannot exist: RFC 2606 section 2 reserves `.example`.
pub const DOMAIN: &str = "contoso.example";

/// Options of a new laboratory.
#[derive(Clone, Debug, Default)]
pub struct InitOptions {
    /// The tenant's domain, [`DOMAIN`] unless given.
    pub domain: Option<String>,
    /// Login host names of the TLS certificate beside `localhost`, `127.0.0.1` and `::1`; each comes with its certauth and registration hosts.
    pub hosts: Vec<String>,
    /// Further issuers of user certificates that the tenant trusts, PEM or DER. They have no revocation list.
    pub trusted: Vec<PathBuf>,
    /// Further users by user principal name; an unknown domain is added as a managed one.
    pub users: Vec<String>,
}

/// Writes a laboratory: configuration, authorities, devices, and a user's certificate with its key.
pub fn init(folder: &Path, options: &InitOptions) -> Result<Configuration, IssueError> {
    let at = |file: &str| folder.join(file);
    if at("authority.json").exists() {
        return Err(IssueError::Exists(at("authority.json")));
    }
    fs::create_dir_all(folder).map_err(|source| IssueError::File {
        path: folder.to_owned(),
        source,
    })?;

    let trusted = options
        .trusted
        .iter()
        .map(|file| trusted(file))
        .collect::<Result<Vec<_>, _>>()?;
    let tls = tls(folder, options)?;
    let root = super::self_signed_authority("Contoso Smart Card Root")?;
    let parts = [(Nid::ORGANIZATIONNAME, "Contoso".to_owned())];
    let issuing = root.issue_authority(&name(&parts, "Contoso Smart Card CA")?)?;
    let device_authority = device_authority()?;
    for (file, issuer) in [
        ("smart-card-root", &root),
        ("smart-card-ca", &issuing),
        ("device-ca", &device_authority),
    ] {
        write(&at(&format!("{file}.pem")), issuer.certificate.to_pem()?)?;
        write_secret(
            &at(&format!("{file}.key")),
            issuer.key.private_key_to_pem_pkcs8()?,
        )?;
    }
    for (file, issuer) in [("smart-card-root.crl", &root), ("smart-card-ca.crl", &issuing)] {
        write(
            &at(file),
            revocation_list(issuer, &[], ListTime::Current)?.to_pem()?,
        )?;
    }
    let domain = options.domain.as_deref().unwrap_or(DOMAIN);
    alice(folder, &issuing, domain)?;

    let mut configuration = configuration(tls, domain);
    configuration.certificate_authorities.extend(trusted);
    for name in &options.users {
        add_user(&mut configuration, name)?;
    }
    for (file, join_type) in [
        ("device.json", JoinType::Entra),
        ("hybrid-device.json", JoinType::Hybrid),
    ] {
        let template = DeviceTemplate {
            tenant_id: TENANT_ID.to_owned(),
            user_id: configuration.users[0].id.clone(),
            join_type,
            region: configuration.tenant.region.clone(),
            validity: Validity::Now(3_650),
        };
        let (device, record) = issue_device(&device_authority, &template)?;
        device.write(&at(file))?;
        configuration.devices.push(record);
    }
    configuration.write(&at("authority.json"))?;
    folder.clone_into(&mut configuration.base);
    Ok(configuration)
}

/// Adds a device with new keys to a laboratory, and writes its device file.
pub fn add_device(folder: &Path, join_type: JoinType, file: &Path) -> Result<(), IssueError> {
    enrol(folder, join_type, |issuer, template| {
        let (device, record) = issue_device(issuer, template)?;
        device.write(file)?;
        Ok(record)
    })
}

/// Adds a device that keeps its private keys to a laboratory, and writes its certificate. The files contain its two public keys:
/// a SubjectPublicKeyInfo, a certificate or a certificate request, PEM or DER.
pub fn enrol_device(
    folder: &Path,
    join_type: JoinType,
    (key, transport_key): (&Path, &Path),
    certificate: &Path,
) -> Result<(), IssueError> {
    enrol(folder, join_type, |issuer, template| {
        let (key, transport_key) = (read_public_key(key)?, read_public_key(transport_key)?);
        let (issued, record) = register_device(issuer, template, &key, &transport_key)?;
        write(certificate, issued.to_pem()?)?;
        Ok(record)
    })
}

fn enrol(
    folder: &Path,
    join_type: JoinType,
    issue: impl FnOnce(&Issuer, &DeviceTemplate) -> Result<DeviceRecord, IssueError>,
) -> Result<(), IssueError> {
    let path = folder.join("authority.json");
    let mut configuration = Configuration::read(&path)?;
    let issuer = Issuer::read(&folder.join("device-ca.pem"), &folder.join("device-ca.key"))?;
    let template = DeviceTemplate {
        tenant_id: configuration.tenant.id.clone(),
        user_id: configuration
            .users
            .first()
            .map(|user| user.id.clone())
            .unwrap_or_default(),
        join_type,
        region: configuration.tenant.region.clone(),
        validity: Validity::Now(3_650),
    };
    configuration.devices.push(issue(&issuer, &template)?);
    Ok(configuration.write(&path)?)
}

/// A server certificate, and the authority that clients trust. On P-256, so that TLS does not limit a load test.
fn tls(folder: &Path, options: &InitOptions) -> Result<Tls, IssueError> {
    let authority = root(&name(&[], "local-authority TLS")?, p256()?)?;
    let mut logins = vec!["localhost".to_owned()];
    logins.extend(options.hosts.iter().cloned());
    let mut hosts: Vec<String> = logins.iter().flat_map(|login| names_of(login)).collect();
    hosts.extend(["127.0.0.1".to_owned(), "::1".to_owned()]);
    let key = p256()?;
    let certificate = authority.issue_server(&hosts, &key)?;
    write(&folder.join("tls-ca.pem"), authority.certificate.to_pem()?)?;
    write(&folder.join("tls.pem"), certificate.to_pem()?)?;
    write_secret(&folder.join("tls.key"), key.private_key_to_pem_pkcs8()?)?;
    Ok(Tls {
        authority: Pem::new("tls-ca.pem"),
        certificate: Pem::new("tls.pem"),
        key: Pem::new("tls.key"),
    })
}

/// A login host with the names that belong to it. The registration host of the clouds has a separate name.
fn names_of(login: &str) -> Vec<String> {
    if login.parse::<std::net::IpAddr>().is_ok() {
        return vec![login.to_owned()];
    }
    let registration = match login {
        "login.microsoftonline.com" => "enterpriseregistration.windows.net".to_owned(),
        "login.microsoftonline.us" => "enterpriseregistration.microsoftonline.us".to_owned(),
        "login.partner.microsoftonline.cn" => "enterpriseregistration.partner.microsoftonline.cn".to_owned(),
        _ => format!("enterpriseregistration.{login}"),
    };
    vec![
        login.to_owned(),
        format!("certauth.{login}"),
        format!("t{TENANT_ID}.certauth.{login}"),
        format!("certauth.{registration}"),
        registration,
    ]
}

fn p256() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

/// A certificate and key in files, for sign-ins without a card.
fn alice(folder: &Path, issuer: &Issuer, domain: &str) -> Result<(), IssueError> {
    let name = format!("alice@{domain}");
    let template = UserTemplate {
        common_name: "Alice".to_owned(),
        principal_name: Some(name.clone()),
        rfc822_name: Some(name),
        policies: vec![MULTIFACTOR_POLICY.to_owned()],
        validity: Validity::Now(365),
    };
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    write(
        &folder.join("alice.pem"),
        issuer.issue_user(&template, &key)?.to_pem()?,
    )?;
    write_secret(&folder.join("alice.key"), key.private_key_to_pem_pkcs8()?)
}

fn configuration(tls: Tls, domain: &str) -> Configuration {
    let authority = |file: &str| CertificateAuthority {
        certificate: Pem::new(format!("{file}.pem")),
        revocation_list: Some(format!("{file}.crl").into()),
        delta_revocation_list: None,
    };
    Configuration {
        base: std::path::PathBuf::new(),
        tenant: Tenant {
            id: TENANT_ID.to_owned(),
            cloud_instance_name: "microsoftonline.com".to_owned(),
            issuer: None,
            region: "EU".to_owned(),
        },
        tls,
        domains: domains(domain),
        users: users(domain),
        certificate_authorities: vec![authority("smart-card-root"), authority("smart-card-ca")],
        certificate_policy: policy(),
        device_authorities: vec![Pem::new("device-ca.pem")],
        devices: Vec::new(),
        conditional_access: Vec::new(),
        lifetimes: Lifetimes::default(),
        switches: Switches::default(),
        certauth: CertAuth::default(),
        pages: Pages::default(),
        registration: Registration {
            authority_key: Some(Pem::new("device-ca.key")),
            ..Registration::default()
        },
        dialect: Dialect::default(),
        faults: Vec::new(),
        round_trip_milliseconds: 0,
    }
}

/// An issuer whose certificate is copied into the configuration, so that the laboratory does not depend on the file.
fn trusted(file: &Path) -> Result<CertificateAuthority, IssueError> {
    let pem = read_certificate(file)?.to_pem()?;
    Ok(CertificateAuthority {
        certificate: Pem::new(String::from_utf8_lossy(&pem)),
        revocation_list: None,
        delta_revocation_list: None,
    })
}

fn add_user(configuration: &mut Configuration, name: &str) -> Result<(), IssueError> {
    let domain = match name.split_once('@') {
        Some((user, domain)) if !user.is_empty() && !domain.is_empty() => domain,
        _ => return Err(IssueError::UserName(name.to_owned())),
    };
    let same = |other: &str, one: &str| other.eq_ignore_ascii_case(one);
    if !configuration
        .domains
        .iter()
        .any(|known| same(&known.name, domain))
    {
        configuration.domains.push(Domain {
            name: domain.to_owned(),
            realm: Realm::Managed,
        });
    }
    let users = &mut configuration.users;
    if !users.iter().any(|known| same(&known.user_principal_name, name)) {
        users.push(user(users.len() + 1, name, name));
    }
    Ok(())
}

fn domains(domain: &str) -> Vec<Domain> {
    let federated = Realm::Federated {
        protocol: "WSTrust".to_owned(),
        metadata_url: "https://sts.fabrikam.example/adfs/services/trust/mex".to_owned(),
        active_auth_url: "https://sts.fabrikam.example/adfs/services/trust/2005/usernamemixed".to_owned(),
        auth_url: "https://sts.fabrikam.example/adfs/ls/".to_owned(),
    };
    let other = Realm::OtherCloud {
        cloud_instance_name: "microsoftonline.us".to_owned(),
    };
    [
        (domain, Realm::Managed),
        // Not verified and not routable. No source has the answer of realm discovery for such a name. A hybrid joined Windows
        // can sign in with it, so it is managed here. Change it to "unknown" to test the other answer.
        ("corp.local", Realm::Managed),
        ("fabrikam.example", federated),
        ("gov.example", other),
    ]
    .into_iter()
    .map(|(name, realm)| Domain {
        name: name.to_owned(),
        realm,
    })
    .collect()
}

fn user(number: usize, name: &str, display: &str) -> User {
    User {
        id: format!("00000000-0000-4000-8000-{number:012}"),
        user_principal_name: name.to_owned(),
        on_premises_user_principal_name: None,
        on_premises_security_identifier: None,
        display_name: display.to_owned(),
        certificate_user_ids: Vec::new(),
        groups: Vec::new(),
        account_enabled: true,
        staged_rollout: false,
        hello_keys: Vec::new(),
        password: None,
    }
}

fn users(domain: &str) -> Vec<User> {
    let of = |name: &str| format!("{name}@{domain}");
    vec![
        User {
            on_premises_user_principal_name: Some("alice@corp.local".to_owned()),
            on_premises_security_identifier: Some("S-1-5-21-1004336348-1177238915-682003330-1101".to_owned()),
            password: Some("correct horse battery staple".to_owned()),
            ..user(1, &of("alice"), "Alice")
        },
        User {
            certificate_user_ids: vec!["X509:<PN>robert@mil".to_owned()],
            ..user(2, &of("bob"), "Bob: a certificate with another principal name")
        },
        user(3, &of("carol"), "Carol: outside the certificate policy"),
        User {
            account_enabled: false,
            ..user(4, &of("dave"), "Dave: disabled")
        },
        user(5, "erin@fabrikam.example", "Erin: federated"),
        User {
            staged_rollout: true,
            ..user(6, "frank@fabrikam.example", "Frank: federated, in staged rollout")
        },
    ]
}

fn policy() -> CertificatePolicy {
    let bindings = [
        (CertificateField::PrincipalName, UserProperty::UserPrincipalName),
        (
            CertificateField::PrincipalName,
            UserProperty::OnPremisesUserPrincipalName,
        ),
        (CertificateField::PrincipalName, UserProperty::CertificateUserIds),
        (CertificateField::RFC822Name, UserProperty::UserPrincipalName),
        (
            CertificateField::SubjectKeyIdentifier,
            UserProperty::CertificateUserIds,
        ),
    ];
    let binding = |(priority, (field, property)): (u32, (CertificateField, UserProperty))| FieldBinding {
        x509_certificate_field: field,
        user_property: property,
        priority,
    };
    CertificatePolicy {
        state: PolicyState::Enabled,
        include_targets: vec![Target {
            id: "all_users".to_owned(),
        }],
        exclude_targets: vec![Target {
            id: "00000000-0000-4000-8000-000000000003".to_owned(),
        }],
        certificate_user_bindings: (1..).zip(bindings).map(binding).collect(),
        authentication_mode_configuration: AuthenticationModes {
            x509_certificate_authentication_default_mode: AuthenticationMode::SingleFactor,
            x509_certificate_default_required_affinity_level: Affinity::Low,
            rules: vec![ModeRule {
                x509_certificate_rule_type: RuleType::PolicyOID,
                identifier: Some(MULTIFACTOR_POLICY.to_owned()),
                issuer_subject_identifier: None,
                policy_oid_identifier: None,
                x509_certificate_authentication_mode: AuthenticationMode::MultiFactor,
                x509_certificate_required_affinity_level: Affinity::Low,
            }],
        },
        crl_validation_configuration: CrlValidation::default(),
        issuer_hints_configuration: IssuerHints {
            state: PolicyState::Enabled,
        },
    }
}
