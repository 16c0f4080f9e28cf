//! A wrong PIN, no card, a card of another issuer, a user out of scope: in both browsers, with the same results at the authority.

use browser_lab::{Kind, choose_by_policy};
use lab::{Algorithm, Profile};

use crate::card::{ALICE, alice, carol};
use crate::desk::Desk;

/// AADSTS code of the page that a person gets without a certificate.
const NO_CERTIFICATE: u32 = 50_192;
const WRONG_PIN: &str = "111111";

async fn desk(kind: Kind, name: &str, profile: &Profile) -> Desk {
    choose_by_policy();
    let browser = format!("{kind:?}").to_lowercase();
    Desk::new((kind, &format!("{browser}-{name}")), profile, |_| {}).await
}

async fn of_alice(kind: Kind, name: &str) -> Desk {
    desk(kind, name, &alice(Algorithm::Rsa2048)).await
}

/// Costs one try, and is asked again.
async fn a_wrong_pin(kind: Kind) {
    let mut desk = of_alice(kind, "wrong-pin").await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, WRONG_PIN);
    let dialog = desk.next_dialog();
    desk.picture("again");
    assert_eq!(desk.pins(), 1);
    assert_eq!(desk.card.pin_tries_left().unwrap(), Some(2));
    desk.type_pin(dialog, desk.card.pin());
    desk.code().await;
    assert_eq!(desk.pins(), 2);
    assert_eq!(desk.close().await.pin_tries(), 3);
}

async fn giving_up_after_a_wrong_pin(kind: Kind) {
    let mut desk = of_alice(kind, "cancel").await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, WRONG_PIN);
    assert_eq!(desk.give_up().await, NO_CERTIFICATE);
    assert_eq!(desk.tenant.tls().subject, None);
    assert_eq!(desk.close().await.pin_tries(), 2);
}

async fn three_wrong_pins(kind: Kind) {
    let mut desk = of_alice(kind, "blocked").await;
    desk.begin(ALICE).await;
    for _ in 0..3 {
        let dialog = desk.dialog();
        desk.type_pin(dialog, WRONG_PIN);
    }
    assert_eq!(desk.give_up().await, NO_CERTIFICATE);
    assert_eq!(desk.pins(), 3);
    assert_eq!(desk.close().await.pin_tries(), 0);
}

async fn no_card(kind: Kind) {
    let mut desk = of_alice(kind, "no-card").await;
    desk.card.remove().unwrap();
    desk.begin(ALICE).await;
    assert_eq!(desk.refusal().await, NO_CERTIFICATE);
    assert_eq!(desk.tenant.tls().subject, None);
    // Chromium keeps the decision to show no certificate to this host until it ends.
    desk.card.insert().unwrap();
    desk.restart().await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, desk.card.pin());
    desk.code().await;
    desk.close().await;
}

async fn a_card_that_is_taken_out_while_the_pin_is_asked(kind: Kind) {
    let mut desk = of_alice(kind, "removed").await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.card.remove().unwrap();
    desk.type_pin(dialog, desk.card.pin());
    // It may ask again.
    assert_eq!(desk.give_up().await, NO_CERTIFICATE);
    assert_eq!(desk.pins(), 0);
    desk.close().await;
}

/// The browser has the PIN, the certificate and open connections, but no key.
async fn a_card_that_is_taken_out_after_the_sign_in(kind: Kind) {
    let mut desk = of_alice(kind, "removed-later").await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, desk.card.pin());
    desk.code().await;
    desk.card.remove().unwrap();
    desk.begin(ALICE).await;
    assert_eq!(desk.refusal().await, NO_CERTIFICATE);
    desk.close().await;
}

/// The authority names the issuers that it trusts, and the browser shows no other certificate.
async fn no_certificate_that_fits(kind: Kind) {
    let profile = alice(Algorithm::Rsa2048).unknown_issuer();
    let mut desk = desk(kind, "no-fit", &profile).await;
    desk.begin(ALICE).await;
    // OpenSC 0.23 shows certificates only after the PIN.
    assert_eq!(desk.unlock_until_the_end().await, NO_CERTIFICATE);
    assert_eq!(desk.tenant.tls().subject, None);
    assert!(desk.pins() <= 1);
    desk.close().await;
}

async fn a_user_out_of_scope(kind: Kind) {
    let mut desk = desk(kind, "out-of-scope", &carol()).await;
    desk.begin("carol@contoso.example").await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, desk.card.pin());
    assert_eq!(desk.refusal().await, 130_501);
    assert_eq!(desk.tenant.tls().subject.as_deref(), Some("O=Corp,CN=carol"));
    desk.close().await;
}

mod chromium {
    use super::Kind::Chromium;

    #[tokio::test]
    async fn a_wrong_pin() {
        super::a_wrong_pin(Chromium).await;
    }

    #[tokio::test]
    async fn giving_up_after_a_wrong_pin() {
        super::giving_up_after_a_wrong_pin(Chromium).await;
    }

    #[tokio::test]
    async fn three_wrong_pins() {
        super::three_wrong_pins(Chromium).await;
    }

    #[tokio::test]
    async fn no_card() {
        super::no_card(Chromium).await;
    }

    #[tokio::test]
    async fn a_card_that_is_taken_out_while_the_pin_is_asked() {
        super::a_card_that_is_taken_out_while_the_pin_is_asked(Chromium).await;
    }

    #[tokio::test]
    async fn a_card_that_is_taken_out_after_the_sign_in() {
        super::a_card_that_is_taken_out_after_the_sign_in(Chromium).await;
    }

    #[tokio::test]
    async fn no_certificate_that_fits() {
        super::no_certificate_that_fits(Chromium).await;
    }

    #[tokio::test]
    async fn a_user_out_of_scope() {
        super::a_user_out_of_scope(Chromium).await;
    }
}

mod firefox {
    use super::Kind::Firefox;

    #[tokio::test]
    async fn a_wrong_pin() {
        super::a_wrong_pin(Firefox).await;
    }

    #[tokio::test]
    async fn giving_up_after_a_wrong_pin() {
        super::giving_up_after_a_wrong_pin(Firefox).await;
    }

    #[tokio::test]
    async fn three_wrong_pins() {
        super::three_wrong_pins(Firefox).await;
    }

    #[tokio::test]
    async fn no_card() {
        super::no_card(Firefox).await;
    }

    #[tokio::test]
    async fn a_card_that_is_taken_out_while_the_pin_is_asked() {
        super::a_card_that_is_taken_out_while_the_pin_is_asked(Firefox).await;
    }

    #[tokio::test]
    async fn a_card_that_is_taken_out_after_the_sign_in() {
        super::a_card_that_is_taken_out_after_the_sign_in(Firefox).await;
    }

    #[tokio::test]
    async fn no_certificate_that_fits() {
        super::no_certificate_that_fits(Firefox).await;
    }

    #[tokio::test]
    async fn a_user_out_of_scope() {
        super::a_user_out_of_scope(Firefox).await;
    }
}
