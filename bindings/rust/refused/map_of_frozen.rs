// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0599: a frozen region can't be mapped writable
pub fn map(region: &bpfmmap::Region<bpfmmap::Frozen>) {
    region.map::<u64>().unwrap().store(0, 1);
}
