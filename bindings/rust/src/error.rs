// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
use std::{fmt, io};

/// What the kernel refused, or what never reached it: an errno, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    errno: i32,
    text: String,
}

impl Error {
    pub(crate) fn new(errno: i32, what: impl fmt::Display, why: impl fmt::Display) -> Self {
        let text = format!("{what}: {why}");
        Error { errno, text }
    }

    /// The error of the last system call, if there is no better reason than its text.
    pub(crate) fn last(what: impl fmt::Display) -> Self {
        Self::plain(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO), what)
    }

    /// An error whose reason is what the C library says of its number.
    pub(crate) fn plain(errno: i32, what: impl fmt::Display) -> Self {
        let text = io::Error::from_raw_os_error(errno).to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        Self::new(errno, what, text)
    }

    /// The number of the error, as `libc::EBUSY`.
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// The kind that [`io::Error`] has for it.
    pub fn kind(&self) -> io::ErrorKind {
        io::Error::from_raw_os_error(self.errno).kind()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}
