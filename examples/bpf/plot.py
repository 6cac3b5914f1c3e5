#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Draw the histogram of a published region: plot.py NAME [BUCKETS]

The region has BUCKETS (64) elements of 8 bytes for each CPU: element i counts what took 2^i to
2^(i+1) nanoseconds, as latency.c leaves it. The CPUs are added up.
"""
import mmap
import os
import struct
import sys

DIRECTORY = "/sys/fs/bpfmmap"
WIDTH = 50


def sums(view, buckets):
    """For each bucket what all CPUs have counted."""
    numbers = struct.unpack(f"={len(view) // 8}Q", view[:len(view) // 8 * 8])
    return [sum(numbers[bucket::buckets]) for bucket in range(buckets)]


def main(name, buckets="64"):
    fd = os.open(os.path.join(DIRECTORY, name), os.O_RDONLY | os.O_CLOEXEC)
    with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as view:
        counts = sums(view, int(buckets))
    used = [bucket for bucket, count in enumerate(counts) if count]
    if not used:
        sys.exit(f"{name}: nothing has been counted yet")
    for bucket in range(used[0], used[-1] + 1):
        bar = "#" * (WIDTH * counts[bucket] // max(counts))
        print(f"{2 ** bucket:>12} ns {counts[bucket]:>10} {bar}")
    print(f"{sum(counts)} in all")


if __name__ == "__main__":
    main(*sys.argv[1:])
