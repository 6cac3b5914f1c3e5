// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! Handles of regions. The state is part of the type.
// args! fills fields that some structs do not have
#![allow(clippy::needless_update)]

use crate::map::{Bytes, Elements, Shared, Watch};
use crate::sys::{self, Mapping};
use crate::{uapi, Error, Plain};
use std::fmt;
use std::marker::PhantomData;
use std::mem::{align_of, size_of, MaybeUninit};
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// The state of a region whose contents may change.
#[derive(Debug)]
pub enum Writable {}

/// The state of a region that is frozen for everybody: no process, BPF program or kernel module
/// can change a byte of it any more.
#[derive(Debug)]
pub enum Frozen {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Writable {}
    impl Sealed for super::Frozen {}
}

/// [`Writable`] or [`Frozen`].
pub trait State: sealed::Sealed {}
impl State for Writable {}
impl State for Frozen {}

/// A region that was not frozen, and why.
pub type Kept = (Region<Writable>, Error);

/// A handle of a region: one fd. The region lives as long as a process has it open or mapped, or as
/// long as it has a name.
pub struct Region<S: State> {
    fd: OwnedFd,
    id: u32,
    value_size: u32,
    max_entries: u32,
    name: String,
    _state: PhantomData<S>,
}

/// Properties of a region, and its state now: see `struct bpfmmap_info`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Info {
    pub id: u32,
    pub value_size: u32,
    pub max_entries: u32,
    pub flags: u32,
    pub numa_node: i32,
    pub bytes: u64,
    pub mappings: u64,
    pub writers: u64,
    pub frozen: bool,
    pub creator_uid: u32,
    pub name: String,
    pub freeze_pending: u32,
    pub fd_flags: u32,
    pub published: String,
    pub huge_runs: u64,
    pub revoked: u64,
    pub frozen_for: u32,
    pub wakes: u32,
}

/// Owner, group, permissions (0 to 0o666) and directory of a name. The defaults are the caller,
/// 0o600, and the root of the file system.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Publish<'a> {
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mode: Option<u32>,
    pub directory: Option<BorrowedFd<'a>>,
}

/// A batch that ended early: how many elements are done, and why it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// Number of elements that are done.
    pub done: usize,
    /// Why it ended.
    pub error: Error,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} elements are done)", self.error, self.done)
    }
}

impl std::error::Error for BatchError {}

/// A struct of the interface, with its size and nothing else.
macro_rules! args {
    ($name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        uapi::$name {
            size: size_of::<uapi::$name>() as u32,
            $($field $(: $value)?,)*
            ..uapi::$name::zeroed()
        }
    };
}

/// Make a request of the control device. `why` has reasons for errnos that need one.
///
/// # Safety
///
/// As [`sys::request`].
unsafe fn control<T>(
    request: u32,
    args: &mut T,
    what: impl fmt::Display,
    why: &[(i32, &str)],
) -> Result<i32, Error> {
    let control = sys::open(uapi::DEVICE, libc::O_RDWR, format!("can't open {}", uapi::DEVICE))
        .map_err(|error| match error.errno() {
            libc::ENOENT => Error::new(libc::ENOENT, uapi::DEVICE, "the module is not loaded"),
            libc::EACCES => {
                Error::new(libc::EACCES, uapi::DEVICE, "you are not in the group bpfmmap")
            }
            _ => error,
        })?;
    // SAFETY: the caller's promise.
    unsafe { sys::request(control.as_fd(), request, args) }
        .map_err(|errno| reason(errno, what, why))
}

fn reason(errno: i32, what: impl fmt::Display, why: &[(i32, &str)]) -> Error {
    match why.iter().find(|(number, _)| *number == errno) {
        Some((_, why)) => Error::new(errno, what, why),
        None => Error::plain(errno, what),
    }
}

/// A name as a field of the interface. The kernel would not see what is behind a NUL.
fn c_string<const N: usize>(name: &str, what: &str) -> Result<[u8; N], Error> {
    let mut field = [0; N];
    let what = format!("the {what} {name:?}");
    if name.len() >= N {
        return Err(Error::new(libc::ENAMETOOLONG, what, format!("it can have {} bytes", N - 1)));
    }
    if name.contains('\0') {
        return Err(Error::new(libc::EINVAL, what, "a name has no NUL"));
    }
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::new(libc::EINVAL, what, "digits alone are an id"));
    }
    field[..name.len()].copy_from_slice(name.as_bytes());
    Ok(field)
}

fn rust_string(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// The path of a name, which must not lead out of the file system or to a directory.
fn path_of(name: &str) -> Result<String, Error> {
    let what = || format!("the name {name:?}");
    if name.len() >= uapi::PUBLISH_LEN {
        return Err(Error::new(libc::ENAMETOOLONG, what(), "it can have 63 bytes"));
    }
    if name.contains('\0') || name.split('/').any(|part| part.is_empty() || part.starts_with('.')) {
        let why = "it is NAME or DIRECTORY/NAME, and no part is empty or starts with a dot";
        return Err(Error::new(libc::EINVAL, what(), why));
    }
    Ok(format!("{}/{}", uapi::PUBLISH_DIR, name))
}

/// Version of the module's interface, and its `uapi::FEATURE_*` bits.
pub fn version() -> Result<(u32, u64), Error> {
    let mut args = args!(Version {});
    // SAFETY: the struct of the request, without addresses.
    unsafe { control(uapi::IOC_VERSION, &mut args, "version", &[]) }?;
    Ok((args.version, args.features))
}

/// The smallest id in use that is larger than `start`. It requires CAP_SYS_ADMIN. ENOENT: there is
/// none.
pub fn next_id(start: u32) -> Result<u32, Error> {
    let mut args = args!(NextId { start_id: start });
    let why = [
        (libc::ENOENT, "there is none"),
        (libc::EPERM, "you need CAP_SYS_ADMIN"),
        (libc::EINVAL, "it is no id"),
    ];
    let what = format!("the id after {start}");
    // SAFETY: the struct of the request, without addresses.
    unsafe { control(uapi::IOC_NEXT_ID, &mut args, what, &why) }?;
    Ok(args.next_id)
}

/// Remove a name, which may be in a directory (DIRECTORY/NAME).
pub fn unpublish(name: &str) -> Result<(), Error> {
    sys::unlink(&path_of(name)?, format!("can't unpublish {name:?}"))
}

impl Region<Writable> {
    /// Create a region of `max_entries` elements of `value_size` bytes, which are zero. `name` is a
    /// label of up to 15 characters, or empty; `flags` are `uapi::F_*` of create.
    pub fn create(
        name: &str,
        value_size: u32,
        max_entries: u32,
        flags: u32,
    ) -> Result<Self, Error> {
        let name = c_string(name, "label")?;
        let mut args = args!(Create { flags, value_size, max_entries, name });
        let what = format!("create a region of {max_entries} elements of {value_size} bytes");
        let why = [
            (
                libc::EINVAL,
                "a size of 0, unknown flags, or a label with other characters than A-Z a-z 0-9 _ .",
            ),
            (libc::E2BIG, "it is larger than the module parameter max_region_bytes"),
            (libc::ENOSPC, "a limit of the module is reached"),
        ];
        // SAFETY: the struct of the request, without addresses.
        let fd = unsafe { control(uapi::IOC_CREATE, &mut args, what, &why) }?;
        // SAFETY: the request has opened it.
        Self::from_fd(unsafe { sys::own(fd) })
    }

    /// Open a region by its name, or by its path (DIRECTORY/NAME) from /sys/fs/bpfmmap. `flags` is
    /// `uapi::F_RDONLY` or `F_WRONLY`, and `F_NOFREEZE`. Go on with [`into_frozen`](Self::into_frozen)
    /// if it is frozen.
    pub fn open(name: &str, flags: u32) -> Result<Self, Error> {
        Self::open_path(&path_of(name)?, flags)
    }

    /// Open a region by the path of its file.
    pub fn open_path(path: &str, flags: u32) -> Result<Self, Error> {
        let what = format!("open {path}");
        let mode = match flags & !uapi::F_NOFREEZE {
            0 => libc::O_RDWR,
            uapi::F_RDONLY => libc::O_RDONLY,
            uapi::F_WRONLY => libc::O_WRONLY,
            _ => {
                let why = format!("flags {flags:#x} are not F_RDONLY or F_WRONLY, and F_NOFREEZE");
                return Err(Error::new(libc::EINVAL, what, why));
            }
        };
        let region = Self::from_fd(sys::open(path, mode, what)?)?;
        if flags & uapi::F_NOFREEZE != 0 {
            region.restrict(uapi::F_NOFREEZE)
        } else {
            Ok(region)
        }
    }

    /// Open a region by its id. It requires CAP_SYS_ADMIN.
    pub fn open_id(id: u32, flags: u32) -> Result<Self, Error> {
        let mut args = args!(Open { id, flags });
        let why = [
            (libc::EINVAL, "flags are not F_RDONLY or F_WRONLY, and F_NOFREEZE"),
            (libc::ENOENT, "no region has this id"),
            (libc::EPERM, "you need CAP_SYS_ADMIN"),
        ];
        let what = format!("open region {id}");
        // SAFETY: the struct of the request, without addresses.
        let fd = unsafe { control(uapi::IOC_OPEN, &mut args, what, &why) }?;
        // SAFETY: the request has opened it.
        Self::from_fd(unsafe { sys::own(fd) })
    }

    /// Take over an fd, which may come from a process that is not trusted. ENOTTY: it is not a region.
    pub fn from_fd(fd: OwnedFd) -> Result<Self, Error> {
        let what = format!("fd {}", fd.as_raw_fd());
        let mut info = args!(Info {});
        if !sys::is_region(fd.as_fd()).map_err(|errno| Error::plain(errno, &what))? {
            return Err(Error::new(libc::ENOTTY, what, "it is not a region"));
        }
        // SAFETY: the struct of the request, without addresses.
        unsafe { sys::request(fd.as_fd(), uapi::IOC_INFO, &mut info) }
            .map_err(|errno| reason(errno, what, &[(libc::ENOTTY, "it is not a region")]))?;
        Ok(Region {
            fd,
            id: info.id,
            value_size: info.value_size,
            max_entries: info.max_entries,
            name: rust_string(&info.name),
            _state: PhantomData,
        })
    }

    /// Set one element. A value of 1, 2, 4 or 8 bytes is stored as one. `flags` is `uapi::ANY`,
    /// `NOEXIST` or `EXIST`.
    pub fn update<T: Plain>(&self, index: u32, value: &T, flags: u64) -> Result<(), Error> {
        self.check_type::<T>()?;
        let mut args = args!(Element { index, value: value as *const T as usize as u64, flags });
        let what = format!("update element {index} of");
        let why = [
            (libc::EEXIST, "every element exists"),
            (libc::EINVAL, "flags are not ANY, NOEXIST or EXIST"),
        ];
        // SAFETY: the address is that of value_size bytes, which are read.
        unsafe { self.request(uapi::IOC_UPDATE, &mut args, what, &why) }?;
        Ok(())
    }

    /// Set the elements from `index` on.
    pub fn update_batch<T: Plain>(&self, index: u32, values: &[T]) -> Result<(), BatchError> {
        let address = values.as_ptr() as usize as u64;
        // SAFETY: the address is that of count elements, which are read.
        unsafe { self.batch::<T>(uapi::IOC_UPDATE_BATCH, index, values.len(), address, "update") }
    }

    /// Map it to read and write. The mapping is a writer until it is dropped.
    pub fn map<T: Plain>(&self) -> Result<Shared<T>, Error> {
        self.check_type::<T>()?;
        Ok(Shared::new(self.mapping(true)?, self.max_entries as usize))
    }

    /// Map it to read, while others may change it.
    pub fn watch<T: Plain>(&self) -> Result<Watch<T>, Error> {
        self.check_type::<T>()?;
        Ok(Watch::new(self.mapping(false)?, self.max_entries as usize))
    }

    /// Another handle, with fewer rights: `uapi::F_RDONLY` or `F_WRONLY`, and `F_NOFREEZE`. 0: with all.
    pub fn restrict(&self, flags: u32) -> Result<Self, Error> {
        Self::from_fd(self.restricted(flags)?)
    }

    /// Freeze now, for everybody. EBUSY: it has a writer. EPERM: it is frozen already, which
    /// [`into_frozen`](Self::into_frozen) accepts.
    pub fn freeze(self) -> Result<Region<Frozen>, Kept> {
        self.freeze_then(|region| region.freeze_with(0))
    }

    /// Freeze now, also if it has writers: to touch their mappings raises SIGBUS.
    pub fn freeze_revoke(self) -> Result<Region<Frozen>, Kept> {
        self.freeze_then(|region| region.freeze_with(uapi::FREEZE_REVOKE))
    }

    /// Freeze when the last writer has left, and wait for that. ETIMEDOUT: a writer is still there; the
    /// freeze is not pending any more then.
    pub fn freeze_wait(self, timeout: Option<Duration>) -> Result<Region<Frozen>, Kept> {
        self.freeze_then(|region| region.wait_for_writers(timeout))
    }

    /// Wait until somebody has frozen it for everybody. ETIMEDOUT.
    pub fn wait_frozen(self, timeout: Option<Duration>) -> Result<Region<Frozen>, Kept> {
        self.freeze_then(|region| region.wait(timeout))
    }

    /// The same region as one that is frozen. EAGAIN: it is not frozen for everybody.
    pub fn into_frozen(self) -> Result<Region<Frozen>, Kept> {
        self.freeze_then(|_| Ok(()))
    }

    /// Do what freezes the region, and then ask the kernel, whose word this type stands for.
    fn freeze_then(
        self,
        freeze: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Result<Region<Frozen>, Kept> {
        match freeze(&self).and_then(|()| self.info()) {
            Err(error) => Err((self, error)),
            Ok(info) if info.frozen => Ok(Region {
                fd: self.fd,
                id: self.id,
                value_size: self.value_size,
                max_entries: self.max_entries,
                name: self.name,
                _state: PhantomData,
            }),
            Ok(_) => {
                let error =
                    self.error(libc::EAGAIN, "the state of", "it is not frozen for everybody");
                Err((self, error))
            }
        }
    }

    /// Freeze for processes only: BPF programs and kernel modules may go on writing, so it stays
    /// `Writable`.
    pub fn freeze_processes(&self) -> Result<(), Error> {
        self.freeze_with(uapi::FREEZE_PROCESSES)
    }

    /// Freeze when the last writer has left. true: it is frozen now; false: that is pending, until this
    /// handle is dropped, or longer with `keep`.
    pub fn freeze_when_idle(&self, keep: bool) -> Result<bool, Error> {
        let flags = if keep { uapi::FREEZE_KEEP } else { 0 };
        match self.freeze_with(uapi::FREEZE_WHEN_IDLE | flags) {
            Ok(()) => Ok(true),
            Err(error) if error.errno() == libc::EINPROGRESS => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Take back the pending freeze of this handle, and the one that this user has kept.
    pub fn freeze_cancel(&self) -> Result<(), Error> {
        let ours = self.freeze_with(uapi::FREEZE_CANCEL);
        let kept = self.freeze_with(uapi::FREEZE_CANCEL | uapi::FREEZE_KEEP);
        if kept.is_ok() {
            Ok(())
        } else {
            ours
        }
    }

    /// Freeze by `uapi::FREEZE_*` flags.
    pub fn freeze_with(&self, flags: u32) -> Result<(), Error> {
        let mut args = args!(Freeze { flags });
        let why = [
            (libc::EBUSY, "it has a writer; freeze_wait() waits for it, freeze_revoke() does not"),
            (libc::EINPROGRESS, "it has a writer, and freezes when that is gone"),
            (libc::EINVAL, "the flags can't be combined, or are unknown"),
            (libc::ENOENT, "no freeze is pending"),
        ];
        // SAFETY: the struct of the request, without addresses.
        unsafe { self.request(uapi::IOC_FREEZE, &mut args, "freeze", &why) }?;
        Ok(())
    }

    fn wait_for_writers(&self, timeout: Option<Duration>) -> Result<(), Error> {
        // an open file of its own, so that nothing is left of the pending freeze after an error
        let own = self.restrict(0)?;
        if own.freeze_when_idle(false)? {
            return Ok(());
        }
        own.wait(timeout).or_else(|error| match own.freeze_with(uapi::FREEZE_CANCEL) {
            // it is frozen by now, or will be as soon as no program writes
            Err(cancel) if cancel.errno() == libc::EPERM => own.wait(None),
            _ => Err(error),
        })
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let rest = match timeout {
                Some(timeout) => timeout.saturating_sub(start.elapsed()),
                None => Duration::from_secs(3600),
            };
            // in steps that poll(2) can count, rounded up
            let ms = rest.min(Duration::from_secs(3600)).as_nanos() / 1_000_000 + 1;
            let ms = if rest.is_zero() { 0 } else { ms as i32 };
            match sys::poll(self.as_fd(), ms) {
                Ok(true) => return Ok(()),
                Ok(false) if timeout.map_or(false, |timeout| start.elapsed() >= timeout) => {
                    let why = format!("it is not frozen after {timeout:?}");
                    return Err(self.error(libc::ETIMEDOUT, "wait for the freeze of", &why));
                }
                Ok(false) => {}
                Err(errno) => return Err(self.error(errno, "wait for the freeze of", "")),
            }
        }
    }
}

impl Region<Frozen> {
    /// Map it, to use its elements as plain references.
    pub fn elements<T: Plain>(&self) -> Result<Elements<T>, Error> {
        self.check_type::<T>()?;
        Ok(Elements::new(self.mapping(false)?, self.max_entries as usize))
    }

    /// Map it, to use its bytes.
    pub fn bytes(&self) -> Result<Bytes, Error> {
        let count = self.end() as usize;
        Ok(Bytes::new(self.mapping(false)?, count))
    }

    /// Another handle, with fewer rights, as that of a region that may change.
    pub fn restrict(&self, flags: u32) -> Result<Self, Error> {
        let region = Region::<Writable>::from_fd(self.restricted(flags)?)?;
        region.into_frozen().map_err(|(_, error)| error)
    }
}

impl<S: State> Region<S> {
    /// The id, which is unique while the region lives.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The label that it was created with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of an element.
    pub fn value_size(&self) -> u32 {
        self.value_size
    }

    /// Number of elements.
    pub fn max_entries(&self) -> u32 {
        self.max_entries
    }

    /// Bytes from the start of one element to that of the next: `value_size` rounded up to 8.
    pub fn stride(&self) -> u64 {
        (u64::from(self.value_size) + 7) & !7
    }

    /// Offset of the end of the last element's value.
    fn end(&self) -> u64 {
        u64::from(self.max_entries - 1) * self.stride() + u64::from(self.value_size)
    }

    /// Properties, and the state now.
    pub fn info(&self) -> Result<Info, Error> {
        let mut args = args!(Info {});
        // SAFETY: the struct of the request, without addresses.
        unsafe { self.request(uapi::IOC_INFO, &mut args, "info of", &[]) }?;
        Ok(Info {
            id: args.id,
            value_size: args.value_size,
            max_entries: args.max_entries,
            flags: args.flags,
            numa_node: args.numa_node,
            bytes: args.bytes,
            mappings: args.mappings,
            writers: args.writers,
            frozen: args.frozen != 0,
            creator_uid: args.creator_uid,
            name: rust_string(&args.name),
            freeze_pending: args.freeze_pending,
            fd_flags: args.fd_flags,
            published: rust_string(&args.published),
            huge_runs: args.huge_runs,
            revoked: args.revoked,
            frozen_for: args.frozen_for,
            wakes: args.wakes,
        })
    }

    /// The calls of mmap that still have mappings, oldest first.
    pub fn mappings(&self) -> Result<Vec<uapi::MappingEntry>, Error> {
        let mut room = 16;
        loop {
            let mut entries = vec![uapi::MappingEntry::zeroed(); room];
            let address = entries.as_mut_ptr() as usize as u64;
            let mut args = args!(Mappings { count: room as u32, entries: address });
            // SAFETY: the address is that of count entries, which are written.
            unsafe { self.request(uapi::IOC_MAPPINGS, &mut args, "list mappings of", &[]) }?;
            let count = args.count as usize;
            if count <= room {
                entries.truncate(count);
                return Ok(entries);
            }
            room = count + 16;
        }
    }

    /// A copy of one element. A value of 1, 2, 4 or 8 bytes is read as one.
    pub fn lookup<T: Plain>(&self, index: u32) -> Result<T, Error> {
        self.check_type::<T>()?;
        let mut value = MaybeUninit::<T>::uninit();
        let mut args = args!(Element { index, value: value.as_mut_ptr() as usize as u64 });
        let what = format!("look up element {index} of");
        // SAFETY: the address is that of value_size bytes, which are written.
        unsafe { self.request(uapi::IOC_LOOKUP, &mut args, what, &[]) }?;
        // SAFETY: the request has written it, and each pattern of bits is a value.
        Ok(unsafe { value.assume_init() })
    }

    /// Copy elements from `index` on.
    pub fn lookup_batch<T: Plain>(&self, index: u32, values: &mut [T]) -> Result<(), BatchError> {
        let (count, address) = (values.len(), values.as_mut_ptr() as usize as u64);
        // SAFETY: the address is that of count elements, which are written.
        unsafe { self.batch::<T>(uapi::IOC_LOOKUP_BATCH, index, count, address, "look up") }
    }

    /// The number by which BPF programs reach the region.
    pub fn handle(&self) -> Result<u64, Error> {
        let mut args = args!(HandleArgs {});
        let why = [(libc::EOPNOTSUPP, "it was not created for BPF programs that do this (F_PROG)")];
        // SAFETY: the struct of the request, without addresses.
        unsafe { self.request(uapi::IOC_HANDLE, &mut args, "get the handle of", &why) }?;
        Ok(args.handle)
    }

    /// Give the region its first name, of up to 63 characters.
    pub fn publish(&self, name: &str, options: Publish<'_>) -> Result<(), Error> {
        let flag = |given: Option<u32>, flag| if given.is_some() { flag } else { 0 };
        let mut args = args!(Publish {
            flags: flag(options.uid, uapi::PUBLISH_UID)
                | flag(options.gid, uapi::PUBLISH_GID)
                | flag(options.mode, uapi::PUBLISH_MODE),
            uid: options.uid.unwrap_or(0),
            gid: options.gid.unwrap_or(0),
            mode: options.mode.unwrap_or(0),
            directory: options.directory.map_or(0, |fd| fd.as_raw_fd() as u32),
            name: c_string(name, "name")?,
        });
        let why = [
            (
                libc::EINVAL,
                "a name has the characters A-Z a-z 0-9 _ . - and does not start with . or -, and a \
                 mode is at most 0o666",
            ),
            (libc::EEXIST, "another file has this name"),
            (libc::EALREADY, "it has a name already"),
            (libc::EACCES, "you may not write to the directory"),
            (libc::EXDEV, "the directory is not of this file system"),
            (libc::ENOSPC, "the module parameter max_published is reached"),
        ];
        let what = format!("publish as {name:?}");
        // SAFETY: the struct of the request, without addresses.
        unsafe { self.request(uapi::IOC_PUBLISH, &mut args, what, &why) }?;
        Ok(())
    }

    /// Give up the handle, but keep its fd.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }

    fn restricted(&self, flags: u32) -> Result<OwnedFd, Error> {
        let mut args = args!(Restrict { flags });
        let why = [(libc::EINVAL, "unknown flags, or the fd could neither read nor write")];
        // SAFETY: the struct of the request, without addresses.
        let fd = unsafe { self.request(uapi::IOC_RESTRICT, &mut args, "restrict", &why) }?;
        // SAFETY: the request has opened it.
        Ok(unsafe { sys::own(fd) })
    }

    fn mapping(&self, writable: bool) -> Result<Mapping, Error> {
        let what = if writable { "map writable" } else { "map" };
        // whole pages are mapped, so that the last element has all of its words
        Mapping::new(self.as_fd(), self.end(), writable)
            .map_err(|errno| self.error(errno, what, ""))
    }

    /// The elements have the size of `T`, and a place that is aligned for it.
    fn check_type<T: Plain>(&self) -> Result<(), Error> {
        let size = size_of::<T>();
        if size != self.value_size as usize {
            let why = format!("its elements have {} bytes, the type has {size}", self.value_size);
            return Err(self.error(libc::EINVAL, "use the elements of", &why));
        }
        if align_of::<T>() > 4096 {
            let why = format!("no page is aligned to the {} bytes of the type", align_of::<T>());
            return Err(self.error(libc::EINVAL, "use the elements of", &why));
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As [`sys::request`].
    unsafe fn request<T>(
        &self,
        request: u32,
        args: &mut T,
        what: impl fmt::Display,
        why: &[(i32, &str)],
    ) -> Result<i32, Error> {
        // SAFETY: the caller's promise.
        unsafe { sys::request(self.as_fd(), request, args) }.map_err(|errno| {
            let why = why.iter().find(|(number, _)| *number == errno);
            self.error(errno, what, why.map_or("", |(_, why)| why))
        })
    }

    /// # Safety
    ///
    /// `address` is that of `count` elements of T, which the request reads or writes.
    unsafe fn batch<T: Plain>(
        &self,
        request: u32,
        index: u32,
        count: usize,
        address: u64,
        verb: &str,
    ) -> Result<(), BatchError> {
        self.check_type::<T>().map_err(|error| BatchError { done: 0, error })?;
        let what = format!("{verb} {count} elements from {index} on of");
        let asked = u32::try_from(count).map_err(|_| {
            let error = self.error(libc::E2BIG, &what, "");
            BatchError { done: 0, error }
        })?;
        let mut args = args!(Batch { index, count: asked, values: address });
        // SAFETY: the caller's promise.
        match unsafe { self.request(request, &mut args, what, &[]) } {
            Ok(_) => Ok(()),
            // if all were done there would be no error: the module has not seen the request
            Err(error) if args.count == asked => Err(BatchError { done: 0, error }),
            Err(error) => Err(BatchError { done: args.count as usize, error }),
        }
    }

    /// The error of a request. Without a reason it asks the kernel for the reason of EPERM and EACCES.
    fn error(&self, errno: i32, what: impl fmt::Display, why: &str) -> Error {
        let what = format!("{what} region {}", self.id);
        let mut info = args!(Info {});
        if !why.is_empty() {
            return Error::new(errno, what, why);
        }
        let of_elements = what.starts_with("look up") || what.starts_with("update");
        if of_elements && (errno == libc::ENOENT || errno == libc::E2BIG) {
            return Error::new(errno, what, format!("it has {} elements", self.max_entries));
        }
        if errno == libc::EBUSY {
            return Error::new(errno, what, "a freeze is pending");
        }
        // SAFETY: the struct of the request, without addresses.
        let asked = unsafe { sys::request(self.as_fd(), uapi::IOC_INFO, &mut info) };
        if asked.is_err() || (errno != libc::EPERM && errno != libc::EACCES) {
            return Error::plain(errno, what);
        }
        if info.frozen != 0 {
            Error::new(errno, what, "it is frozen")
        } else if info.fd_flags & uapi::F_RDONLY != 0 {
            Error::new(errno, what, "this fd is read-only")
        } else if info.fd_flags & uapi::F_WRONLY != 0 {
            Error::new(errno, what, "this fd is write-only")
        } else if info.fd_flags & uapi::F_NOFREEZE != 0 && what.starts_with("freeze") {
            Error::new(errno, what, "this fd has no right to freeze")
        } else if info.frozen_for == uapi::FROZEN_FOR_PROCESSES {
            Error::new(errno, what, "it is frozen for processes")
        } else {
            Error::plain(errno, what)
        }
    }
}

impl<S: State> AsFd for Region<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<S: State> AsRawFd for Region<S> {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl<S: State> fmt::Debug for Region<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("value_size", &self.value_size)
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}
