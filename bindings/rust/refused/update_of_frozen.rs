// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0599: a frozen region can't be written
pub fn update(region: &bpfmmap::Region<bpfmmap::Frozen>) {
    region.update(0, &1u64, 0).unwrap();
}
