# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Tests of the package, as root with the module loaded and its file system mounted."""
from __future__ import annotations

import contextlib
import errno
import gc
import mmap
import os
import signal
import socket
import struct
import threading
import unittest
import warnings
from typing import Iterator, List

import numpy

import bpfmmap
from bpfmmap import Region, _uapi


class Case(unittest.TestCase):
    """A test that says which errno and which words an error has."""

    @contextlib.contextmanager
    def refused(self, number: int, *words: str) -> Iterator[None]:
        with self.assertRaises(OSError) as caught:
            yield
        self.assertEqual(caught.exception.errno, number, caught.exception)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def region(self, value_size: int = 8, max_entries: int = 100, **options: int) -> Region:
        region = Region.create(value_size, max_entries, "test", **options)
        self.addCleanup(region.close)
        return region


class Header(Case):
    """The numbers are those of the C header."""

    def test_lines(self) -> None:
        with open(os.environ["HEADER_LINES"], encoding="ascii") as lines:
            expected = sorted(line.rstrip("\n") for line in lines)
        self.assertEqual(expected, sorted(_uapi.header_lines()))


class Create(Case):
    """Regions are created and described."""

    def test_properties(self) -> None:
        region = self.region(12, 1000)
        self.assertEqual((region.value_size, region.max_entries, region.stride), (12, 1000, 16))
        self.assertEqual((len(region), region.name), (1000, "test"))
        info = region.info()
        self.assertEqual((info.id, info.name, info.bytes), (region.id, "test", 16384))
        self.assertEqual((info.numa_node, info.published, info.frozen), (-1, "", False))
        self.assertIn(region.id, list(bpfmmap.ids()))
        self.assertGreaterEqual(bpfmmap.version().version, 5)

    def test_context_manager_closes(self) -> None:
        with Region.create(8, 1) as region:
            fd = region.fileno()
        with self.refused(errno.EBADF):
            os.fstat(fd)
        with self.assertRaisesRegex(ValueError, "closed"):
            region.fileno()
        region.close()
        self.assertIn("closed", repr(region))

    def test_forgotten_one_is_closed_with_a_warning(self) -> None:
        region = Region.create(8, 1)
        fd = region.fileno()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del region
            gc.collect()
        self.assertEqual([w.category for w in seen], [ResourceWarning])
        with self.refused(errno.EBADF):
            os.fstat(fd)

    def test_numa_node(self) -> None:
        self.assertEqual(self.region(numa_node=0).info().numa_node, 0)
        with self.refused(errno.EINVAL, "node (77)"):
            Region.create(8, 1, numa_node=77)

    def test_bad_input(self) -> None:
        with self.refused(errno.EINVAL, "value_size is 0"):
            Region.create(0, 1)
        with self.refused(errno.EINVAL, "max_entries is -1"):
            Region.create(8, -1)
        with self.refused(errno.E2BIG):
            Region.create(1 << 31, 1)
        with self.refused(errno.E2BIG, "max_region_bytes"):
            Region.create(1 << 20, 0xFFFFFFFF)
        with self.refused(errno.EINVAL, "flags"):
            Region.create(8, 1, flags=1)
        with self.refused(errno.EINVAL, "a b"):
            Region.create(8, 1, "a b")
        with self.refused(errno.EINVAL, "digits"):
            Region.create(8, 1, "17")
        with self.refused(errno.EINVAL, "NUL"):
            Region.create(8, 1, "a\0b")
        with self.refused(errno.ENAMETOOLONG, "15 bytes"):
            Region.create(8, 1, "sixteen_letters_")

    def test_fds_that_are_no_region(self) -> None:
        with self.refused(errno.EBADF, "fd 999"):
            Region.from_fd(999)
        with open("/dev/null", "rb") as null, self.refused(errno.ENOTTY, "not a region"):
            Region.from_fd(null.fileno())
        fd = os.open(bpfmmap.DEVICE, os.O_RDWR)
        with self.refused(errno.ENOTTY, "not a region"):
            Region.from_fd(fd)
        os.close(fd)
        with self.refused(errno.ENOTTY, "not a region"):
            Region.open_path("/proc/version", bpfmmap.F_RDONLY)


class Map(Case):
    """A mapping is a buffer, and an array of NumPy."""

    def test_buffer(self) -> None:
        region = self.region(12, 3)
        with region.map(writable=True) as mapping:
            self.assertIsInstance(mapping, mmap.mmap)
            self.assertEqual(len(mapping), 2 * 16 + 12)
            mapping[16:28] = b"hello, world"
            with mapping.element(2) as element:
                element[:] = b"HELLO, WORLD"
            with memoryview(mapping) as view:
                self.assertEqual(bytes(view[16:28]), b"hello, world")
                self.assertFalse(view.readonly)
            with self.assertRaisesRegex(IndexError, "element 3 of a region that has 3"):
                mapping.element(3)
            with self.assertRaises(IndexError):
                mapping.element(-1)
        self.assertEqual(region.lookup(1), b"hello, world")
        self.assertEqual(region.lookup(2), b"HELLO, WORLD")

    def test_read_only(self) -> None:
        region = self.region()
        with region.map() as mapping:
            with memoryview(mapping) as view:
                self.assertTrue(view.readonly)
            with self.assertRaises(TypeError):
                mapping[0] = 1
        self.assertEqual(region.info().writers, 0)

    def test_structured_array(self) -> None:
        region = self.region(12, 100)
        form = numpy.dtype([("price", "u8"), ("count", "u4")])
        with region.map(writable=True) as mapping:
            table = mapping.array(form)
            self.assertEqual((table.shape, table.strides), ((100,), (16,)))
            table["price"] = numpy.arange(100) * 10
            table["count"] = 7
            table[99] = (1, 2)
            del table
        self.assertEqual(region.lookup(42), struct.pack("=QI", 420, 7))
        self.assertEqual(region.lookup(99), struct.pack("=QI", 1, 2))
        region.freeze()
        with region.map() as mapping:
            table = mapping.array(form)
            self.assertFalse(table.flags.writeable)
            self.assertEqual(int(table["price"].sum()), sum(range(0, 990, 10)) + 1)
            with self.assertRaises(ValueError):
                table["count"] = 1
            del table

    def test_array_of_numbers(self) -> None:
        region = self.region(8, 1000)
        with region.map(writable=True) as mapping:
            numbers = mapping.array("u8")
            numbers[:] = numpy.arange(1000)
            self.assertTrue(numbers.flags.c_contiguous)
            del numbers
        self.assertEqual(region.lookup(999), struct.pack("=Q", 999))

    def test_array_that_does_not_fit(self) -> None:
        with self.region(12, 3).map() as mapping:
            with self.assertRaisesRegex(ValueError, "8 bytes, an element has 12"):
                mapping.array("u8")
        with self.region(8, 3).map() as mapping:
            with self.assertRaisesRegex(ValueError, "Python objects"):
                mapping.array(object)

    def test_an_array_keeps_it_mapped(self) -> None:
        region = self.region()
        mapping = region.map(writable=True)
        numbers = mapping.array("u8")
        with self.assertRaisesRegex(BufferError, "memoryview or array of this mapping"):
            mapping.close()
        with self.refused(errno.EBUSY):
            region.freeze()
        del numbers
        mapping.close()
        region.freeze()

    def test_mappings(self) -> None:
        region = self.region(8, 1000)
        self.assertEqual(region.mappings(), [])
        many = [region.map() for _ in range(20)]
        with region.map(writable=True):
            entries = region.mappings()
            self.assertEqual(len(entries), 21)
            self.assertEqual([e.writable for e in entries], [False] * 20 + [True])
            self.assertEqual({e.pid for e in entries}, {os.getpid()})
            self.assertEqual({(e.offset, e.count) for e in entries}, {(0, 1)})
        for mapping in many:
            mapping.close()


class Elements(Case):
    """Lookup and update, one by one and in batches."""

    def test_one(self) -> None:
        region = self.region(3, 10)
        self.assertEqual(region.lookup(9), b"\0\0\0")
        region.update(9, b"abc")
        region.update(8, bytearray(b"def"), bpfmmap.EXIST)
        self.assertEqual((region.lookup(8), region.lookup(9)), (b"def", b"abc"))

    def test_batch(self) -> None:
        region = self.region(3, 10)
        region.update_batch(2, b"aaabbbccc")
        self.assertEqual(region.lookup_batch(1, 5), b"\0\0\0aaabbbccc\0\0\0")
        self.assertEqual(region.lookup_batch(0, 0), b"")
        region.update_batch(0, b"")

    def test_bad_input(self) -> None:
        region = self.region(3, 10)
        for index in (10, 1 << 32, -1):
            with self.refused(errno.ENOENT, f"element {index}", "it has 10 elements"):
                region.lookup(index)
            with self.refused(errno.E2BIG, f"element {index}", "it has 10 elements"):
                region.update(index, b"abc")
        with self.refused(errno.EEXIST, "every element exists"):
            region.update(0, b"abc", bpfmmap.NOEXIST)
        with self.refused(errno.EINVAL, "0x7"):
            region.update(0, b"abc", 7)
        with self.assertRaisesRegex(ValueError, "4 bytes, an element has 3"):
            region.update(0, b"abcd")
        with self.assertRaisesRegex(ValueError, "not a multiple of 3"):
            region.update_batch(0, b"abcd")
        with self.refused(errno.ENOENT, "it has 10 elements"):
            region.lookup_batch(8, 3)
        with self.refused(errno.E2BIG, "it has 10 elements"):
            region.update_batch(-1, b"abc")

    def test_batch_that_ends_early_says_how_much_is_done(self) -> None:
        region = self.region(3, 10)
        with self.assertRaises(OSError) as caught:
            region.update_batch(8, b"aaabbbccc")
        self.assertEqual(caught.exception.errno, errno.E2BIG)
        self.assertEqual(caught.exception.done, 2)  # type: ignore[attr-defined]
        self.assertEqual(region.lookup_batch(8, 2), b"aaabbb")

    def test_read_only_and_write_only(self) -> None:
        region = self.region(3, 10)
        with region.restrict(bpfmmap.F_RDONLY) as reader:
            reader.lookup(0)
            with self.refused(errno.EPERM, "read-only"):
                reader.update(0, b"abc")
            with self.refused(errno.EACCES, "read-only"):
                reader.map(writable=True)
            with self.refused(errno.EPERM, "read-only"):
                reader.freeze()
        with region.restrict(bpfmmap.F_WRONLY) as writer:
            writer.update(0, b"abc")
            with self.refused(errno.EPERM, "write-only"):
                writer.lookup(0)
        with region.restrict(bpfmmap.F_NOFREEZE) as other:
            with self.refused(errno.EPERM, "no right to freeze"):
                other.freeze()
        with self.refused(errno.EINVAL, "neither read nor write"):
            region.restrict(bpfmmap.F_RDONLY | bpfmmap.F_WRONLY)


class Freeze(Case):
    """A freeze is refused, granted, waited for, and final."""

    def test_refused_then_granted(self) -> None:
        region = self.region()
        with region.map(writable=True) as mapping:
            mapping[:5] = b"hello"
            with self.refused(errno.EBUSY, "it has a writer", "freeze_wait()"):
                region.freeze()
            self.assertEqual(region.info().writers, 1)
        region.freeze()
        self.assertTrue(region.info().frozen)
        self.assertEqual(region.info().frozen_for, bpfmmap.FROZEN_FOR_ALL)

    def test_frozen_is_not_written(self) -> None:
        region = self.region()
        region.update(0, b"original")
        region.freeze()
        with self.refused(errno.EPERM, "map writable", "it is frozen"):
            region.map(writable=True)
        with self.refused(errno.EPERM, "it is frozen"):
            region.update(0, b"evilevil")
        with self.refused(errno.EPERM, "it is frozen"):
            region.update_batch(0, b"evilevil")
        with self.refused(errno.EPERM):
            os.pwrite(region.fileno(), b"evil", 0)
        with self.refused(errno.EPERM, "it is frozen"):
            region.freeze()
        self.assertEqual(region.lookup(0), b"original")
        with region.map() as mapping:
            self.assertEqual(mapping[:8], b"original")

    def test_for_processes_then_for_everybody(self) -> None:
        region = self.region(flags=bpfmmap.F_PROG)
        self.assertNotEqual(region.handle(), 0)
        region.freeze_processes()
        info = region.info()
        self.assertEqual((info.frozen_for, info.frozen), (bpfmmap.FROZEN_FOR_PROCESSES, False))
        with self.refused(errno.EPERM, "frozen for processes"):
            region.update(0, bytes(8))
        region.freeze()
        self.assertTrue(region.info().frozen)

    def test_handle_without_prog(self) -> None:
        with self.refused(errno.EOPNOTSUPP, "F_PROG"):
            self.region().handle()

    def test_revoke(self) -> None:
        region = self.region()
        with region.map(writable=True) as mapping:
            mapping[0] = 1
            region.freeze_revoke()
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGBUS, signal.SIG_DFL)
                mapping[0] = 2
                os._exit(0)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -signal.SIGBUS)
        self.assertEqual(region.lookup(0)[0], 1)

    def test_when_idle_and_cancel(self) -> None:
        region = self.region()
        with self.refused(errno.ENOENT, "no freeze is pending"):
            region.freeze_cancel()
        mapping = region.map(writable=True)
        self.assertFalse(region.freeze_when_idle())
        with self.refused(errno.EBUSY, "a freeze is pending"):
            region.update(0, bytes(8))
        with self.refused(errno.EBUSY, "a freeze is pending"):
            region.map(writable=True)
        region.freeze_cancel()
        region.update(0, bytes(8))
        self.assertFalse(region.freeze_when_idle(keep=True))
        region.freeze_cancel()
        self.assertFalse(region.freeze_when_idle())
        mapping.close()
        region.wait_frozen(60)
        self.assertTrue(region.info().frozen)
        with self.refused(errno.EPERM):
            region.freeze_when_idle()
        region = self.region()
        self.assertTrue(region.freeze_when_idle())

    def test_combination_of_flags(self) -> None:
        with self.refused(errno.EINVAL, "0x5"):
            self.region().freeze_with(bpfmmap.FREEZE_WHEN_IDLE | bpfmmap.FREEZE_CANCEL)

    def test_wait(self) -> None:
        region = self.region()
        mapping = region.map(writable=True)
        with self.refused(errno.ETIMEDOUT, "not frozen after 0.01 s"):
            region.wait_frozen(0.01)
        with self.refused(errno.ETIMEDOUT, "not frozen after 0 s"):
            region.freeze_wait(0)
        # the freeze that has waited is taken back
        region.update(0, bytes(8))
        waiting = threading.Thread(target=region.freeze_wait, args=(60,))
        waiting.start()
        while not region.info().freeze_pending:
            pass
        mapping.close()
        waiting.join()
        self.assertTrue(region.info().frozen)
        region.wait_frozen()


class Names(Case):
    """Regions have names."""

    def setUp(self) -> None:
        self.addCleanup(self.remove, ["prices", "other"])

    @staticmethod
    def remove(names: List[str]) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                bpfmmap.unpublish(name)

    def test_publish_and_open(self) -> None:
        with self.region() as region:
            region.update(7, b"contents")
            region.publish("prices", mode=0o640, uid=0, gid=0)
            self.assertEqual(region.info().published, "prices")
            self.assertEqual(os.stat("/sys/fs/bpfmmap/prices").st_mode & 0o777, 0o640)
            number = region.id
        with Region.open("prices") as region:
            self.assertEqual((region.id, region.lookup(7)), (number, b"contents"))
        with Region.open("prices", bpfmmap.F_RDONLY) as region:
            self.assertEqual(region.info().fd_flags, bpfmmap.F_RDONLY)
        with Region.open("prices", bpfmmap.F_NOFREEZE) as region:
            self.assertEqual(region.info().fd_flags, bpfmmap.F_NOFREEZE)
        with Region.open_id(number, bpfmmap.F_WRONLY) as region:
            self.assertEqual(region.info().fd_flags, bpfmmap.F_WRONLY)
        bpfmmap.unpublish("prices")
        with self.refused(errno.ENOENT, "prices"):
            Region.open("prices")

    def test_default_mode(self) -> None:
        self.region().publish("prices")
        self.assertEqual(os.stat("/sys/fs/bpfmmap/prices").st_mode & 0o777, 0o600)

    def test_directory(self) -> None:
        os.mkdir("/sys/fs/bpfmmap/team")
        directory = os.open("/sys/fs/bpfmmap/team", os.O_PATH)
        try:
            self.region().publish("prices", directory=directory)
            with Region.open("team/prices") as region:
                self.assertEqual(region.info().published, "team/prices")
            bpfmmap.unpublish("team/prices")
            with self.refused(errno.ENOENT, "directory"):
                bpfmmap.unpublish("team")
        finally:
            os.close(directory)
            os.rmdir("/sys/fs/bpfmmap/team")
        with open("/proc/version", "rb") as file, self.refused(errno.ENOTDIR, "not a directory"):
            self.region().publish("prices", directory=file.fileno())

    def test_bad_input(self) -> None:
        region = self.region()
        for name in ("", "-x", ".x", "a b", "ü"):
            with self.refused(errno.EINVAL, repr(name)):
                region.publish(name)
        with self.refused(errno.EINVAL, "0o777"):
            region.publish("prices", mode=0o777)
        with self.refused(errno.EINVAL, "digits"):
            region.publish("17")
        with self.refused(errno.ENAMETOOLONG, "63 bytes"):
            region.publish("x" * 64)
        region.publish("prices")
        with self.refused(errno.EALREADY, "a name already"):
            region.publish("other")
        with self.refused(errno.EEXIST, "another file"):
            self.region().publish("prices")
        for name in ("", "/etc/passwd", "../x", "a//b", "a/", "a\0b"):
            with self.refused(errno.EINVAL, repr(name)):
                Region.open(name)
            with self.refused(errno.EINVAL, repr(name)):
                bpfmmap.unpublish(name)
        with self.refused(errno.ENAMETOOLONG):
            Region.open("x" * 64)
        with self.refused(errno.EINVAL, "flags 0x18"):
            Region.open("prices", bpfmmap.F_RDONLY | bpfmmap.F_WRONLY)
        with self.refused(errno.ENOENT, "no region has this id"):
            Region.open_id(0x7FFFFFF0)
        with self.refused(errno.EINVAL, "flags 0x1"):
            Region.open_id(region.id, 1)


class HandOver(Case):
    """An fd goes to another process, which checks it."""

    def test_socket(self) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _, fds, _, _ = socket.recv_fds(theirs, 1, 1)
            with Region.from_fd(fds[0]) as region, region.map() as mapping:
                good = region.info().frozen and mapping[:4] == b"good"
                try:
                    region.update(0, bytes(8))
                    good = False
                except PermissionError:
                    pass
            os._exit(0 if good else 1)
        with ours, theirs:
            region = self.region()
            region.update(0, b"good\0\0\0\0")
            region.freeze()
            socket.send_fds(ours, [b"\0"], [region.fileno()])
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
