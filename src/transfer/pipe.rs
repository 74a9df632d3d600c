//! Pipes and devices, whose reads and writes end when the transfer is cancelled.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::cancel::CancelToken;

/// An open pipe or device.
#[derive(Debug)]
pub(super) struct Pipe {
    file: File,
    cancel: CancelToken,
}

/// The operation that is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Read,
    Write,
}

impl Pipe {
    /// # Errors
    ///
    /// Returns an error if the path cannot be opened.
    pub(super) fn read_from(path: &Path, cancel: &CancelToken) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        Self::open(options.read(true), path, cancel)
    }

    /// # Errors
    ///
    /// Returns an error if the path cannot be opened, or if the transfer is cancelled before there is a reader.
    pub(super) fn write_to(path: &Path, cancel: &CancelToken) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        Self::open(options.write(true), path, cancel)
    }
}

#[cfg(unix)]
mod waits {
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;
    use rustix::io::Errno;

    use super::*;

    /// How often a wait checks for cancellation.
    const SLICE: Duration = Duration::from_millis(50);

    impl Pipe {
        /// Opens the path without blocking. A pipe without a reader cannot be opened for writing, so that is retried.
        pub(super) fn open(
            options: &mut OpenOptions,
            path: &Path,
            cancel: &CancelToken,
        ) -> io::Result<Self> {
            // the flags are a C `int`
            options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
            loop {
                let error = match options.open(path) {
                    Ok(file) => {
                        let cancel = cancel.clone();
                        return Ok(Self { file, cancel });
                    }
                    Err(error) => error,
                };
                if error.raw_os_error() != Some(Errno::NXIO.raw_os_error()) {
                    return Err(error);
                }
                check(cancel)?;
                cancel.wait(SLICE);
            }
        }

        /// Waits until the pipe is ready. A pipe that has not been written yet is not at its end.
        pub(super) fn wait(&self, side: Side) -> io::Result<()> {
            let flags = match side {
                Side::Read => PollFlags::IN,
                Side::Write => PollFlags::OUT,
            };
            let slice = Timespec {
                tv_sec: 0,
                tv_nsec: i64::from(SLICE.subsec_nanos()),
            };
            loop {
                check(&self.cancel)?;
                let mut fds = [PollFd::new(&self.file, flags)];
                match poll(&mut fds, Some(&slice)) {
                    Ok(0) | Err(Errno::INTR) => {}
                    Ok(_) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    fn check(cancel: &CancelToken) -> io::Result<()> {
        match cancel.is_cancelled() {
            true => Err(io::Error::other("cancelled by the caller")),
            false => Ok(()),
        }
    }
}

#[cfg(not(unix))]
impl Pipe {
    fn open(options: &mut OpenOptions, path: &Path, cancel: &CancelToken) -> io::Result<Self> {
        let (file, cancel) = (options.open(path)?, cancel.clone());
        Ok(Self { file, cancel })
    }

    fn wait(&self, _: Side) -> io::Result<()> {
        match self.cancel.is_cancelled() {
            true => Err(io::Error::other("cancelled by the caller")),
            false => Ok(()),
        }
    }
}

impl Pipe {
    fn when_ready<T>(
        &mut self,
        side: Side,
        mut attempt: impl FnMut(&mut File) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            self.wait(side)?;
            match attempt(&mut self.file) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.when_ready(Side::Read, |file| file.read(buf))
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.when_ready(Side::Write, |file| file.write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
