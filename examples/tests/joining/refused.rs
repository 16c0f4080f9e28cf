//! What the service refuses, with who has to act.

use lab::Profile;
use local_authority::Configuration;

use crate::bench::Bench;
use crate::laboratory::{alice, configuration};

fn changed(change: impl FnOnce(&mut Configuration)) -> Configuration {
    let mut configuration = configuration().clone();
    change(&mut configuration);
    configuration
}

#[test]
fn a_user_outside_the_policy_is_refused_before_the_registration() {
    let carol = Profile::new("carol").principal_names(["carol@contoso.example"]);
    let bench = Bench::new(&carol);
    let json = bench.join(&[]).json(1);
    assert_eq!(
        (&json["outcome"], &json["refusal"]["code"]),
        (&"refused".into(), &"AADSTS130501".into())
    );
    assert!(!bench.path("device.json").exists());
}

#[test]
fn a_federated_user_is_reported_without_a_pin() {
    let erin = Profile::new("erin").principal_names(["erin@fabrikam.example"]);
    let bench = Bench::new(&erin);
    let json = bench.join(&[]).json(1);
    assert_eq!(json["refusal"]["code"], "realm/federated");
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_full_quota_is_reported_as_one() {
    let bench = Bench::with(
        &alice(),
        changed(|configuration| configuration.registration.device_quota = Some(0)),
    );
    let json = bench.join(&[]).json(1);
    assert_eq!(
        (&json["outcome"], &json["refusal"]["who"]),
        (&"refused".into(), &"user".into()),
        "{json}"
    );
    assert!(!bench.path("device.json").exists());
}

#[test]
fn a_policy_that_lets_nobody_join_is_reported_as_one() {
    let nobody = changed(|configuration| configuration.registration.join = local_authority::Allowed::None);
    let bench = Bench::with(&alice(), nobody);
    let json = bench.join(&[]).json(1);
    assert_eq!(json["refusal"]["who"], "administrator", "{json}");
}
