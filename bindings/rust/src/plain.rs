// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
use std::sync::atomic::*;

/// Plain old data: a type that an element of a region can be.
///
/// The macro [`plain!`](crate::plain!) defines a struct of this kind without `unsafe`.
///
/// # Safety
///
/// Each pattern of bits is a valid value; there is no padding; nothing in it can change through a
/// shared reference; and it means the same in each process, so it has no pointers. `bool`,
/// `char`, enums and references are no plain old data.
///
/// ```compile_fail,E0277
/// # fn no(region: bpfmmap::Region<bpfmmap::Frozen>) {
/// let flags = region.elements::<bool>();
/// # }
/// ```
pub unsafe trait Plain: Copy + Send + Sync + 'static {}

/// A number that a region has as an atomic.
///
/// # Safety
///
/// `Atomic` has the size of `Self`, and needs no alignment above 8.
pub unsafe trait Atom: Plain {
    /// The atomic of the same size.
    type Atomic: Sync;
}

macro_rules! plain_numbers {
    ($($type:ty)*) => {
        // SAFETY: each pattern of bits is a number.
        $(unsafe impl Plain for $type {})*
    };
}

macro_rules! atoms {
    ($($size:literal $type:ty: $atomic:ty,)*) => {
        $(
            // SAFETY: the documentation of the atomics promises the size.
            #[cfg(target_has_atomic = $size)]
            unsafe impl Atom for $type {
                type Atomic = $atomic;
            }
        )*
    };
}

plain_numbers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 }

atoms! {
    "8" u8: AtomicU8, "8" i8: AtomicI8, "16" u16: AtomicU16, "16" i16: AtomicI16,
    "32" u32: AtomicU32, "32" i32: AtomicI32, "64" u64: AtomicU64, "64" i64: AtomicI64,
}

// SAFETY: an array has no padding between its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// Define a struct of plain old data. Its layout is that of C, and it does not compile if it would
/// have padding, or a field that is no plain old data.
///
/// ```
/// bpfmmap::plain! {
///     #[derive(Debug, PartialEq)]
///     pub struct Price {
///         pub cents: u64,
///         pub count: u32,
///         pub flags: u32,
///     }
/// }
/// ```
///
/// ```compile_fail,E0080
/// bpfmmap::plain! { struct Padded { a: u64, b: u32 } }
/// ```
#[macro_export]
macro_rules! plain {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident { $($field_vis:vis $field:ident: $type:ty),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        $vis struct $name { $($field_vis $field: $type),+ }

        const _: () = {
            const fn is_plain<T: $crate::Plain>() {}
            $(is_plain::<$type>();)+
            assert!(
                ::core::mem::size_of::<$name>() == 0 $(+ ::core::mem::size_of::<$type>())+,
                "the struct has padding"
            );
        };

        // SAFETY: the fields are plain, and there is nothing between them.
        unsafe impl $crate::Plain for $name {}
    };
}
