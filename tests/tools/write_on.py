# SPDX-License-Identifier: GPL-2.0-only
"""Write to a region until that is no longer possible: write_on.py PATH"""
import mmap
import os
import sys

fd = os.open(sys.argv[1], os.O_RDWR)
table = mmap.mmap(fd, os.lseek(fd, 0, os.SEEK_END))
print("writing", flush=True)
while True:
    table[8] = (table[8] + 1) % 256
