//! A screen without a monitor, for programs with windows.

use std::{collections::BTreeSet, io::Read as _, path::Path, process::Command, time::Duration};

use crate::{
    Error,
    process::{Process, wait_until},
    tools::Tool,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// An X server without a monitor (Xvfb), with a window manager. It ends on drop.
pub struct Display {
    name: String,
    _manager: Process,
    _server: Process,
}

/// A window, by its number in X.
pub type Window = u64;

impl Display {
    /// Starts the server with a screen of this size.
    pub fn start(width: u16, height: u16) -> Result<Self, Error> {
        // Without a lock and a socket in the file system, which other namespaces would share. The abstract socket remains.
        let name = format!(":{}", number()?);
        let mut command = Command::new("Xvfb");
        command
            .args([&name, "-screen", "0", &format!("{width}x{height}x24")])
            .args(["-nolock", "-nolisten", "unix", "-nolisten", "tcp", "-noreset"]);
        let server = Process::start_with(&command, |command| {
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
        })?;
        wait_until(PATIENCE, || tool(&name).arg("getdisplaygeometry").run().is_ok())
            .ok_or_else(|| Error::new("Xvfb does not start (packages xvfb and xdotool)"))?;
        let mut command = Command::new("openbox");
        command.env("DISPLAY", &name);
        let manager = Process::start_with(&command, |command| {
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
        })?;
        Ok(Self {
            name,
            _manager: manager,
            _server: server,
        })
    }

    /// The value of the variable `DISPLAY` for programs on this screen.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The visible windows that have a title.
    #[must_use]
    pub fn windows(&self) -> BTreeSet<Window> {
        let search = tool(&self.name).args(["search", "--onlyvisible", "--name", "."]);
        // It fails if there is none.
        let found = search.run().unwrap_or_default();
        let lines = String::from_utf8_lossy(&found).into_owned();
        lines
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect()
    }

    /// The title of a window.
    pub fn title(&self, window: Window) -> Result<String, Error> {
        let title = tool(&self.name)
            .args(["getwindowname", &window.to_string()])
            .run()?;
        Ok(String::from_utf8_lossy(&title).trim_end().to_owned())
    }

    /// Waits for a window that is not among those `known`.
    pub fn wait_for_window(&self, known: &BTreeSet<Window>) -> Result<Window, Error> {
        let mut new = None;
        wait_until(PATIENCE, || {
            new = self.windows().difference(known).next().copied();
            new.is_some()
        });
        new.ok_or_else(|| Error::new("no further window has opened"))
    }

    /// Waits until a window is gone.
    pub fn wait_until_closed(&self, window: Window) -> Result<(), Error> {
        wait_until(PATIENCE, || !self.windows().contains(&window))
            .ok_or_else(|| Error::new("the window does not close"))
    }

    /// Types a text in a window.
    pub fn type_text(&self, window: Window, text: &str) -> Result<(), Error> {
        let window = window.to_string();
        let focus = ["windowfocus", "--sync", &window];
        tool(&self.name)
            .args(focus)
            .args(["type", "--delay", "5", text])
            .run()
            .map(drop)
    }

    /// Presses a key in a window, by its name in X such as `Return`.
    pub fn press(&self, window: Window, key: &str) -> Result<(), Error> {
        let window = window.to_string();
        let focus = ["windowfocus", "--sync", &window];
        tool(&self.name).args(focus).args(["key", key]).run().map(drop)
    }

    /// Writes a picture of the screen, as PNG.
    pub fn picture(&self, file: &Path) -> Result<(), Error> {
        let scrot = Tool::new("scrot").envs(&[("DISPLAY", self.name.clone().into())]);
        scrot.arg("--overwrite").arg(file).run().map(drop)
    }
}

/// The number of a display: by chance, one that nobody else uses. X adds it to a port number, so it is below 60,000.
fn number() -> Result<u16, Error> {
    let mut bytes = [0; 2];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| Error::io("reading", Path::new("/dev/urandom"), &error))?;
    Ok(100 + u16::from_be_bytes(bytes) % 50_000)
}

fn tool(display: &str) -> Tool {
    Tool::new("xdotool").envs(&[("DISPLAY", display.into())])
}
