// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0599: a region that others may change gives no bytes
pub fn bytes(region: &bpfmmap::Region<bpfmmap::Writable>) -> u8 {
    region.bytes().unwrap()[0]
}
