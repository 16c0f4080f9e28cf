//! The process that calls, as the bus and the kernel name it.

use std::fmt;
use std::path::PathBuf;

use zbus::Connection;
use zbus::message::Header;

use super::failure::{Failure, Status};
use crate::output::display_path;

/// A process. Its program is advisory: a process can run another one while it keeps its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) pid: u32,
    program: Option<PathBuf>,
}

impl Caller {
    /// The process that sent a message. One of another user is refused; the session bus does not even connect those, but for root.
    pub(super) async fn of(header: &Header<'_>, connection: &Connection) -> Result<Self, Failure> {
        let unknown = |problem: &dyn fmt::Display| {
            Failure::new(
                Status::ApiContractViolation,
                format_args!("the bus does not name the calling process: {problem}"),
            )
        };
        let sender = header.sender().ok_or_else(|| unknown(&"no sender"))?;
        let reply = connection
            .call_method(
                Some("org.freedesktop.DBus"),
                "/org/freedesktop/DBus",
                Some("org.freedesktop.DBus"),
                "GetConnectionCredentials",
                &sender.as_str(),
            )
            .await
            .map_err(|error| unknown(&error))?;
        let body = reply.body();
        let found: zbus::fdo::ConnectionCredentials = body.deserialize().map_err(|error| unknown(&error))?;
        if found.unix_user_id() != Some(rustix::process::geteuid().as_raw()) {
            return Err(Failure::new(
                Status::ApiContractViolation,
                "the calling process is of another user",
            ));
        }
        let pid = found.process_id().ok_or_else(|| unknown(&"no process id"))?;
        Ok(Self {
            pid,
            program: std::fs::read_link(format!("/proc/{pid}/exe")).ok(),
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.as_deref().map(display_path);
        write!(
            f,
            "pid {} ({})",
            self.pid,
            program.as_deref().unwrap_or("unknown program")
        )
    }
}
