// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// E0080: padding has no value that could be stored
bpfmmap::plain! { pub struct Padded { a: u64, b: u32 } }
