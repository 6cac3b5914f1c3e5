// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! Regions of bpfmmap: arrays in memory that processes map, share and freeze for good.
//!
//! The state of a region is part of its type. Others may change a [`Region<Writable>`] at any time,
//! so nothing gives a plain reference into it: a [`Shared`] mapping has atomics and copies.
//! Nobody can change a [`Region<Frozen>`] any more, no process, BPF program or kernel module,
//! so its [`Elements`] are a `&[T]`.
//!
//! ```no_run
//! use bpfmmap::{Region, Writable};
//!
//! # fn main() -> Result<(), bpfmmap::Error> {
//! let region = Region::<Writable>::create("squares", 8, 1000, 0)?;
//! {
//!     let map = region.map::<u64>()?;
//!     for i in 0..1000 {
//!         map.store(i, (i * i) as u64);
//!     }
//! }
//! let frozen = region.freeze().map_err(|(_region, error)| error)?;
//! let elements = frozen.elements::<u64>()?;
//! let squares: &[u64] = elements.as_slice().expect("8 bytes an element");
//! assert_eq!(squares[31], 961);
//! # Ok(())
//! # }
//! ```
//!
//! There is no `elements` before the freeze:
//!
//! ```compile_fail,E0599
//! # fn no(region: bpfmmap::Region<bpfmmap::Writable>) {
//! let elements = region.elements::<u64>();
//! # }
//! ```
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod error;
mod map;
mod plain;
mod region;
mod sys;
pub mod uapi;

pub use error::Error;
pub use map::{Bytes, Elements, Shared, Watch};
pub use plain::{Atom, Plain};
pub use region::{
    next_id, unpublish, version, BatchError, Frozen, Info, Kept, Publish, Region, State, Writable,
};
