// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
// accepted: what the other files try, where it is right
use bpfmmap::{Elements, Frozen, Kept, Region, Shared, Writable};
use std::sync::atomic::{AtomicU64, Ordering};

bpfmmap::plain! { pub struct Whole { a: u64, b: u32, c: u32 } }

pub fn elements(region: &Region<Frozen>) -> u64 {
    region.elements::<Whole>().unwrap()[0].a + u64::from(region.bytes().unwrap()[0])
}

pub fn slice(elements: &Elements<u64>) -> &[u64] {
    elements.as_slice().unwrap()
}

pub fn element(map: &Shared<u64>) -> &AtomicU64 {
    map.atomic(0)
}

pub fn store(region: &Region<Writable>) {
    region.map::<u64>().unwrap().store(0, 1);
    region.map::<u64>().unwrap().atomic(0).fetch_add(1, Ordering::Relaxed);
    region.update(0, &1u64, 0).unwrap();
}

pub fn freeze(region: Region<Writable>) -> Result<Region<Frozen>, Kept> {
    region.freeze().or_else(|(region, _)| region.freeze_revoke())
}
