// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! System calls, and the memory of a mapping.
use crate::{uapi, Error};
use std::ffi::CString;
use std::fmt;
use std::os::unix::io::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;

pub(crate) fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Make a request. Its struct starts with its size, and addresses in it are valid for the request.
///
/// # Safety
///
/// `args` is the struct of `request`, and memory whose address is in it may be used as the request
/// does.
pub(crate) unsafe fn request<T>(
    fd: BorrowedFd<'_>,
    request: u32,
    args: &mut T,
) -> Result<i32, i32> {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), request as _, args as *mut T) };
    if result < 0 {
        Err(errno())
    } else {
        Ok(result)
    }
}

/// Take over an fd that a request has returned.
///
/// # Safety
///
/// `fd` is open, and nobody else's.
pub(crate) unsafe fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: the caller's promise.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

pub(crate) fn open(path: &str, flags: i32, what: impl fmt::Display) -> Result<OwnedFd, Error> {
    let path = CString::new(path).map_err(|_| Error::new(libc::EINVAL, &what, "it has a NUL"))?;
    // SAFETY: path is a string that ends with a NUL.
    let fd = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC | libc::O_NOCTTY) };
    if fd < 0 {
        return Err(Error::last(what));
    }
    // SAFETY: it was just opened.
    Ok(unsafe { own(fd) })
}

pub(crate) fn unlink(path: &str, what: impl fmt::Display) -> Result<(), Error> {
    let path = CString::new(path).map_err(|_| Error::new(libc::EINVAL, &what, "it has a NUL"))?;
    // SAFETY: path is a string that ends with a NUL.
    if unsafe { libc::unlink(path.as_ptr()) } == 0 {
        return Ok(());
    }
    match errno() {
        libc::EISDIR => Err(Error::new(libc::ENOENT, what, "it is a directory")),
        other => Err(Error::plain(other, what)),
    }
}

/// Whether the fd is a file of the file system bpfmmap. No other driver, and no server of FUSE, can
/// pose as that. The promise of `Frozen` relies on it.
pub(crate) fn is_region(fd: BorrowedFd<'_>) -> Result<bool, i32> {
    let mut found = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: found has room for what the call returns.
    if unsafe { libc::fstatfs(fd.as_raw_fd(), found.as_mut_ptr()) } < 0 {
        return Err(errno());
    }
    // SAFETY: the call has filled it.
    Ok(unsafe { found.assume_init() }.f_type as u32 == uapi::FS_MAGIC)
}

/// Wait until poll(2) reports POLLPRI. false: the time, in milliseconds, is over.
pub(crate) fn poll(fd: BorrowedFd<'_>, timeout_ms: i32) -> Result<bool, i32> {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLPRI, revents: 0 };
    // SAFETY: it is one struct.
    match unsafe { libc::poll(&mut poll, 1, timeout_ms) } {
        0 => Ok(false),
        1 if poll.revents & libc::POLLPRI != 0 => Ok(true),
        1 => Err(libc::EBADF),
        _ => Err(errno()),
    }
}

/// Memory that is mapped until this is dropped.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: it is memory, and this struct hands out no reference to it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Map the first bytes of a region.
    pub(crate) fn new(fd: BorrowedFd<'_>, bytes: u64, writable: bool) -> Result<Self, i32> {
        let bytes = usize::try_from(bytes).map_err(|_| libc::ENOMEM)?;
        let access = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        // SAFETY: the kernel chooses an address where nothing is.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), bytes, access, libc::MAP_SHARED, fd.as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED {
            return Err(errno());
        }
        let start = NonNull::new(start.cast()).ok_or(libc::ENOMEM)?;
        Ok(Mapping { start, bytes })
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped by new(), and nobody has a reference to it that outlives self.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
