// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0382: a freeze takes the writable handle away
pub fn update(region: bpfmmap::Region<bpfmmap::Writable>) {
    let _frozen = region.freeze();
    region.update(0, &1u64, 0).unwrap();
}
