// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0599: a region that others may change gives no references
pub fn elements(region: &bpfmmap::Region<bpfmmap::Writable>) -> u64 {
    region.elements::<u64>().unwrap()[0]
}
