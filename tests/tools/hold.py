# SPDX-License-Identifier: GPL-2.0-only
"""Hold a region until stdin has a byte for each process: hold.py PATH HOW...

PATH - is a new region without a name. HOW is fd, fdr (read-only), path (neither), r or rw
(map it so), each with @OFFSET+BYTES if not all of it is to be mapped; or fork, which forks
a child that holds the same.
"""
import fcntl
import mmap
import os
import struct
import sys

CREATE = 0xc028bb01  # BPFMMAP_IOC_CREATE

path, *how = sys.argv[1:]
kept = []
child = 0
nameless = None
if path == "-":
    control = os.open("/dev/bpfmmap", os.O_RDWR)
    create = bytearray(struct.pack("=6I16s", 40, 0, 8, 512, 0, 0, b""))
    nameless = fcntl.ioctl(control, CREATE, create)
    os.close(control)


def open_it(flags):
    return os.dup(nameless) if nameless else os.open(path, flags)


for word in how:
    kind, _, part = word.partition("@")
    if kind == "fork":
        child = os.fork()
        continue
    fd = open_it({"fdr": os.O_RDONLY, "r": os.O_RDONLY, "path": os.O_PATH}.get(kind, os.O_RDWR))
    if kind in ("fd", "fdr", "path"):
        kept.append(fd)
        continue
    offset, _, size = part.partition("+")
    size = int(size or os.lseek(fd, 0, os.SEEK_END))
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if kind == "rw" else 0)
    # Python keeps an fd of its own with the mapping, so that one is ours
    kept.append(mmap.mmap(fd, size, prot=protection, offset=int(offset or 0)))
    os.close(fd)
if "fork" not in how or child:
    print("ready", flush=True)
os.read(0, 1)
if child:
    os.wait()
