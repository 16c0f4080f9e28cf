//! Certificate reader: what is refused, what is noted, and what is ignored.
//!
//! # The principle
//!
//! 1. **What enters a decision, a binding value or a tile is read strictly.** Invalid encoding there is refused.
//! 2. **Other known mistakes of issuers are noted.** The certificate is accepted, and a [`Note`] names the field and the position.
//! 3. **What could give a certificate a second meaning is refused everywhere**: duplicate extensions, ambiguous lengths, bytes
//!    after the end of an element.
//!
//! The reference is OpenSSL, which reads the cards of real issuers. A certificate that OpenSSL reads is refused only for one
//! of the reasons below.
//!
//! [`Certificate::from_der`] makes the checks that can refuse. [`Fields::notes`] makes the others, which cost nothing before.
//!
//! # Strict fields
//!
//! | field | determines | read strictly | only noted |
//! |---|---|---|---|
//! | `version` | presence of extensions | v1, v2 or v3 | v1, which is the default, stated explicitly |
//! | `serialNumber` | `<SR>` | an INTEGER | negative, zero, longer than 20 bytes |
//! | `signatureAlgorithm`, `signature` | nothing | equality of both | parameters |
//! | `issuer`, `subject` | `<I>`, `<S>`, the tile, the issuer of a rule | structure, identifiers, UTF-8, complete characters of `BMPString` and `UniversalString` | characters that an eight-bit string type does not have; order of the attributes in a relative name; invisible characters |
//! | `validity` | presence of a tile | the forms of RFC 5280 | `GeneralizedTime` before 2050 |
//! | `subjectPublicKeyInfo` | the kind of the key, `<SHA1-PUKEY>` | structure, the length of a point | parameters of an RSA key; numbers without a leading 00, padded or zero |
//! | unique identifiers | nothing | framing | everything else |
//! | `extensions` | | framing, identifiers, no duplicates, at least version 3 | `critical` that is FALSE or not FF; an empty list |
//! | `subjectAltName` | the name that is sent, `<PN>`, `<RFC822>` | structure, principal names, rfc822Names | an empty list; all other names, including directory names |
//! | `keyUsage` | presence of a tile | all bits | no bit; trailing zero bits |
//! | `extKeyUsage` | presence of a tile | all purposes | an empty list, which permits no purpose |
//! | `certificatePolicies` | strength rules | the policies | an empty list; qualifiers: notices, texts, references |
//! | `basicConstraints` | distinction from CA certificates | `cA` | explicit FALSE; the path length |
//! | `subjectKeyIdentifier` | `<SKI>` | everything | |
//! | certificate template | duplicate filter of the tiles | everything | |
//! | security identifier extension | `<SID>` | the identifier | other names |
//! | `authorityKeyIdentifier`, `cRLDistributionPoints`, `authorityInfoAccess`, template name | nothing | framing | everything else |
//! | other extensions | nothing | | ignored |
//! | `signatureValue` | nothing | type BIT STRING | unused bits |
//!
//! # Reasons to refuse
//!
//! The codes are those of [`CertificateError::code`], the fields those of [`CertificateError::field`]. "Any" means every field that
//! is read. The last column says what OpenSSL does with the same certificate.
//! `by version`: OpenSSL 3.0 reads all of them, OpenSSL 3.5 refuses a time without seconds.
//!
//! | code | fields | reason | OpenSSL |
//! |---|---|---|---|
//! | `algorithm-mismatch` | signatureAlgorithm | the algorithm outside the signed part differs from the one inside; no verifier accepts such a signature | reads |
//! | `bit-string` | keyUsage, subjectPublicKeyInfo | unused bits that are set: readers that mask them see another value than readers that do not; a key that does not consist of whole bytes | reads |
//! | `bit-string` | subjectAltName | a principal name that is not a string, with invalid encoding | reads |
//! | `bit-string` | signatureValue | no count of unused bits, or a count above 7 | refuses |
//! | `boolean` | basicConstraints, subjectAltName | `cA` that is not 00 or FF; a principal name of this type | reads |
//! | `boolean` | extensions | `critical` that is not one byte long | refuses |
//! | `constructed-string` | any | a value in constructed form, which DER does not allow | depends |
//! | `duplicate-extension` | extensions | readers may use different ones | reads |
//! | `empty` | issuer, subject | a relative name without attributes: its form in `<I>` and `<S>` is not documented | reads |
//! | `high-tag-number` | any | a non-standard form of a tag, or a tag that no field has | reads |
//! | `indefinite-length` | any | the end must be searched for, so the length is ambiguous | depends |
//! | `integer` | serialNumber | empty, or not minimal: several forms of the same `<SR>` | refuses |
//! | `integer` | certificate template, subjectAltName | a version beyond 32 bits; a principal name of this type | reads |
//! | `limit-depth` | any | more than 12 levels of nesting | reads |
//! | `limit-elements` | any | more than 384 elements in one part | reads |
//! | `limit-size` | Certificate | longer than 65,536 bytes | reads |
//! | `limit-unknown-extensions` | extensions | more than 32 unknown extensions | reads |
//! | `limit-wide-text` | any | more than 4,096 bytes of text beyond ASCII in one part | reads |
//! | `non-minimal-length` | any | a non-standard form of a length | reads |
//! | `not-in-this-version` | extensions | extensions below version 3: a reader that checks the version ignores the names | reads |
//! | `object-identifier` | extensions, issuer, signatureAlgorithm, subject, subjectPublicKeyInfo | empty, padded or truncated: several forms of the same identifier | refuses |
//! | `object-identifier` | certificate template, certificatePolicies, extKeyUsage, security identifier extension, subjectAltName | the same in the value of an extension | reads |
//! | `public-key` | subjectPublicKeyInfo | an RSA key with the modulus zero, or a point of the wrong size for its curve | reads |
//! | `reserved-tag` | subjectAltName | a principal name whose value has the tag 0 or 15 | reads |
//! | `string` | issuer, subject | invalid UTF-8, an incomplete character of a BMPString or UniversalString | refuses |
//! | `string` | subjectAltName | the same in a principal name; or in an rfc822Name: bytes that the type does not have | reads |
//! | `time` | validity | no seconds, an offset, a fraction, or an invalid day | by version |
//! | `trailing-data` | any | bytes after the end of an element | depends |
//! | `truncated` | any | an element that extends beyond the enclosing one, or an empty extension | depends |
//! | `unexpected-tag` | Certificate, extensions, issuer, serialNumber, signature, signatureAlgorithm, signatureValue, subject, tbsCertificate, validity | an element that does not belong to the field | depends |
//! | `unexpected-tag` | subjectPublicKeyInfo | the same, or an RSA key that is not two numbers | depends |
//! | `unexpected-tag` | basicConstraints, certificate template, certificatePolicies, extKeyUsage, keyUsage, security identifier extension, subjectAltName, subjectKeyIdentifier | an element that does not belong to the extension | reads |
//! | `version` | version | an unknown or padded version | depends |
//!
//! [`Certificate::from_der`]: crate::Certificate::from_der
//! [`CertificateError::code`]: crate::CertificateError::code
//! [`CertificateError::field`]: crate::CertificateError::field
//! [`Fields::notes`]: crate::certificate::Fields::notes
//! [`Note`]: crate::certificate::Note
