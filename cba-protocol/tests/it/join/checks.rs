//! A certificate is kept only if it is that of the new device.

use cba_protocol::{Error, JoinType, Responsible, SealError, SealingKey, Seed, State};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use serde_json::json;

use super::issued::Issued;
use super::{issuing, join, run};
use crate::peer::{self, CARD, DEVICE, Script};

fn unfit(issued: &Issued) -> &'static str {
    match run(issuing(issued)).error() {
        Error::UnfitCertificate { what } => what,
        other => panic!("{other}"),
    }
}

#[test]
fn the_device_of_a_good_certificate_is_given() {
    let issued = Issued::default();
    let registration = run(issuing(&issued)).granted();
    let device = registration.device();
    assert_eq!(registration.join_type(), JoinType::Joined);
    assert_eq!(registration.join_type().to_string(), "joined");
    assert_eq!(format!("{:>10}", JoinType::Registered), "registered");
    assert_eq!(device.certificate(), &CertificateDer::from(issued.der()));
    assert_eq!(device.id(), peer::DEVICE_ID);
    assert_eq!(device.expires_at().as_secs(), peer::NOW + 86_400 * 3650);
    assert!(
        device.is_valid_at(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            peer::NOW
        )))
    );
    run(issuing(&Issued {
        id: None,
        ..Issued::default()
    }))
    .granted();
}

#[test]
fn any_other_is_not() {
    const OTHER: &str = "00000000-0000-4000-8000-000000000001";
    let good = Issued::default;
    assert_eq!(
        unfit(&Issued {
            own_key: false,
            ..good()
        }),
        "its key is another one"
    );
    assert_eq!(
        unfit(&Issued {
            id: Some(OTHER),
            ..good()
        }),
        "it does not name one device"
    );
    assert_eq!(
        unfit(&Issued {
            common_name: "pc",
            id: None,
            ..good()
        }),
        "it does not name one device"
    );
    assert_eq!(
        unfit(&Issued {
            tenant: Some(OTHER),
            ..good()
        }),
        "it is for another tenant"
    );
    assert_eq!(
        unfit(&Issued {
            tenant: None,
            ..good()
        }),
        "it names no tenant"
    );
    assert_eq!(
        unfit(&Issued {
            client: false,
            ..good()
        }),
        "it is not for client authentication"
    );
    let late = "it is not valid now, or the clock of this machine is wrong";
    assert_eq!(unfit(&Issued { from: 60, ..good() }), late);
    assert_eq!(unfit(&Issued { until: -60, ..good() }), late);
}

#[test]
fn what_is_not_a_certificate_is_not_either() {
    for body in ["*", "", "AAAA", "MIIB"] {
        let answer = json!({"Certificate": {"RawBody": body}});
        let error = run(issuing(&Issued::default()).answer(State::Registration, 200, &answer)).error();
        assert!(matches!(error, Error::UnfitCertificate { .. }), "{error}");
        assert_eq!(
            (error.state(), error.responsible()),
            (State::Registration, Responsible::Administrator)
        );
        assert_eq!(error.code(), "protocol/unfit-certificate");
        assert!(!error.hint().is_empty());
    }
    for answer in [
        json!({}),
        json!({"Certificate": {}}),
        json!({"Certificate": {"RawBody": 1}}),
    ] {
        let error = run(issuing(&Issued::default()).answer(State::Registration, 200, &answer)).error();
        assert!(
            matches!(
                error,
                Error::ProtocolChanged {
                    state: State::Registration,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_key_must_be_rsa_with_2048_bits() {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    fn spki(key: &PKey<openssl::pkey::Private>) -> SubjectPublicKeyInfoDer<'static> {
        SubjectPublicKeyInfoDer::from(key.public_key_to_der().unwrap())
    }
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut trailing = DEVICE.spki().to_vec();
    trailing.push(0);
    let unfit = [
        spki(&PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap()),
        spki(&PKey::from_rsa(Rsa::generate(3072).unwrap()).unwrap()),
        spki(&PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()),
        SubjectPublicKeyInfoDer::from(trailing),
        SubjectPublicKeyInfoDer::from(&[][..]),
    ];
    for key in &unfit {
        for (device, transport, name) in [
            (key, &DEVICE.spki(), "device key"),
            (&DEVICE.spki(), key, "transport key"),
        ] {
            let task = keys_task();
            let error = task.complete(device, transport).unwrap_err();
            assert_eq!(error, Error::UnfitKey { key: name });
            assert_eq!((error.state(), error.code()), (State::Keys, "protocol/unfit-key"));
        }
    }
    // one key for both is accepted
    assert!(keys_task().complete(&CARD.spki(), &CARD.spki()).is_ok());
}

fn keys_task() -> cba_protocol::KeysTask<cba_protocol::Registration> {
    let step = join(&peer::config()).start(peer::seed()).unwrap();
    let mut script = Script::empty().answer(State::Discovery, 200, &super::discovery());
    match peer::once(step, &mut script).unwrap() {
        cba_protocol::Step::MakeKeys(task) => task,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sealed_device_is_restored_and_no_other() {
    let device = run(issuing(&Issued::default())).granted().device().clone();
    let key = SealingKey::from([3; 32]);
    let sealed = device.seal(&key, Seed::from([1; 32]));
    assert_eq!(cba_protocol::Device::unseal(&sealed, &key), Ok(device.clone()));
    let wrong = cba_protocol::Device::unseal(&sealed, &SealingKey::from([4; 32]));
    assert_eq!(wrong, Err(SealError::Unopened));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(cba_protocol::Device::unseal(&changed, &key).is_err(), "{at}");
        assert!(cba_protocol::Device::unseal(&sealed[..at], &key).is_err(), "{at}");
    }
    let mut newer = sealed.clone();
    newer[6] = 2;
    assert_eq!(
        cba_protocol::Device::unseal(&newer, &key),
        Err(SealError::Version(2))
    );
    // a sealed token is not a sealed device
    let token = peer::prt().seal(&key, Seed::from([1; 32]));
    assert_eq!(
        cba_protocol::Device::unseal(&token, &key),
        Err(SealError::NotSealed)
    );
    assert!(cba_protocol::PrimaryRefreshToken::unseal(&sealed, &key, &peer::config()).is_err());
}
