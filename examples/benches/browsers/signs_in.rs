//! Sign-ins in both browsers: each kind of key, over each version of TLS.

use browser_lab::{Kind, TENANT_CERTAUTH, choose_by_policy};
use lab::Algorithm;
use local_authority::TlsVersion::{Tls12, Tls13};
use local_authority::{ClientSignatures, TlsVersion};

use crate::card::{ALICE, alice};
use crate::desk::Desk;

/// Signs in. The authority sees this signature scheme.
async fn signs_in(name: &str, kind: Kind, key: Algorithm, version: TlsVersion, scheme: &str) {
    with_signatures(name, kind, key, version, ClientSignatures::Any, scheme).await;
}

async fn with_signatures(
    name: &str,
    kind: Kind,
    key: Algorithm,
    version: TlsVersion,
    signatures: ClientSignatures,
    scheme: &str,
) {
    choose_by_policy();
    let mut desk = Desk::new((kind, name), &alice(key), |configuration| {
        configuration.certauth.tls_versions = vec![version];
        configuration.certauth.client_signatures = signatures;
    })
    .await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, desk.card.pin());
    desk.code().await;
    let tls = desk.tenant.tls();
    assert_eq!(tls.server_name.as_deref(), Some(TENANT_CERTAUTH));
    assert_eq!(tls.version, if version == Tls12 { "TLSv1.2" } else { "TLSv1.3" });
    assert_eq!(tls.signature.as_deref(), Some(scheme));
    assert_eq!(tls.subject.as_deref(), Some("O=Corp,CN=alice"));
    assert_eq!(desk.pins(), 1);
    assert_eq!(desk.close().await.pin_tries(), 3);
}

/// The same tests in each browser, and those of one browser alone.
macro_rules! in_browser {
    ($browser:ident, $kind:expr, $($own:tt)*) => {
        mod $browser {
            use super::*;

            fn name(test: &str) -> String {
                format!("{}-{test}", stringify!($browser))
            }

            #[tokio::test]
            async fn rsa_over_tls_1_3() {
                let scheme = "rsa_pss_rsae_sha256";
                signs_in(&name("rsa-1.3"), $kind, Algorithm::Rsa2048, Tls13, scheme).await;
            }

            #[tokio::test]
            async fn p256_over_tls_1_3() {
                signs_in(&name("p256-1.3"), $kind, Algorithm::P256, Tls13, "ecdsa_sha256").await;
            }

            #[tokio::test]
            async fn p256_over_tls_1_2() {
                signs_in(&name("p256-1.2"), $kind, Algorithm::P256, Tls12, "ecdsa_sha256").await;
            }

            #[tokio::test]
            async fn p384_over_tls_1_3() {
                signs_in(&name("p384-1.3"), $kind, Algorithm::P384, Tls13, "ecdsa_sha384").await;
            }

            $($own)*
        }
    };
}

in_browser! { chromium, Kind::Chromium,
    /// The authority accepts both signatures of RSA.
    #[tokio::test]
    async fn rsa_over_tls_1_2() {
        let scheme = "rsa_pkcs1_sha256";
        signs_in("chromium-rsa-1.2", Kind::Chromium, Algorithm::Rsa2048, Tls12, scheme).await;
    }

    #[tokio::test]
    async fn rsa_over_tls_1_2_with_pss_only() {
        let (key, pss) = (Algorithm::Rsa2048, ClientSignatures::Pss);
        let scheme = "rsa_pss_rsae_sha256";
        with_signatures("chromium-rsa-1.2-pss", Kind::Chromium, key, Tls12, pss, scheme).await;
    }
}

in_browser! { firefox, Kind::Firefox,
    /// The authority accepts both signatures of RSA.
    #[tokio::test]
    async fn rsa_over_tls_1_2() {
        let scheme = "rsa_pss_rsae_sha256";
        signs_in("firefox-rsa-1.2", Kind::Firefox, Algorithm::Rsa2048, Tls12, scheme).await;
    }
}
