//! The legs of a sign-in, in order.

use rustls_pki_types::UnixTime;
use upn_resolver::Upn;
use upn_resolver::certificate::{Certificate, Curve, KeyKind};
use zeroize::Zeroizing;

use super::account::{AdAccount, KdcProof};
use super::agreement::PrivateKey;
use super::asn1::string;
use super::encryption::{Key, usage};
use super::error::AdError;
use super::pac::Pac;
use super::refusal::{KdcRefusal, KdcRequest};
use super::replies::{AS_REP, Credential, KdcReply, KrbError, TGS_REP, Ticket, TicketPart};
use super::requests::{self, Moment};
use super::sign_in::AdSignIn;
use super::step::{AdOutcome, AdSignTask, AdStep, Card, KdcExchange, Next};
use super::time::at;
use super::{cms, pkinit};
use crate::algorithm::Algorithm;
use crate::printable::{MAX_MESSAGE, MAX_NAME, line};
use crate::seed::{Random, Seed};

/// Maximum number of referrals to another realm in one sign-in.
pub const MAX_REFERRALS: u8 = 3;

/// Distance of the clocks, in seconds, from which a refusal without a reason is put down to it. KDCs allow 300.
const NOTABLE_SKEW: u64 = 240;

/// `KDC_ERR_WRONG_REALM`, `KRB_AP_ERR_SKEW` and `KRB_AP_ERR_BAD_INTEGRITY`, Samba's answer to a wrong clock.
const WRONG_REALM: i64 = 68;
const SKEW: i64 = 37;
const BAD_INTEGRITY: i64 = 31;

/// A sign-in on its way.
struct Flow {
    /// With the realm whose KDC is asked.
    start: AdSignIn,
    random: Random,
    referrals: u8,
    /// How far the clock of this machine is ahead of that of the KDC, in seconds.
    clock_ahead: Option<i64>,
}

impl AdSignIn {
    /// Returns the first step: a task for the card. It contains the time: have the PIN ready.
    ///
    /// # Errors
    /// [`AdError::NoProof`] if neither a keytab nor a CA was given; [`AdError::NameUnusable`], [`AdError::RealmUnusable`] and
    /// [`AdError::CertificateUnusable`] if Kerberos has no form for one of these.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<AdStep, AdError> {
        if self.keytab.is_none() && self.trust.is_none() {
            return Err(AdError::NoProof);
        }
        for (text, error) in [
            (&self.name, AdError::NameUnusable),
            (&self.realm, AdError::RealmUnusable),
        ] {
            if text.is_empty() || string(text.as_bytes()).is_none() {
                return Err(error);
            }
        }
        let flow = Flow {
            start: self,
            random: Random::new(seed),
            referrals: 0,
            clock_ahead: None,
        };
        flow.sign_request(now)
    }
}

impl Flow {
    /// First leg: the card signs the request for a ticket-granting ticket, which is sent.
    fn sign_request(mut self, now: UnixTime) -> Next {
        let moment = self.moment(now);
        let key = PrivateKey::new(self.random.draw());
        let body = requests::as_body(&self.start.name, &self.start.realm, &moment);
        let auth_pack = pkinit::auth_pack(&body, &key, &moment);
        let algorithm = card_algorithm(&self.start.certificate()?)?;
        Ok(AdStep::SignWithCard(AdSignTask {
            algorithm,
            input: cms::to_sign(algorithm, &auth_pack),
            answered: Box::new(move |card| match card {
                Card::Waits(now) => self.sign_request(now),
                Card::Signs(signature) => {
                    let signed = cms::signed(&self.start.certificate()?, algorithm, &auth_pack, signature);
                    let request = requests::as_request(&body, &pkinit::request(&signed));
                    Ok(self.authenticate(request, key, moment.nonce))
                }
            }),
        }))
    }

    /// Second leg: the signed request. A referral is followed, and the clock is corrected once; any other refusal ends the sign-in.
    fn authenticate(mut self, request: Vec<u8>, key: PrivateKey, nonce: i64) -> AdStep {
        AdStep::SendToKdc(KdcExchange {
            realm: self.start.realm.clone(),
            request: Zeroizing::new(request),
            answered: Box::new(move |reply, now| {
                let Some(error) = KrbError::of_message(reply) else {
                    return self.read_authentication(reply, &key, nonce, now);
                };
                match &error.client_realm {
                    Some(realm) if error.code == WRONG_REALM => self.refer(realm)?,
                    _ if self.corrects_clock(&error, now) => {}
                    _ => return Ok(self.refused(KdcRequest::Authentication, &error, now)),
                }
                self.sign_request(now)
            }),
        })
    }

    /// Verifies the reply and asks for the ticket with the PAC.
    fn read_authentication(self, reply: &[u8], key: &PrivateKey, nonce: i64, now: UnixTime) -> Next {
        let malformed = |what| AdError::Malformed("AS-REP", what);
        let realm = &self.start.realm;
        let (reply, ticket) = KdcReply::of_kind(reply, AS_REP).ok_or(malformed("its parts"))?;
        let padata = reply.pk_as_rep().ok_or(malformed("PA-PK-AS-REP"))?;
        let answer = pkinit::Answer::read(padata).ok_or(malformed("the key agreement"))?;
        if answer.nonce != nonce {
            return Err(AdError::ReplyMismatch("AS-REP", "the signed nonce"));
        }
        if let Some(trust) = &self.start.trust {
            let verified = trust.verify(&answer.signed, realm, now);
            verified.map_err(AdError::KdcNotProven)?;
        }
        let reply_key = answer.reply_key(key).ok_or(malformed("the key agreement"))?;
        let tgt = reply.open(&ticket, &reply_key, nonce, self.kdc_time(now))?;
        let is_asked = |found: &str| found.eq_ignore_ascii_case(realm);
        if !is_asked(&tgt.client_realm) || !tgt.part.service.krbtgt_realm().is_some_and(is_asked) {
            return Err(AdError::ReplyMismatch("AS-REP", "the realm"));
        }
        Ok(self.ask_for_ticket(tgt.clone(), tgt, now))
    }

    /// Third leg: a ticket that can be opened here, because only tickets contain the PAC. `granting` is the ticket to ask with: `tgt`, or
    /// one for another realm.
    fn ask_for_ticket(mut self, granting: Credential, tgt: Credential, now: UnixTime) -> AdStep {
        let moment = self.moment(now);
        let service = self.start.keytab.as_ref().map(|keytab| &*keytab.service);
        let request = requests::tgs_request(&granting, &self.start.realm, service, &moment);
        AdStep::SendToKdc(KdcExchange {
            realm: self.start.realm.clone(),
            request: Zeroizing::new(request),
            answered: Box::new(move |reply, now| match KrbError::of_message(reply) {
                None => self.read_ticket(reply, tgt, &granting.part.key, moment.nonce, now),
                Some(error) if self.corrects_clock(&error, now) => {
                    Ok(self.ask_for_ticket(granting, tgt, now))
                }
                Some(error) => Ok(self.refused(KdcRequest::Ticket, &error, now)),
            }),
        })
    }

    /// Opens the reply: a ticket for another realm is followed, the one for the device is read.
    fn read_ticket(mut self, bytes: &[u8], tgt: Credential, key: &Key, nonce: i64, now: UnixTime) -> Next {
        let malformed = AdError::Malformed("TGS-REP", "its parts");
        let (reply, ticket) = KdcReply::of_kind(bytes, TGS_REP).ok_or(malformed)?;
        let credential = reply.open(&ticket, key, nonce, self.kdc_time(now))?;
        if !tgt.is_for(&credential.client, &credential.client_realm) {
            return Err(AdError::ReplyMismatch("TGS-REP", "the client"));
        }
        if let Some(realm) = credential.part.service.krbtgt_realm() {
            self.refer(realm)?;
            return Ok(self.ask_for_ticket(credential, tgt, now));
        }
        let account = self.read_account(&ticket, &credential.part.key, tgt)?;
        Ok(AdStep::Done(AdOutcome::SignedIn(Box::new(account))))
    }

    /// Opens the ticket. Its content counts only if the client could use it too: a ticket that somebody overheard names another
    /// person, but the session key in it is not the one in this reply.
    fn read_account(self, ticket: &Ticket<'_>, session: &Key, tgt: Credential) -> Result<AdAccount, AdError> {
        let (key, content) = self.open_ticket(ticket, &tgt.part.key)?;
        let read = TicketPart::of_plain(&content).and_then(|part| Some((part.pac()?, part)));
        let (pac, part) = read.ok_or(AdError::Malformed("ticket", "its parts"))?;
        if !part.key.is_same(session) || !tgt.is_for(&part.client, &part.client_realm) {
            return Err(AdError::ReplyMismatch("ticket", "session key or client"));
        }
        let pac = pac.ok_or(AdError::NoAccount("the ticket contains no PAC"))?;
        let pac = Pac::read(pac).ok_or(AdError::PacNotGenuine("its form"))?;
        if !pac.is_signed_with(&key) {
            return Err(AdError::PacNotGenuine("its signature"));
        }
        let (name, auth_time) = pac.client().ok_or(AdError::PacNotGenuine("its client"))?;
        if !name.eq_ignore_ascii_case(&part.client.parts.join("/")) || auth_time != part.auth_time.as_secs() {
            return Err(AdError::PacNotGenuine("it belongs to another ticket"));
        }
        let info = pac.upn_dns_info();
        let info = info.ok_or(AdError::NoAccount("the PAC has no UPN_DNS_INFO"))?;
        let info = info.map_err(|_| AdError::PacNotGenuine("UPN_DNS_INFO"))?;
        Ok(AdAccount {
            upn: Upn::parse(&info.upn).map_err(AdError::UpnUnusable)?,
            is_implicit: info.is_implicit,
            sid: info.sid.or_else(|| pac.requestor()),
            sam_account_name: info.sam_account_name,
            dns_domain: info.dns_domain,
            proof: match (&self.start.keytab, &self.start.trust) {
                (Some(_), Some(_)) => KdcProof::HostKeyAndCertificate,
                (Some(_), None) => KdcProof::HostKey,
                (None, _) => KdcProof::Certificate,
            },
            clock_ahead: self.clock_ahead,
            tgt,
        })
    }

    /// The key that opened the ticket, and its content: with the device's key, or, for oneself, with the session key.
    fn open_ticket(&self, ticket: &Ticket<'_>, session: &Key) -> Result<(Key, Zeroizing<Vec<u8>>), AdError> {
        let encrypted = &ticket.encrypted;
        let open = |key: &Key| Some((key.clone(), key.decrypt(usage::TICKET, encrypted.cipher)?));
        let Some(keytab) = &self.start.keytab else {
            return open(session).ok_or(AdError::Malformed("ticket", "it is not for oneself"));
        };
        let kind = encrypted.encryption_type;
        let version = encrypted.key_version.and_then(|version| version.try_into().ok());
        let of_type = |version| keytab.keys(kind, version).next().is_some();
        let opened = keytab.keys(kind, version).find_map(open);
        opened.ok_or_else(|| match version {
            _ if of_type(version) => AdError::TicketUnopened,
            Some(needed) if of_type(None) => AdError::StaleKeytab {
                needed,
                newest: keytab.newest_key_version(),
            },
            _ => AdError::UnsupportedEncryption(kind),
        })
    }

    fn refer(&mut self, realm: &str) -> Result<(), AdError> {
        if realm.eq_ignore_ascii_case(&self.start.realm) || self.referrals == MAX_REFERRALS {
            return Err(AdError::TooManyReferrals(line(realm, MAX_NAME)));
        }
        self.referrals += 1;
        realm.clone_into(&mut self.start.realm);
        Ok(())
    }

    /// Takes over the clock of the KDC, once, if the refusal may be due to it. Only the times in requests depend on it: an attacker who
    /// names another time gains nothing, and certificates are checked against the caller's clock.
    fn corrects_clock(&mut self, error: &KrbError<'_>, now: UnixTime) -> bool {
        let Some(server) = error.server_time.filter(|_| self.clock_ahead.is_none()) else {
            return false;
        };
        let signed = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let ahead = signed(now) - signed(server);
        let is_notable = ahead.unsigned_abs() > NOTABLE_SKEW;
        let is_skew = error.code == SKEW || (error.code == BAD_INTEGRITY && is_notable);
        self.clock_ahead = is_skew.then_some(ahead);
        is_skew
    }

    /// The time of the KDC, as far as it is known.
    fn kdc_time(&self, now: UnixTime) -> UnixTime {
        let behind = self.clock_ahead.unwrap_or_default().saturating_neg();
        at(now.as_secs().saturating_add_signed(behind))
    }

    fn moment(&mut self, now: UnixTime) -> Moment {
        let number = |random: [u8; 32]| random.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        Moment {
            now: self.kdc_time(now),
            microseconds: i64::from(number(self.random.draw()) % 1_000_000),
            // Some KDCs read it as a signed number.
            nonce: i64::from(number(self.random.draw()) >> 1),
            confounder: self.random.draw().first_chunk().copied().unwrap_or_default(),
        }
    }

    fn refused(&self, request: KdcRequest, error: &KrbError<'_>, now: UnixTime) -> AdStep {
        // Once it has been accepted, the certificate plays no part.
        let findings = match request {
            KdcRequest::Authentication => self.start.findings(now),
            KdcRequest::Ticket => Vec::new(),
        };
        AdStep::Done(AdOutcome::Refused(Box::new(KdcRefusal {
            request,
            realm: line(&self.start.realm, MAX_NAME),
            error: error.code,
            nt_status: error.nt_status(),
            text: error.text().map(|text| line(&text, MAX_MESSAGE)),
            server_time: error.server_time,
            findings,
        })))
    }
}

/// The algorithm that fits the key.
fn card_algorithm(certificate: &Certificate<'_>) -> Result<Algorithm, AdError> {
    match certificate.public_key().kind() {
        KeyKind::Rsa { .. } => Ok(Algorithm::Rs256),
        KeyKind::EllipticCurve(Curve::P256) => Ok(Algorithm::Es256),
        KeyKind::EllipticCurve(Curve::P384) => Ok(Algorithm::Es384),
        _ => Err(AdError::CertificateUnusable("its key is not RSA, P-256 or P-384")),
    }
}
