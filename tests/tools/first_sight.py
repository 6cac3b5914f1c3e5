# SPDX-License-Identifier: GPL-2.0-only
"""Tell what a region is when it is first there: first_sight.py PATH

Says "watching", looks for it without a pause, and as soon as it can be opened says whether
it is frozen and the sha256 of its bytes."""
import hashlib
import os
import sys

print("watching", flush=True)
while True:
    try:
        fd = os.open(sys.argv[1], os.O_RDONLY)
        break
    except FileNotFoundError:
        pass
with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
    frozen = "frozen:\t1\n" in file.readlines()
with open(fd, "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
print(f"{'frozen' if frozen else 'not frozen'}, {digest}")
