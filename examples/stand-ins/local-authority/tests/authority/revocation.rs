//! Revocation lists in every state.

use std::fs;

use local_authority::issue::{ListTime, revocation_list};
use local_authority::{CrlValidation, PolicyState};

use crate::support::Lab;

const ALICE: &str = "alice@contoso.example";

fn write_list(lab: &Lab, serials: &[Vec<u8>], time: ListTime) {
    let list = revocation_list(&lab.issuer(), serials, time).unwrap();
    fs::write(lab.path("smart-card-ca.crl"), list.to_pem().unwrap()).unwrap();
}

#[test]
fn a_certificate_is_refused_as_soon_as_it_is_revoked() {
    let lab = Lab::new();
    let card = lab.alice();
    lab.granted(&card, ALICE);
    let serial = card.certificate.serial_number().to_bn().unwrap().to_vec();
    write_list(&lab, &[vec![1], serial], ListTime::Current);
    lab.refused(&card, ALICE, 500_171);
    write_list(&lab, &[vec![1]], ListTime::Current);
    lab.granted(&card, ALICE);
}

#[test]
fn lists_that_can_not_be_relied_on() {
    let lab = Lab::new();
    let list = lab.path("smart-card-ca.crl");
    write_list(&lab, &[], ListTime::Expired);
    lab.refused(&lab.alice(), ALICE, 500_172);
    fs::write(&list, "nonsense").unwrap();
    lab.refused(&lab.alice(), ALICE, 2_205_011);
    fs::copy(lab.path("smart-card-root.crl"), &list).unwrap();
    lab.refused(&lab.alice(), ALICE, 2_205_015);
    fs::remove_file(&list).unwrap();
    lab.refused(&lab.alice(), ALICE, 500_173);
}

#[test]
fn a_list_that_is_too_large() {
    let lab = Lab::with(|configuration| configuration.switches.revocation_list_limit = 100);
    lab.refused(&lab.alice(), ALICE, 2_205_014);
}

#[test]
fn without_a_list_nothing_is_checked_unless_lists_are_required() {
    let lab = Lab::with(|configuration| configuration.certificate_authorities[1].revocation_list = None);
    lab.granted(&lab.alice(), ALICE);
    let mut configuration = lab.authority.configuration().clone();
    configuration.certificate_policy.crl_validation_configuration = CrlValidation {
        state: PolicyState::Enabled,
        ..CrlValidation::default()
    };
    Lab::on(configuration.clone()).refused(&lab.alice(), ALICE, 500_175);

    let authority = lab.issuer().certificate;
    let id = authority.subject_key_id().unwrap().as_slice();
    let id = id
        .iter()
        .fold(String::new(), |id, byte| format!("{id}{byte:02X}"));
    let validation = &mut configuration.certificate_policy.crl_validation_configuration;
    validation.exempted_certificate_authorities_subject_key_identifiers = vec![id];
    Lab::on(configuration).granted(&lab.alice(), ALICE);
}

#[test]
fn a_delta_list_counts_too() {
    let lab = Lab::with(|configuration| {
        configuration.certificate_authorities[1].delta_revocation_list = Some("delta.crl".into());
    });
    lab.refused(&lab.alice(), ALICE, 500_177);
    let serial = lab.alice().certificate.serial_number().to_bn().unwrap().to_vec();
    let delta = revocation_list(&lab.issuer(), &[serial], ListTime::Current).unwrap();
    fs::write(lab.path("delta.crl"), delta.to_pem().unwrap()).unwrap();
    lab.refused(&lab.alice(), ALICE, 500_171);
}
