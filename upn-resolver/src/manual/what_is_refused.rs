//! What the certificate reader refuses, what it notes, and what it does not look at.
//!
//! # The principle
//!
//! 1. **What enters a decision, a binding value or a tile is read strictly.** A wrong encoding there is refused.
//! 2. **What real issuers get wrong elsewhere is noted.** The certificate is read, and a [`Note`] names the field and the byte.
//! 3. **What could give a certificate a second meaning is refused, wherever it is**: duplicate extensions, two ways to read a
//!    length, bytes behind the end of an element.
//!
//! OpenSSL is the measure: it reads what the cards of real issuers hold. A certificate that OpenSSL reads is refused for one of
//! the reasons below, and for no other.
//!
//! Reading a certificate ([`Certificate::from_der`]) makes the checks that can refuse. The others are made when
//! [`Fields::notes`] is called, and cost nothing before.
//!
//! # Where "decides" begins
//!
//! | field | decides | read strictly | only noted |
//! |---|---|---|---|
//! | `version` | whether there are extensions | v1, v2 or v3 | v1 that is stated although it is the default |
//! | `serialNumber` | `<SR>` | an INTEGER | negative, zero, longer than 20 bytes |
//! | `signatureAlgorithm`, `signature` | nothing | that both are the same | parameters |
//! | `issuer`, `subject` | `<I>`, `<S>`, the tile, the issuer of a rule | structure, identifiers, UTF-8, whole characters of `BMPString` and `UniversalString` | characters that an eight-bit string type does not have; order of the attributes of one relative name; characters that are not displayed |
//! | `validity` | whether there is a tile | the forms of RFC 5280 | `GeneralizedTime` before 2050 |
//! | `subjectPublicKeyInfo` | the kind of the key, `<SHA1-PUKEY>` | structure, the length of a point | parameters of an RSA key; numbers without their leading 00, padded or zero |
//! | unique identifiers | nothing | framing | everything else |
//! | `extensions` | | framing, identifiers, no identifier twice, at least version 3 | `critical` that is FALSE or not FF; an empty list |
//! | `subjectAltName` | the name that is sent, `<PN>`, `<RFC822>` | structure, principal names, rfc822Names | an empty list; all other names, directory names too |
//! | `keyUsage` | whether there is a tile | all bits | no bit; zero bits at the end |
//! | `extKeyUsage` | whether there is a tile | all purposes | an empty list, which allows no purpose |
//! | `certificatePolicies` | strength rules | the policies | an empty list; qualifiers: notices, texts, references |
//! | `basicConstraints` | whether it is a user's certificate | `cA` | FALSE that is stated; the path length |
//! | `subjectKeyIdentifier` | `<SKI>` | everything | |
//! | certificate template | which of two certificates has a tile | everything | |
//! | security identifier extension | `<SID>` | the identifier | other names beside it |
//! | `authorityKeyIdentifier`, `cRLDistributionPoints`, `authorityInfoAccess`, template name | nothing | framing | everything else |
//! | other extensions | nothing | | not looked at |
//! | `signatureValue` | nothing | that it is a BIT STRING | unused bits |
//!
//! # The reasons to refuse
//!
//! The codes are those of [`CertificateError::code`], the fields those of [`CertificateError::field`]. "Any" field is every one
//! that is looked at. The last column says what OpenSSL does with the same certificate.
//! `by version`: OpenSSL 3.0 reads all of them, and OpenSSL 3.5 refuses a time without seconds.
//!
//! | code | fields | reason | OpenSSL |
//! |---|---|---|---|
//! | `algorithm-mismatch` | signatureAlgorithm | the algorithm outside of the signed part is not the one inside; no verifier accepts such a signature | reads |
//! | `bit-string` | keyUsage, subjectPublicKeyInfo | unused bits that are set: a reader that masks them and one that does not see two values; a key that is not made of whole bytes | reads |
//! | `bit-string` | subjectAltName | a principal name of another type than a string, wrongly encoded | reads |
//! | `bit-string` | signatureValue | no count of unused bits, or one above 7 | refuses |
//! | `boolean` | basicConstraints, subjectAltName | `cA` that is neither 00 nor FF; a principal name of this type | reads |
//! | `boolean` | extensions | `critical` of another length than one byte | refuses |
//! | `constructed-string` | any | a value in pieces, which DER does not allow | depends |
//! | `duplicate-extension` | extensions | two readers may take different ones | reads |
//! | `empty` | issuer, subject | a relative name without an attribute: how it would be written into `<I>` and `<S>` is not documented | reads |
//! | `high-tag-number` | any | a second way to write a tag, or a tag that no field has | reads |
//! | `indefinite-length` | any | an end that has to be searched for is a second way to read a length | depends |
//! | `integer` | serialNumber | empty, or longer than needed: two spellings of one `<SR>` | refuses |
//! | `integer` | certificate template, subjectAltName | a version beyond 32 bits; a principal name of this type | reads |
//! | `limit-depth` | any | values that decide nothing nest at most 12 deep | reads |
//! | `limit-elements` | any | more than 384 elements in one part | reads |
//! | `limit-size` | Certificate | longer than 65,536 bytes | reads |
//! | `limit-unknown-extensions` | extensions | more than 32 unknown extensions | reads |
//! | `limit-wide-text` | any | more than 4,096 bytes of text beyond ASCII in one part | reads |
//! | `non-minimal-length` | any | a second way to write a length | reads |
//! | `not-in-this-version` | extensions | extensions below version 3: a reader that goes by the version does not see the names | reads |
//! | `object-identifier` | extensions, issuer, signatureAlgorithm, subject, subjectPublicKeyInfo | empty, padded or cut off: two spellings of one identifier | refuses |
//! | `object-identifier` | certificate template, certificatePolicies, extKeyUsage, security identifier extension, subjectAltName | the same in the value of an extension | reads |
//! | `public-key` | subjectPublicKeyInfo | an RSA key whose modulus is zero, a point that its curve does not have | reads |
//! | `reserved-tag` | subjectAltName | a principal name whose value has the tag 0 or 15 | reads |
//! | `string` | issuer, subject | UTF-8 that is not valid, half a character of a BMPString or UniversalString | refuses |
//! | `string` | subjectAltName | the same in a principal name; a principal name or rfc822Name with bytes that its type does not have | reads |
//! | `time` | validity | without seconds, with an offset or a fraction, or a day that does not exist | by version |
//! | `trailing-data` | any | bytes behind the end of an element | depends |
//! | `truncated` | any | an element that goes on behind the end of what encloses it, or an empty extension | depends |
//! | `unexpected-tag` | Certificate, extensions, issuer, serialNumber, signature, signatureAlgorithm, signatureValue, subject, tbsCertificate, validity | another element than the field has | depends |
//! | `unexpected-tag` | subjectPublicKeyInfo | the same, or an RSA key that is not two numbers | depends |
//! | `unexpected-tag` | basicConstraints, certificate template, certificatePolicies, extKeyUsage, keyUsage, security identifier extension, subjectAltName, subjectKeyIdentifier | another element than the value of the extension has | reads |
//! | `version` | version | a version that does not exist, or one that is padded | depends |
//!
//! [`Certificate::from_der`]: crate::Certificate::from_der
//! [`CertificateError::code`]: crate::CertificateError::code
//! [`CertificateError::field`]: crate::CertificateError::field
//! [`Fields::notes`]: crate::certificate::Fields::notes
//! [`Note`]: crate::certificate::Note
