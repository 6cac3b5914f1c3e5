// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0608: a writable mapping gives no reference to an element
pub fn element(map: &bpfmmap::Shared<u64>) -> &u64 {
    &map[0]
}
