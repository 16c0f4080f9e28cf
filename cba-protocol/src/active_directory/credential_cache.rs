//! Credential cache files in MIT's format, so that other programs can use the ticket.

use zeroize::Zeroizing;

use super::names::PrincipalName;
use super::replies::Credential;
use super::time::at;

/// A file of version 4 with this credential
/// (<https://web.mit.edu/kerberos/krb5-latest/doc/formats/ccache_file_format.html>).
pub(super) fn write(credential: &Credential) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![5, 4, 0, 0]);
    // The default principal, then the client of the credential.
    let (client, part) = (credential.client.as_principal(), &credential.part);
    principal(&mut out, &client, &credential.client_realm);
    principal(&mut out, &client, &credential.client_realm);
    principal(&mut out, &part.service, &part.service_realm);
    let encryption_type = u16::try_from(part.key.encryption_type()).unwrap_or_default();
    out.extend_from_slice(&encryption_type.to_be_bytes());
    counted(&mut out, part.key.bytes());
    let start_time = part.start_time.unwrap_or(part.auth_time);
    let renew_till = part.renew_till.unwrap_or(at(0));
    for time in [part.auth_time, start_time, part.end_time, renew_till] {
        number(&mut out, time.as_secs());
    }
    out.push(0); // the ticket is not encrypted with another ticket's session key
    out.extend_from_slice(&part.flags);
    out.extend_from_slice(&[0; 8]); // no addresses, no authorization data
    counted(&mut out, &credential.ticket);
    counted(&mut out, &[]);
    out
}

fn principal(out: &mut Vec<u8>, name: &PrincipalName, realm: &str) {
    number(out, name.kind);
    number(out, name.parts.len());
    counted(out, realm.as_bytes());
    for part in &name.parts {
        counted(out, part.as_bytes());
    }
}

fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// A number of 32 bits. The times of the format end in 2106.
fn number(out: &mut Vec<u8>, value: impl TryInto<u32>) {
    out.extend_from_slice(&value.try_into().unwrap_or(u32::MAX).to_be_bytes());
}
