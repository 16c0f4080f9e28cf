//! Shared parts of the sign-in tests: the authority's configuration, and a user of its tenant.

use std::sync::OnceLock;

use lab::Profile;
use local_authority::issue::{InitOptions, MULTIFACTOR_POLICY, init};
use local_authority::{CertificateAuthority, Configuration, Pem};
use tempfile::TempDir;

/// The profile of the user of the tenant.
pub(crate) fn alice() -> Profile {
    Profile::new("alice")
        .principal_names(["alice@contoso.example"])
        .rfc822_names(["alice.a@mail.contoso.example"])
        .extension(&format!("certificatePolicies={MULTIFACTOR_POLICY}"))
}

/// One configuration for all tests, because its keys take a second to generate.
pub(crate) fn configuration() -> &'static Configuration {
    static ONCE: OnceLock<(TempDir, Configuration)> = OnceLock::new();
    let (_, configuration) = ONCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut configuration = init(folder.path(), &InitOptions::default()).unwrap();
        configuration.certificate_authorities.push(issuer_of_cards());
        (folder, configuration)
    });
    configuration
}

/// The authority that issues the certificates of the virtual cards.
pub(crate) fn issuer_of_cards() -> CertificateAuthority {
    let authority = lab::Authority::trusted().unwrap();
    CertificateAuthority {
        certificate: Pem::new(authority.certificate().display().to_string()),
        revocation_list: None,
        delta_revocation_list: None,
    }
}

/// Number of commands with a PIN on the wire: VERIFY (SP 800-73-5 part 2 section 3.2.1) with data.
pub(crate) fn pins_sent(card: &lab::Card) -> usize {
    let with_data = |command: &str| command.len() > 10;
    let apdus = card.apdus().unwrap();
    apdus
        .iter()
        .filter(|apdu| apdu.instruction() == Some(0x20) && with_data(&apdu.command))
        .count()
}
