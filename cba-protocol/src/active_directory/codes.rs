//! Error codes of KDCs and the NTSTATUS of domain controllers: what they mean, who has to act, and what to try.
//!
//! Names are those of RFC 4120 section 7.5.9, RFC 4556 section 3.1.3, [MS-PKCA] 2.2.3 and [MS-ERREF] 2.3.1. Meanings and advice are in our own words.

use crate::advised::Guidance;
use crate::responsible::Responsible;

macro_rules! entries {
    ($($number:literal $code:literal $responsible:ident: $meaning:literal, $hint:literal)*) => {
        &[$(Entry {
            number: $number,
            meaning: $meaning,
            guidance: Guidance { code: $code, responsible: Responsible::$responsible, hint: $hint },
        }),*]
    };
}

/// A code with its meaning.
pub(super) struct Entry {
    number: i64,
    pub(super) meaning: &'static str,
    pub(super) guidance: Guidance,
}

/// Smallest NTSTATUS of an error ([MS-ERREF] 2.3), a larger number than any error code.
const FIRST_STATUS: i64 = 0xc000_0000;

/// Finds an error code.
pub(super) fn error(number: i64) -> &'static Entry {
    let entry = find(number).filter(|_| number < FIRST_STATUS);
    entry.unwrap_or(&CODES[0])
}

/// Finds an NTSTATUS.
pub(super) fn status(number: u32) -> Option<&'static Entry> {
    find(number.into()).filter(|entry| entry.number >= FIRST_STATUS)
}

fn find(number: i64) -> Option<&'static Entry> {
    CODES.iter().find(|entry| entry.number == number)
}

/// The first entry is that of a code without an entry.
const CODES: &[Entry] = entries! {
    0 "KRB_ERROR" Administrator: "the domain controller refused for a reason that is not known here", "Look into the event log of the domain controller."
    3 "KDC_ERR_BAD_PVNO" Developer: "the KDC does not support version 5 of Kerberos", "Check that the named host is a domain controller."
    6 "KDC_ERR_C_PRINCIPAL_UNKNOWN" Administrator: "the domain does not know the user", "Check the name in the certificate, and that its UPN suffix belongs to this realm."
    7 "KDC_ERR_S_PRINCIPAL_UNKNOWN" Administrator: "the domain does not know the service", "Check that the device's account has the name of the keytab (setspn -L). Without a keytab, Samba up to 4.17 requires a service name on the user's account."
    9 "KDC_ERR_NULL_KEY" Administrator: "the account has no key", "Set a password on the account once; it can stay unknown."
    12 "KDC_ERR_POLICY" Administrator: "a policy of the domain forbids the sign-in", "Check logon hours, permitted workstations and authentication policies of the account."
    14 "KDC_ERR_ETYPE_NOSUPP" Administrator: "the domain does not support AES for the account", "Set msDS-SupportedEncryptionTypes of the account to 24, and change its password."
    16 "KDC_ERR_PADATA_TYPE_NOSUPP" Administrator: "the domain controller does not support sign-in with certificates", "Install a certificate for Kerberos on the domain controller, and restart its KDC."
    18 "KDC_ERR_CLIENT_REVOKED" Administrator: "the account is disabled, locked or expired", "Enable or unlock the account."
    20 "KDC_ERR_TGT_REVOKED" User: "the ticket is not valid any more", "Sign in again."
    23 "KDC_ERR_KEY_EXPIRED" Administrator: "the password of the account has expired", "Change the password, or set the account to require a smart card."
    24 "KDC_ERR_PREAUTH_FAILED" Administrator: "the domain controller does not accept the signature", "Check that the issuer of the card is in the domain's NTAuth store, and that the certificate is mapped to the account."
    25 "KDC_ERR_PREAUTH_REQUIRED" Administrator: "the domain controller does not accept certificates for this account", "Install a certificate for Kerberos on the domain controller."
    29 "KDC_ERR_SVC_UNAVAILABLE" Service: "the domain controller is busy or cannot reach another one", "Try again, or with another domain controller."
    31 "KRB_AP_ERR_BAD_INTEGRITY" Administrator: "the domain controller does not accept the request; Samba says so for nearly every reason", "Check that the domain controller trusts the issuer of the card, that the certificate is valid, and both clocks."
    37 "KRB_AP_ERR_SKEW" Administrator: "the clocks of this machine and of the domain controller differ too much", "Set the clock of this machine, for example with NTP from the domain controller."
    41 "KRB_AP_ERR_MODIFIED" Administrator: "the service's key differs from the one in the domain", "Create the keytab again."
    44 "KRB_AP_ERR_BADKEYVER" Administrator: "the version of the service's key is unknown", "Create the keytab again."
    52 "KRB_ERR_RESPONSE_TOO_BIG" Administrator: "the answer does not fit into a datagram, which only a request over UDP can meet", "Check what forwards the requests to the domain controller: it must use TCP (RFC 4120 section 7.2.2)."
    60 "KRB_ERR_GENERIC" Administrator: "the domain controller reports an error without a reason", "Look into the event log of the domain controller, source Kerberos-Key-Distribution-Center."
    62 "KDC_ERR_CLIENT_NOT_TRUSTED" Administrator: "the domain controller does not trust the certificate", "Check that its issuer is in the domain's NTAuth store, that the chain is complete, and that it is not revoked."
    63 "KDC_ERR_KDC_NOT_TRUSTED" Administrator: "the domain controller has no certificate that this request accepts", "Check the certificate of the domain controller."
    64 "KDC_ERR_INVALID_SIG" Issuer: "the signature of the card is wrong", "Check that the certificate belongs to the key on the card."
    65 "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED" Administrator: "the domain controller does not accept the key agreement", "Check the Diffie-Hellman policy of the domain controller; 2048 bits (group 14) must be allowed."
    66 "KDC_ERR_CERTIFICATE_MISMATCH" Administrator: "the certificate is not mapped to the account strongly enough", "Issue certificates with the SID extension, or set altSecurityIdentities (KB5014754)."
    68 "KDC_ERR_WRONG_REALM" Administrator: "the user belongs to another realm", "Name the realm of the user."
    70 "KDC_ERR_CANT_VERIFY_CERTIFICATE" Administrator: "the domain controller cannot verify the certificate", "Check that it can build the chain to a CA that it trusts."
    71 "KDC_ERR_INVALID_CERTIFICATE" Administrator: "a certificate of the chain is not valid", "Check dates and usages of the certificates."
    72 "KDC_ERR_REVOKED_CERTIFICATE" User: "the certificate is revoked", "Use another card."
    73 "KDC_ERR_REVOCATION_STATUS_UNKNOWN" Administrator: "the domain controller cannot find out whether the certificate is revoked", "Check that it reaches the revocation list of the issuer."
    74 "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE" Administrator: "the revocation list is not available to the domain controller", "Check that it reaches the revocation list of the issuer."
    75 "KDC_ERR_CLIENT_NAME_MISMATCH" Administrator: "the certificate belongs to another account, or to none", "Compare the UPN in the certificate with the account, and set a strong mapping (KB5014754)."
    76 "KDC_ERR_KDC_NAME_MISMATCH" Administrator: "the name of the domain controller does not fit", "Check the certificate of the domain controller."
    77 "KDC_ERR_INCONSISTENT_KEY_PURPOSE" Issuer: "the certificate is not for smart card logon", "Issue one with the extended key usage 1.3.6.1.4.1.311.20.2.2."
    78 "KDC_ERR_DIGEST_IN_CERT_NOT_ACCEPTED" Issuer: "the hash algorithm of the certificate is not accepted", "Issue one that is signed with SHA-256."
    79 "KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED" Developer: "the domain controller requires another checksum in the request", "Report this message."
    80 "KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED" Administrator: "the hash algorithm of the signature is not accepted", "Check which hash algorithms the domain controller allows; SHA-256 was used."
    81 "KDC_ERR_PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED" Developer: "the domain controller does not support encryption of the reply key", "Report this message."
    0xc000_005e "STATUS_NO_LOGON_SERVERS" Service: "the domain controller reached no other one that can sign the user in", "Try again, or with another domain controller."
    0xc000_0064 "STATUS_NO_SUCH_USER" Administrator: "the domain does not know the user", "Check the name in the certificate."
    0xc000_006d "STATUS_LOGON_FAILURE" Administrator: "the sign-in failed", "Look into the event log of the domain controller."
    0xc000_006e "STATUS_ACCOUNT_RESTRICTION" Administrator: "a restriction of the account forbids the sign-in", "Check the account's options."
    0xc000_006f "STATUS_INVALID_LOGON_HOURS" Administrator: "the account may not sign in at this time", "Check the account's logon hours."
    0xc000_0070 "STATUS_INVALID_WORKSTATION" Administrator: "the account may not sign in on this machine", "Check the account's permitted workstations."
    0xc000_0071 "STATUS_PASSWORD_EXPIRED" Administrator: "the password of the account has expired", "Change the password, or set the account to require a smart card."
    0xc000_0072 "STATUS_ACCOUNT_DISABLED" Administrator: "the account is disabled", "Enable the account."
    0xc000_0133 "STATUS_TIME_DIFFERENCE_AT_DC" Administrator: "the clocks differ too much", "Set the clock of this machine."
    0xc000_018b "STATUS_NO_TRUST_SAM_ACCOUNT" Administrator: "the domain has no account for this device", "Join the device again."
    0xc000_0193 "STATUS_ACCOUNT_EXPIRED" Administrator: "the account has expired", "Extend the account."
    0xc000_0224 "STATUS_PASSWORD_MUST_CHANGE" Administrator: "the password must be changed first", "Change the password, or set the account to require a smart card."
    0xc000_0234 "STATUS_ACCOUNT_LOCKED_OUT" Administrator: "the account is locked", "Unlock the account, or wait."
    0xc000_02f9 "STATUS_PKINIT_NAME_MISMATCH" Administrator: "the certificate has no valid UPN, or another one than the account", "Compare the UPN in the certificate with the account."
    0xc000_0320 "STATUS_PKINIT_FAILURE" Administrator: "the certificate of the domain controller could not be used", "Check the certificate of the domain controller."
    0xc000_0389 "STATUS_SMARTCARD_CERT_REVOKED" User: "the certificate is revoked", "Use another card."
    0xc000_038a "STATUS_ISSUING_CA_UNTRUSTED" Administrator: "the domain controller does not trust the issuer of the card", "Put the issuer into the domain's NTAuth store."
    0xc000_038b "STATUS_REVOCATION_OFFLINE_C" Administrator: "the domain controller cannot reach the revocation list of the card's issuer", "Check that it reaches the revocation list."
    0xc000_038c "STATUS_PKINIT_CLIENT_FAILURE" Administrator: "the domain controller could not verify the card's certificate", "Check the chain, and the event log of the domain controller."
    0xc000_038d "STATUS_SMARTCARD_CERT_EXPIRED" Issuer: "the certificate has expired", "Renew the certificate."
    0xc000_0413 "STATUS_AUTHENTICATION_FIREWALL_FAILED" Administrator: "selective authentication of a trust forbids the sign-in", "Allow the account to authenticate to this device."
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_code_and_a_status_are_not_confused() {
        assert_eq!(error(6).guidance.code, "KDC_ERR_C_PRINCIPAL_UNKNOWN");
        assert_eq!(error(0xc000_0064).guidance.code, "KRB_ERROR");
        assert_eq!(
            status(0xc000_0064).map(|entry| entry.guidance.code),
            Some("STATUS_NO_SUCH_USER")
        );
        assert!(status(0).is_none() && status(6).is_none());
    }

    #[test]
    fn the_tables_are_in_order_and_say_something() {
        assert!(CODES.windows(2).all(|pair| pair[0].number < pair[1].number));
        for Entry {
            meaning, guidance, ..
        } in CODES
        {
            let says_something = !guidance.code.is_empty() && !meaning.ends_with('.');
            assert!(
                says_something && guidance.hint.ends_with(['.', ')']),
                "{}",
                guidance.code
            );
        }
    }
}
