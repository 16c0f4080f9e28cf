//! Cards of the tests.

use lab::{Algorithm, Authority, Profile, Slot};
use local_authority::{CertificateAuthority, Configuration, Pem};

use crate::laboratory;

/// The user of most cards.
pub(crate) const ALICE: &str = "alice@contoso.example";

/// A card of alice with one key.
pub(crate) fn alice(algorithm: Algorithm) -> Profile {
    laboratory::alice().keys([(Slot::Authentication, algorithm)])
}

/// A card of carol, who is outside the scope of the certificate policy.
pub(crate) fn carol() -> Profile {
    Profile::new("carol").principal_names(["carol@contoso.example"])
}

/// Lets the tenant trust the issuer of the cards.
pub(crate) fn trust(configuration: &mut Configuration) {
    let issuer = Authority::trusted().unwrap().certificate();
    configuration.certificate_authorities.push(CertificateAuthority {
        certificate: Pem::new(issuer.display().to_string()),
        revocation_list: None,
        delta_revocation_list: None,
    });
}
