//! The user name that Windows would send for a certificate, with its explanation.
//!
//! `cargo run -p upn-resolver --example decision -- [CERTIFICATE [HINT]]`

use std::error::Error;
use std::{env, fs};

use upn_resolver::certificate::first_in_file;
use upn_resolver::{AdLogon, Certificate, NameRequest, Upn};

const SAMPLE: &[u8] = include_bytes!("../tests/certificates/adcs-rsa2048.der");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().map_or(Ok(SAMPLE.to_vec()), fs::read)?;
    let hint = arguments.next().unwrap_or_default();
    let der = first_in_file(&file)?;
    let certificate = Certificate::from_der(&der)?;

    let decision = NameRequest::entra_joined(&certificate).with_hint(&hint).decide();
    println!("Entra joined device:\n{decision}\n");

    // A hybrid joined device signs in to Active Directory first, and sends the UPN that it returned.
    let ad_upn = Upn::parse("ada@corp.contoso.com")?;
    let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad_upn), None)
        .with_hint(&hint)
        .decide();
    println!("Hybrid joined device, first sign-in:\n{decision}\n");

    // The long form adds each rule with its reference; the redacted form contains no names.
    println!("For a support ticket:\n{:#}", decision.redacted());
    Ok(())
}
