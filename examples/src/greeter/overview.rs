//! The content of the cards, judged by the rules of Windows: tiles, hidden certificates, and places that could not be read.

use card_access::{Credential, Error, ErrorKind, Listing, PinPad, Problem, TokenId, TokenInfo};
use upn_resolver::entra::WindowsName;
use upn_resolver::windows::eligibility::{self, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::LogonPolicy;
use upn_resolver::{Certificate, UnixTime};

use super::shown::shown;

/// A token and its content.
pub(super) struct Seen {
    pub(super) info: TokenInfo,
    pub(super) read: Result<Listing<Credential>, Error>,
}

/// Everything that is shown about the cards. All text in it is safe for the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct CardOverview {
    pub(super) tiles: Vec<Tile>,
    pub(super) hidden: Vec<Hidden>,
    /// Cards that could not be read. The user should see them.
    pub(super) unreadable: Vec<PlaceFailure>,
    /// Backends that do not work. Shown only if a card may be missing because of them.
    pub(super) failed_backends: Vec<PlaceFailure>,
    pub(super) empty_readers: Vec<String>,
    /// Places that have not answered yet, and since when.
    pub(super) waiting: Vec<String>,
}

/// A certificate that Windows would offer.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    /// The first line of the label.
    pub(super) title: String,
    /// The second line, where there is one.
    pub(super) name: Option<String>,
    /// The card and the slot.
    pub(super) place: String,
    pub(super) notes: Vec<String>,
    pub(super) pin_pad: PinPad,
    /// The time of the judgement.
    pub(super) seen_at: UnixTime,
    pub(super) token: TokenId,
    pub(super) credential: Credential,
}

/// A certificate that Windows would not offer.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    pub(super) subject: String,
    pub(super) place: String,
    /// The first rule that hides it, and the reason.
    pub(super) gate: &'static str,
    pub(super) reason: String,
    /// The policies that would show it together; `None` if no policy does.
    pub(super) shown_with: Option<String>,
}

/// A place that could not be read.
#[derive(Clone, Debug)]
pub(super) struct PlaceFailure {
    pub(super) place: String,
    pub(super) what: String,
    pub(super) help: &'static str,
}

impl CardOverview {
    /// Judges the tokens.
    pub(super) fn of(seen: &[Seen], problems: &[Problem], policy: &LogonPolicy, now: UnixTime) -> Self {
        let mut overview = Self::default();
        for token in seen {
            match &token.read {
                Ok(listing) => {
                    overview.judge(&token.info, &listing.found, policy, now);
                    overview.problems(&listing.problems, &token.info.name);
                }
                Err(error) => overview
                    .unreadable
                    .push(PlaceFailure::of(&place(&token.info, None), error)),
            }
        }
        overview.problems(problems, "");
        overview
    }

    /// Adds the places that have not answered yet.
    pub(super) fn with_waiting(mut self, waiting: &[String]) -> Self {
        self.waiting = waiting.iter().map(|words| shown(words)).collect();
        self
    }

    pub(super) fn tile_like(&self, tile: &Tile) -> Option<usize> {
        self.tiles.iter().position(|other| other.is(tile))
    }

    fn judge(&mut self, info: &TokenInfo, credentials: &[Credential], policy: &LogonPolicy, now: UnixTime) {
        let parsed: Vec<_> = credentials
            .iter()
            .map(|one| Certificate::from_der(one.certificate()).ok())
            .collect();
        let on_token: Vec<_> = parsed
            .iter()
            .map(|one| {
                one.as_ref()
                    .map_or_else(TokenCertificate::unreadable, TokenCertificate::new)
            })
            .collect();
        let assessment = assess(&on_token, policy, now);
        for tile in assessment.tiles() {
            if let Some(credential) = credentials.get(tile.index()) {
                self.tiles.push(Tile::of(tile, info, credential, now));
            }
        }
        for hidden in assessment.hidden() {
            let credential = credentials.get(hidden.index());
            let certificate = parsed.get(hidden.index()).and_then(Option::as_ref);
            self.hidden.push(Hidden {
                subject: certificate.map_or_else(
                    || "unreadable certificate".to_owned(),
                    |certificate| shown(&WindowsName::for_display(certificate.subject()).to_string()),
                ),
                place: place(info, credential),
                gate: hidden.gate().code(),
                reason: shown(&hidden.reason().to_string()),
                shown_with: hidden.shown_with().map(|changes| {
                    let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
                    changes.join(", ")
                }),
            });
        }
    }

    fn problems(&mut self, problems: &[Problem], token: &str) {
        for Problem { place, error, .. } in problems {
            let at = match (token, error.kind()) {
                ("", _) => place.clone(),
                (token, ErrorKind::LoginRequired) => token.to_owned(),
                (token, _) => format!("{token}, slot {place}"),
            };
            match error.kind() {
                ErrorKind::NoCard => self.empty_readers.push(shown(place)),
                ErrorKind::ModuleFailed
                | ErrorKind::ModuleMissing
                | ErrorKind::NoReader
                | ErrorKind::NoService
                | ErrorKind::NotAuthorized
                | ErrorKind::NotInitialized
                | ErrorKind::ServiceSilent => self.failed_backends.push(PlaceFailure::of(&at, error)),
                _ => self.unreadable.push(PlaceFailure::of(&at, error)),
            }
        }
    }
}

impl Tile {
    fn of(tile: &eligibility::Tile, info: &TokenInfo, credential: &Credential, now: UnixTime) -> Self {
        Self {
            title: shown(tile.title()),
            name: tile.principal_name().map(shown),
            place: place(info, Some(credential)),
            notes: tile.notes().iter().map(|note| shown(&note.to_string())).collect(),
            pin_pad: info.pin_pad,
            seen_at: now,
            token: info.id.clone(),
            credential: credential.clone(),
        }
    }

    /// Whether it is the same certificate in the same slot of the same card.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.token == other.token && self.credential == other.credential
    }
}

impl PlaceFailure {
    fn of(place: &str, error: &Error) -> Self {
        Self {
            place: shown(place),
            what: shown(&error.kind().to_string()),
            help: error.hint(),
        }
    }
}

fn place(info: &TokenInfo, credential: Option<&Credential>) -> String {
    let reader = info.reader.as_deref().unwrap_or(&info.name);
    match credential {
        Some(credential) => shown(&format!("{reader}, {}", credential.slot())),
        None => shown(reader),
    }
}
