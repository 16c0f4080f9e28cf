//! Opening of files for reading, when the path may name a folder, a pipe, a socket or a device.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file. Anything else is refused at once: a pipe without a writer does not delay the program.
///
/// # Errors
/// The file cannot be opened, or is not a regular file.
pub(crate) fn open_regular(path: &Path, links: Links) -> io::Result<File> {
    let file = system::open(path, links)?;
    check_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// # Errors
/// The path exists, and is not that of a regular file.
pub(crate) fn check_path(path: &Path) -> io::Result<()> {
    std::fs::metadata(path).map_or(Ok(()), |found| check_regular(found.file_type()))
}

/// # Errors
/// The type is not that of a regular file.
pub(crate) fn check_regular(file_type: FileType) -> io::Result<()> {
    if file_type.is_file() {
        Ok(())
    } else {
        Err(wrong(file_type))
    }
}

/// Opens a regular file, a pipe or a device. A named pipe has ten seconds to get a writer; the writer may take longer.
///
/// # Errors
/// The file cannot be opened, or is a folder or a socket, or nobody writes to the pipe.
pub(crate) fn open_input(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let file = system::open(path, Links::Follow)?;
    let file_type = file.metadata()?.file_type();
    if file_type.is_dir() {
        Err(wrong(file_type))
    } else {
        system::wait_for_writer(path, file_type, file)
    }
}

/// Opens an existing pipe or device for writing. A pipe must have its reader.
///
/// # Errors
/// It cannot be opened, or nobody reads from the pipe.
pub(crate) fn open_output(path: &Path) -> io::Result<File> {
    system::open_output(path)
}

/// Use of symbolic links.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    Follow,
    Refuse,
}

/// The error for a path of the wrong type.
fn wrong(file_type: FileType) -> io::Error {
    let (kind, name) = if file_type.is_dir() {
        (io::ErrorKind::IsADirectory, "a folder")
    } else {
        (io::ErrorKind::InvalidInput, system::name(file_type))
    };
    io::Error::new(kind, format!("it is {name}, not a file"))
}

#[cfg(unix)]
mod system {
    use std::fs::{self, File, FileType};
    use std::io::{self, Cursor, Read};
    use std::os::unix::fs::FileTypeExt as _;
    use std::path::Path;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::Errno;

    use super::Links;

    /// Time in which a writer opens a named pipe.
    const WRITER_LIMIT: Duration = Duration::from_secs(10);

    /// Opens without waiting for the writer of a pipe.
    pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
        let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        flags.set(OFlags::NOFOLLOW, links == Links::Refuse);
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => Ok(File::from(file)),
            // Of a socket, or a device without its hardware.
            Err(Errno::NXIO) => Err(super::wrong(fs::metadata(path)?.file_type())),
            // Of a link, if links are refused.
            Err(Errno::LOOP) if links == Links::Refuse && path.is_symlink() => {
                Err(super::wrong(fs::symlink_metadata(path)?.file_type()))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn open_output(path: &Path) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => blocking(File::from(file)),
            Err(Errno::NXIO) if is_socket(path) => Err(super::wrong(fs::metadata(path)?.file_type())),
            Err(Errno::NXIO) => Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "no program reads from it",
            )),
            Err(error) => Err(error.into()),
        }
    }

    fn is_socket(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| found.file_type().is_socket())
    }

    pub(super) fn name(file_type: FileType) -> &'static str {
        if file_type.is_fifo() {
            "a pipe"
        } else if file_type.is_socket() {
            "a socket"
        } else if file_type.is_symlink() {
            "a link"
        } else {
            "a device"
        }
    }

    /// Gives a named pipe time for its writer. Other files are returned as they are.
    pub(super) fn wait_for_writer(
        path: &Path,
        file_type: FileType,
        mut file: File,
    ) -> io::Result<Box<dyn Read + Send>> {
        // A pipe between processes has no name that leads to it, and has had its writer.
        let is_named_pipe = file_type.is_fifo() && path.canonicalize().is_ok();
        let begin = if is_named_pipe {
            begin(&mut file)?
        } else {
            Vec::new()
        };
        Ok(Box::new(Cursor::new(begin).chain(blocking(file)?)))
    }

    /// Waits until a writer has opened the pipe. Returns the first byte, if it was already there.
    fn begin(pipe: &mut File) -> io::Result<Vec<u8>> {
        let end = Instant::now() + WRITER_LIMIT;
        let mut first = [0];
        loop {
            match pipe.read(&mut first) {
                // There is no writer, or no longer one.
                Ok(0) if has_ended(pipe)? => return Ok(Vec::new()),
                Ok(0) if Instant::now() >= end => {
                    let problem = "it is a pipe that no program writes to";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
                }
                Ok(0) => thread::sleep(Duration::from_millis(20)),
                Ok(_) => return Ok(first.to_vec()),
                // The writer has opened the pipe.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn blocking(file: File) -> io::Result<File> {
        let flags = fcntl_getfl(&file)?;
        fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
        Ok(file)
    }

    /// Whether a writer has closed the pipe, rather than not opened it yet.
    fn has_ended(pipe: &File) -> io::Result<bool> {
        let mut pipes = [PollFd::new(pipe, PollFlags::IN)];
        poll(&mut pipes, Some(&Timespec::default()))?;
        Ok(pipes[0].revents().contains(PollFlags::HUP))
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File, FileType};
    use std::io::{self, Read};
    use std::path::Path;

    use super::Links;

    pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
        let found = match links {
            Links::Follow => fs::metadata(path),
            Links::Refuse => fs::symlink_metadata(path),
        };
        let found = found?.file_type();
        // A folder cannot be opened like a file.
        if found.is_dir() || found.is_symlink() {
            return Err(super::wrong(found));
        }
        File::open(path)
    }

    pub(super) fn open_output(path: &Path) -> io::Result<File> {
        File::options().write(true).open(path)
    }

    pub(super) fn name(file_type: FileType) -> &'static str {
        if file_type.is_symlink() {
            "a link"
        } else {
            "a device"
        }
    }

    pub(super) fn wait_for_writer(_: &Path, _: FileType, file: File) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(file))
    }
}
