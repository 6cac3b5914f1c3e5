# SPDX-License-Identifier: GPL-2.0-only
"""Hold a region until stdin has a byte for each process: hold.py PATH HOW...

HOW is fd, fdr (read-only), r or rw (map it so), each with @OFFSET+BYTES if not all of
it is to be mapped; or fork, which forks a child that holds the same.
"""
import mmap
import os
import sys

path, *how = sys.argv[1:]
kept = []
child = 0
for word in how:
    kind, _, part = word.partition("@")
    if kind == "fork":
        child = os.fork()
        continue
    fd = os.open(path, os.O_RDONLY if kind in ("fdr", "r") else os.O_RDWR)
    if kind in ("fd", "fdr"):
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
