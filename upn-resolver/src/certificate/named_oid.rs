//! Conversion of object identifiers from and to the crate `const-oid`, and its database of names.

use const_oid::ObjectIdentifier;
use const_oid::db::DB;

use super::oid::Oid;

impl Oid<'_> {
    /// The name in the database of `const-oid`, such as `id-kp-clientAuth`; `None` for an unknown identifier.
    ///
    /// ```
    /// use upn_resolver::certificate::oid;
    ///
    /// assert_eq!(oid::CLIENT_AUTH.name(), Some("id-kp-clientAuth"));
    /// assert_eq!(oid::SMART_CARD_LOGON.name(), None);
    /// ```
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let id = ObjectIdentifier::try_from(self).ok()?;
        DB.by_oid(&id)
    }
}

/// Fails for identifiers that `const-oid` cannot represent: more than 39 bytes, or a component beyond 32 bits.
impl TryFrom<Oid<'_>> for ObjectIdentifier {
    type Error = const_oid::Error;

    fn try_from(id: Oid<'_>) -> Result<Self, const_oid::Error> {
        Self::from_bytes(id.as_bytes())
    }
}

impl<'a> From<&'a ObjectIdentifier> for Oid<'a> {
    fn from(id: &'a ObjectIdentifier) -> Self {
        Self::from_checked(id.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::oid;

    /// The constants of this crate are those that the database has under their names.
    #[test]
    fn constants_are_those_of_the_database() {
        let constants = [
            (oid::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
            (oid::ANY_POLICY, "anyPolicy"),
            (oid::CA_ISSUERS, "id-ad-caIssuers"),
            (oid::CLIENT_AUTH, "id-kp-clientAuth"),
            (oid::CPS_URI, "id-qt-cps"),
            (oid::EC_PUBLIC_KEY, "id-ecPublicKey"),
            (oid::ED25519, "id-Ed25519"),
            (oid::ED448, "id-Ed448"),
            (oid::EMAIL_ADDRESS, "emailAddress"),
            (oid::OCSP, "id-ad-ocsp"),
            (oid::RSA_ENCRYPTION, "rsaEncryption"),
            (oid::SECP256R1, "secp256r1"),
            (oid::SECP384R1, "secp384r1"),
            (oid::SECP521R1, "secp521r1"),
            (oid::USER_NOTICE, "id-qt-unotice"),
        ];
        for (ours, name) in constants {
            let theirs = DB.by_name(name).expect(name);
            assert_eq!(Oid::from(theirs), ours, "{name}");
            assert_eq!(ObjectIdentifier::try_from(ours).as_ref(), Ok(theirs), "{name}");
            assert_eq!(ours.name(), DB.by_oid(theirs), "{name}");
        }
    }

    #[test]
    fn what_const_oid_does_not_hold_has_no_name() {
        for bytes in [&[0x2A; 40][..], b"\x2A\x90\x80\x80\x80\x80\x00"] {
            let id = Oid::from_checked(bytes);
            assert!(ObjectIdentifier::try_from(id).is_err());
            assert_eq!(id.name(), None);
        }
    }
}
