//! `make-tenant USERS CERTIFICATES FOLDER`: a made-up tenant to match certificates with, the same each time.
//!
//! `FOLDER/users.jsonl` and `users.csv` have the users as Microsoft Graph and PowerShell export them: each with a
//! `userPrincipalName` of 41 to 47 bytes, one in four with an `onPremisesUserPrincipalName`, two in five with a value of
//! `certificateUserIds`. `FOLDER/certificates.der` has certificates of these users, one behind the other, and one in a hundred of
//! somebody else. `FOLDER/policy.json` binds them by key identifier and by principal name.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use test_certificates::build::{
    Pieces, alternative_names, attribute, element, extended_key_usage, extension, key_usage, name,
    principal_name, sequence,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let made = match arguments.as_slice() {
        [users, certificates, folder] => match (users.parse(), certificates.parse()) {
            (Ok(users @ 1..), Ok(certificates)) => make(users, certificates, Path::new(folder)),
            _ => return usage(),
        },
        _ => return usage(),
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("make-tenant: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: make-tenant USERS CERTIFICATES FOLDER");
    ExitCode::from(2)
}

fn make(users: u64, certificates: u64, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let create =
        |name: &str| File::create(folder.join(name)).map(|file| BufWriter::with_capacity(1 << 20, file));
    let (mut lines, mut csv) = (create("users.jsonl")?, create("users.csv")?);
    writeln!(
        csv,
        "id,displayName,userPrincipalName,onPremisesUserPrincipalName,certificateUserIds"
    )?;
    for user in (0..users).map(User) {
        user.write_json(&mut lines)?;
        user.write_csv(&mut csv)?;
    }
    lines.flush()?;
    csv.flush()?;
    let mut stream = create("certificates.der")?;
    for number in 0..certificates {
        // Two users in five have a value, so that the certificates are spread over all of these.
        let pair = number % (users * 2 / 5).max(1);
        let user = pair / 2 * 5 + pair % 2;
        stream.write_all(&certificate(User(if number % 100 == 99 {
            users + user
        } else {
            user
        })))?;
    }
    stream.flush()?;
    std::fs::write(folder.join("policy.json"), POLICY)
}

const POLICY: &str = r#"{"certificateUserBindings": [
    {"x509CertificateField": "SubjectKeyIdentifier", "userProperty": "certificateUserIds", "priority": 1},
    {"x509CertificateField": "PrincipalName", "userProperty": "certificateUserIds", "priority": 2}]}
"#;

/// A user, by number.
#[derive(Clone, Copy)]
struct User(u64);

const FIRST: [&str; 8] = [
    "ada", "boris", "chen", "dmitri", "elena", "fatima", "gustav", "hiroko",
];
const LAST: [&str; 8] = [
    "anderson", "castillo", "dubois", "eriksson", "fischer", "kowalski", "nakamura", "okafor",
];

impl User {
    fn pick(self, names: [&'static str; 8], of: u64) -> &'static str {
        usize::try_from(self.0 / of % 8).map_or("", |at| names[at])
    }

    fn first(self) -> &'static str {
        self.pick(FIRST, 1)
    }

    fn last(self) -> &'static str {
        self.pick(LAST, 8)
    }

    fn name(self) -> String {
        format!(
            "{}.{}.{:07}@contoso.example.com",
            self.first(),
            self.last(),
            self.0
        )
    }

    fn on_premises(self) -> Option<String> {
        (self.0 % 4 == 3).then(|| format!("{}{:07}@corp.example", self.last(), self.0))
    }

    /// What stands for the hash of the key: digits that differ from user to user.
    fn key_identifier(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let mut state = self.0;
        for byte in &mut bytes {
            // Steele, Lea and Flood's SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            [*byte, ..] = (mixed ^ (mixed >> 27)).to_be_bytes();
        }
        bytes
    }

    fn value(self) -> Option<String> {
        match self.0 % 10 {
            0 => Some(format!("X509:<PN>{}", self.name())),
            1 | 5 | 6 => {
                let [high, low] = [&self.key_identifier()[..16], &self.key_identifier()[16..]].map(|half| {
                    half.iter()
                        .fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
                });
                Some(format!("X509:<SKI>{high:032x}{low:08x}"))
            }
            _ => None,
        }
    }

    fn id(self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.0)
    }

    fn write_json(self, out: &mut impl Write) -> io::Result<()> {
        let quoted = |text: Option<String>| text.map(|text| format!("\"{text}\""));
        writeln!(
            out,
            "{{\"id\":\"{}\",\"displayName\":\"{} {}\",\"userPrincipalName\":\"{}\",\"onPremisesUserPrincipalName\":{},\
             \"authorizationInfo\":{{\"certificateUserIds\":[{}]}}}}",
            self.id(),
            self.first(),
            self.last(),
            self.name(),
            quoted(self.on_premises()).unwrap_or_else(|| "null".into()),
            quoted(self.value()).unwrap_or_default(),
        )
    }

    fn write_csv(self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\"{}\",\"{} {}\",\"{}\",\"{}\",\"{}\"",
            self.id(),
            self.first(),
            self.last(),
            self.name(),
            self.on_premises().unwrap_or_default(),
            self.value().unwrap_or_default(),
        )
    }
}

/// About 1,200 bytes, as a certification authority of a domain issues it; key and signature are made of one byte.
fn certificate(user: User) -> Vec<u8> {
    const SHA256_WITH_RSA: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00";
    const RSA: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";
    let bits = |content: &[u8]| element(0x03, &[&[0], content].concat());
    let modulus = element(0x02, &[&[0][..], &[0xC5; 256]].concat());
    let issuer = name(&[
        attribute(b"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", 0x16, b"com"),
        attribute(b"\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", 0x16, b"contoso"),
        attribute(b"\x55\x04\x03", 0x0C, b"Contoso Issuing CA 01"),
    ]);
    let common_name = format!("{} {}", user.first(), user.last());
    let pointer = |address: &[u8]| element(0x86, address);
    let list = pointer(b"http://pki.contoso.example.com/crl/Contoso%20Issuing%20CA%2001.crl");
    Pieces {
        serial_number: element(
            0x02,
            &[&[0x5A, 0, 0, 0][..], &user.0.to_be_bytes(), &[1; 7]].concat(),
        ),
        signature: SHA256_WITH_RSA.to_vec(),
        issuer,
        subject: name(&[
            attribute(b"\x55\x04\x0A", 0x0C, b"Contoso"),
            attribute(b"\x55\x04\x0B", 0x0C, b"Smart card users"),
            attribute(b"\x55\x04\x03", 0x0C, common_name.as_bytes()),
        ]),
        public_key: sequence(&[RSA, &bits(&sequence(&[&modulus, b"\x02\x03\x01\x00\x01"]))]),
        extensions: vec![
            key_usage(b"\x03\x02\x05\xA0"),
            extended_key_usage(&[
                b"\x2B\x06\x01\x05\x05\x07\x03\x02",
                b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02",
            ]),
            alternative_names(&[
                &principal_name(0x0C, user.name().as_bytes()),
                &element(0x81, user.name().as_bytes()),
            ]),
            extension(b"\x55\x1D\x0E", &element(0x04, &user.key_identifier())),
            extension(b"\x55\x1D\x23", &sequence(&[&element(0x80, &[0xA7; 20])])),
            extension(
                b"\x55\x1D\x1F",
                &sequence(&[&sequence(&[&element(0xA0, &element(0xA0, &list))])]),
            ),
            extension(
                b"\x2B\x06\x01\x05\x05\x07\x01\x01",
                &sequence(&[&sequence(&[
                    b"\x06\x08\x2B\x06\x01\x05\x05\x07\x30\x02",
                    &pointer(b"http://pki.contoso.example.com/aia/Contoso%20Issuing%20CA%2001.crt"),
                ])]),
            ),
        ],
        signature_algorithm: SHA256_WITH_RSA.to_vec(),
        signature_value: bits(&[0x6B; 256]),
        ..Pieces::default()
    }
    .der()
}
