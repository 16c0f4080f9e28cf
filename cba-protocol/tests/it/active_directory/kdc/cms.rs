//! Signed messages (CMS).

use openssl::hash::{MessageDigest, hash};
use openssl::sign::Signer;

use super::{Attributes, Kdc, SHA256, Twist};
use crate::active_directory::certificates::KEY_ID;
use crate::active_directory::der::{ctx, int, octets, oid, seq, tlv, uint};

impl Kdc {
    /// CMS (RFC 5652) over the content.
    pub(super) fn sign(&self, content: &[u8]) -> Vec<u8> {
        let heimdal = matches!(self.twist, Twist::HeimdalSignature | Twist::SignedAttributes(_));
        let odd = match self.twist {
            Twist::SignedAttributes(odd) => Some(odd),
            _ => None,
        };
        let (digest, digest_oid, signature_oid) = match self.twist {
            _ if heimdal => (MessageDigest::sha1(), "1.3.14.3.2.26", "1.2.840.113549.1.1.5"),
            Twist::SignatureNames(digest, signature) => (MessageDigest::sha256(), digest, signature),
            _ => (MessageDigest::sha256(), SHA256, "1.2.840.113549.1.1.11"),
        };
        let algorithm = |dotted: &str| seq(&[oid(dotted), tlv(5, &[])]);
        let kind = oid("1.3.6.1.5.2.3.2");
        let attribute = |dotted: &str, value: Vec<u8>| seq(&[oid(dotted), tlv(0x31, &value)]);
        let of_type = |kind: Vec<u8>| attribute("1.2.840.113549.1.9.3", kind);
        let of_digest = |digest: &[u8]| attribute("1.2.840.113549.1.9.4", octets(digest));
        let right_digest = of_digest(&hash(digest, content).unwrap());
        let attributes = match odd {
            None | Some(Attributes::OfOtherContent) => [of_type(kind.clone()), right_digest].concat(),
            Some(Attributes::OfOtherType) => [of_type(oid("1.2.840.113549.1.7.1")), right_digest].concat(),
            Some(Attributes::WithoutType) => right_digest,
            Some(Attributes::WithoutDigest) => of_type(kind.clone()),
            Some(Attributes::TwoDigests) => {
                [of_type(kind.clone()), of_digest(&[7; 20]), right_digest].concat()
            }
            Some(Attributes::MoreBytes) => [of_type(kind.clone()), right_digest, vec![0x30, 9]].concat(),
        };
        let message = if heimdal {
            tlv(0x31, &attributes)
        } else {
            content.to_vec()
        };
        let mut signature = Signer::new(digest, &self.identity.key)
            .unwrap()
            .sign_oneshot_to_vec(&message)
            .unwrap();
        if self.twist == Twist::SignatureChanged {
            signature[20] ^= 1;
        }
        let mut content = content.to_vec();
        if self.twist == Twist::ContentChanged || odd == Some(Attributes::OfOtherContent) {
            // The last byte is the nonce's; this is in the public value.
            let at = content.len() - 20;
            content[at] ^= 1;
        }
        let der = self.identity.certificate.to_der().unwrap();
        let serial = self
            .identity
            .certificate
            .serial_number()
            .to_bn()
            .unwrap()
            .to_vec();
        let id = if heimdal {
            ctx(0, &octets(&KEY_ID))
        } else {
            seq(&[
                self.identity.certificate.issuer_name().to_der().unwrap(),
                uint(&serial),
            ])
        };
        let mut signer = vec![int(1), id, algorithm(digest_oid)];
        if heimdal {
            signer.push(ctx(0, &attributes));
        }
        let is_elliptic = self.identity.key.ec_key().is_ok();
        signer.push(if is_elliptic {
            seq(&[oid(signature_oid)])
        } else {
            algorithm(signature_oid)
        });
        signer.push(octets(&signature));
        let mut data = vec![
            int(3),
            tlv(0x31, &algorithm(digest_oid)),
            seq(&[kind, ctx(0, &octets(&content))]),
        ];
        if self.twist != Twist::NoCertificate {
            data.push(ctx(0, &der));
        }
        data.push(tlv(0x31, &seq(&signer)));
        seq(&[oid("1.2.840.113549.1.7.2"), ctx(0, &seq(&data))])
    }
}
