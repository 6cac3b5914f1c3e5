#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Show which system calls are made most: top.py NAME

Maps the region that count.c publishes. It takes no privileges, and no system call for each look.
"""
import mmap
import os
import struct
import sys

DIRECTORY = "/sys/fs/bpfmmap"
SHOWN = 10


def main(name):
    fd = os.open(os.path.join(DIRECTORY, name), os.O_RDONLY | os.O_CLOEXEC)
    with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as view:
        counts = struct.unpack(f"={len(view) // 8}Q", view[:])
    order = sorted(range(len(counts)), key=counts.__getitem__, reverse=True)
    for call in order[:SHOWN]:
        if counts[call]:
            print(f"system call {call:>3}: {counts[call]}")
    print(f"{sum(counts)} in all")


if __name__ == "__main__":
    main(*sys.argv[1:])
