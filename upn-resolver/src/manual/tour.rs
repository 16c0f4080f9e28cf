//! Tour of the API: each part in a short program, from the bytes of a certificate to the user that it matches.
//!
//! # Content of a certificate
//!
//! All values are borrowed from the DER. Strings have the type [`NameString`](crate::certificate::NameString), whose `text()`
//! fails for text that could deceive a reader.
//!
//! ```
//! use upn_resolver::certificate::{Certificate, Curve, GeneralName, KeyKind, NameProblem, NoteKind, StringType, TimeForm, Version};
//!
//! # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
//! # let piv_der: &[u8] = include_bytes!("../../tests/certificates/piv-rsa2048.der");
//! let certificate = Certificate::from_der(der)?;
//! assert_eq!((certificate.version(), certificate.as_der()), (Version::V3, der));
//! let serial = certificate.serial_number();
//! assert!(!serial.is_negative() && !serial.is_zero() && serial.magnitude() == serial.as_bytes());
//! let validity = certificate.validity();
//! assert!(validity.not_before().unix_seconds() < validity.not_after().unix_seconds());
//! assert_eq!(validity.not_before().form(), TimeForm::Utc);
//! assert!((1950..2050).contains(&validity.not_before().year()), "all that this form can say");
//! assert!(validity.not_after().to_unix_time().is_some_and(|end| validity.contains(end)), "the last second too");
//!
//! match certificate.public_key().kind() {
//!     KeyKind::Rsa { bits } => assert_eq!(bits, 2048),
//!     KeyKind::EllipticCurve(Curve::P256 | Curve::P384 | Curve::P521) => println!("a curve that Windows knows"),
//!     _ => println!("another kind of key"),
//! }
//! let key = certificate.public_key();
//! assert!(key.as_der().len() > key.key_bytes().len());
//! assert_eq!(key.algorithm().algorithm(), "1.2.840.113549.1.1.1");
//! assert_eq!(certificate.signature_algorithm().algorithm(), "1.2.840.113549.1.1.11");
//! assert_eq!(certificate.signature_algorithm().parameters(), Some(&[0x05, 0x00][..])); // NULL
//! assert_eq!(certificate.signature().len(), 256);
//! assert!(der.ends_with(certificate.signature()) && certificate.tbs_certificate().len() < der.len());
//!
//! let usage = certificate.key_usage().ok_or("no key usage")?;
//! assert!(usage.digital_signature() && usage.key_encipherment() && !usage.key_cert_sign() && !usage.crl_sign());
//! assert!(!usage.non_repudiation() && !usage.data_encipherment() && !usage.key_agreement());
//! assert!(!usage.encipher_only() && !usage.decipher_only() && !usage.is_empty());
//! assert!(certificate.has_extended_key_usage());
//! assert!(certificate.extended_key_usage().any(|purpose| purpose.as_bytes().starts_with(b"\x2b\x06\x01\x04\x01")));
//! assert!(certificate.basic_constraints().is_none_or(|basic| !basic.is_ca() && basic.path_length().is_none()));
//!
//! // Names, by part or by attribute.
//! assert_eq!(certificate.issuer().as_der(), certificate.issuer_der());
//! assert_eq!(certificate.subject().as_der(), certificate.subject_der());
//! assert_eq!(certificate.issuer().relative_names().count(), 3);
//! assert!(!certificate.subject().is_empty());
//! for attribute in certificate.subject().attributes() {
//!     println!("{} = {:?}", attribute.kind(), attribute.value().text());
//! }
//! let address = certificate.rfc822_names().next().ok_or("no e-mail address")?;
//! assert_eq!((address.string_type(), address.as_bytes()), (StringType::Ia5, &b"ada@mail.contoso.com"[..]));
//! assert_eq!(NameProblem::of_character('\u{202e}'), Some(NameProblem::Bidi { character: '\u{202e}' }));
//!
//! // The subject alternative name of a PIV card.
//! let piv = Certificate::from_der(piv_der)?;
//! for name in piv.subject_alternative_names() {
//!     match name {
//!         GeneralName::OtherName(name) if name.fasc_n().is_some() => println!("FASC-N {:02x?}", name.fasc_n()),
//!         GeneralName::OtherName(name) => match name.kerberos_principal() {
//!             Some(principal) => println!("{:?} of {:?}", principal.components().next(), principal.realm()),
//!             None => println!("{} {:?}", name.kind(), name.value()),
//!         },
//!         GeneralName::Uri(uri) => println!("{:?}", uri.text()),
//!         other => println!("{other:?}"),
//!     }
//! }
//!
//! // The authority key identifier, and the extensions of Active Directory.
//! let authority = certificate.authority_key_identifier().ok_or("no authority key identifier")?;
//! assert_eq!(authority.key_identifier().map(<[u8]>::len), Some(20));
//! assert!(authority.issuer().next().is_none() && authority.serial_number().is_none(), "they are seldom there");
//! assert_eq!(certificate.subject_key_identifier().map(<[u8]>::len), Some(20));
//! assert_eq!(certificate.certificate_policies().count(), 2);
//! for point in certificate.crl_distribution_points() {
//!     println!("{:?}, by {:?}", point.full_name().next(), point.crl_issuer().next());
//! }
//! for access in certificate.authority_info_access() {
//!     println!("{}: {:?}", access.method(), access.location());
//! }
//! let template = certificate.template().ok_or("no template")?;
//! assert_eq!((template.major_version(), template.minor_version()), (Some(100), Some(7)));
//! assert!(template.id().to_string().starts_with("1.3.6.1.4.1.311.21.8."));
//! assert_eq!(certificate.template_name(), None, "that of a template of version 1");
//! assert_eq!(certificate.security_identifier(), certificate.security_identifier_uri());
//! assert!(certificate.security_identifier().is_none_or(|account| account.as_str().starts_with("S-1-5-21-")));
//! for extension in certificate.extensions() {
//!     println!("{}: {} bytes", extension.id(), extension.value().len());
//! }
//! assert_eq!(certificate.extensions().filter(|extension| extension.is_critical()).count(), 1);
//! assert!(certificate.notes().all(|note| note.kind() != NoteKind::SeveralPrincipalNames));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Errors name the position, the field and the section of the specification:
//!
//! ```
//! use upn_resolver::certificate::{Certificate, Field, Limit, Problem};
//!
//! # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
//! let error = Certificate::from_der(&[der, b"!"].concat()).unwrap_err();
//! assert_eq!((error.offset(), error.problem()), (der.len(), Problem::TrailingData));
//! assert_eq!(error.field(), Field::Certificate);
//! assert_eq!(error.field().specification(), "RFC 5280, section 4.1");
//! let error = Certificate::from_der(&[0x30; 100_000]).unwrap_err();
//! assert_eq!(error.problem(), Problem::Limit(Limit::Size));
//! ```
//!
//! # Which name is sent
//!
//! ```
//! use std::time::Duration;
//! use upn_resolver::{
//!     AdLogon, Candidate, Certificate, HintProblem, interpretation::HintAgainstCache, NameOutcome, NameRequest, Interpretation, Rule, UnixTime, Upn,
//!     UserNameHint, Verdict,
//! };
//!
//! # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
//! let certificate = Certificate::from_der(der)?;
//! let decision = NameRequest::entra_joined(&certificate).with_hint(r"CORP\bob").decide();
//! assert_eq!(decision.outcome(), &NameOutcome::RejectHint(HintProblem::DownLevel));
//! assert_eq!(decision.outcome().code(), "reject-hint");
//! for entry in decision.trace() {
//!     let mark = if entry.verdict() == Verdict::Rejected { "!" } else { " " };
//!     println!("{mark} {}: {} ({})", entry.candidate(), entry.reason(), entry.rule().statement());
//!     println!("  {} {} {:?}", entry.candidate().code(), entry.verdict().code(), entry.value());
//!     println!("  {}", entry.rule().reference());
//! }
//! assert_eq!(decision.trace().next().map(|entry| entry.candidate()), Some(Candidate::Hint));
//!
//! // The two services that use a hint.
//! let hint = UserNameHint::parse(r"CORP\bob")?;
//! assert_eq!(hint.for_active_directory(), (Some("CORP"), "bob"));
//! assert_eq!(hint.for_entra(), Err(HintProblem::DownLevel));
//!
//! // Another interpretation, by name or by value.
//! assert!(Interpretation::names().contains(&(HintAgainstCache::NAME, &["cache", "hint"])));
//! let interpretation = Interpretation::CURRENT.with_named(HintAgainstCache::NAME, HintAgainstCache::ALL[0].code())?;
//! let (ad, cached) = (Upn::parse("ada@corp.local")?, Upn::parse("ada@contoso.com")?);
//! let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&cached)).with_interpretation(interpretation).decide();
//! assert_eq!(decision.upn(), Some(&cached));
//! assert_eq!(decision.source().map(Candidate::code), Some("cached-entra-upn"));
//! assert!(ad.has_unroutable_suffix() && !cached.has_unroutable_suffix());
//!
//! // An expired certificate causes a note, and the same name is sent.
//! let later = UnixTime::since_unix_epoch(Duration::from_secs(4_000_000_000));
//! let decision = NameRequest::entra_joined(&certificate).with_time(later).decide();
//! let note = decision.notes().iter().find(|note| note.rule() == Rule::CertificateTime).ok_or("no note")?;
//! println!("{}: {}", note.rule().code(), note.text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The cached name
//!
//! The feature `store` keeps it in a file. To store it elsewhere, use these types:
//!
//! ```
//! use std::time::Duration;
//! use upn_resolver::{AccountSid, CacheKey, CachedUpn, TenantId, UnixTime, Upn};
//!
//! let tenant: TenantId = "8C5D1F4E-0C5B-4C0E-9A53-2F1F0D4F7A11".parse()?;
//! let account: AccountSid = "S-1-5-21-1111111111-2222222222-333333333-1104".parse()?;
//! let key = CacheKey::new(tenant, account);
//! assert_eq!(key.tenant().as_str(), "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11");
//! let now = UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000));
//! let kept = CachedUpn::new(Upn::parse("ada@contoso.com")?, now);
//! assert_eq!((kept.upn().as_str(), kept.remembered_at()), ("ada@contoso.com", now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The user that a certificate matches
//!
//! ```
//! use upn_resolver::Certificate;
//! use upn_resolver::entra::{
//!     Account, Affinity, AltSecurityIdentity, CertificateField, CertificateUserId, Directory, DirectoryBuilder, IndexKey, Located,
//!     MAX_USER_IDS, MAX_VALUE_LENGTH, MappingStrength, MultiValueSeparator, NameAttribute, NameOrder, NearMiss, Policy,
//!     ExportProblemKind, BindingRejection, RuleAffinity, SerialPadding, Sha1PublicKey, StoredUserId, Strength, StrengthRule,
//!     UserAttribute, UsernameBinding, ValueInterpretation, WindowsName, locate, windows_label,
//! };
//!
//! # #[cfg(not(feature = "directory"))]
//! # fn main() {}
//! # #[cfg(feature = "directory")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let der: &[u8] = include_bytes!("../../tests/certificates/entra-powershell.der");
//! let certificate = Certificate::from_der(der)?;
//!
//! // The values that an administrator can write, with an interpretation where the sources leave it open.
//! let interpretation = ValueInterpretation::default();
//! assert_eq!((interpretation.serial_padding, interpretation.sha1_public_key), (SerialPadding::Kept, Sha1PublicKey::Certificate));
//! let interpretation = interpretation.with_sha1_public_key(Sha1PublicKey::PublicKey);
//! for value in CertificateUserId::all_of(&certificate, interpretation) {
//!     assert!(value.as_str().len() <= MAX_VALUE_LENGTH);
//!     println!("{} ({} affinity)", value, value.field().affinity());
//! }
//! for identity in AltSecurityIdentity::all_of(&certificate, interpretation) {
//!     println!("{}: {}", identity.as_str(), if identity.strength() == MappingStrength::Strong { "enough" } else { "refused" });
//! }
//! let subject = WindowsName::for_display(certificate.subject()).with_order(NameOrder::Reversed);
//! assert_eq!(subject.to_string(), "CN=Contoso User, OU=UserAccounts, DC=corp, DC=contoso, DC=com");
//! assert_eq!(subject.with_separator(MultiValueSeparator::Space).problem(), None);
//! let first = certificate.subject().attributes().next().ok_or("an empty subject")?;
//! assert_eq!(windows_label(first.kind()), Some("DC"));
//!
//! // The users of a tenant …
//! let mut users = DirectoryBuilder::new();
//! users.add("contoso@microsoft.com").with_certificate_user_id("X509:<I>CN=Contoso<SR>1e8c974144bf86964423fa6464082d8a").finish();
//! users.add("twin@microsoft.com").with_line(7).with_on_premises("contoso@corp.local").with_certificate_user_id("X509:<SKI>xyz").finish();
//! assert_eq!((users.len(), users.is_empty()), (2, false));
//! let directory = users.build(IndexKey::random())?;
//! assert!(matches!(directory.problems()[0].kind(), ExportProblemKind::MalformedUserId { .. }));
//! assert_eq!(directory.problems()[0].line(), 7);
//! assert!(!directory.is_empty() && directory.users().any(|user| user.line() == 7));
//! assert_eq!(directory.users_with(NameAttribute::OnPremisesUserPrincipalName, "contoso@CORP.local").count(), 1);
//! assert_eq!(directory.users_with_id("X509:<SKI>0102").count(), 0);
//! println!("{} bytes of index; a maximum of {MAX_USER_IDS} values a user", directory.index_memory());
//!
//! // … and its policy.
//! let serial = UsernameBinding::new(CertificateField::IssuerAndSerialNumber, UserAttribute::CertificateUserIds, 1);
//! let name = UsernameBinding::new(CertificateField::PrincipalName, UserAttribute::UserPrincipalName, 2);
//! assert_eq!(CertificateField::from_graph_name(serial.field().graph_name()), Some(serial.field()));
//! assert_eq!(UserAttribute::from_graph_name(serial.attribute().graph_name()), Some(UserAttribute::CertificateUserIds));
//! assert_eq!((serial.priority(), serial.affinity()), (1, Affinity::High));
//! let rule = StrengthRule::for_issuer("CN=Contoso", Strength::Multifactor)?.with_required_affinity(Affinity::High);
//! assert_eq!((rule.strength(), rule.required_affinity()), (Strength::Multifactor, Some(Affinity::High)));
//! let never = StrengthRule::for_issuer_and_policy("CN=Other", "1.3.6.1.4.1.99999.1", Strength::SingleFactor)?;
//! let policy = Policy::new(vec![serial, name], vec![rule, never])?
//!     .with_default_strength(Strength::SingleFactor)
//!     .with_required_affinity(Affinity::Low)
//!     .with_rule_affinity(RuleAffinity::Adds)
//!     .with_interpretation(interpretation);
//! assert_eq!((policy.rules().len(), policy.interpretation()), (2, interpretation));
//! assert_eq!(policy.rate(&certificate).required_affinity, Affinity::High);
//!
//! // First locate the user, then bind the certificate.
//! let Located::Found { user, by } = locate(&directory, "contoso@microsoft.com") else { panic!("nobody") };
//! assert_eq!((user.user_principal_name(), by), ("contoso@microsoft.com", NameAttribute::UserPrincipalName));
//! assert_eq!((user.on_premises_user_principal_name(), user.certificate_user_ids().count()), (None, 1));
//! let binding = policy.bind(&user, &certificate);
//! assert_eq!((binding.used(), binding.error_code()), (None, None));
//! assert_eq!(binding.rating().strength, Strength::Multifactor);
//! let reasons: Vec<_> = binding.rejected().iter().map(|rejected| rejected.reason).collect();
//! assert_eq!(reasons, [BindingRejection::Different, BindingRejection::AffinityTooLow]);
//! assert_eq!(policy.near_miss(serial, &user, &certificate), Some(NearMiss::SerialNotReversed));
//! let corrected = StoredUserId::parse("X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e")?;
//! assert_eq!(corrected.field(), CertificateField::IssuerAndSerialNumber);
//! assert!(corrected.matches(&certificate, interpretation) && corrected.near_miss(&certificate, interpretation).is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # Tiles of the sign-in screen
//!
//! ```
//! use upn_resolver::Certificate;
//! use upn_resolver::windows::eligibility::{
//!     AccountName, CredentialCacheKey, Gate, KeySpec, PolicyChange, Reason, TileNote, TokenCertificate, assess,
//! };
//! use upn_resolver::windows::logon_policy::{
//!     DefaultSource, LogonPolicy, ImportWarningKind, RemovalBehaviour, RootCleanup, PolicyState, PolicySwitch,
//! };
//!
//! # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
//! let certificate = Certificate::from_der(der)?;
//! let in_validity = certificate.validity().not_before().to_unix_time().ok_or("before 1970")?;
//! let card = [
//!     TokenCertificate::new(&certificate).with_default_container().with_one_by_one_reading(),
//!     TokenCertificate::new(&certificate).with_key_spec(KeySpec::Signature),
//!     TokenCertificate::unreadable(),
//! ];
//! let shown = assess(&card, &LogonPolicy::new(), in_validity);
//!
//! let [tile] = shown.tiles() else { panic!("one tile") };
//! assert_eq!((tile.title(), tile.principal_name()), ("Ada Example", Some("ada.example@contoso.com")));
//! assert!(matches!(tile.account_name(), AccountName::PrincipalName(_)));
//! assert!(matches!(tile.cache_key(), CredentialCacheKey::SubjectAndIssuer { .. }));
//! assert!(!tile.notes().contains(&TileNote::NotCached));
//!
//! let [signature, unreadable] = shown.hidden() else { panic!("two hidden") };
//! assert_eq!((signature.gate(), signature.reason()), (Gate::KeyType, &Reason::SignatureKey));
//! assert_eq!(signature.gate(), signature.reason().gate());
//! assert_eq!((tile.index(), signature.index(), unreadable.index()), (0, 1, 2), "the places on the card");
//! let [change, ..] = signature.shown_with().ok_or("never")? else { panic!("a change") };
//! let &PolicyChange { switch, state, .. } = change;
//! assert_eq!((switch, state), (PolicySwitch::AllowSignatureOnlyKeys, PolicyState::Enabled));
//! assert_eq!(unreadable.shown_with(), None);
//!
//! // Other policies have no effect on tiles.
//! let policy = LogonPolicy::new()
//!     .with_blocked_message("Call the help desk")
//!     .with_root_cleanup(RootCleanup::AtRemoval)
//!     .with_removal_behaviour(RemovalBehaviour::LockWorkstation);
//! assert_eq!(policy.blocked_message(), Some("Call the help desk"));
//! assert_eq!(policy.root_cleanup(), RootCleanup::AtRemoval);
//! assert_eq!(policy.removal_behaviour().registry_value(), "1");
//! assert_eq!(policy.state(PolicySwitch::ReverseSubject), PolicyState::NotConfigured);
//! assert_eq!(policy.default_source(), DefaultSource::AdministrativeTemplate);
//! assert!(PolicySwitch::ReverseSubject.default_is_contradictory());
//!
//! // Values of a registry export that cannot be used are reported, and the others are used.
//! let export = "REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\CertProp]\n\"CertPropEnabled\"=\"no\"\n";
//! let imported = LogonPolicy::from_registry_export(export)?;
//! assert_eq!((imported.warnings()[0].line(), imported.warnings()[0].name()), (3, "CertPropEnabled"));
//! assert!(matches!(imported.warnings()[0].kind(), ImportWarningKind::WrongType { .. }));
//! assert_eq!(imported.into_policy(), LogonPolicy::new());
//! assert_eq!(LogonPolicy::from_registry_export("no export").map_err(|error| error.line()), Err(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Join state and supported builds
//!
//! ```
//! use upn_resolver::windows::join_state::{JoinReport, JoinState};
//!
//! let report = JoinReport::parse(
//!     "AzureAdJoined : YES\nEnterpriseJoined : NO\nDomainJoined : NO\nDeviceId : 00aa00aa-bb11-cc22-dd33-44ee44ee44ee\n\
//!      DeviceAuthStatus : SUCCESS\nTenantName : Contoso\nTenantId : 8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11\n\
//!      WorkplaceJoined : NO\nAzureAdPrt : NO\nAcquirePrtDiagnostics : PRESENT\nAttempt Status : 0xc004844c\n\
//!      User Identity : bob\nEnterprisePrt : NO\n",
//! );
//! assert_eq!((report.join_state(), report.join_state().as_str()), (JoinState::EntraJoined, "Entra joined"));
//! assert!(report.join_state().signs_in_to_entra());
//! assert_eq!((report.device_id().map(str::len), report.device_auth_status()), (Some(36), Some("SUCCESS")));
//! assert!(report.tenant_id().is_some() && report.tenant_name() == Some("Contoso"));
//! assert_eq!((report.workplace_joined(), report.enterprise_prt().present), (Some(false), Some(false)));
//! let failure = report.prt().acquire_failure.ok_or("no failure")?;
//! assert_eq!(failure.user_identity, Some("bob"));
//! let status = failure.status.ok_or("no status")?;
//! assert_eq!(status.code(), 0xC004_844C);
//! println!("{}", status.meaning().map_or("no documented status", |(_, cause)| cause));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
