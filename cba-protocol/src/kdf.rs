//! HMAC-SHA-256, and the keys that are derived from the session key: [MS-OAPXBC] 3.1.5.1.3.3, which is the counter mode of NIST
//! SP 800-108.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SessionKey;

/// A key for one message.
pub(crate) type DerivedKey = Zeroizing<[u8; 32]>;

/// Which derivation of [MS-OAPXBC] 3.1.5.1.3.3 signs a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KdfVersion {
    One,
    Two,
}

const LABEL: &[u8] = b"AzureAD-SecureConversation";

/// Version 1: the context is `ctx` itself. Answers always use this one.
pub(crate) fn version_1(key: &SessionKey, ctx: &[u8]) -> DerivedKey {
    // label, a zero byte, context, and the length of the output in bits
    counter_mode(key.bytes(), &[LABEL, &[0], ctx, &256_u32.to_be_bytes()])
}

/// Version 2: the context binds the message too. `body` is the JSON of the JWT, before base64url.
pub(crate) fn version_2(key: &SessionKey, ctx: &[u8], body: &[u8]) -> DerivedKey {
    version_1(
        key,
        &Sha256::new().chain_update(ctx).chain_update(body).finalize(),
    )
}

/// HMAC-SHA-256 over the parts, one after the other.
pub(crate) fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = hmac(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// One round, with the 32-bit counter before the fixed data: all that 32 bytes of output need.
fn counter_mode(key: &[u8; 32], fixed: &[&[u8]]) -> DerivedKey {
    let mut mac = hmac(key);
    mac.update(&[0, 0, 0, 1]);
    for part in fixed {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104 section 2)")
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    fn key() -> SessionKey {
        SessionKey::from(core::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    const CTX: [u8; 24] = hex!("404142434445464748494a4b4c4d4e4f5051525354555657");

    /// Computed with Python's `cryptography` (KBKDFHMAC); `tests/it/outside.rs` computes them again.
    #[test]
    fn version_1_and_2() {
        assert_eq!(
            *version_1(&key(), &CTX),
            hex!("261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375")
        );
        assert_eq!(
            *version_2(&key(), &CTX, br#"{"a":1}"#),
            hex!("5997fec8bd6b18de085b0eabd0d6323a4185dc5de9172980d103aa35dbba5790")
        );
    }

    /// NIST CAVP, `KDFCTR_gen`: HMAC-SHA-256, 32-bit counter before the fixed data, L = 256, counts 10 to 19. Our own output is
    /// that long.
    #[test]
    fn the_counter_mode_of_sp_800_108() {
        let vectors = [
            (
                hex!("e204d6d466aad507ffaf6d6dab0a5b26152c9e21e764370464e360c8fbc765c6"),
                hex!(
                    "7b03b98d9f94b899e591f3ef264b71b193fba7043c7e953cde23bc5384bc"
                    "1a6293580115fae3495fd845dadbd02bd6455cf48d0f62b33e62364a3a80"
                ),
                hex!("770dfab6a6a4a4bee0257ff335213f78d8287b4fd537d5c1fffa956910e7c779"),
            ),
            (
                hex!("aeeeca60f689a441b13b0cbcd441d82df0cf87dac236290dece8931df8d70317"),
                hex!(
                    "588ec041e5733b7031212c5538efe4f6aafa4cda8b925d261f5a2688f007"
                    "b3ac240ee12991e77b8cb8538678615966164a81872bd1cfcbfb39a4f450"
                ),
                hex!("3e81d6113cee3c529ecedff89a6999ce25b618c15ee1d19d45cb376a1c8e2374"),
            ),
            (
                hex!("95c8f76e11367eb55526a2b393ae906583d1cbdd47962146f506cc7cac12f464"),
                hex!(
                    "cad60e904b9e9c8bfeb4a81a7f67d3bddcc05e64255870403770f3533ae6"
                    "dd634ceaa56c53e688bd137ae6018935f34b9fb084ea48e4c688f6bbb388"
                ),
                hex!("cafa5ca03f5fbe2a242004abcbd3de1059c7407b1ee579255124af189be0b556"),
            ),
            (
                hex!("4d05391fd6fb1e292e78ab9619b1b72a7d63ee59d7435dd71897b9ff7ee7ae70"),
                hex!(
                    "f078e6f9b7f82d64554fa6b604c808f19b1f6ad6727db7aa6f1c86694e10"
                    "4b5256c8b4039919646481d7ea2452c72c17a3e8d7d3916285460aa5eb81"
                ),
                hex!("6b16e8f53b831aa5e86bf97a5c4fa37d089bc172da5a1e7f662dd4a595339ab7"),
            ),
            (
                hex!("0f68a82ff1671634cc9136c564a9e02a767621dd74a1bf5c24129b808214b752"),
                hex!(
                    "648599809c2c4e7c6a5e6c449f0031ebf55c3661a895b44db0572ee88083"
                    "b1f4b12602aa55fc1df150a65a6d6eeda0aa79a434a1039b91b5a58fc7f1"
                ),
                hex!("e297640f7768485d4a6e7cfe245f8bfa84700d99762692ea1a425ccc0275e8f5"),
            ),
            (
                hex!("43eef6d824fd820405626ab9b6d79f1fd04e126ab8e17729e3afc7cb5af794f8"),
                hex!(
                    "5e269b5a7bdedcc3e875e2725693a257fc60011af7dcd68a3358507fe29b"
                    "0659ca66951daa05a15032033650bc58a27840f8fbe9f4088b9030738f68"
                ),
                hex!("f0a339ecbcae6add1afb27da3ba40a1320c6427a58afb9dc366b219b7eb29ecf"),
            ),
            (
                hex!("e5f31d98a13f2390b354dba08e1e85116f99a56c2e8761d386958a0d0a888a29"),
                hex!(
                    "02113f45151b63f374cfcdb1bede41cef2226a42b6c02c9f090f9f3db39d"
                    "4e98a8258c42e27224279cd45c2501ca45a008d8f38915e5b45b8b995f5b"
                ),
                hex!("98e7a023092a3064050902c8b90c749d72005626e0296e1dfb28c10e450b2dd3"),
            ),
            (
                hex!("e6cfa4864d31fe09960fff968ac62f03b6f63b5a221cc95c3a1058b4b60fe9bc"),
                hex!(
                    "4670a7c2c8f5643b75ea4ceed87e253e58ffaa87472299160d35240753f3"
                    "164c0820374b1f4bedb2dc34692c8b7e06c7951ee73f1645b10e3f272d17"
                ),
                hex!("4f208e7306b076bf06133f439a6617a3d650253cf87775c3d6d7fede32139f4f"),
            ),
            (
                hex!("2f180b1a10445d3d29683b3facb856807689c6de54c760f6050c3329a4a1de4e"),
                hex!(
                    "4d48ca49a279a79bf9b3a9e346c3af74926fab6ad881027dee6a6f40dcf6"
                    "7add04efec4d86df31bbfc190d43e3a7aeea9babcebaead3b07b69dd3d6e"
                ),
                hex!("7765d245fdf143b6ca4359a2503ad1d8ea8caa7da8d556b1fe8e25c44c70dbe1"),
            ),
            (
                hex!("2eb0a49fd3199a57264f746b1c8acbc76f7ce51223f72134590fbbeb3176264b"),
                hex!(
                    "980a908ed38b6e699df3f44e651f0ad3a9d209d3867c495e52673855d09e"
                    "4f1a58fb477067c400cacca9ab9260e205c4556905f2727925561280639c"
                ),
                hex!("06d5adc2d5c517bf40406cc6bb56553b222f70abf2bb505584000e88628baf17"),
            ),
        ];
        for (key, fixed, output) in vectors {
            assert_eq!(*counter_mode(&key, &[&fixed]), output);
            let parts = fixed.split_at(26);
            assert_eq!(*counter_mode(&key, &[parts.0, parts.1]), output, "in parts");
        }
    }
}
