//! The whole chain on real parts: virtual card, `sign-in --broker`, extension and native host in a headless browser, two codes.

use std::time::Instant;

use browser_lab::Kind;
use lab::Readers;
use local_authority::{Demand, Leg};

use crate::bench::{Bench, PATIENCE};
use crate::card::sign_in;
use crate::desktop::{Application, Desktop};
use crate::laboratory::{alice, issuer_of_cards, pins_sent};
use crate::tenant::Tenant;

/// Opens the authorize page without a prompt until the answer is a code, or until it is none.
async fn wait_for(desktop: &Desktop, bench: &Bench, application: &Application, is_signed_in: bool) {
    let end = Instant::now() + PATIENCE;
    for attempt in 0.. {
        let state = format!("wait-{is_signed_in}-{attempt}");
        let further = format!("&prompt=none&state={state}");
        let url = bench.tenant.authorize_url_for(&application.port(), &further);
        desktop.client().goto(&url).await.unwrap();
        if application.redirected(&state).await.contains("code=") == is_signed_in {
            return;
        }
        assert!(Instant::now() < end, "not in time: signed in {is_signed_in}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Number of requests for pages that the authority got.
fn pages(bench: &Bench) -> usize {
    let log = bench.tenant.authority.log();
    log.iter().filter(|entry| entry.leg == Leg::Authorize).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_pin_signs_in_every_page_of_the_browser() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &alice()).unwrap();
    let bench = Bench::with(|configuration| configuration.certificate_authorities.push(issuer_of_cards()));
    let broker = bench.start(&[]);
    let desktop = Desktop::start(&bench).await;
    let application = Application::start();

    // The browser runs already when the user signs in.
    let (code, report) = sign_in(&bench, card.pin(), bench.bus.address());
    assert_eq!(code, Some(0), "{report}");
    wait_for(&desktop, &bench, &application, true).await;
    let pins = pins_sent(&card);
    for state in ["1", "2"] {
        let before = pages(&bench);
        let start = Instant::now();
        let further = format!("&state={state}");
        let url = bench.tenant.authorize_url_for(&application.port(), &further);
        desktop.client().goto(&url).await.unwrap();
        let line = application.redirected(state).await;
        println!("page {state}: {} ms", start.elapsed().as_millis());
        assert!(line.contains("code="), "{line}");
        assert_eq!(pages(&bench) - before, 1, "one request to the authority");
    }
    assert_eq!(pins_sent(&card), pins, "no prompt");
    assert!(broker.log().contains("broker-browser-host"), "{}", broker.log());

    // A page of another site leads to the sign-in.
    desktop.client().goto(&application.url()).await.unwrap();
    let url = bench.tenant.authorize_url_for(&application.port(), "&state=3");
    let script = format!("location.href = {url:?}");
    desktop.client().execute(&script, Vec::new()).await.unwrap();
    let line = application.redirected("3").await;
    assert!(line.contains("code="), "{line}");

    // A frame in it, in which single-page applications renew their tokens. Firefox shows an extension the requests of a frame only if
    // it may also read the page around it.
    desktop.client().goto(&application.url()).await.unwrap();
    let url = bench
        .tenant
        .authorize_url_for(&application.port(), "&prompt=none&state=frame");
    let script =
        format!("document.body.append(Object.assign(document.createElement('iframe'), {{src: {url:?}}}))");
    desktop.client().execute(&script, Vec::new()).await.unwrap();
    let line = application.redirected("frame").await;
    assert_eq!(line.contains("code="), desktop.kind == Kind::Chromium, "{line}");

    // The cookie leaves for the authority only: not for the application, to which the authority redirects, and not for another port.
    let requests = application.requests();
    let has_cookie = |request: &String| {
        request
            .to_ascii_lowercase()
            .contains("x-ms-refreshtokencredential")
    };
    assert!(
        requests.len() >= 4 && !requests.iter().any(has_cookie),
        "{requests:?}"
    );
    let other = Tenant::with(|_| {});
    let url = other.authorize_url_for(&application.port(), "&prompt=none&state=other");
    desktop.client().goto(&url).await.unwrap();
    let line = application.redirected("other").await;
    assert!(line.contains("error=login_required"), "{line}");
    assert_eq!(other.authority.log().last().unwrap().sign_in.device, None);

    // After signing out, no page is signed in.
    bench.bus.send("CertificateBroker1.Session.SignOut", &[]);
    wait_for(&desktop, &bench, &application, false).await;
    desktop.stop().await;
}

/// Chromium has no cookie for the nonce of a page at first, and loops until it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_authority_that_requires_its_nonce_gets_it() {
    let bench = Bench::with(|configuration| configuration.switches.sso_nonce = Demand::Required);
    let _broker = bench.start(&[]);
    bench.sign_in();
    let desktop = Desktop::start(&bench).await;
    let application = Application::start();
    wait_for(&desktop, &bench, &application, true).await;
    for state in ["1", "2"] {
        let before = pages(&bench);
        let further = format!("&state={state}");
        let url = bench.tenant.authorize_url_for(&application.port(), &further);
        desktop.client().goto(&url).await.unwrap();
        let line = application.redirected(state).await;
        assert!(line.contains("code="), "{line}");
        let requests = pages(&bench) - before;
        println!("page {state}: {requests} requests");
        if desktop.kind == Kind::Firefox {
            assert_eq!(requests, 2, "one brings the nonce");
        }
    }
    desktop.stop().await;
}
