//! A hybrid joined device: Active Directory first, then the resolver's name, and its advice when that has become stale.

use cba_protocol::{SignIn, State};
use upn_resolver::{AdLogon, Certificate, Source, Upn};

use crate::peer::{self, CARD, Script};

#[test]
fn a_stale_cached_name_gives_way_to_the_one_of_active_directory() {
    let der = CARD.der();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (
        Upn::parse("alice.new@corp.local").unwrap(),
        Upn::parse("alice.old@contoso.com").unwrap(),
    );
    let decision =
        upn_resolver::SignIn::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&cached)).decide();
    assert_eq!(decision.source(), Some(Source::CachedEntraUpn));
    let advice = decision.user_not_found().instead.unwrap();

    let sign_in = SignIn::with_certificate(&peer::config(), &peer::device(), decision.upn().unwrap(), &der);
    let script = Script::granting()
        .answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant"))
        .then(State::Token, 200, &peer::issued());
    let run = peer::run(sign_in.or_as(advice.upn().unwrap()), script);

    let sent = [0, 1].map(|n| run.jwts(n).1.unwrap().claims["iss"].clone());
    assert_eq!(sent, ["alice.old@contoso.com", "alice.new@corp.local"]);
    let prt = run.granted();
    assert_eq!(
        prt.upn(),
        &ad,
        "the caller sees which name was taken, and forgets the other"
    );
    // what to remember for the next sign-in comes from the server
    assert_eq!(prt.id_token().unwrap().entra_upn(), Some("alice@contoso.com"));
}
