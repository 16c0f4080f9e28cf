//! Credential cache files in MIT's format, so that other programs can use the ticket.

use zeroize::Zeroizing;

use super::messages::Credential;
use super::names::{PRINCIPAL, PrincipalName};

/// A file of version 4 with these credentials
/// (<https://web.mit.edu/kerberos/krb5-latest/doc/formats/ccache_file_format.html>).
pub(super) fn write(credentials: &[&Credential]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![5, 4, 0, 0]);
    if let Some(first) = credentials.first() {
        principal(&mut out, &first.client, &first.client_realm);
    }
    for credential in credentials {
        principal(&mut out, &credential.client, &credential.client_realm);
        principal(&mut out, &credential.service, &credential.service_realm);
        let encryption_type = u16::try_from(credential.key.encryption_type()).unwrap_or_default();
        out.extend_from_slice(&encryption_type.to_be_bytes());
        counted(&mut out, credential.key.bytes());
        for time in [
            credential.auth_time,
            credential.start_time,
            credential.end_time,
            credential.renew_till,
        ] {
            out.extend_from_slice(&u32::try_from(time).unwrap_or(u32::MAX).to_be_bytes());
        }
        out.push(0); // the ticket is not encrypted with another ticket's session key
        out.extend_from_slice(&credential.flags);
        out.extend_from_slice(&[0; 8]); // no addresses, no authorization data
        counted(&mut out, &credential.ticket);
        counted(&mut out, &[]);
    }
    out
}

fn principal(out: &mut Vec<u8>, name: &PrincipalName, realm: &str) {
    // A canonicalized name is an ordinary one.
    out.extend_from_slice(
        &(if name.parts.len() == 1 {
            PRINCIPAL
        } else {
            name.kind
        })
        .to_be_bytes(),
    );
    out.extend_from_slice(&u32::try_from(name.parts.len()).unwrap_or_default().to_be_bytes());
    counted(out, realm.as_bytes());
    for part in &name.parts {
        counted(out, part.as_bytes());
    }
}

fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(bytes);
}
