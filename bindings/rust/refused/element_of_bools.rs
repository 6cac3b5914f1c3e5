// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0277: not each pattern of bits is a bool
pub fn elements(region: &bpfmmap::Region<bpfmmap::Frozen>) {
    let _ = region.elements::<bool>();
}
