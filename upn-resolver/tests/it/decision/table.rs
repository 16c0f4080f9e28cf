//! The published table, cell by cell: join state × first or later sign-in × hint × names present.
//! <https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard>

use upn_resolver::{AdLogon, Candidate, Certificate, HintProblem, NameOutcome, NameRequest, Upn};

use super::certificates::Names;

const PRINCIPAL: &str = "principal@contoso.com";
const RFC822: &str = "mail@contoso.com";
const AD: &str = "ad@woodgrove.local";
const CACHED: &str = "cached@woodgrove.com";
const HINT: &str = "hint@contoso.com";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Join {
    Entra,
    Hybrid,
}
use Join::{Entra, Hybrid};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    First,
    Later,
}
use Turn::{First, Later};

/// What the user typed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Typed {
    Nothing,
    Upn,
    DownLevel,
    Bare,
}
use Typed::{Bare, DownLevel, Nothing};

/// What the certificate names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Named {
    Both,
    Principal,
    Rfc822,
    Nobody,
}
use Named::{Both, Nobody};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sent {
    Ad,
    AskForHint,
    Cached,
    Hint,
    PrincipalName,
    RefuseBare,
    RefuseDownLevel,
    Rfc822Name,
}

/// join, sign-in, hint, names in the certificate, what is sent. 64 rows: every combination once.
#[rustfmt::skip]
const TABLE: [(Join, Turn, Typed, Named, Sent); 64] = [
    // Entra joined, first sign-in: pull from certificate.
    (Entra,  First, Nothing,    Both,             Sent::PrincipalName),
    (Entra,  First, Nothing,    Named::Principal, Sent::PrincipalName),
    (Entra,  First, Nothing,    Named::Rfc822,    Sent::Rfc822Name),
    (Entra,  First, Nothing,    Nobody,           Sent::AskForHint),
    (Entra,  First, Typed::Upn, Both,             Sent::Hint),
    (Entra,  First, Typed::Upn, Named::Principal, Sent::Hint),
    (Entra,  First, Typed::Upn, Named::Rfc822,    Sent::Hint),
    (Entra,  First, Typed::Upn, Nobody,           Sent::Hint),
    (Entra,  First, DownLevel,  Both,             Sent::RefuseDownLevel),
    (Entra,  First, DownLevel,  Named::Principal, Sent::RefuseDownLevel),
    (Entra,  First, DownLevel,  Named::Rfc822,    Sent::RefuseDownLevel),
    (Entra,  First, DownLevel,  Nobody,           Sent::RefuseDownLevel),
    (Entra,  First, Bare,       Both,             Sent::RefuseBare),
    (Entra,  First, Bare,       Named::Principal, Sent::RefuseBare),
    (Entra,  First, Bare,       Named::Rfc822,    Sent::RefuseBare),
    (Entra,  First, Bare,       Nobody,           Sent::RefuseBare),
    // Entra joined, subsequent sign-in: pull from certificate.
    (Entra,  Later, Nothing,    Both,             Sent::PrincipalName),
    (Entra,  Later, Nothing,    Named::Principal, Sent::PrincipalName),
    (Entra,  Later, Nothing,    Named::Rfc822,    Sent::Rfc822Name),
    (Entra,  Later, Nothing,    Nobody,           Sent::AskForHint),
    (Entra,  Later, Typed::Upn, Both,             Sent::Hint),
    (Entra,  Later, Typed::Upn, Named::Principal, Sent::Hint),
    (Entra,  Later, Typed::Upn, Named::Rfc822,    Sent::Hint),
    (Entra,  Later, Typed::Upn, Nobody,           Sent::Hint),
    (Entra,  Later, DownLevel,  Both,             Sent::RefuseDownLevel),
    (Entra,  Later, DownLevel,  Named::Principal, Sent::RefuseDownLevel),
    (Entra,  Later, DownLevel,  Named::Rfc822,    Sent::RefuseDownLevel),
    (Entra,  Later, DownLevel,  Nobody,           Sent::RefuseDownLevel),
    (Entra,  Later, Bare,       Both,             Sent::RefuseBare),
    (Entra,  Later, Bare,       Named::Principal, Sent::RefuseBare),
    (Entra,  Later, Bare,       Named::Rfc822,    Sent::RefuseBare),
    (Entra,  Later, Bare,       Nobody,           Sent::RefuseBare),
    // Hybrid joined, first sign-in: AD UPN or X509 hint.
    (Hybrid, First, Nothing,    Both,             Sent::Ad),
    (Hybrid, First, Nothing,    Named::Principal, Sent::Ad),
    (Hybrid, First, Nothing,    Named::Rfc822,    Sent::Ad),
    (Hybrid, First, Nothing,    Nobody,           Sent::Ad),
    (Hybrid, First, Typed::Upn, Both,             Sent::Hint),
    (Hybrid, First, Typed::Upn, Named::Principal, Sent::Hint),
    (Hybrid, First, Typed::Upn, Named::Rfc822,    Sent::Hint),
    (Hybrid, First, Typed::Upn, Nobody,           Sent::Hint),
    (Hybrid, First, DownLevel,  Both,             Sent::RefuseDownLevel),
    (Hybrid, First, DownLevel,  Named::Principal, Sent::RefuseDownLevel),
    (Hybrid, First, DownLevel,  Named::Rfc822,    Sent::RefuseDownLevel),
    (Hybrid, First, DownLevel,  Nobody,           Sent::RefuseDownLevel),
    (Hybrid, First, Bare,       Both,             Sent::RefuseBare),
    (Hybrid, First, Bare,       Named::Principal, Sent::RefuseBare),
    (Hybrid, First, Bare,       Named::Rfc822,    Sent::RefuseBare),
    (Hybrid, First, Bare,       Nobody,           Sent::RefuseBare),
    // Hybrid joined, subsequent sign-in: cached Entra UPN; a hint is sent in all cases.
    (Hybrid, Later, Nothing,    Both,             Sent::Cached),
    (Hybrid, Later, Nothing,    Named::Principal, Sent::Cached),
    (Hybrid, Later, Nothing,    Named::Rfc822,    Sent::Cached),
    (Hybrid, Later, Nothing,    Nobody,           Sent::Cached),
    (Hybrid, Later, Typed::Upn, Both,             Sent::Hint),
    (Hybrid, Later, Typed::Upn, Named::Principal, Sent::Hint),
    (Hybrid, Later, Typed::Upn, Named::Rfc822,    Sent::Hint),
    (Hybrid, Later, Typed::Upn, Nobody,           Sent::Hint),
    (Hybrid, Later, DownLevel,  Both,             Sent::RefuseDownLevel),
    (Hybrid, Later, DownLevel,  Named::Principal, Sent::RefuseDownLevel),
    (Hybrid, Later, DownLevel,  Named::Rfc822,    Sent::RefuseDownLevel),
    (Hybrid, Later, DownLevel,  Nobody,           Sent::RefuseDownLevel),
    (Hybrid, Later, Bare,       Both,             Sent::RefuseBare),
    (Hybrid, Later, Bare,       Named::Principal, Sent::RefuseBare),
    (Hybrid, Later, Bare,       Named::Rfc822,    Sent::RefuseBare),
    (Hybrid, Later, Bare,       Nobody,           Sent::RefuseBare),
];

#[test]
fn every_cell_is_what_the_table_says() {
    for (join, turn, typed, named, sent) in TABLE {
        let outcome = decide(join, turn, typed, named, Some(AD));
        assert_eq!(
            outcome,
            expected(sent),
            "{join:?}, {turn:?}, hint {typed:?}, certificate {named:?}"
        );
    }
}

#[test]
fn the_table_has_every_combination_once() {
    for (index, row) in TABLE.iter().enumerate() {
        let same = |other: &&(Join, Turn, Typed, Named, Sent)| {
            (other.0, other.1, other.2, other.3) == (row.0, row.1, row.2, row.3)
        };
        assert_eq!(TABLE.iter().filter(same).count(), 1, "row {index}");
    }
}

#[test]
fn a_hybrid_joined_device_sends_nothing_before_the_ad_sign_in() {
    for (join, turn, typed, named, _) in TABLE {
        if join == Hybrid {
            let outcome = decide(join, turn, typed, named, None);
            assert_eq!(
                outcome,
                NameOutcome::RequireAdLogon,
                "{turn:?}, hint {typed:?}, certificate {named:?}"
            );
        }
    }
}

fn decide(join: Join, turn: Turn, typed: Typed, named: Named, ad: Option<&str>) -> NameOutcome {
    let certificate = match named {
        Named::Both => Names::none().rfc822(RFC822).principal(PRINCIPAL),
        Named::Principal => Names::none().principal(PRINCIPAL),
        Named::Rfc822 => Names::none().rfc822(RFC822),
        Named::Nobody => Names::none(),
    };
    let der = certificate.certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (ad.map(|ad| Upn::parse(ad).unwrap()), Upn::parse(CACHED).unwrap());
    let sign_in = match join {
        Join::Entra => NameRequest::entra_joined(&certificate),
        Join::Hybrid => {
            let ad = ad.as_ref().map_or(AdLogon::Failed, AdLogon::Succeeded);
            NameRequest::hybrid_joined(&certificate, ad, (turn == Turn::Later).then_some(&cached))
        }
    };
    let sign_in = match typed {
        Typed::Nothing => sign_in,
        Typed::Upn => sign_in.with_hint(HINT),
        Typed::DownLevel => sign_in.with_hint(r"CORP\bob"),
        Typed::Bare => sign_in.with_hint("bob"),
    };
    sign_in.decide().outcome().clone()
}

fn expected(sent: Sent) -> NameOutcome {
    let of = |text, source| NameOutcome::Send {
        upn: Upn::parse(text).unwrap(),
        source,
    };
    match sent {
        Sent::Ad => of(AD, Candidate::ActiveDirectory),
        Sent::AskForHint => NameOutcome::AskForHint,
        Sent::Cached => of(CACHED, Candidate::CachedEntraUpn),
        Sent::Hint => of(HINT, Candidate::Hint),
        Sent::PrincipalName => of(PRINCIPAL, Candidate::PrincipalName),
        Sent::RefuseBare => NameOutcome::RejectHint(HintProblem::Bare),
        Sent::RefuseDownLevel => NameOutcome::RejectHint(HintProblem::DownLevel),
        Sent::Rfc822Name => of(RFC822, Candidate::Rfc822Name),
    }
}
