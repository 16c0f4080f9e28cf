//! TLS: what is asked of the client depends on the host name that it names.

mod hello;
mod peer;

use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{
    AlpnError, Ssl, SslAcceptor, SslAcceptorBuilder, SslMethod, SslOptions, SslRef, SslSessionCacheMode,
    SslVerifyMode, SslVersion, select_next_proto,
};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Name};
use tokio::net::TcpStream;

use crate::StartError;
use crate::certificate::print_subject;
use crate::config::{CertAuthFailure, ClientSignatures, Configuration, PolicyState, TlsVersion};
use crate::hosts::{Names, Role};
use crate::log::TlsNotes;

/// How long a client may take to send its first message.
const HELLO_TIME: Duration = Duration::from_secs(10);

/// Elliptic curve keys have one kind of signature, so the switch for RSA leaves them alone.
const ECDSA: &str = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512";

/// The TLS side of each service.
pub(crate) struct Acceptors {
    login: SslAcceptor,
    certauth: SslAcceptor,
    tenant_certauth: SslAcceptor,
    registration: SslAcceptor,
}

impl Acceptors {
    /// Reads certificate and key of the configuration.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, StartError> {
        let authorities: Result<Vec<X509>, _> = configuration
            .certificate_authorities
            .iter()
            .map(|authority| authority.certificate.certificate(&configuration.base))
            .collect();
        let authorities = authorities?;
        let hints = configuration.certificate_policy.issuer_hints_configuration.state;
        let hinted = if hints == PolicyState::Enabled {
            &authorities[..]
        } else {
            &[]
        };
        let device_authorities: Result<Vec<X509>, _> = configuration
            .device_authorities
            .iter()
            .map(|pem| pem.certificate(&configuration.base))
            .collect();
        Ok(Self {
            login: base(configuration)?.build(),
            certauth: certauth(configuration, &authorities, &[])?.build(),
            tenant_certauth: certauth(configuration, &authorities, hinted)?.build(),
            registration: registration(configuration, &device_authorities?)?.build(),
        })
    }

    /// Waits for the first message of a client. Returns the name that it asks for, and a TLS connection for that name.
    pub(crate) async fn choose(&self, stream: &TcpStream) -> Result<(Option<String>, Ssl), ErrorStack> {
        let name = tokio::time::timeout(HELLO_TIME, hello::server_name(stream)).await;
        let name = name.ok().flatten();
        let acceptor = match name.as_deref().map_or(Role::Login, Role::of) {
            Role::CertAuth(Names::Common) => &self.certauth,
            Role::CertAuth(Names::Special) => &self.tenant_certauth,
            Role::Login => &self.login,
            Role::Registration(_) => &self.registration,
        };
        Ok((name, Ssl::new(acceptor.context())?))
    }
}

/// The certificate of the configuration, HTTP/1.1 only.
fn base(configuration: &Configuration) -> Result<SslAcceptorBuilder, StartError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    let base = &configuration.base;
    let certificate = configuration.tls.certificate.certificate(base)?;
    let key = configuration.tls.key.private_key(base)?;
    builder.set_certificate(&certificate)?;
    builder.set_private_key(&key)?;
    builder.check_private_key()?;
    builder.set_alpn_select_callback(|_, offered| {
        select_next_proto(b"\x08http/1.1", offered).ok_or(AlpnError::NOACK)
    });
    Ok(builder)
}

/// Asks for a certificate and accepts any: a page judges it, with the code that judges assertions. No session is resumed, so
/// that each connection asks again.
fn certauth(
    configuration: &Configuration,
    authorities: &[X509],
    hints: &[X509],
) -> Result<SslAcceptorBuilder, StartError> {
    let mut builder = base(configuration)?;
    forget_sessions(&mut builder)?;
    builder.set_client_ca_list(names(hints)?);
    if configuration.dialect.certauth_failure == CertAuthFailure::Alert {
        let mut store = X509StoreBuilder::new()?;
        for authority in authorities {
            store.add_cert(authority.clone())?;
        }
        builder.set_verify_cert_store(store.build())?;
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    } else {
        builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    }
    let switches = &configuration.certauth;
    let versions = switches.tls_versions.iter().map(|version| match version {
        TlsVersion::Tls12 => SslVersion::TLS1_2,
        TlsVersion::Tls13 => SslVersion::TLS1_3,
    });
    let versions: Vec<SslVersion> = versions.collect();
    let (only, both) = (versions.first().copied(), versions.len() > 1);
    if let Some(only) = only.filter(|_| !both) {
        builder.set_min_proto_version(Some(only))?;
        builder.set_max_proto_version(Some(only))?;
    }
    match switches.client_signatures {
        ClientSignatures::Any => {}
        ClientSignatures::Pkcs1 => {
            peer::allow_signatures(&mut builder, &format!("RSA+SHA256:RSA+SHA384:RSA+SHA512:{ECDSA}"))?;
        }
        ClientSignatures::Pss => peer::allow_signatures(
            &mut builder,
            &format!(
                "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
                 rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:{ECDSA}"
            ),
        )?,
    }
    Ok(builder)
}

/// Offers devices to show their certificate, which only leaving needs.
fn registration(configuration: &Configuration, devices: &[X509]) -> Result<SslAcceptorBuilder, StartError> {
    let mut builder = base(configuration)?;
    forget_sessions(&mut builder)?;
    builder.set_client_ca_list(names(devices)?);
    builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    Ok(builder)
}

fn forget_sessions(builder: &mut SslAcceptorBuilder) -> Result<(), ErrorStack> {
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    builder.set_num_tickets(0)
}

fn names(certificates: &[X509]) -> Result<Stack<X509Name>, ErrorStack> {
    let mut stack = Stack::new()?;
    for certificate in certificates {
        stack.push(certificate.subject_name().to_owned()?)?;
    }
    Ok(stack)
}

/// Facts about the TLS handshake of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    /// The certificate that the client signed the handshake with.
    pub(crate) certificate: Option<X509>,
    /// The name that the client asked for.
    pub(crate) server_name: Option<String>,
    notes: TlsNotes,
}

impl Peer {
    /// Reads what a finished handshake has.
    pub(crate) fn of(ssl: &SslRef, server_name: Option<String>) -> Self {
        let certificate = ssl.peer_certificate();
        let notes = TlsNotes {
            server_name: server_name.clone(),
            version: ssl.version_str().to_owned(),
            signature: certificate.as_ref().and_then(|_| peer::signature(ssl)),
            subject: certificate.as_ref().map(|certificate| print_subject(certificate)),
            further_certificates: ssl.peer_cert_chain().map_or(0, openssl::stack::StackRef::len),
        };
        Self {
            certificate,
            server_name,
            notes,
        }
    }

    /// Entry of the log about the connection: none for a login host, where no certificate is asked for.
    pub(crate) fn notes(&self) -> Option<TlsNotes> {
        (self.role() != Role::Login).then(|| self.notes.clone())
    }

    /// Whether the connection is for a host that asks for the user's certificate.
    pub(crate) fn is_certauth(&self) -> bool {
        matches!(self.role(), Role::CertAuth(_))
    }

    fn role(&self) -> Role {
        self.server_name.as_deref().map_or(Role::Login, Role::of)
    }
}
