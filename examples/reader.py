#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Read a published region: reader.py NAME [FORMAT]

Maps /sys/fs/bpfmmap/NAME read-only and prints its first ten elements that are not zero. It
needs no library, and no privilege except the permission to read the file. FORMAT is a format of
the struct module for an element. Without it an element of 1, 2, 4 or 8 bytes is a number, and any
other element is bytes.
"""
import mmap
import os
import struct
import sys

DIRECTORY = "/sys/fs/bpfmmap"
NUMBERS = {1: "=B", 2: "=H", 4: "=I", 8: "=Q"}
SHOWN = 10


def describe(fd):
    """What the kernel says about the region of fd, as a dict of strings."""
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as lines:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def elements(view, value_size, max_entries, form):
    """Each element's index and value. Each element starts at a multiple of 8 bytes."""
    stride = (value_size + 7) // 8 * 8
    for index in range(max_entries):
        yield index, struct.unpack_from(form, view, index * stride)


def main(name, form=None):
    fd = os.open(os.path.join(DIRECTORY, name), os.O_RDONLY | os.O_CLOEXEC)
    region = describe(fd)
    value_size, max_entries = int(region["value_size"]), int(region["max_entries"])
    form = form or NUMBERS.get(value_size, f"{value_size}s")
    if struct.calcsize(form) > value_size:
        raise ValueError(f"{form} is more than the {value_size} bytes of an element")

    with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as view:
        state = "frozen" if region["frozen"] == "1" else "not frozen"
        print(f"{name}: {max_entries} elements of {value_size} bytes, {state}")
        found = 0
        for index, value in elements(view, value_size, max_entries, form):
            if any(part not in (0, bytes(value_size)) for part in value):
                found += 1
                if found <= SHOWN:
                    print(f"{index}: {' '.join(map(str, value))}")
        print(f"{found} of them are not zero")
    os.close(fd)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} NAME [FORMAT]")
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, struct.error) as error:
        sys.exit(f"{sys.argv[0]}: {error}")
