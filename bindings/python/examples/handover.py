#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Hand a table over to a process that does not trust you: handover.py

The writer fills a region, freezes it and sends its fd through a socket. The reader does not rely
on the writer: it asks the kernel whether the region is frozen, and then tries to change it itself.
examples/handover.c does the same in C.
"""
import os
import socket
import struct
import sys

import bpfmmap

ENTRIES = 1000
SQUARE = struct.Struct("=Q")


def write_and_hand_over(sock: socket.socket) -> None:
    with bpfmmap.Region.create(SQUARE.size, ENTRIES, "squares") as region:
        with region.map(writable=True) as mapping:
            for i in range(ENTRIES):
                SQUARE.pack_into(mapping, i * mapping.stride, i * i)
            print(f"writer: {ENTRIES} squares are written")
            try:
                region.freeze()
            except OSError as error:
                print(f"writer: freeze while I can still write: {error.strerror}")
        region.freeze()
        print("writer: frozen, here you are", flush=True)
        socket.send_fds(sock, [b"\0"], [region.fileno()])


def read_and_check(sock: socket.socket) -> bool:
    _, fds, _, _ = socket.recv_fds(sock, 1, 1)
    with bpfmmap.Region.from_fd(fds[0]) as region:
        info = region.info()
        state = "frozen" if info.frozen else "NOT FROZEN"
        print(f"reader: got region '{info.name}', {info.max_entries} elements, {state}")
        if not info.frozen or info.value_size != SQUARE.size:
            return False
        try:
            region.map(writable=True)
            print("reader: mapping it writable WORKED")
            return False
        except PermissionError as error:
            print(f"reader: {error.strerror}")
        try:
            region.update(0, SQUARE.pack(666))
            print("reader: updating element 0 WORKED")
            return False
        except PermissionError as error:
            print(f"reader: {error.strerror}")
        with region.map() as mapping:
            for i in range(ENTRIES):
                if SQUARE.unpack(mapping.element(i)) != (i * i,):
                    return False
    print(f"reader: all {ENTRIES} elements are right, and stay so", flush=True)
    return True


def main() -> int:
    ours, theirs = socket.socketpair()
    reader = os.fork()
    if reader == 0:
        ours.close()
        os._exit(0 if read_and_check(theirs) else 1)
    theirs.close()
    write_and_hand_over(ours)
    return os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error.strerror}")
