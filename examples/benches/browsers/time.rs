//! Time of a sign-in with the card, from the authorize page to the code. The PIN is typed by the test. Later sign-ins of the same browser need
//! no PIN, because the card is still unlocked, but each signs with the card.

use std::time::{Duration, Instant};

use browser_lab::pages::{name, show_certificate};
use browser_lab::{Kind, choose_by_policy};
use lab::Algorithm;

use crate::card::{ALICE, alice};
use crate::desk::Desk;

const FURTHER: usize = 5;

#[tokio::test]
async fn chromium() {
    measure(Kind::Chromium).await;
}

#[tokio::test]
async fn firefox() {
    measure(Kind::Firefox).await;
}

async fn measure(kind: Kind) {
    choose_by_policy();
    let mut desk = Desk::new((kind, "time"), &alice(Algorithm::Rsa2048), |_| {}).await;
    let first = sign_in(&mut desk, true).await;
    let mut further = Vec::new();
    for _ in 0..FURTHER {
        further.push(sign_in(&mut desk, false).await);
    }
    assert_eq!(desk.pins(), 1);
    let requests = desk.tenant.log().len();
    further.sort();
    println!(
        "{kind:?}: {:.2} s with the PIN; then {:.2} to {:.2} s, median {:.2} s, {requests} requests",
        first.as_secs_f64(),
        further[0].as_secs_f64(),
        further[FURTHER - 1].as_secs_f64(),
        further[FURTHER / 2].as_secs_f64(),
    );
    desk.close().await;
}

async fn sign_in(desk: &mut Desk, asks: bool) -> Duration {
    desk.tenant.forget();
    let started = Instant::now();
    let browser = desk.session.client();
    name(browser, &desk.tenant.authorize_url(), ALICE).await;
    show_certificate(browser).await;
    if asks {
        desk.type_pin(desk.next_dialog(), desk.card.pin());
    }
    let redirected = desk.tenant.code().await;
    assert!(desk.tenant.tls().signature.is_some());
    redirected.at.duration_since(started)
}
