//! The privilege attribute certificate (PAC, [MS-PAC]): data of the domain about the account.

use std::collections::BTreeMap;

use upn_resolver::AccountSid;

use super::encryption::{CHECKSUM, Key, usage};

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
    /// Place and content of each type.
    buffers: BTreeMap<u32, (usize, &'a [u8])>,
}

impl<'a> Pac<'a> {
    /// Reads the list of buffers ([MS-PAC] 2.3). Two buffers of a type that is used here are refused.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::try_from(u32_at(bytes, 0)?).ok()?;
        if bytes.len() > MAX_PAC || count > MAX_BUFFERS || u32_at(bytes, 4)? != 0 {
            return None;
        }
        let mut buffers = BTreeMap::new();
        for entry in (0..count).map(|number| 8 + 16 * number) {
            let number = |at| usize::try_from(u32_at(bytes, entry + at)?).ok();
            let (length, offset) = (number(4)?, number(8)?);
            let content = bytes.get(offset..offset.checked_add(length)?)?;
            let is_second = buffers.insert(u32_at(bytes, entry)?, (offset, content)).is_some();
            if is_second || number(12)? != 0 {
                return None;
            }
        }
        Some(Self { bytes, buffers })
    }

    fn buffer(&self, kind: u32) -> Option<(usize, &'a [u8])> {
        self.buffers.get(&kind).copied()
    }

    /// Whether the server signature ([MS-PAC] 2.8.1) was made with this key: over the PAC with both signatures as zeros.
    pub(super) fn is_signed_with(&self, key: &Key) -> bool {
        let mut blank = self.bytes.to_vec();
        let mut cut = |kind| {
            let (offset, content) = self.buffer(kind)?;
            let sum_type = u32_at(content, 0)?;
            // The signature may be followed by the id of a read-only domain controller. HMAC-MD5 (-138) has 16 bytes.
            let length = if sum_type == HMAC_MD5 { 16 } else { CHECKSUM };
            blank.get_mut(offset + 4..offset + 4 + length)?.fill(0);
            Some((sum_type, content.get(4..4 + length)?))
        };
        let (Some(_), Some((sum_type, signature))) = (cut(KDC_SIGNATURE), cut(SERVER_SIGNATURE)) else {
            return false;
        };
        i64::from(sum_type) == key.checksum_type() && key.verifies(usage::PAC, &blank, signature)
    }

    /// Name and authentication time of the client ([MS-PAC] 2.7), which connect the PAC with its ticket.
    pub(super) fn client(&self) -> Option<(String, u64)> {
        let (_, info) = self.buffer(CLIENT_INFO)?;
        let ticks = u64::from_le_bytes(*info.first_chunk()?);
        let length = u16_at(info, 8)?;
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
/// assert_eq!((&*info.upn, &*info.dns_domain), ("ada@corp.example", "CORP.EXAMPLE"));
/// assert!(info.is_implicit); // made of account name and domain
/// assert_eq!(info.sid, None); // without flag S
/// # }
/// # Ok::<(), cba_protocol::active_directory::UpnDnsInfoError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpnDnsInfo {
    /// User principal name of the account.
    pub upn: String,
    /// DNS name of the domain. Some domain controllers write it in capitals.
    pub dns_domain: String,
    /// Whether the account has no `userPrincipalName`, so that the domain controller formed the UPN from account name and domain (flag U).
    pub is_implicit: bool,
    /// `sAMAccountName`, if the domain controller is recent enough to send it (flag S).
    pub sam_account_name: Option<String>,
    /// SID of the account, if the domain controller is recent enough to send it (flag S).
    pub sid: Option<AccountSid>,
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
        let name = |at| utf16(slice_at(bytes, at)?).ok_or(UpnDnsInfoError::NotUtf16);
        let sid = || read_sid(slice_at(bytes, 16)?).ok_or(UpnDnsInfoError::Sid);
        let has_more = flags & FLAG_S != 0;
        Ok(Self {
            upn: name(0)?,
            dns_domain: name(4)?,
            is_implicit: flags & FLAG_U != 0,
            sam_account_name: has_more.then(|| name(12)).transpose()?,
            sid: has_more.then(sid).transpose()?,
        })
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
        let (length, offset) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)?);
        bytes.get(offset..offset + length)
    };
    part().ok_or(UpnDnsInfoError::Truncated)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let unit = |pair: &[u8]| Some(u16::from_le_bytes(pair.try_into().ok()?));
    let units: Option<Vec<u16>> = bytes.chunks(2).map(unit).collect();
    let text = String::from_utf16(&units?).ok()?;
    (!text.contains(char::is_control)).then_some(text)
}

/// SID in its binary form ([MS-DTYP] 2.4.2.2).
fn read_sid(bytes: &[u8]) -> Option<AccountSid> {
    let ([revision, count, authority @ ..], numbers) = bytes.split_first_chunk::<8>()?;
    let append = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
    let mut text = format!("S-{revision}-{}", authority.iter().fold(0, append));
    for number in numbers.chunks(4) {
        text = format!("{text}-{}", u32::from_le_bytes(number.try_into().ok()?));
    }
    let fits = numbers.len() == 4 * usize::from(*count);
    text.parse().ok().filter(|_| fits)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    Some(usize::from(number))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PAC with these buffers, without gaps ([MS-PAC] 2.3).
    fn pac(buffers: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let number = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let mut header = [number(buffers.len()), [0; 4]].concat();
        let mut offset = 8 + 16 * buffers.len();
        for (kind, content) in buffers {
            header.extend([kind.to_le_bytes(), number(content.len()), number(offset), [0; 4]].concat());
            offset += content.len();
        }
        let contents = buffers.iter().flat_map(|(_, content)| content.clone());
        header.into_iter().chain(contents).collect()
    }

    fn signature(kind: u32, length: usize) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &vec![0x55; length]].concat()
    }

    /// Signs as a service does, with a KDC signature of this type and length.
    fn signed(key: &Key, kind: u32, kdc: (u32, usize)) -> Vec<u8> {
        let mut bytes = pac(&[
            (SERVER_SIGNATURE, signature(kind, 12)),
            (KDC_SIGNATURE, signature(kdc.0, kdc.1)),
            (CLIENT_INFO, vec![3; 9]),
        ]);
        let mut blank = bytes.clone();
        blank[60..72].fill(0);
        blank[76..76 + kdc.1.min(16)].fill(0);
        bytes[60..72].copy_from_slice(&key.checksum(usage::PAC, &blank));
        bytes
    }

    #[test]
    fn only_the_server_signature_of_the_key_counts() {
        let (long, short) = (Key::new(18, &[7; 32]).unwrap(), Key::new(17, &[7; 16]).unwrap());
        let verifies = |bytes: &[u8], key: &Key| Pac::read(bytes).unwrap().is_signed_with(key);
        for (key, kind) in [(&long, 16), (&short, 15)] {
            let good = signed(key, kind, (16, 12));
            assert!(verifies(&good, key));
            for at in 0..good.len() {
                let mut changed = good.clone();
                changed[at] ^= 1;
                // The KDC's own signature is for other services.
                let is_of_kdc = (76..88).contains(&at);
                let is_good = Pac::read(&changed).is_some_and(|pac| pac.is_signed_with(key));
                assert_eq!(is_good, is_of_kdc, "{at}");
            }
        }
        assert!(verifies(&signed(&long, 16, (HMAC_MD5, 16)), &long));
        // A longer buffer ends with the id of a read-only domain controller, which is signed.
        let with_id = signed(&long, 16, (16, 12));
        assert!(verifies(&with_id, &long) && !verifies(&with_id, &short));
        assert!(!verifies(&signed(&long, 15, (16, 12)), &long), "another type");
        assert!(!verifies(&pac(&[(SERVER_SIGNATURE, signature(16, 12))]), &long));
        assert!(!verifies(&pac(&[(KDC_SIGNATURE, signature(16, 12))]), &long));
        let truncated = [
            (SERVER_SIGNATURE, signature(16, 11)),
            (KDC_SIGNATURE, signature(16, 12)),
        ];
        assert!(!verifies(&pac(&truncated), &long));
    }

    #[test]
    fn the_list_of_buffers_is_checked() {
        let good = pac(&[(1, vec![1, 2]), (2, vec![])]);
        assert!(
            Pac::read(&good)
                .is_some_and(|pac| pac.buffer(1) == Some((40, &[1, 2][..])) && pac.buffer(3).is_none())
        );
        for (at, value) in [(4, 1), (0, 3), (12, 3), (16, 60), (20, 1), (24, 1)] {
            let mut changed = good.clone();
            changed[at] = value;
            assert!(Pac::read(&changed).is_none(), "{at}");
        }
        let many = |count: u32| pac(&(0..count).map(|kind| (kind, vec![])).collect::<Vec<_>>());
        assert!(Pac::read(&many(64)).is_some() && Pac::read(&many(65)).is_none());
        let long = |length: usize| {
            let mut bytes = pac(&[(1, vec![])]);
            bytes.resize(length, 0);
            Pac::read(&bytes).is_some()
        };
        assert!(long(MAX_PAC) && !long(MAX_PAC + 1));
        assert!(Pac::read(&[]).is_none());
    }

    #[test]
    fn the_client_has_a_name_and_a_time() {
        let client = |content: &[u8]| {
            Pac::read(&pac(&[(CLIENT_INFO, content.to_vec())]))
                .unwrap()
                .client()
        };
        // `date -u -d 2026-11-30 +%s` is 1796083200 - 86400; FILETIME counts 100 ns from 1601.
        let ticks = ((1_795_996_800 + 11_644_473_600) * 10_000_000_u64 + 9_999_999).to_le_bytes();
        let info = [&ticks[..], &[6, 0], b"a\0d\0a\0"].concat();
        assert_eq!(client(&info), Some(("ada".to_owned(), 1_795_996_800)));
        assert_eq!(client(&[&ticks[..], &[8, 0], b"a\0d\0a\0"].concat()), None);
        assert_eq!(client(&[&ticks[..], &[5, 0], b"a\0d\0a\0"].concat()), None);
        assert_eq!(
            client(&[&[0; 8][..], &[2, 0], b"a\0"].concat()),
            None,
            "before 1970"
        );
        assert_eq!(Pac::read(&pac(&[])).unwrap().client(), None);
    }

    #[test]
    fn a_sid_has_as_many_numbers_as_it_says() {
        let sid = |content: &[u8]| {
            Pac::read(&pac(&[(REQUESTOR, content.to_vec())]))
                .unwrap()
                .requestor()
        };
        let good = [
            1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0,
        ];
        assert_eq!(sid(&good).unwrap().as_str(), "S-1-5-21-1-2-3-1104");
        for (at, value) in [(0, 2), (1, 4), (1, 6), (2, 1), (7, 4), (8, 20)] {
            let mut changed = good;
            changed[at] = value;
            assert_eq!(sid(&changed), None, "{at}");
        }
        assert_eq!((sid(&good[..27]), sid(&good[..4])), (None, None));
    }
}
