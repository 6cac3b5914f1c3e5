// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0505: an element lives as long as its mapping
pub fn element(elements: bpfmmap::Elements<u64>) -> u64 {
    let element = &elements[0];
    drop(elements);
    *element
}
