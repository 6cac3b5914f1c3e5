#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Regions in Python, NumPy, Rust and Go, which take the length from the file.

bats_require_minimum_version 1.5.0
export PATH=/extra/stage/bin:/usr/bin:/bin LC_ALL=C
D=/sys/fs/bpfmmap

setup() {
	insmod /module/bpfmmap.ko
	/bin/mount -t bpfmmap bpfmmap $D
	cd "$BATS_TEST_TMPDIR" || return
	publish r 8 1000
}

teardown() {
	cd / || return
	rm -rf "${D:?}"/*
	/bin/umount $D
	rmmod bpfmmap
}

@test "Python maps all of it with length 0" {
	python3 - <<'END'
import mmap, os

path = "/sys/fs/bpfmmap/r"
assert os.stat(path).st_size == 8000 == os.path.getsize(path)
with open(path, "r+b") as file:
    with mmap.mmap(file.fileno(), 0) as mapped:
        assert len(mapped) == 8000 == mapped.size()
        mapped[:5] = b"hello"
        mapped[-1] = 7
        mapped.flush()
        assert mapped.find(b"\x07") == 7999
        try:
            mapped.resize(4096)
        except (OSError, SystemError, ValueError):
            pass
        else:
            raise AssertionError("resized")
    file.seek(0, os.SEEK_END)
    assert file.tell() == 8000
with open(path, "rb") as file:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:5] == b"hello"
    assert file.read()[-1] == 7
END
}

@test "Python's private mappings are refused, as they would be copies" {
	python3 - <<'END'
import errno, mmap

with open("/sys/fs/bpfmmap/r", "r+b") as file:
    try:
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        assert error.errno == errno.EINVAL
    else:
        raise AssertionError("mapped")
END
}

@test "Python's shutil and os copy it out" {
	python3 - <<'END'
import os, shutil

path = "/sys/fs/bpfmmap/r"
with open(path, "r+b") as file:
    file.write(bytes(range(256)) * 31)
contents = open(path, "rb").read()
assert len(contents) == 8000
shutil.copyfile(path, "copy")
assert open("copy", "rb").read() == contents
shutil.copy2(path, "copy2")
assert os.stat("copy2").st_mtime == os.stat(path).st_mtime
os.rename(path, "/sys/fs/bpfmmap/s")
assert os.listdir("/sys/fs/bpfmmap") == ["s"]
try:
    shutil.copyfile("copy", "/sys/fs/bpfmmap/s")
except PermissionError:
    pass
else:
    raise AssertionError("it was truncated")
assert open("/sys/fs/bpfmmap/s", "rb").read() == contents
END
}

@test "NumPy's memmap reads and writes it" {
	python3 - <<'END'
import numpy

path = "/sys/fs/bpfmmap/r"
writable = numpy.memmap(path, dtype=numpy.uint64, mode="r+")
assert writable.shape == (1000,)
writable[:] = numpy.arange(1000)
writable.flush()
readable = numpy.memmap(path, dtype=numpy.uint64, mode="r", offset=80)
assert readable.shape == (990,) and readable[0] == 10 and readable.sum() == sum(range(10, 1000))
writable[999] = 5
assert readable[-1] == 5
assert (numpy.fromfile(path, dtype=numpy.uint64) == writable).all()
END
}

@test "NumPy's memmap reads what is frozen, and does not write it" {
	freeze $D/r
	python3 - <<'END'
import errno, numpy

path = "/sys/fs/bpfmmap/r"
assert numpy.memmap(path, mode="r").sum() == 0
try:
    numpy.memmap(path, mode="r+")
except OSError as error:
    assert error.errno == errno.EPERM
else:
    raise AssertionError("mapped")
END
}

@test "Rust's memmap2" {
	printf A 1<>$D/r
	[ "$(mapped-rust $D/r)" = "8000 bytes, first 65" ]
	[ "$(tail -c 1 $D/r)" = R ]
}

@test "Go's syscall.Mmap, os.ReadFile and io.Copy" {
	printf A 1<>$D/r
	[ "$(mapped-go $D/r out)" = "8000 bytes, 8000 copied, first 65" ]
	[ "$(tail -c 1 $D/r)" = G ]
	cmp $D/r out
}
