# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Regions of bpfmmap: arrays in memory that processes map, share and freeze for good.

    with bpfmmap.Region.create(8, 1000, "squares") as region:
        with region.map(writable=True) as mapping:
            mapping.array("u8")[:] = numpy.arange(1000) ** 2
        region.freeze()
        region.publish("squares", mode=0o444)

Whatever the kernel refuses is an OSError with its errno, and with a sentence that names what was
wrong. A value of the wrong length, which never reaches the kernel, gives a ValueError.
"""
from __future__ import annotations

import errno
import fcntl
import mmap
import os
import select
import time
import warnings
from array import array
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple, Type, Union

from . import _uapi
from ._uapi import (
    ANY,
    DEVICE,
    EXIST,
    F_NOFREEZE,
    F_NUMA_NODE,
    F_POPULATE,
    F_PROG,
    F_RDONLY,
    F_RDONLY_PROG,
    F_WRONLY,
    F_WRONLY_PROG,
    FREEZE_CANCEL,
    FREEZE_KEEP,
    FREEZE_PROCESSES,
    FREEZE_REVOKE,
    FREEZE_WHEN_IDLE,
    FROZEN_FOR_ALL,
    FROZEN_FOR_NOBODY,
    FROZEN_FOR_PROCESSES,
    NOEXIST,
    PUBLISH_DIR,
)

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = [
    "ANY",
    "DEVICE",
    "EXIST",
    "F_NOFREEZE",
    "F_NUMA_NODE",
    "F_POPULATE",
    "F_PROG",
    "F_RDONLY",
    "F_RDONLY_PROG",
    "F_WRONLY",
    "F_WRONLY_PROG",
    "FREEZE_CANCEL",
    "FREEZE_KEEP",
    "FREEZE_PROCESSES",
    "FREEZE_REVOKE",
    "FREEZE_WHEN_IDLE",
    "FROZEN_FOR_ALL",
    "FROZEN_FOR_NOBODY",
    "FROZEN_FOR_PROCESSES",
    "Info",
    "Mapping",
    "MappingEntry",
    "NOEXIST",
    "PUBLISH_DIR",
    "Region",
    "Version",
    "ids",
    "unpublish",
    "version",
]

Buffer = Union[bytes, bytearray, memoryview]

_U32_MAX = 0xFFFFFFFF
_INT_MAX = 0x7FFFFFFF


@dataclass(frozen=True)
class Version:
    """Version of the module's interface, and a bit for each feature that it has."""

    version: int
    features: int


@dataclass(frozen=True)
class Info:
    """Properties of a region and its state now. The fields are those of struct bpfmmap_info."""

    id: int
    value_size: int
    max_entries: int
    flags: int
    numa_node: int
    bytes: int
    mappings: int
    writers: int
    frozen: bool
    creator_uid: int
    name: str
    freeze_pending: int
    fd_flags: int
    published: str
    huge_runs: int
    revoked: int
    frozen_for: int
    wakes: int


@dataclass(frozen=True)
class MappingEntry:
    """One call of mmap that still has mappings, as struct bpfmmap_mapping_entry."""

    pid: int
    writable: bool
    offset: int
    bytes: int
    since_ns: int
    count: int


def _error(number: int, what: str, why: str = "") -> OSError:
    """An OSError of the class that belongs to number (PermissionError for EPERM)."""
    return OSError(number, f"{what}: {why or os.strerror(number)}")


def _u32(value: int, what: str, low: int = 0, high: int = _U32_MAX) -> int:
    """value, if it is a number that the kernel can be asked for."""
    if not low <= value <= high:
        raise _error(errno.EINVAL, f"{what} is {value}", f"it can be {low} to {high}")
    return value


def _index(index: int) -> int:
    """An index that no u32 holds becomes one that no region has, for the kernel to refuse."""
    return index if 0 <= index < _U32_MAX else _U32_MAX


def _c_string(name: str, size: int, what: str) -> bytes:
    """name for a field of size bytes. The kernel would not see what is behind a NUL."""
    encoded = os.fsencode(name)
    if b"\0" in encoded:
        raise _error(errno.EINVAL, f"the {what} {name!r}", "a name has no NUL")
    if len(encoded) >= size:
        raise _error(errno.ENAMETOOLONG, f"the {what} {name!r}", f"it can have {size - 1} bytes")
    if name.isascii() and name.isdigit():
        raise _error(errno.EINVAL, f"the {what} {name!r}", "digits alone are an id")
    return encoded


def _path(name: str) -> str:
    """The path of a name, which must not lead out of the file system or to a directory."""
    if len(os.fsencode(name)) >= _uapi.PUBLISH_LEN:
        limit = f"it can have {_uapi.PUBLISH_LEN - 1} bytes"
        raise _error(errno.ENAMETOOLONG, f"the name {name!r}", limit)
    if "\0" in name or any(not part or part.startswith(".") for part in name.split("/")):
        why = "it is NAME or DIRECTORY/NAME, and no part is empty or starts with a dot"
        raise _error(errno.EINVAL, f"the name {name!r}", why)
    return f"{PUBLISH_DIR}/{name}"


_CONTROL_WHY = {
    errno.ENOENT: "the module bpfmmap is not loaded",
    errno.EACCES: "you are not in the group bpfmmap",
    errno.EPERM: "you are not in the group bpfmmap",
}


def _control(request: int, args: bytearray, what: str, why: Optional[dict[int, str]] = None) -> int:
    """Make a request of the control device. why has a sentence for each errno that needs one."""
    try:
        control = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        number = error.errno or errno.EIO
        raise _error(number, f"can't open {DEVICE}", _CONTROL_WHY.get(number, "")) from None
    try:
        return fcntl.ioctl(control, request, args, True)
    except OSError as error:
        number = error.errno or errno.EIO
        raise _error(number, what, (why or {}).get(number, "")) from None
    finally:
        os.close(control)


def version() -> Version:
    """Version and features of the module that is loaded."""
    args = _uapi.version.pack()
    _control(_uapi.IOC_VERSION, args, "version")
    found = _uapi.version.unpack(args)
    return Version(found["version"], found["features"])


def ids() -> Iterator[int]:
    """The id of each region. Requires CAP_SYS_ADMIN in the initial user namespace."""
    found = 0
    while True:
        args = _uapi.next_id.pack(start_id=found)
        why = {errno.EPERM: "to see all ids you need CAP_SYS_ADMIN"}
        try:
            _control(_uapi.IOC_NEXT_ID, args, f"the id after {found}", why)
        except FileNotFoundError:
            if os.path.exists(DEVICE):
                return
            raise
        found = _uapi.next_id.unpack(args)["next_id"]
        yield found


def unpublish(name: str) -> None:
    """Remove a name, which may be in a directory (DIRECTORY/NAME)."""
    path = _path(name)
    try:
        os.unlink(path)
    except IsADirectoryError:
        raise _error(errno.ENOENT, f"can't unpublish {name!r}", "it is a directory") from None
    except OSError as error:
        raise _error(error.errno or errno.EIO, f"can't unpublish {name!r}") from None


class Mapping(mmap.mmap):
    """The mapping of a whole region: an mmap.mmap, and so a buffer, that knows the elements.

    It has the bytes from the first to the last element's value. A mapping that is writable is a
    writer of the region until it is closed. It can't be closed while a memoryview or array of it
    exists.
    """

    value_size: int
    max_entries: int
    stride: int

    def element(self, index: int) -> memoryview:
        """The value of one element, which can be set if the mapping is writable."""
        if not 0 <= index < self.max_entries:
            raise IndexError(f"element {index} of a region that has {self.max_entries}")
        start = index * self.stride
        return memoryview(self)[start : start + self.value_size]

    def array(self, dtype: DTypeLike) -> NDArray[Any]:
        """All elements as an array of NumPy, which shares the memory of the region.

        dtype, which may be a structured one, has exactly value_size bytes. Its stride is that of
        the region: value_size rounded up to 8.
        """
        import numpy

        form = numpy.dtype(dtype)
        if form.itemsize != self.value_size:
            raise ValueError(f"{form} has {form.itemsize} bytes, an element has {self.value_size}")
        if form.hasobject:
            raise ValueError(f"{form} has Python objects, which other processes can't read")
        # only frombuffer() keeps the buffer; under another array the memory could be unmapped
        data = numpy.frombuffer(self, dtype=numpy.uint8)
        return numpy.ndarray(
            shape=(self.max_entries,), dtype=form, buffer=data, strides=(self.stride,)
        )

    def close(self) -> None:
        """Unmap it."""
        try:
            super().close()
        except BufferError:
            why = "a memoryview or array of this mapping still exists; delete it first"
            raise BufferError(why) from None

    def __exit__(self, *_: object) -> None:
        self.close()


class Region:
    """A handle of a region: one fd. The region lives while it is open, mapped, or has a name."""

    id: int
    name: str
    value_size: int
    max_entries: int
    stride: int

    def __init__(self, fd: int) -> None:
        """Take over an fd, which close() closes. After an error it still is the caller's.

        EBADF: it is not open; ENOTTY: it is not an fd of a region. An fd that somebody sent is
        checked: only a region has the key frozen_for in its fdinfo, so no other driver can pose
        as one.
        """
        self._fd = -1
        try:
            with open(f"/proc/self/fdinfo/{fd}", encoding="utf-8", errors="replace") as lines:
                genuine = any(line.startswith("frozen_for:\t") for line in lines)
        except FileNotFoundError:
            try:
                os.fstat(fd)
            except OSError:
                raise _error(errno.EBADF, f"fd {fd}", "it is not open") from None
            raise  # /proc is not mounted
        if not genuine:
            raise _error(errno.ENOTTY, f"fd {fd}", "it is not a region")
        args = _uapi.info.pack()
        try:
            fcntl.ioctl(fd, _uapi.IOC_INFO, args, True)
        except OSError as error:
            raise _error(error.errno or errno.EIO, f"fd {fd}") from None
        known = _uapi.info.unpack(args)
        self.id = known["id"]
        self.name = _uapi.info.text(args, "name")
        self.value_size = known["value_size"]
        self.max_entries = known["max_entries"]
        self.stride = (self.value_size + 7) // 8 * 8
        self._fd = fd

    @classmethod
    def _own(cls, fd: int) -> Region:
        try:
            return cls(fd)
        except BaseException:
            os.close(fd)
            raise

    @classmethod
    def create(
        cls,
        value_size: int,
        max_entries: int,
        name: str = "",
        *,
        flags: int = 0,
        numa_node: Optional[int] = None,
    ) -> Region:
        """Create a region of max_entries elements of value_size bytes, which are zero.

        name is a label of up to 15 characters. flags are F_* of create.
        """
        what = f"create a region of {max_entries} elements of {value_size} bytes"
        if numa_node is not None:
            flags |= F_NUMA_NODE
        args = _uapi.create.pack(
            flags=_u32(flags, "flags of create"),
            value_size=_u32(value_size, "value_size", 1),
            max_entries=_u32(max_entries, "max_entries", 1),
            numa_node=_u32(numa_node or 0, "numa_node"),
            name=_c_string(name, _uapi.NAME_LEN, "label"),
        )
        why = {
            errno.EINVAL: f"unknown flags ({flags:#x}), a NUMA node ({numa_node}) that is not "
            f"online, or a label ({name!r}) with characters other than A-Z a-z 0-9 _ .",
            errno.E2BIG: "it is larger than the module parameter max_region_bytes",
            errno.ENOSPC: "a limit of the module is reached",
        }
        return cls._own(_control(_uapi.IOC_CREATE, args, what, why))

    @classmethod
    def open(cls, name: str, flags: int = 0) -> Region:
        """Open a region by its name, or by its path (DIRECTORY/NAME) from /sys/fs/bpfmmap."""
        return cls.open_path(_path(name), flags)

    @classmethod
    def open_path(cls, path: Union[str, os.PathLike[str]], flags: int = 0) -> Region:
        """Open a region by the path of its file. flags: F_RDONLY or F_WRONLY, and F_NOFREEZE."""
        modes = {0: os.O_RDWR, F_RDONLY: os.O_RDONLY, F_WRONLY: os.O_WRONLY}
        what = f"open {os.fspath(path)}"
        mode = modes.get(flags & ~F_NOFREEZE)
        if mode is None:
            why = f"flags {flags:#x} are not F_RDONLY or F_WRONLY, and F_NOFREEZE"
            raise _error(errno.EINVAL, what, why)
        try:
            fd = os.open(path, mode | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise _error(error.errno or errno.EIO, what) from None
        region = cls._own(fd)
        if not flags & F_NOFREEZE:
            return region
        with region:
            return region.restrict(F_NOFREEZE)

    @classmethod
    def open_id(cls, number: int, flags: int = 0) -> Region:
        """Open a region by its id. Requires CAP_SYS_ADMIN in the initial user namespace."""
        what = f"open region {number}"
        args = _uapi.open_id.pack(id=_u32(number, "id"), flags=_u32(flags, "flags of open"))
        why = {
            errno.EINVAL: f"flags {flags:#x} are not F_RDONLY or F_WRONLY, and F_NOFREEZE",
            errno.ENOENT: "no region has this id",
            errno.EPERM: "to open a region by its id you need CAP_SYS_ADMIN",
        }
        return cls._own(_control(_uapi.IOC_OPEN, args, what, why))

    @classmethod
    def from_fd(cls, fd: int) -> Region:
        """Take over an fd, as Region(fd) does."""
        return cls(fd)

    def fileno(self) -> int:
        """The fd, which stays the region's own. select and socket.send_fds take it."""
        if self._fd < 0:
            raise ValueError("this region is closed")
        return self._fd

    def close(self) -> None:
        """Close the fd. Mappings stay."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Region:
        self.fileno()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) < 0:
            return
        try:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self)
        finally:
            self.close()

    def __len__(self) -> int:
        return self.max_entries

    def __repr__(self) -> str:
        if self._fd < 0:
            return "<bpfmmap.Region, closed>"
        return (
            f"<bpfmmap.Region {self.id} {self.name!r}: {self.max_entries} elements of "
            f"{self.value_size} bytes>"
        )

    def _refused(self, number: int, what: str, why: str = "") -> OSError:
        """The error of a request of this fd. EPERM and EACCES have several reasons: ask which."""
        if number in (errno.EPERM, errno.EACCES) and not why:
            args = _uapi.info.pack()
            fcntl.ioctl(self._fd, _uapi.IOC_INFO, args, True)
            info = _uapi.info.unpack(args)
            if info["frozen_for"] == FROZEN_FOR_ALL:
                why = "it is frozen"
            elif info["fd_flags"] & F_RDONLY:
                why = "this fd is read-only"
            elif info["fd_flags"] & F_WRONLY:
                why = "this fd is write-only"
            elif info["fd_flags"] & F_NOFREEZE and "freeze" in what:
                why = "this fd has no right to freeze"
            elif info["frozen_for"] == FROZEN_FOR_PROCESSES:
                why = "it is frozen for processes"
        elif number == errno.EBUSY and not why:
            why = "a freeze is pending"
        return _error(number, f"{what} region {self.id}", why)

    def _request(
        self, request: int, args: bytearray, what: str, why: Optional[dict[int, str]] = None
    ) -> int:
        fd = self.fileno()
        try:
            return fcntl.ioctl(fd, request, args, True)
        except OSError as error:
            number = error.errno or errno.EIO
            raise self._refused(number, what, (why or {}).get(number, "")) from None

    def info(self) -> Info:
        """Properties of the region, and its state now."""
        args = _uapi.info.pack()
        self._request(_uapi.IOC_INFO, args, "info of")
        found = _uapi.info.unpack(args)
        del found["size"]
        frozen = bool(found.pop("frozen"))
        return Info(
            frozen=frozen,
            name=_uapi.info.text(args, "name"),
            published=_uapi.info.text(args, "published"),
            **found,
        )

    def mappings(self) -> List[MappingEntry]:
        """The calls of mmap, in all processes, that still have mappings; oldest first."""
        layout = _uapi.mapping_entry
        room = 16
        while True:
            entries = array("B", bytes(room * layout.codec.size))
            args = _uapi.mappings.pack(count=room, entries=entries.buffer_info()[0])
            self._request(_uapi.IOC_MAPPINGS, args, "list mappings of")
            count = _uapi.mappings.unpack(args)["count"]
            if count <= room:
                break
            room = count + 16
        found = []
        for i in range(count):
            entry = layout.unpack(bytearray(entries), i * layout.codec.size)
            flags = entry.pop("flags")
            found.append(MappingEntry(writable=bool(flags & _uapi.MAPPING_WRITABLE), **entry))
        return found

    def restrict(self, flags: int) -> Region:
        """Another handle, with fewer rights: F_RDONLY or F_WRONLY, and F_NOFREEZE. 0: with all."""
        args = _uapi.restrict.pack(flags=_u32(flags, "flags of restrict"))
        why = {
            errno.EINVAL: f"flags {flags:#x} are unknown, or leave an fd that can neither read "
            "nor write"
        }
        return self._own(self._request(_uapi.IOC_RESTRICT, args, "restrict", why))

    def handle(self) -> int:
        """The number by which BPF programs reach the region."""
        args = _uapi.handle_args.pack()
        why = {errno.EOPNOTSUPP: "it was not created for BPF programs that do this (F_PROG)"}
        self._request(_uapi.IOC_HANDLE, args, "get the handle of", why)
        return _uapi.handle_args.unpack(args)["handle"]

    def map(self, writable: bool = False) -> Mapping:
        """Map the region. A mapping that is writable is a writer until it is closed."""
        fd = self.fileno()
        prot = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        try:
            mapping = Mapping(fd, os.fstat(fd).st_size, flags=mmap.MAP_SHARED, prot=prot)
        except OSError as error:
            what = "map writable" if writable else "map"
            raise self._refused(error.errno or errno.EIO, what) from None
        mapping.value_size = self.value_size
        mapping.max_entries = self.max_entries
        mapping.stride = self.stride
        return mapping

    def lookup(self, index: int) -> bytes:
        """A copy of one element. A value of 1, 2, 4 or 8 bytes is read as one."""
        value = array("B", bytes(self.value_size))
        args = _uapi.element.pack(index=_index(index), value=value.buffer_info()[0])
        why = {errno.ENOENT: f"it has {self.max_entries} elements"}
        self._request(_uapi.IOC_LOOKUP, args, f"look up element {index} of", why)
        return value.tobytes()

    def update(self, index: int, value: Buffer, flags: int = ANY) -> None:
        """Set one element. A value of 1, 2, 4 or 8 bytes is stored as one."""
        copy = array("B", bytes(value))
        if len(copy) != self.value_size:
            raise ValueError(f"the value has {len(copy)} bytes, an element has {self.value_size}")
        if not 0 <= flags < 1 << 64:
            raise _error(errno.EINVAL, f"flags of update are {flags}", "ANY, NOEXIST or EXIST")
        args = _uapi.element.pack(index=_index(index), value=copy.buffer_info()[0], flags=flags)
        why = {
            errno.E2BIG: f"it has {self.max_entries} elements",
            errno.EEXIST: "every element exists",
            errno.EINVAL: f"flags {flags:#x} are not ANY, NOEXIST or EXIST",
        }
        self._request(_uapi.IOC_UPDATE, args, f"update element {index} of", why)

    def lookup_batch(self, index: int, count: int) -> bytes:
        """Copies of count elements from index on, without gaps.

        ENOENT: the range ends behind the last element.
        """
        _u32(count, "count")
        why = {errno.ENOENT: f"it has {self.max_entries} elements"}
        what = f"look up elements {index} to {index + count - 1} of"
        if count and _index(index) + count > self.max_entries:
            # no buffer for what does not exist
            raise self._refused(errno.ENOENT, what, why[errno.ENOENT])
        values = array("B", bytes(count * self.value_size))
        args = _uapi.batch.pack(index=_index(index), count=count, values=values.buffer_info()[0])
        self._request(_uapi.IOC_LOOKUP_BATCH, args, what, why)
        return values.tobytes()

    def update_batch(self, index: int, values: Buffer) -> None:
        """Set elements from index on. values has a multiple of value_size bytes, without gaps.

        After an error the attribute `done` of the OSError is the number of elements that are set.
        """
        copy = array("B", bytes(values))
        count, rest = divmod(len(copy), self.value_size)
        if rest:
            raise ValueError(f"{len(copy)} bytes are not a multiple of {self.value_size}")
        _u32(count, "count")
        args = _uapi.batch.pack(index=_index(index), count=count, values=copy.buffer_info()[0])
        why = {errno.E2BIG: f"it has {self.max_entries} elements"}
        what = f"update elements {index} to {index + count - 1} of"
        try:
            self._request(_uapi.IOC_UPDATE_BATCH, args, what, why)
        except OSError as error:
            done = _uapi.batch.unpack(args)["count"]
            # if all were done there would be no error: the module has not seen the request
            error.done = done if done < count else 0  # type: ignore[attr-defined]
            raise

    def freeze_with(self, flags: int) -> None:
        """Freeze by FREEZE_* flags of <linux/bpfmmap.h>, for instance FREEZE_PROCESSES.

        BlockingIOError (EINPROGRESS): the freeze is pending.
        """
        args = _uapi.freeze.pack(flags=_u32(flags, "flags of freeze"))
        why = {
            errno.EBUSY: "it has a writer; freeze_wait() waits for it, freeze_revoke() does not",
            errno.EINPROGRESS: "it has a writer, and freezes when that is gone",
            errno.EINVAL: f"the flags {flags:#x} can't be combined, or are unknown",
            errno.ENOENT: "no freeze is pending",
        }
        self._request(_uapi.IOC_FREEZE, args, "freeze", why)

    def freeze(self) -> None:
        """Freeze now, for everybody. EBUSY: it has a writer; EPERM: it is frozen already."""
        self.freeze_with(0)

    def freeze_processes(self) -> None:
        """Freeze for processes only: BPF programs and kernel modules may go on writing."""
        self.freeze_with(FREEZE_PROCESSES)

    def freeze_revoke(self) -> None:
        """Freeze now, also if it has writers. To touch a writable mapping gives SIGBUS then."""
        self.freeze_with(FREEZE_REVOKE)

    def freeze_when_idle(self, keep: bool = False) -> bool:
        """Freeze when the last writer has left. True: it is frozen now; False: that is pending.

        The pending freeze ends with this handle, or survives it with keep.
        """
        try:
            self.freeze_with(FREEZE_WHEN_IDLE | (FREEZE_KEEP if keep else 0))
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
            return False
        return True

    def freeze_cancel(self) -> None:
        """Take back the pending freeze of this handle, and the one that this user has kept."""
        kept = True
        try:
            self.freeze_with(FREEZE_CANCEL | FREEZE_KEEP)
        except FileNotFoundError:
            kept = False
        try:
            self.freeze_with(FREEZE_CANCEL)
        except FileNotFoundError:
            if not kept:
                raise

    def freeze_wait(self, timeout: Optional[float] = None) -> None:
        """Freeze when the last writer has left, and wait for that, for timeout seconds at most.

        TimeoutError: a writer is still there; the freeze is not pending any more then.
        """
        # an open file of its own, so that nothing is left of the pending freeze after an error
        with self.restrict(0) as own:
            if own.freeze_when_idle():
                return
            try:
                own._wait(timeout, "freeze")
            except BaseException:
                try:
                    own.freeze_with(FREEZE_CANCEL)
                except PermissionError:
                    # it is frozen by now, or will be as soon as no program writes
                    own._wait(None, "freeze")
                    return
                raise

    def wait_frozen(self, timeout: Optional[float] = None) -> None:
        """Wait until the region is frozen for everybody. TimeoutError: timeout seconds are over."""
        self._wait(timeout, "wait for the freeze of")

    def _wait(self, timeout: Optional[float], what: str) -> None:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLPRI)
        end = None if timeout is None else time.monotonic() + max(timeout, 0)
        while True:
            # in steps that poll(2) can count
            rest = 3600.0 if end is None else min(max(end - time.monotonic(), 0), 3600.0)
            for _, events in poll.poll(int(rest * 1000 + 0.999)):
                if events & select.POLLPRI:
                    return
                raise self._refused(errno.EBADF, what)
            if end is not None and time.monotonic() >= end:
                raise self._refused(errno.ETIMEDOUT, what, f"it is not frozen after {timeout} s")

    def publish(
        self,
        name: str,
        *,
        uid: Optional[int] = None,
        gid: Optional[int] = None,
        mode: Optional[int] = None,
        directory: int = 0,
    ) -> None:
        """Give the region its first name, of up to 63 characters.

        mode is 0 to 0o666 (by default 0o600), directory an fd of a directory of the file system
        (by default its root).
        """
        given: List[Tuple[int, Optional[int]]] = [
            (_uapi.PUBLISH_UID, uid),
            (_uapi.PUBLISH_GID, gid),
            (_uapi.PUBLISH_MODE, mode),
        ]
        args = _uapi.publish.pack(
            flags=sum(flag for flag, value in given if value is not None),
            uid=_u32(uid or 0, "uid"),
            gid=_u32(gid or 0, "gid"),
            mode=_u32(mode or 0, "mode"),
            directory=_u32(directory, "directory"),
            name=_c_string(name, _uapi.PUBLISH_LEN, "name"),
        )
        why = {
            errno.EINVAL: "a name has the characters A-Z a-z 0-9 _ . - and does not start with . "
            "or -, and a mode (here "
            + ("the default" if mode is None else oct(mode))
            + ") is at most 0o666",
            errno.EEXIST: "another file has this name",
            errno.EALREADY: "it has a name already",
            errno.EACCES: "you may not write to the directory",
            errno.ENOTDIR: f"fd {directory} is not a directory",
            errno.EXDEV: f"fd {directory} is not a directory of this file system",
            errno.ENOSPC: "the module parameter max_published is reached",
        }
        self._request(_uapi.IOC_PUBLISH, args, f"publish as {name!r}", why)
