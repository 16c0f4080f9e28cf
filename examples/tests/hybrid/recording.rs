//! A sign-in through the library, with values that are chosen: a recording for the tests of cba-protocol.
//!
//! `RECORD=cba-protocol/tests/fixtures/active-directory cargo test -p examples --test hybrid recording` writes it again.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use card_access::pcsc::PcscProvider;
use card_access::{Backend, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot, TokenId};
use cba_protocol::active_directory::{AdOutcome, AdSignIn, AdStep, KdcExchange, KdcTrust, Keytab};
use examples::kdc_signatures::algorithms;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::bench::{Bench, ca};

#[test]
fn the_library_signs_in_with_a_card() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("grace", "grace.hopper@contoso.example"));
    let id = TokenId::any_at(Backend::PcSc, card.reader());
    let mut token = PcscProvider::new().open(&id).unwrap();
    let credential = token.credential(&Slot::Piv(PivSlot::Authentication)).unwrap();
    let pin = Pin::new(card.pin().to_owned());
    let certificate = credential.certificate().clone();
    let authority = CertificateDer::from_pem_file(ca()).unwrap();
    let keytab = fs::read(bench.domain.keytab()).unwrap();

    let now = UnixTime::now();
    let mut parts = vec![
        ("card.der", certificate.to_vec()),
        ("ca.der", authority.to_vec()),
        ("client1.keytab", keytab.clone()),
        ("now", now.as_secs().to_string().into_bytes()),
    ];
    let sign_in = AdSignIn::new("grace.hopper@contoso.example", "CORP.LOCAL", &certificate)
        .with_host_key(Keytab::from_bytes(&keytab).unwrap())
        .with_kdc_trust(KdcTrust::new([authority], &algorithms()).unwrap());
    let mut step = sign_in.start([7; 32].into(), now).unwrap();
    let mut names = [("as-req", "as-rep"), ("tgs-req", "tgs-rep")].into_iter();
    let account = loop {
        step = match step {
            AdStep::SignWithCard(task) => {
                let scheme = Scheme::RsaPkcs1(Hash::Sha256);
                let entry = Some(PinEntry::typed(&pin));
                let signature = token.sign(&credential, scheme, task.input(), entry).unwrap();
                parts.push(("signature", signature.clone()));
                task.complete(&signature).unwrap()
            }
            AdStep::SendToKdc(exchange) => {
                let reply = send(bench.domain.kdc(), &exchange);
                let (request_name, reply_name) = names.next().unwrap();
                parts.push((request_name, exchange.request().to_vec()));
                parts.push((reply_name, reply.clone()));
                exchange.respond(&reply, now).unwrap()
            }
            AdStep::Done(AdOutcome::SignedIn(account)) => break account,
            AdStep::Done(outcome) => panic!("{outcome:?}"),
        };
    };
    assert_eq!(account.upn.as_str(), "grace.hopper@contoso.example");
    assert_eq!(account.proof.code(), "host-key-and-certificate");
    assert_eq!(names.next(), None, "two requests");
    if let Some(folder) = std::env::var_os("RECORD") {
        // Tests run in the folder of their package.
        let folder = Path::new("..").join(folder);
        for (name, content) in parts {
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

fn send(kdc: &str, exchange: &KdcExchange) -> Vec<u8> {
    let mut stream = TcpStream::connect(kdc).unwrap();
    stream.write_all(&exchange.framed_request()).unwrap();
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).unwrap();
    let mut reply = vec![0; KdcExchange::reply_length(prefix).unwrap()];
    stream.read_exact(&mut reply).unwrap();
    reply
}
