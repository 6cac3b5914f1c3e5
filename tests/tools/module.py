# SPDX-License-Identifier: GPL-2.0-only
"""Write a module without any code: module.py RELEASE CRC [SERIAL] >bpfmmap.ko

It is for RELEASE, wants module_layout with that CRC, and with SERIAL (four characters)
has a signature by a certificate of that number, with only those parts that doctor reads."""
import struct
import sys

release, crc = sys.argv[1], int(sys.argv[2])
order = b"\1" if sys.byteorder == "little" else b"\2"
sections = [
    (b"", b""),
    (b".modinfo", f"license=GPL\0vermagic={release} SMP mod_unload modversions \0".encode()),
    (b"__versions", struct.pack("=Q56s", crc, b"module_layout")),
]
names = b"\0.modinfo\0__versions\0.shstrtab\0"
sections.append((b".shstrtab", names))

body, headers, offset = b"", b"", 64
for name, data in sections:
    headers += struct.pack("=IIQQQQIIQQ", names.index(name), 1, 0, 0, offset, len(data), 0, 0, 8, 0)
    data += b"\0" * (-len(data) % 8)
    body += data
    offset += len(data)
out = struct.pack("=16sHHIQQQIHHHHHH", b"\x7fELF\2" + order + b"\1", 1, 62, 1, 0, 0, offset, 0, 64, 0, 0, 64,
                  len(sections), len(sections) - 1) + body + headers
if len(sys.argv) > 3:
    signature = b"SIGNED BY \2\4" + sys.argv[3].encode()
    out += signature + struct.pack(">BBBBB3xI", 0, 0, 2, 0, 0, len(signature))
    out += b"~Module signature appended~\n"
sys.stdout.buffer.write(out)
