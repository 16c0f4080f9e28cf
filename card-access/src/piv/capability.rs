//! Card capability container: SP 800-73-4 part 1 section 3.1.1 and appendix A table 8.

use crate::tlv;

/// Card capability container: data for GSC-IS, an older interface than PIV's.
///
/// The object is mandatory, but most cards leave it nearly empty, and a sign-in needs none of it. Some middleware distinguishes
/// cards by the [identifier](Self::card_identifier).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapabilityContainer {
    card_identifier: Option<CardIdentifier>,
    version: Option<u8>,
    grammar_version: Option<u8>,
    application_urls: Vec<Vec<u8>>,
    pkcs15: Option<u8>,
    data_model: Option<u8>,
    access_control_rules: Option<Vec<u8>>,
}

/// Maximum length of an application's URL, and of the table of access control rules (appendix A table 8).
const MAX_URL: usize = 128;
const MAX_RULES: usize = 17;
/// Maximum number of URLs that are kept: more than a card's key slots and other objects need.
const MAX_URLS: usize = 64;

impl CapabilityContainer {
    /// Fields that are empty, too long or missing are `None`: nothing depends on them.
    pub(super) fn parse(object: &[u8]) -> Self {
        const CARD_IDENTIFIER: u32 = 0xf0;
        const VERSION: u32 = 0xf1;
        const GRAMMAR_VERSION: u32 = 0xf2;
        const APPLICATION_URL: u32 = 0xf3;
        const PKCS15: u32 = 0xf4;
        const DATA_MODEL: u32 = 0xf5;
        const ACCESS_CONTROL_RULES: u32 = 0xf6;
        let number = |tag| match tlv::find(object, tag) {
            Some(&[number]) => Some(number),
            _ => None,
        };
        let mut reader = tlv::Reader::new(object);
        let fields = std::iter::from_fn(|| reader.next());
        let urls = fields.filter(|(tag, url)| *tag == APPLICATION_URL && (1..=MAX_URL).contains(&url.len()));
        let rules = tlv::find(object, ACCESS_CONTROL_RULES);
        Self {
            card_identifier: tlv::find(object, CARD_IDENTIFIER).and_then(CardIdentifier::parse),
            version: number(VERSION),
            grammar_version: number(GRAMMAR_VERSION),
            application_urls: urls.take(MAX_URLS).map(|(_, url)| url.to_vec()).collect(),
            pkcs15: number(PKCS15),
            data_model: number(DATA_MODEL),
            access_control_rules: rules
                .filter(|rules| (1..=MAX_RULES).contains(&rules.len()))
                .map(<[u8]>::to_vec),
        }
    }

    /// Identifier of the card, if present.
    #[must_use]
    pub fn card_identifier(&self) -> Option<&CardIdentifier> {
        self.card_identifier.as_ref()
    }

    /// Version of the container: 21 hexadecimal means 2.1.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        self.version
    }

    /// Version of the grammar of the capability tuples: 21 hexadecimal means 2.1.
    #[must_use]
    pub fn grammar_version(&self) -> Option<u8> {
        self.grammar_version
    }

    /// URLs of the card's applications and objects, as encoded.
    pub fn application_urls(&self) -> impl Iterator<Item = &[u8]> {
        self.application_urls.iter().map(Vec::as_slice)
    }

    /// Whether, and how, the card supports PKCS#15; 00 if not.
    #[must_use]
    pub fn pkcs15(&self) -> Option<u8> {
        self.pkcs15
    }

    /// Number of the data model; 10 hexadecimal is PIV's.
    #[must_use]
    pub fn data_model(&self) -> Option<u8> {
        self.data_model
    }

    /// Table of access control rules, as encoded.
    #[must_use]
    pub fn access_control_rules(&self) -> Option<&[u8]> {
        self.access_control_rules.as_deref()
    }
}

/// Identifier of a card in its capability container: 21 bytes (NISTIR 6887, GSC-IS 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardIdentifier([u8; 21]);

impl CardIdentifier {
    /// An identifier of zeros identifies nothing.
    fn parse(value: &[u8]) -> Option<Self> {
        let value = <[u8; 21]>::try_from(value).ok()?;
        value.iter().any(|byte| *byte != 0).then_some(Self(value))
    }

    /// All bytes, as encoded.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 21] {
        &self.0
    }

    /// Registered identifier of the party that assigned the number: `A000000116` is GSC-IS's own.
    #[must_use]
    pub fn registered_identifier(&self) -> &[u8] {
        self.0.get(..5).unwrap_or_default()
    }

    /// Manufacturer, by its number (GSC-IS).
    #[must_use]
    pub fn manufacturer(&self) -> u8 {
        self.0[5]
    }

    /// Card type, by its number (GSC-IS).
    #[must_use]
    pub fn card_type(&self) -> u8 {
        self.0[6]
    }

    /// Number of the card.
    #[must_use]
    pub fn card_id(&self) -> &[u8] {
        self.0.get(7..).unwrap_or_default()
    }
}
