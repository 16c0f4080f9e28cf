//! Account data of a ticket, the PAC.

use picky_krb::crypto::Checksum as _;
use picky_krb::crypto::aes::HmacSha196Aes256;

use super::{Kdc, Twist};
use crate::peer::NOW;

/// S-1-5-21-1-2-3-1104
const SID: &[u8] = &[
    1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0,
];

impl Kdc {
    /// [MS-PAC] 2.3: a header, then the buffers, each at a multiple of eight.
    pub(super) fn pac(&self, key: &[u8; 32]) -> Vec<u8> {
        let client = if self.twist == Twist::PacOtherClient {
            "eve"
        } else {
            "ada"
        };
        let seconds = NOW + 11_644_473_600 + u64::from(self.twist == Twist::PacOtherTime);
        let name = utf16(client);
        let client_info = [
            &(seconds * 10_000_000).to_le_bytes()[..],
            &u16::try_from(name.len()).unwrap().to_le_bytes(),
            &name,
        ]
        .concat();
        let signature_type: u32 = if self.twist == Twist::PacSignedWithRc4 {
            0xffff_ff76
        } else {
            16
        };
        let signature = [&signature_type.to_le_bytes()[..], &[0; 16]].concat();
        let mut buffers = vec![(10, client_info), (6, signature.clone()), (7, signature)];
        if self.twist != Twist::PacWithoutInfo {
            buffers.push((12, self.upn_dns_info()));
        }
        if self.twist == Twist::PacWithTwoInfos {
            buffers.push((12, self.upn_dns_info()));
        }
        if self.twist == Twist::InfoOfOldServer {
            buffers.push((18, SID.to_vec()));
        }
        let mut header = [u32::try_from(buffers.len()).unwrap().to_le_bytes(), [0; 4]].concat();
        let mut content = Vec::new();
        let start = header.len() + 16 * buffers.len();
        let mut places = Vec::new();
        for (kind, buffer) in &buffers {
            let offset = start + content.len();
            places.push((*kind, offset));
            header.extend_from_slice(&u32::to_le_bytes(*kind));
            header.extend_from_slice(&u32::try_from(buffer.len()).unwrap().to_le_bytes());
            header.extend_from_slice(&u64::try_from(offset).unwrap().to_le_bytes());
            content.extend_from_slice(buffer);
            content.resize(content.len().next_multiple_of(8), 0);
        }
        let mut pac = [header, content].concat();
        let sum = HmacSha196Aes256.checksum(key, 17, &pac).unwrap();
        for (kind, offset) in places {
            match kind {
                6 => pac[offset + 4..offset + 16].copy_from_slice(&sum),
                7 => pac[offset + 4..offset + 16].fill(0x77),
                12 if self.twist == Twist::PacChanged => pac[offset + 32] ^= 1,
                _ => {}
            }
        }
        pac
    }

    /// [MS-PAC] 2.10
    fn upn_dns_info(&self) -> Vec<u8> {
        let upn = utf16(if self.twist == Twist::InfoWithoutUpn {
            ""
        } else {
            self.upn
        });
        let (domain, account) = (utf16(&self.realm), utf16("ada"));
        let flags = if self.twist == Twist::InfoOfOldServer {
            self.flags & 1
        } else {
            self.flags
        };
        let mut header = Vec::new();
        let mut content = Vec::new();
        let mut part = |bytes: &[u8], header: &mut Vec<u8>| {
            header.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_le_bytes());
            header.extend_from_slice(&u16::try_from(32 + content.len()).unwrap().to_le_bytes());
            content.extend_from_slice(bytes);
        };
        part(&upn, &mut header);
        part(&domain, &mut header);
        header.extend_from_slice(&flags.to_le_bytes());
        part(&account, &mut header);
        part(SID, &mut header);
        header.resize(32, 0);
        [header, content].concat()
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
