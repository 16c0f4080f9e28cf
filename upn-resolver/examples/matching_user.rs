//! The Entra user that a certificate signs in to, by the values in `certificateUserIds`.
//!
//! `cargo run -p upn-resolver --example matching_user -- [CERTIFICATE]`

use std::error::Error;
use std::{env, fs};

use upn_resolver::certificate::first_in_file;
use upn_resolver::entra::{
    Account, CertificateField, CertificateUserId, Directory, Located, NameAttribute, Policy, Strength,
    UserAttribute, UsernameBinding, ValueInterpretation, locate,
};
use upn_resolver::{Certificate, NameRequest};

const SAMPLE: &[u8] = include_bytes!("../tests/certificates/adcs-rsa2048.der");

/// A user as your program has it. The feature `directory` reads users from exports instead.
struct User {
    name: String,
    ids: Vec<String>,
}

impl Account for &User {
    fn user_principal_name(&self) -> &str {
        &self.name
    }
    fn on_premises_user_principal_name(&self) -> Option<&str> {
        None
    }
    fn certificate_user_ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }
}

struct Tenant(Vec<User>);

impl Directory for Tenant {
    type User<'d> = &'d User;

    fn users_with<'d>(&'d self, attribute: NameAttribute, value: &str) -> impl Iterator<Item = &'d User> {
        let by_name = attribute == NameAttribute::UserPrincipalName;
        self.0
            .iter()
            .filter(move |user| by_name && user.name.eq_ignore_ascii_case(value))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).map_or(Ok(SAMPLE.to_vec()), fs::read)?;
    let der = first_in_file(&file)?;
    let certificate = Certificate::from_der(&der)?;

    // What an administrator would write into the user's certificateUserIds.
    let field = CertificateField::IssuerAndSerialNumber;
    let value = CertificateUserId::of(&certificate, field, ValueInterpretation::default())?
        .ok_or("no serial number")?;
    println!("certificateUserIds: {value}");

    let (sent, source) = NameRequest::entra_joined(&certificate)
        .sent_name()
        .ok_or("the user must supply a hint")?;
    println!("Windows sends {sent} ({source})");

    let tenant = Tenant(vec![User {
        name: sent.to_lowercase(),
        ids: vec![value.to_string()],
    }]);
    let binding = UsernameBinding::new(field, UserAttribute::CertificateUserIds, 1);
    let policy = Policy::new(vec![binding], Vec::new())?.with_default_strength(Strength::Multifactor);
    match locate(&tenant, &sent) {
        Located::Found { user, .. } => println!("{}: {:#}", user.name, policy.bind(&user, &certificate)),
        _ => println!("no user, or several users, with this name"),
    }
    Ok(())
}
