//! The privilege attribute certificate (PAC, [MS-PAC]): data of the domain about the account.

use core::str::FromStr;

use upn_resolver::AccountSid;

use super::encryption::{Key, usage};

/// Most bytes of a PAC. The largest token of Windows has 48,000 by default.
const MAX_PAC: usize = 256 * 1024;
const MAX_BUFFERS: usize = 64;

/// Types of buffers ([MS-PAC] 2.4).
const SERVER_SIGNATURE: u32 = 6;
const KDC_SIGNATURE: u32 = 7;
const CLIENT_INFO: u32 = 10;
const UPN_DNS_INFO: u32 = 12;
const REQUESTOR: u32 = 18;

/// Seconds between 1601 and 1970.
const FILETIME_EPOCH: u64 = 11_644_473_600;

/// A PAC as a ticket contained it. Reading it verifies nothing.
pub(super) struct Pac<'a> {
    bytes: &'a [u8],
    /// Type, place and content.
    buffers: Vec<(u32, usize, &'a [u8])>,
}

impl<'a> Pac<'a> {
    /// Reads the list of buffers ([MS-PAC] 2.3). Two buffers of a type that is used here are refused.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::try_from(u32_at(bytes, 0)?).ok()?;
        if bytes.len() > MAX_PAC || count > MAX_BUFFERS || u32_at(bytes, 4)? != 0 {
            return None;
        }
        let mut buffers: Vec<(u32, usize, &[u8])> = Vec::new();
        for number in 0..count {
            let at = 8 + 16 * number;
            let (kind, length) = (u32_at(bytes, at)?, usize::try_from(u32_at(bytes, at + 4)?).ok()?);
            let offset = usize::try_from(u32_at(bytes, at + 8)?).ok()?;
            let content = bytes.get(offset..offset.checked_add(length)?)?;
            if u32_at(bytes, at + 12)? != 0 || buffers.iter().any(|(other, ..)| *other == kind) {
                return None;
            }
            buffers.push((kind, offset, content));
        }
        Some(Self { bytes, buffers })
    }

    fn buffer(&self, kind: u32) -> Option<(usize, &'a [u8])> {
        let (_, offset, content) = self.buffers.iter().find(|(other, ..)| *other == kind)?;
        Some((*offset, content))
    }

    /// Whether the server signature ([MS-PAC] 2.8.1) was made with this key: over the PAC with both signatures as zeros.
    pub(super) fn is_signed_with(&self, key: &Key) -> bool {
        self.check_signature(key).unwrap_or(false)
    }

    fn check_signature(&self, key: &Key) -> Option<bool> {
        let mut blank = self.bytes.to_vec();
        let mut signature = &[][..];
        for kind in [KDC_SIGNATURE, SERVER_SIGNATURE] {
            let (offset, content) = self.buffer(kind)?;
            let sum_type = u32_at(content, 0)?;
            // The signature may be followed by the id of a read-only domain controller. HMAC-MD5 (-138) has 16 bytes.
            let length = if sum_type == HMAC_MD5 { 16 } else { 12 };
            signature = content.get(4..4 + length)?;
            if kind == SERVER_SIGNATURE && i64::from(sum_type) != key.checksum_type() {
                return Some(false);
            }
            blank.get_mut(offset + 4..offset + 4 + length)?.fill(0);
        }
        Some(key.verifies(usage::PAC, &blank, signature))
    }

    /// Name and authentication time of the client ([MS-PAC] 2.7), which connect the PAC with its ticket.
    pub(super) fn client(&self) -> Option<(String, u64)> {
        let (_, info) = self.buffer(CLIENT_INFO)?;
        let (low, high) = (u32_at(info, 0)?, u32_at(info, 4)?);
        let ticks = u64::from(high) << 32 | u64::from(low);
        let length = usize::from(u16_at(info, 8)?);
        let name = utf16(info.get(10..10 + length)?)?;
        Some((name, (ticks / 10_000_000).checked_sub(FILETIME_EPOCH)?))
    }

    /// UPN, DNS name, and on newer domain controllers account name and SID.
    pub(super) fn upn_dns_info(&self) -> Option<Result<UpnDnsInfo, UpnDnsInfoError>> {
        let (_, info) = self.buffer(UPN_DNS_INFO)?;
        Some(UpnDnsInfo::from_bytes(info))
    }

    /// SID of the client in `PAC_REQUESTOR` ([MS-PAC] 2.15).
    pub(super) fn requestor(&self) -> Option<AccountSid> {
        let (_, sid) = self.buffer(REQUESTOR)?;
        read_sid(sid)
    }
}

/// `KERB_CHECKSUM_HMAC_MD5`, -138 ([MS-PAC] 2.8).
const HMAC_MD5: u32 = 0xffff_ff76;

/// The buffer `UPN_DNS_INFO` of a PAC: [MS-PAC] 2.10.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::UpnDnsInfo;
///
/// # let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
/// # let (upn, dns) = (utf16("ada@corp.example"), utf16("CORP.EXAMPLE"));
/// # let bytes = [&[32, 0, 16, 0, 24, 0, 48, 0, 1, 0, 0, 0, 0, 0, 0, 0][..], &upn, &dns].concat();
/// let info = UpnDnsInfo::from_bytes(&bytes)?;
/// assert_eq!((info.upn(), info.dns_domain()), ("ada@corp.example", "CORP.EXAMPLE"));
/// assert!(info.is_implicit()); // made of account name and domain
/// assert_eq!(info.sid(), None); // domain controllers before November 2021 leave it out
/// # }
/// # Ok::<(), cba_protocol::active_directory::UpnDnsInfoError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnDnsInfo {
    upn: String,
    dns_domain: String,
    is_implicit: bool,
    sam_account_name: Option<String>,
    sid: Option<AccountSid>,
}

/// Flag U: the account has no `userPrincipalName`. Flag S: account name and SID follow.
const FLAG_U: u32 = 1;
const FLAG_S: u32 = 2;

impl UpnDnsInfo {
    /// Reads the content of the buffer.
    ///
    /// # Errors
    /// [`UpnDnsInfoError`] if a length or place is outside of the buffer, a name is not UTF-16, or the SID is not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UpnDnsInfoError> {
        if bytes.len() > MAX_PAC {
            return Err(UpnDnsInfoError::TooLong);
        }
        let flags = u32_at(bytes, 8).ok_or(UpnDnsInfoError::Truncated)?;
        let name = |at: usize| -> Result<String, UpnDnsInfoError> {
            utf16(slice_at(bytes, at)?).ok_or(UpnDnsInfoError::NotUtf16)
        };
        let (sam_account_name, sid) = if flags & FLAG_S == 0 {
            (None, None)
        } else {
            let sid = read_sid(slice_at(bytes, 16)?).ok_or(UpnDnsInfoError::Sid)?;
            (Some(name(12)?), Some(sid))
        };
        Ok(Self {
            upn: name(0)?,
            dns_domain: name(4)?,
            is_implicit: flags & FLAG_U != 0,
            sam_account_name,
            sid,
        })
    }

    /// User principal name of the account.
    #[must_use]
    pub fn upn(&self) -> &str {
        &self.upn
    }

    /// DNS name of the domain. Some domain controllers write it in capitals.
    #[must_use]
    pub fn dns_domain(&self) -> &str {
        &self.dns_domain
    }

    /// Whether the account has no `userPrincipalName`, so that the domain controller formed the UPN from account name and domain
    /// (flag U).
    #[must_use]
    pub fn is_implicit(&self) -> bool {
        self.is_implicit
    }

    /// `sAMAccountName`, if the domain controller is recent enough to send it (flag S).
    #[must_use]
    pub fn sam_account_name(&self) -> Option<&str> {
        self.sam_account_name.as_deref()
    }

    /// SID of the account, if the domain controller is recent enough to send it (flag S).
    #[must_use]
    pub fn sid(&self) -> Option<&AccountSid> {
        self.sid.as_ref()
    }
}

/// Reason why bytes are not the buffer `UPN_DNS_INFO` of a PAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpnDnsInfoError {
    /// A name is not UTF-16, or contains a control character.
    #[error(
        "UPN_DNS_INFO: a name is not UTF-16 text; give the content of the buffer alone, without the PAC around it"
    )]
    NotUtf16,
    /// The SID does not belong to a domain account.
    #[error("UPN_DNS_INFO: the SID does not belong to a domain account (S-1-5-21-…)")]
    Sid,
    /// More bytes than a PAC can have.
    #[error("UPN_DNS_INFO: more than {MAX_PAC} bytes; give the content of the buffer alone")]
    TooLong,
    /// A header, name or SID lies outside of the bytes.
    #[error("UPN_DNS_INFO: a part lies outside of the buffer; the buffer is truncated, or it is another one")]
    Truncated,
}

/// The part whose length and offset are at `at`.
fn slice_at(bytes: &[u8], at: usize) -> Result<&[u8], UpnDnsInfoError> {
    let part = || {
        let (length, offset) = (
            usize::from(u16_at(bytes, at)?),
            usize::from(u16_at(bytes, at + 2)?),
        );
        bytes.get(offset..offset + length)
    };
    part().ok_or(UpnDnsInfoError::Truncated)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|unit| Some(u16::from_le_bytes(unit.try_into().ok()?)))
        .collect();
    let text = String::from_utf16(&units).ok()?;
    (bytes.len() % 2 == 0 && !text.contains(char::is_control)).then_some(text)
}

/// SID in its binary form ([MS-DTYP] 2.4.2.2).
fn read_sid(bytes: &[u8]) -> Option<AccountSid> {
    let [revision, count, authority @ ..] = bytes.first_chunk::<8>()?;
    let authority = authority
        .iter()
        .fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    if bytes.len() != 8 + 4 * usize::from(*count) {
        return None;
    }
    let mut text = format!("S-{revision}-{authority}");
    for number in 0..usize::from(*count) {
        text = format!("{text}-{}", u32_at(bytes, 8 + 4 * number)?);
    }
    AccountSid::from_str(&text).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
