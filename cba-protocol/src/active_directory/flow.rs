//! The legs of a sign-in, in order.

use core::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;
use upn_resolver::certificate::{Certificate, Curve, KeyKind};

use super::account::{AdAccount, ClockSkew, KdcProof};
use super::agreement::PrivateKey;
use super::cms::Draft;
use super::encryption::{Key, usage};
use super::error::AdError;
use super::finding::CertificateFinding;
use super::kdc_trust::KdcTrust;
use super::keytab::Keytab;
use super::messages::{self, Credential, KdcReply, KrbError, Moment, PartProblem, Ticket, TicketContent};
use super::names::{PRINCIPAL, PrincipalName};
use super::pac::Pac;
use super::refusal::{KdcRefusal, KdcRequest};
use super::step::{AdOutcome, AdSignTask, AdStep, CardAnswer, KdcExchange};
use super::{oid, pkinit, time};
use crate::algorithm::Algorithm;
use crate::printable::{MAX_NAME, line};
use crate::seed::Random;

/// Maximum number of referrals to another realm in one sign-in.
pub const MAX_REFERRALS: u8 = 3;

/// Distance of the clocks, in seconds, from which a refusal without a reason is put down to it. KDCs allow 300.
const NOTABLE_SKEW: u64 = 240;

const AS_REP: &str = "AS-REP";
const TGS_REP: &str = "TGS-REP";

/// A sign-in on its way.
pub(super) struct Flow {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) name: String,
    pub(super) client: PrincipalName,
    pub(super) realm: String,
    pub(super) host_key: Option<HostKey>,
    pub(super) trust: Option<KdcTrust>,
    pub(super) random: Random,
    pub(super) referrals: u8,
    pub(super) clock_skew: Option<ClockSkew>,
}

/// The device's keytab, and the name of its account or service.
#[derive(Clone, Debug)]
pub(super) struct HostKey {
    pub(super) keytab: Keytab,
    pub(super) service: String,
}

impl Flow {
    /// First leg: the card signs the request for a ticket-granting ticket.
    pub(super) fn sign_request(mut self, now: UnixTime) -> Result<AdStep, AdError> {
        let algorithm = card_algorithm(&self.certificate)?;
        let moment = self.moment(now);
        let key = PrivateKey::new(self.random.draw());
        let body = messages::as_body(&self.client, &self.realm, moment.now, moment.nonce);
        let pack = pkinit::auth_pack(&body, &key, &moment);
        let draft = Draft::new(oid::PKINIT_AUTH_DATA, pack, algorithm);
        Ok(AdStep::SignWithCard(AdSignTask::new(
            algorithm,
            draft.to_sign(),
            move |answer| match answer {
                CardAnswer::Redate(now) => self.sign_request(now),
                CardAnswer::Signature(signature) => {
                    self.authenticate(&draft, &signature, &body, key, moment.nonce)
                }
            },
        )))
    }

    /// Second leg: the signed request.
    fn authenticate(
        self,
        draft: &Draft,
        signature: &[u8],
        body: &[u8],
        key: PrivateKey,
        nonce: u32,
    ) -> Result<AdStep, AdError> {
        let certificate = read_certificate(&self.certificate)?;
        let signed = draft
            .signed(&certificate, signature)
            .ok_or(AdError::SignatureLength {
                algorithm: draft.algorithm(),
                length: signature.len(),
            })?;
        let request = messages::as_request(body, &pkinit::request(&signed));
        let realm = self.realm.clone();
        Ok(AdStep::SendToKdc(KdcExchange::new(
            &realm,
            request,
            move |reply, now| match KrbError::read(reply) {
                Some(error) => self.authentication_refused(&error, now),
                None => self.read_authentication(reply, &key, nonce, now),
            },
        )))
    }

    /// A referral is followed, and the clock is corrected once; any other refusal ends the sign-in.
    fn authentication_refused(mut self, error: &KrbError<'_>, now: UnixTime) -> Result<AdStep, AdError> {
        if let (WRONG_REALM, Some(realm)) = (error.code, &error.client_realm) {
            self.refer(realm)?;
            return self.sign_request(now);
        }
        if self.corrects_clock(error, now) {
            return self.sign_request(now);
        }
        Ok(self.refused(KdcRequest::Authentication, error, now))
    }

    /// Verifies the reply and asks for the ticket with the PAC.
    fn read_authentication(
        self,
        reply: &[u8],
        key: &PrivateKey,
        nonce: u32,
        now: UnixTime,
    ) -> Result<AdStep, AdError> {
        let reply = KdcReply::read(reply, 11).ok_or_else(|| malformed(AS_REP, "its parts"))?;
        let padata = reply.pk_as_rep.ok_or_else(|| malformed(AS_REP, "PA-PK-AS-REP"))?;
        let answer = pkinit::Answer::read(padata).ok_or_else(|| malformed(AS_REP, "the key agreement"))?;
        if answer.nonce != i64::from(nonce) {
            return Err(mismatch(AS_REP, "the signed nonce"));
        }
        if let Some(trust) = &self.trust {
            trust
                .verify(&answer.signed, &self.realm, now)
                .map_err(|problem| AdError::KdcNotProven { problem })?;
        }
        let reply_key = answer
            .reply_key(key)
            .ok_or_else(|| malformed(AS_REP, "the key agreement"))?;
        let tgt = open_reply(&reply, AS_REP, &reply_key, usage::AS_REPLY, nonce)?;
        let is_asked = |realm: &str| realm.eq_ignore_ascii_case(&self.realm);
        if !is_asked(&tgt.client_realm) || !tgt.service.krbtgt_realm().is_some_and(is_asked) {
            return Err(mismatch(AS_REP, "the realm"));
        }
        self.check_end(&tgt, now)?;
        let realm = self.realm.clone();
        Ok(self.ask_for_ticket(tgt, None, realm, now))
    }

    /// Third leg: a ticket that can be opened here, because only tickets contain the PAC. `referral` is the ticket for another realm.
    fn ask_for_ticket(
        mut self,
        tgt: Credential,
        referral: Option<Credential>,
        realm: String,
        now: UnixTime,
    ) -> AdStep {
        let moment = self.moment(now);
        let to_oneself = self.host_key.is_none();
        let service = match &self.host_key {
            Some(host_key) => PrincipalName::service(&host_key.service),
            None => PrincipalName {
                kind: PRINCIPAL,
                parts: tgt.client.parts.clone(),
            },
        };
        let request = messages::tgs_request(
            referral.as_ref().unwrap_or(&tgt),
            &realm,
            &service,
            to_oneself,
            &moment,
        );
        AdStep::SendToKdc(KdcExchange::new(&realm.clone(), request, move |reply, now| {
            if let Some(error) = KrbError::read(reply) {
                if self.corrects_clock(&error, now) {
                    return Ok(self.ask_for_ticket(tgt, referral, realm, now));
                }
                return Ok(self.refused(KdcRequest::Ticket, &error, now));
            }
            let key = referral.map_or_else(|| tgt.key.clone(), |referral| referral.key);
            self.read_ticket(reply, tgt, &key, moment.nonce, now)
        }))
    }

    /// Opens the reply: a ticket for another realm is followed, the one for the device is read.
    fn read_ticket(
        mut self,
        bytes: &[u8],
        tgt: Credential,
        key: &Key,
        nonce: u32,
        now: UnixTime,
    ) -> Result<AdStep, AdError> {
        let reply = KdcReply::read(bytes, 13).ok_or_else(|| malformed(TGS_REP, "its parts"))?;
        let credential = open_reply(&reply, TGS_REP, key, usage::TGS_REPLY, nonce)?;
        let is_client = credential.client.is_same(&tgt.client)
            && credential.client_realm.eq_ignore_ascii_case(&tgt.client_realm);
        if !is_client {
            return Err(mismatch(TGS_REP, "the client"));
        }
        if let Some(realm) = credential.service.krbtgt_realm().map(str::to_owned) {
            self.refer(&realm)?;
            return Ok(self.ask_for_ticket(tgt, Some(credential), realm, now));
        }
        let account = self.read_account(&reply.ticket, &credential, tgt, now)?;
        Ok(AdStep::Done(AdOutcome::SignedIn(Box::new(account))))
    }

    /// Opens the ticket. Its content counts only if the client could use it too: a ticket that somebody overheard names another
    /// person, but the session key in it is not the one in this reply.
    fn read_account(
        self,
        ticket: &Ticket<'_>,
        credential: &Credential,
        tgt: Credential,
        now: UnixTime,
    ) -> Result<AdAccount, AdError> {
        self.check_end(credential, now)?;
        let (key, content) = self.open_ticket(ticket, &tgt.key)?;
        let content = TicketContent::read(&content).ok_or_else(|| malformed("ticket", "its parts"))?;
        let belongs = content.key.is_same(&credential.key)
            && content.client.is_same(&tgt.client)
            && content.client_realm.eq_ignore_ascii_case(&tgt.client_realm);
        if !belongs {
            return Err(mismatch("ticket", "session key or client"));
        }
        let no_account = |what| AdError::NoAccount { what };
        let pac = content.pac.ok_or(no_account("the ticket contains no PAC"))?;
        let not_genuine = |what| AdError::PacNotGenuine { what };
        let pac = Pac::read(&pac).ok_or(not_genuine("its form"))?;
        if !pac.is_signed_with(&key) {
            return Err(not_genuine("its signature"));
        }
        let (name, auth_time) = pac.client().ok_or(not_genuine("its client"))?;
        if !name.eq_ignore_ascii_case(&content.client.parts.join("/")) || auth_time != content.auth_time {
            return Err(not_genuine("it belongs to another ticket"));
        }
        let info = pac
            .upn_dns_info()
            .ok_or(no_account("the PAC has no UPN_DNS_INFO"))?
            .map_err(|_| not_genuine("UPN_DNS_INFO"))?;
        let proof = match (&self.host_key, &self.trust) {
            (Some(_), Some(_)) => KdcProof::HostKeyAndCertificate,
            (Some(_), None) => KdcProof::HostKey,
            (None, _) => KdcProof::Certificate,
        };
        Ok(AdAccount {
            upn: Upn::parse(info.upn()).map_err(AdError::UpnUnusable)?,
            is_implicit: info.is_implicit(),
            sid: info.sid().cloned().or_else(|| pac.requestor()),
            sam_account_name: info.sam_account_name().map(str::to_owned),
            dns_domain: info.dns_domain().to_owned(),
            proof,
            clock_skew: self.clock_skew,
            tgt,
        })
    }

    /// The key that opened the ticket, and its content: with the device's key, or, for oneself, with the session key.
    fn open_ticket(
        &self,
        ticket: &Ticket<'_>,
        session: &Key,
    ) -> Result<(Key, zeroize::Zeroizing<Vec<u8>>), AdError> {
        let encrypted = &ticket.encrypted;
        let open = |key: &Key| Some((key.clone(), key.decrypt(usage::TICKET, encrypted.cipher)?));
        let Some(HostKey { keytab, .. }) = &self.host_key else {
            return open(session).ok_or_else(|| malformed("ticket", "it is not for oneself"));
        };
        let (kind, version) = (encrypted.encryption_type, encrypted.key_version);
        if let Some(opened) = keytab.keys(kind, version).find_map(open) {
            return Ok(opened);
        }
        if keytab.keys(kind, version).next().is_some() {
            return Err(AdError::TicketUnopened);
        }
        match version {
            Some(needed) if keytab.keys(kind, None).next().is_some() => Err(AdError::StaleKeytab {
                needed,
                newest: keytab.newest_key_version(),
            }),
            _ => Err(AdError::UnsupportedEncryption {
                encryption_type: kind,
            }),
        }
    }

    fn refer(&mut self, realm: &str) -> Result<(), AdError> {
        let is_same = realm.eq_ignore_ascii_case(&self.realm);
        if is_same || self.referrals == MAX_REFERRALS {
            return Err(AdError::TooManyReferrals {
                realm: line(realm, MAX_NAME),
            });
        }
        self.referrals += 1;
        realm.clone_into(&mut self.realm);
        Ok(())
    }

    /// Takes over the clock of the KDC, once, if the refusal may be due to it. Only the times in requests depend on it: an attacker who
    /// names another time gains nothing, and certificates are checked against the caller's clock.
    fn corrects_clock(&mut self, error: &KrbError<'_>, now: UnixTime) -> bool {
        let Some(server) = error.server_time.filter(|_| self.clock_skew.is_none()) else {
            return false;
        };
        let (local, server) = (time::seconds(now), server);
        let distance = local.abs_diff(server);
        let is_skew = error.code == SKEW || (error.code == BAD_INTEGRITY && distance > NOTABLE_SKEW);
        if is_skew {
            let distance = Duration::from_secs(distance);
            self.clock_skew = Some(if local > server {
                ClockSkew::Ahead(distance)
            } else {
                ClockSkew::Behind(distance)
            });
        }
        is_skew
    }

    /// The time of the KDC, as far as it is known.
    fn kdc_time(&self, now: UnixTime) -> u64 {
        let local = time::seconds(now);
        match self.clock_skew {
            Some(ClockSkew::Ahead(distance)) => local.saturating_sub(distance.as_secs()),
            Some(ClockSkew::Behind(distance)) => local.saturating_add(distance.as_secs()),
            None => local,
        }
    }

    fn check_end(&self, credential: &Credential, now: UnixTime) -> Result<(), AdError> {
        if credential.end_time > self.kdc_time(now) {
            return Ok(());
        }
        Err(mismatch("ticket", "it has ended already"))
    }

    fn moment(&mut self, now: UnixTime) -> Moment {
        let random = self.random.draw();
        let number = |at: usize| {
            random
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map_or(0, |bytes| u32::from_be_bytes(*bytes))
        };
        let mut confounder = [0; 16];
        for (to, from) in confounder.iter_mut().zip(random.iter().skip(8)) {
            *to = *from;
        }
        Moment {
            now: self.kdc_time(now),
            microseconds: number(0) % 1_000_000,
            // Some KDCs read it as a signed number.
            nonce: number(4) >> 1,
            confounder,
        }
    }

    fn refused(&self, request: KdcRequest, error: &KrbError<'_>, now: UnixTime) -> AdStep {
        // Once it has been accepted, the certificate plays no part.
        let findings = match read_certificate(&self.certificate) {
            Ok(certificate) if request == KdcRequest::Authentication => {
                CertificateFinding::all(&certificate, &self.name, self.trust.as_ref(), now)
            }
            _ => Vec::new(),
        };
        let refusal = KdcRefusal::new(request, &self.realm, error, findings);
        AdStep::Done(AdOutcome::Refused(Box::new(refusal)))
    }
}

/// `KDC_ERR_WRONG_REALM`, `KRB_AP_ERR_SKEW` and `KRB_AP_ERR_BAD_INTEGRITY`, Samba's answer to a wrong clock.
const WRONG_REALM: i64 = 68;
const SKEW: i64 = 37;
const BAD_INTEGRITY: i64 = 31;

pub(super) fn read_certificate<'a>(der: &'a CertificateDer<'_>) -> Result<Certificate<'a>, AdError> {
    Certificate::from_der(der).map_err(|error| AdError::CertificateUnusable { what: error.code() })
}

/// The algorithm that fits the key.
pub(super) fn card_algorithm(der: &CertificateDer<'_>) -> Result<Algorithm, AdError> {
    match read_certificate(der)?.public_key().kind() {
        KeyKind::Rsa { .. } => Ok(Algorithm::Rs256),
        KeyKind::EllipticCurve(Curve::P256) => Ok(Algorithm::Es256),
        KeyKind::EllipticCurve(Curve::P384) => Ok(Algorithm::Es384),
        _ => Err(AdError::CertificateUnusable {
            what: "its key is neither RSA nor on P-256 or P-384",
        }),
    }
}

fn open_reply(
    reply: &KdcReply<'_>,
    message: &'static str,
    key: &Key,
    usage: u32,
    nonce: u32,
) -> Result<Credential, AdError> {
    reply.open(key, usage, nonce).map_err(|problem| match problem {
        PartProblem::Key => mismatch(message, "its key"),
        PartProblem::Form => malformed(message, "its encrypted part"),
        PartProblem::Nonce => mismatch(message, "the nonce"),
    })
}

fn malformed(message: &'static str, what: &'static str) -> AdError {
    AdError::Malformed { message, what }
}

fn mismatch(message: &'static str, what: &'static str) -> AdError {
    AdError::ReplyMismatch { message, what }
}
