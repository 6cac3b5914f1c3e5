// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0599: a mapping that others may change is no slice
pub fn slice(map: &bpfmmap::Watch<u64>) -> &[u64] {
    map.as_slice()
}
