//! A person chooses the certificate, without the policy, and the page asks whether to stay signed in.

use std::time::Duration;

use browser_lab::{Kind, choose_by_hand};
use fantoccini::Locator;
use lab::Algorithm;

use crate::card::{ALICE, alice};
use crate::desk::Desk;

#[tokio::test]
async fn chromium() {
    choose_by_hand();
    let name = (Kind::Chromium, "chromium-chooser");
    let mut desk = Desk::new(name, &alice(Algorithm::Rsa2048), |configuration| {
        configuration.pages.keep_me_signed_in = true;
    })
    .await;
    desk.begin(ALICE).await;
    let dialog = desk.dialog();
    desk.type_pin(dialog, desk.card.pin());
    // The dialog with the certificates is a part of the browser's window.
    std::thread::sleep(Duration::from_secs(3));
    desk.picture("chooser");
    let log = desk.tenant.log();
    assert!(log.iter().all(|entry| entry.tls.is_none()), "{log:#?}");
    desk.press("Return");
    let no = Locator::Css("form[action='/kmsi'] button[value='3']");
    let no = desk.session.client().wait().for_element(no).await.unwrap();
    desk.picture("stay");
    no.click().await.unwrap();
    desk.code().await;
    assert_eq!(desk.tenant.tls().subject.as_deref(), Some("O=Corp,CN=alice"));
    desk.close().await;
}
