//! The certificates that the Windows sign-in screen would offer, and why others are hidden.
//!
//! `cargo run -p upn-resolver --example tiles -- [CERTIFICATE…]`

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use upn_resolver::certificate::first_in_file;
use upn_resolver::windows::eligibility::{TokenCertificate, assess};
use upn_resolver::windows::logon_policy::LogonPolicy;
use upn_resolver::{Certificate, UnixTime};

const SAMPLES: [&[u8]; 2] = [
    include_bytes!("../tests/certificates/adcs-rsa2048.der"),
    include_bytes!("../tests/certificates/adcs-p256.der"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = env::args().skip(1).map(fs::read).collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() {
        files.extend(SAMPLES.map(<[u8]>::to_vec));
    }
    let ders = files
        .iter()
        .map(|file| first_in_file(file))
        .collect::<Result<Vec<_>, _>>()?;
    // A certificate that cannot be read has its place on the card too.
    let certificates: Vec<_> = ders.iter().map(|der| Certificate::from_der(der)).collect();
    let card: Vec<_> = certificates
        .iter()
        .map(|certificate| match certificate {
            Ok(certificate) => TokenCertificate::new(certificate),
            Err(_) => TokenCertificate::unreadable(),
        })
        .collect();

    let now: Duration = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let shown = assess(&card, &LogonPolicy::new(), UnixTime::since_unix_epoch(now));
    for tile in shown.tiles() {
        println!("certificate {}: shown as {tile}", tile.index() + 1);
    }
    for hidden in shown.hidden() {
        let responsible = hidden.responsible();
        println!(
            "certificate {}: hidden: {hidden} ({responsible})",
            hidden.index() + 1
        );
    }
    Ok(())
}
