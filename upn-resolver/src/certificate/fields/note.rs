//! Deviations from the specifications in accepted certificates.

use super::Fields;
use crate::certificate::TimeForm;
use crate::certificate::der::{self, Reader, context};
use crate::certificate::distinguished_name;
use crate::certificate::error::{Field, Problem, offset_in};
use crate::certificate::note::{NoteCollector, NoteKind, Notes};

impl Fields<'_> {
    /// The deviations from the specifications that were tolerated. They are computed by this call, not while reading.
    ///
    /// The page [`what_is_refused`](crate::manual::what_is_refused) lists which deviations are noted and which are
    /// refused.
    #[must_use]
    pub fn notes(&self) -> Notes {
        let mut notes = NoteCollector::new(self.der);
        self.note_version(&mut notes);
        self.serial_number.note(&mut notes);
        self.signature_algorithm
            .note(Field::SignatureAlgorithm, &mut notes);
        distinguished_name::note(self.issuer.content(), Field::Issuer, &mut notes);
        self.note_validity(&mut notes);
        distinguished_name::note(self.subject.content(), Field::Subject, &mut notes);
        self.public_key.note(&mut notes);
        self.note_unique_identifiers(&mut notes);
        self.extensions.note(&mut notes);
        self.note_signature(&mut notes);
        notes.finish()
    }

    /// `Version ::= INTEGER { v1(0), v2(1), v3(2) }`: DER omits the default, v1.
    fn note_version(&self, notes: &mut NoteCollector<'_>) {
        let mut tbs = Reader::new(self.tbs_certificate);
        let Ok(content) = tbs.read_long(der::SEQUENCE, Field::TbsCertificate) else {
            return;
        };
        if let [0xA0, _, der::INTEGER, 1, 0, ..] = content {
            notes.add(
                content,
                Field::Version,
                NoteKind::Malformed(Problem::DefaultEncoded),
            );
        }
    }

    /// RFC 5280, section 4.1.2.5: times through 2049 are written as `UTCTime`.
    fn note_validity(&self, notes: &mut NoteCollector<'_>) {
        const FIELD: Field = Field::Validity;
        let mut validity = Reader::new(self.after(self.issuer.as_der()))
            .sequence(FIELD)
            .unwrap_or_default();
        for time in [self.validity.not_before(), self.validity.not_after()] {
            let at = validity.rest();
            if validity.read_any(FIELD).is_ok() && time.form() == TimeForm::Generalized && time.year() < 2050
            {
                notes.add(at, FIELD, NoteKind::GeneralizedTimeBefore2050);
            }
        }
    }

    fn note_unique_identifiers(&self, notes: &mut NoteCollector<'_>) {
        const FIELD: Field = Field::UniqueIdentifier;
        let mut rest = Reader::new(self.unique_identifiers);
        for number in [1, 2] {
            let at = rest.rest();
            if let Ok(Some(identifier)) = rest.read_optional(context(number), FIELD) {
                notes.tolerate(der::bit_string(identifier, FIELD));
                if self.version == super::Version::V1 {
                    notes.add(at, FIELD, NoteKind::Malformed(Problem::NotInThisVersion));
                }
            }
        }
    }

    /// The bytes after a part of the certificate.
    fn after<'d>(&'d self, part: &[u8]) -> &'d [u8] {
        let offset = usize::try_from(offset_in(self.der, part)).unwrap_or(usize::MAX);
        let end = offset.saturating_add(part.len());
        self.der.get(end..).unwrap_or_default()
    }

    fn note_signature(&self, notes: &mut NoteCollector<'_>) {
        let mut certificate = Reader::new(self.der);
        let content = certificate
            .read_long(der::SEQUENCE, Field::Certificate)
            .unwrap_or_default();
        // The signature is at the end of the certificate; the byte before it is its count of unused bits.
        let count = content.len().saturating_sub(self.signature.len() + 1);
        if let Some((_, bits)) = content.split_at_checked(count) {
            notes.tolerate(der::byte_aligned(bits, Field::SignatureValue));
        }
    }
}
