//! Helper process from its caller's side: start, requests with a time limit, end.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::channel::Channel;
use super::mark::{MARK, can_be_helper};
use super::message::{self, GREETING};
use super::wire::{self, Frame};
use super::{HelperProgram, Settings};
use crate::pkcs11::Module;
use crate::{Error, ErrorKind, ListRequest};

/// Helper that has loaded its module.
pub(super) struct Process {
    channel: Channel,
    time_limit: Duration,
    place: String,
}

impl Process {
    /// Starts a helper and has it load the module.
    pub(super) fn start(
        module: &Module,
        settings: &Settings,
        request: Option<&ListRequest>,
    ) -> Result<Self, Error> {
        let place = module.path().display().to_string();
        let failed = |text: &str| Err(failure(&place, text));
        let program = program(&settings.program).map_err(|error| error.with_location(&place))?;
        let channel = match Channel::start(&program) {
            Ok(started) => started,
            Err(error) => return failed(&format!("{}: {error}", program.display())),
        };
        let mut process = Self {
            channel,
            time_limit: settings.time_limit,
            place: place.clone(),
        };
        process.end_with(request);
        // A program starts in far less; one that does not greet is not a helper and is not waited for.
        let greeting = process
            .channel
            .exchange(None, settings.time_limit.min(Duration::from_secs(10)));
        if !matches!(greeting, Ok(greeting) if *greeting == GREETING) {
            return failed("the helper program does not call run_if_helper first in main");
        }
        process.ask(&message::load(module, &settings.uri), |_| Some(()))?;
        Ok(process)
    }

    /// The same process with a shorter time limit.
    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.time_limit = self.time_limit.min(limit);
        self
    }

    /// Ends the process when a request is cancelled, instead of waiting for its answer.
    pub(super) fn end_with(&self, request: Option<&ListRequest>) {
        if let (Some(request), Some(end)) = (request, self.channel.end_from_outside()) {
            request.on_cancel(end);
        }
    }

    /// Sends one request. After [`ModuleFailed`](ErrorKind::ModuleFailed) the process can no longer be used.
    pub(super) fn ask<T>(
        &mut self,
        request: &Frame,
        take: impl FnOnce(&mut wire::Reader<'_>) -> Option<T>,
    ) -> Result<T, Error> {
        let answer = match self.channel.exchange(Some(request), self.time_limit) {
            Ok(answer) => answer,
            Err(error) => {
                let why = self.why(&error);
                return Err(failure(&self.place, &why));
            }
        };
        message::take_answer(&answer, take)
            .unwrap_or_else(|| Err(failure(&self.place, "the helper process gave an invalid answer")))
    }

    /// State of the helper, in words.
    fn why(&mut self, error: &io::Error) -> String {
        if error.kind() == io::ErrorKind::TimedOut {
            return format!("no answer in {:?}; its helper process was ended", self.time_limit);
        }
        match self.channel.ended_within(Duration::from_millis(200)) {
            Some(status) => format!("its helper process ended: {status}"),
            None => format!("its helper process can't be reached: {error}"),
        }
    }
}

/// Program to start. The current program is started again only if its `main` has shown that it can be a helper: any other would
/// do its own work a second time.
fn program(program: &HelperProgram) -> Result<PathBuf, Error> {
    let missing = |why: &'static str| Err(Error::from(ErrorKind::HelperMissing).with_detail(why));
    if env::var_os(MARK).is_some() {
        // A helper whose `main` continued would start helpers without end.
        return missing("this process is a helper itself");
    }
    match program {
        HelperProgram::At(path) => Ok(path.clone()),
        HelperProgram::ThisProgram if can_be_helper() => Ok(this_program()),
        HelperProgram::ThisProgram => missing("run_if_helper was not called"),
    }
}

/// This program, as it was started, even if its file was replaced since. On Windows, `/proc` would be an ordinary
/// folder, which another user could have created.
fn this_program() -> PathBuf {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        running.to_owned()
    } else {
        env::current_exe().unwrap_or_default()
    }
}

/// Any failure of a helper is reported as its module's.
pub(super) fn failure(place: &str, text: &str) -> Error {
    Error::from(ErrorKind::ModuleFailed)
        .with_location(place)
        .with_detail(text.to_owned())
}
