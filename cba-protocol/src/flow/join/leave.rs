//! Leaving: the removal of a device, authenticated with its certificate.

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, StatusCode};

use super::service;
use crate::aadsts::Advice;
use crate::answer::Answer;
use crate::config::{Config, RemovalHost, RemovalVersion};
use crate::device::Device;
use crate::error::Error;
use crate::flow::context::Context;
use crate::recorder::Kind;
use crate::seed::Seed;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::transcript::Transcript;

const STATE: State = State::Removal;

/// The removal of a device from its tenant: [MS-DVRJ] 3.1.5.1.2. It needs no token: the device certificate authenticates it.
///
/// Delete the keys only after [`Removal`] says that the device is gone. Until then they are the only way to remove it without an
/// administrator. Entra may keep removed devices for some time, so that they can be restored
/// (<https://learn.microsoft.com/entra/identity/devices/concept-soft-delete-devices>).
///
/// ```
/// use cba_protocol::{Config, Device, Error, Leave, Removal, Seed, Step};
/// # fn example(config: &Config, device: &Device, seed: Seed) -> Result<(), Error> {
/// let step: Step<Removal> = Leave::new(config, device).start(seed)?;
/// assert!(matches!(step, Step::SendAsDevice(_)));
/// # Ok(()) }
/// ```
#[must_use = "call start() to begin"]
pub struct Leave {
    config: Config,
    device: Device,
    transcript: Option<Transcript>,
}

/// Result of leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal {
    /// The service does not know the device: an earlier request or an administrator may have removed it.
    AlreadyGone,
    /// This request removed the device.
    Removed,
}

impl Leave {
    /// Creates the removal of `device`.
    pub fn new(config: &Config, device: &Device) -> Self {
        Self {
            config: config.clone(),
            device: device.clone(),
            transcript: None,
        }
    }

    /// Records the flow in `transcript`.
    pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = Some(transcript.clone());
        self
    }

    /// Returns the only step.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the configuration makes no URL.
    pub fn start(self, seed: Seed) -> Result<Step<Removal>, Error> {
        let context = Context::new(Kind::Leave, self.config, seed, self.transcript);
        let config = &context.config;
        let prefix = match config.registration().removal_host() {
            RemovalHost::Certauth => "certauth.",
            RemovalHost::Plain => "",
        };
        let (host, id) = (config.cloud().registration(), self.device.id());
        let query = match config.registration().removal_version() {
            RemovalVersion::Omitted => "",
            RemovalVersion::Sent => "?api-version=1.0",
        };
        let url = format!("https://{prefix}{host}/EnrollmentServer/device/{id}{query}");
        let mut request = context.request(STATE, Method::DELETE, &url, Vec::new())?;
        service::name_client(config, &mut request);
        request
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let certificate = self.device.certificate().clone();
        let recorder = context.recorder.clone();
        Ok(Step::send_as_device(
            STATE,
            request,
            certificate,
            recorder,
            move |answer, _| read(&context, &answer),
        ))
    }
}

/// [MS-DVRJ] 3.1.5.1.2.3: 200 if the device is removed, 401 if no device has this certificate.
fn read(context: &Context, answer: &Answer) -> Result<Step<Removal>, Error> {
    let granted = |removal| Ok(Step::Done(Outcome::Granted(Box::new(removal))));
    match answer.status {
        StatusCode::OK | StatusCode::NO_CONTENT => {
            // A proxy's page is not a removal.
            let body = answer.body(context.config.limits())?.trim_ascii();
            if body.is_empty() || body.starts_with(b"{") {
                return granted(Removal::Removed);
            }
            Err(Error::ProtocolChanged {
                state: STATE,
                what: "a removal is answered with a page",
            })
        }
        StatusCode::UNAUTHORIZED => granted(Removal::AlreadyGone),
        _ => {
            let refusal = service::refusal(answer, context.config.limits())?;
            if refusal.advice() == Advice::RepairDevice {
                return granted(Removal::AlreadyGone);
            }
            Ok(Step::Done(Outcome::refused(refusal)))
        }
    }
}
