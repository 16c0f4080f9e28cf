//! Serialization (feature `serde`) of types that are written as text. Nothing secret is included.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Credential, Error, KeyAlgorithm, Slot, slot::Hex};

/// In its text form: `9a`, `id:01`.
impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// In its text form: `RSA-2048`, `P-256`.
impl Serialize for KeyAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The certificate is represented by its hash; [`Credential::certificate`] returns all of it.
impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Credential", 4)?;
        fields.serialize_field("slot", self.slot())?;
        fields.serialize_field("label", self.label())?;
        fields.serialize_field("algorithm", &self.algorithm())?;
        fields.serialize_field("sha256", &Hex(self.sha256()).to_string())?;
        fields.end()
    }
}

/// All public properties of an error.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Error", 7)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("message", &self.to_string())?;
        fields.serialize_field("hint", self.hint())?;
        fields.serialize_field("responsible", &self.responsible())?;
        fields.serialize_field("location", &self.location())?;
        fields.serialize_field("detail", &self.detail())?;
        fields.serialize_field("vendor_code", &self.vendor_code())?;
        fields.end()
    }
}
