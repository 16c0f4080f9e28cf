//! The user of `join` and `check-tenant`: the card, its certificate, and the name in it.

use std::time::Duration;

use card_access::ShortPinPolicy;
use cba_protocol::{Tenant, TenantError};
use clap::Args;
use rustls_pki_types::CertificateDer;
use upn_resolver::{Certificate, NameRequest, Upn};

use super::args::Service;
use crate::known_cards::{KnownCardsFile, KnownCardsOptions};
use crate::output::{print_message, printable_line};
use crate::sign_in::attempt::now;
use crate::sign_in::card::{Card, CardSetup, Prefetching};
use crate::sign_in::card_options::CardOptions;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::Waiting;

/// The tenant, the card and the user name.
#[derive(Args, Clone, Debug)]
pub(super) struct UserArgs {
    #[command(flatten)]
    pub(super) service: Service,

    /// The tenant: its id or one of its domains. By default that of the user
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,

    #[command(flatten)]
    card: CardOptions,

    #[command(flatten)]
    known_cards: KnownCardsOptions,

    /// Accepts a PIN of 4 or 5 characters on a PIV card
    #[arg(long)]
    short_pin: bool,

    /// The user name, as a user would type it
    #[arg(long, value_name = "NAME")]
    pub(super) hint: Option<String>,
}

/// An open card, and the user that its certificate names.
pub(super) struct User {
    pub(super) card: Card,
    pub(super) certificate: CertificateDer<'static>,
    pub(super) upn: Upn,
    pub(super) known_cards: KnownCardsFile,
}

impl UserArgs {
    /// The tenant of the command line.
    pub(super) fn tenant(&self) -> Result<Option<Tenant>, TenantError> {
        self.tenant.as_deref().map(Tenant::parse).transpose()
    }

    /// Opens the card and determines the user name. Asks for no PIN, unless the certificate is hidden without one.
    pub(super) fn open(&self, program: &str, limit: Duration, waiting: &Waiting) -> Result<User, Failure> {
        let short_pin = if self.short_pin {
            ShortPinPolicy::Allow
        } else {
            ShortPinPolicy::Refuse
        };
        let (known_cards, ignored) = KnownCardsFile::read(&self.known_cards);
        let mut warnings: Vec<_> = ignored.into_iter().collect();
        let setup = CardSetup {
            short_pin,
            limit,
            known_cards: known_cards.cards(),
            prefetch: Prefetching::On,
        };
        let card = Card::open(&self.card, setup, &mut warnings, waiting);
        for warning in warnings {
            print_message(program, printable_line(&warning));
        }
        let card = card?;
        let certificate = card.credential().certificate().clone();
        let parsed = Certificate::from_der(&certificate).map_err(Failure::Certificate)?;
        let mut request = NameRequest::entra_joined(&parsed);
        if let Some(hint) = &self.hint {
            request = request.with_hint(hint);
        }
        if let Some(now) = now() {
            request = request.with_time(now);
        }
        let upn = request.decide().upn().ok_or(Failure::NoName)?.clone();
        Ok(User {
            card,
            certificate,
            upn,
            known_cards,
        })
    }
}
