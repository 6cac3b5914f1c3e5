// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! What a mapping of a region gives: references if it is frozen, atomics and copies if not.
use crate::sys::Mapping;
use crate::{Atom, Plain};
use std::marker::PhantomData;
use std::mem::{size_of, MaybeUninit};
use std::ops::{Deref, Index};
use std::slice;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU8, AtomicUsize};

/// Bytes from the start of one element to that of the next.
pub(crate) fn stride(value_size: usize) -> usize {
    (value_size + 7) & !7
}

/// The elements of a frozen region. Nobody can change them, so these are plain references.
pub struct Elements<T: Plain> {
    mapping: Mapping,
    count: usize,
    _type: PhantomData<T>,
}

impl<T: Plain> Elements<T> {
    /// The mapping has `count` elements of the size of `T`, and nobody changes it any more.
    pub(crate) fn new(mapping: Mapping, count: usize) -> Self {
        Elements { mapping, count, _type: PhantomData }
    }

    /// Number of elements, which is at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.count
    }

    /// One element, or `None` behind the last one.
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.count {
            return None;
        }
        // SAFETY: the element is mapped as long as self lives, and aligned, as a region starts at a
        // page and an element at a multiple of 8 or of its own size. It is plain, and frozen.
        Some(unsafe { &*self.mapping.start().add(index * stride(size_of::<T>())).cast::<T>() })
    }

    /// Each element, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> + '_ {
        (0..self.count).map(move |index| &self[index])
    }

    /// All elements as a slice. `None` if the size of `T` is not a multiple of 8, because the
    /// elements of a region have gaps between them then.
    pub fn as_slice(&self) -> Option<&[T]> {
        if stride(size_of::<T>()) != size_of::<T>() {
            return None;
        }
        // SAFETY: as in get(); there are no gaps.
        Some(unsafe { slice::from_raw_parts(self.mapping.start().cast(), self.count) })
    }
}

impl<T: Plain> Index<usize> for Elements<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(element) => element,
            None => panic!("element {index} of a region that has {}", self.count),
        }
    }
}

/// All bytes of a frozen region, from the first to the last element's value.
pub struct Bytes {
    mapping: Mapping,
    count: usize,
}

impl Bytes {
    /// Nobody changes the mapping any more.
    pub(crate) fn new(mapping: Mapping, count: usize) -> Self {
        Bytes { mapping, count }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: they are mapped as long as self lives, and frozen.
        unsafe { slice::from_raw_parts(self.mapping.start(), self.count) }
    }
}

/// A mapping that reads a region which others may change meanwhile. It gives copies.
pub struct Watch<T: Plain> {
    mapping: Mapping,
    count: usize,
    _type: PhantomData<T>,
}

impl<T: Plain> Watch<T> {
    pub(crate) fn new(mapping: Mapping, count: usize) -> Self {
        Watch { mapping, count, _type: PhantomData }
    }

    /// Number of elements, which is at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.count
    }

    fn place(&self, index: usize) -> *mut u8 {
        assert!(index < self.count, "element {index} of a region that has {}", self.count);
        // SAFETY: it is in the mapping.
        unsafe { self.mapping.start().add(index * stride(size_of::<T>())) }
    }

    /// A copy of one element. A value of up to a machine's word is read as one, and a larger one
    /// word by word, so it may be part old, part new. It panics if index is behind the last one.
    pub fn load(&self, index: usize) -> T {
        let mut copy = MaybeUninit::<T>::uninit();
        each_word(size_of::<T>(), |at, word| {
            // SAFETY: the word is within the element and aligned; others use atomics, or are other
            // processes.
            unsafe {
                let from = self.place(index).add(at);
                let to = copy.as_mut_ptr().cast::<u8>().add(at);
                match word {
                    Word::One => to.write((*from.cast::<AtomicU8>()).load(Relaxed)),
                    Word::Two => {
                        let value = (*from.cast::<AtomicU16>()).load(Relaxed);
                        to.cast::<u16>().write_unaligned(value);
                    }
                    Word::Four => {
                        let value = (*from.cast::<AtomicU32>()).load(Relaxed);
                        to.cast::<u32>().write_unaligned(value);
                    }
                    Word::Machine => {
                        let value = (*from.cast::<AtomicUsize>()).load(Relaxed);
                        to.cast::<usize>().write_unaligned(value);
                    }
                }
            }
        });
        // SAFETY: all bytes are written, and each pattern of bits is a value.
        unsafe { copy.assume_init() }
    }
}

/// A mapping that reads and writes a region, together with others. It is a writer of the region until
/// it is dropped. To touch it after a freeze with REVOKE raises SIGBUS.
///
/// Nothing gives a reference to an element, except to an atomic:
///
/// ```compile_fail,E0608
/// # fn no(map: bpfmmap::Shared<u64>) {
/// let element = &map[0];
/// # }
/// ```
pub struct Shared<T: Plain> {
    // it is mapped writable
    watch: Watch<T>,
}

impl<T: Plain> Shared<T> {
    /// The mapping is writable.
    pub(crate) fn new(mapping: Mapping, count: usize) -> Self {
        Shared { watch: Watch::new(mapping, count) }
    }

    /// Number of elements, which is at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.watch.count
    }

    /// A copy of one element, as [`Watch::load`].
    pub fn load(&self, index: usize) -> T {
        self.watch.load(index)
    }

    /// Set one element. A value of up to a machine's word is stored as one, and a larger one word by
    /// word. It panics if index is behind the last one.
    pub fn store(&self, index: usize, value: T) {
        each_word(size_of::<T>(), |at, word| {
            // SAFETY: the word is within the element and aligned; others use atomics, or are other
            // processes. A plain type has no padding, which could not be read.
            unsafe {
                let from = (&value as *const T).cast::<u8>().add(at);
                let to = self.watch.place(index).add(at);
                match word {
                    Word::One => (*to.cast::<AtomicU8>()).store(from.read(), Relaxed),
                    Word::Two => {
                        let value = from.cast::<u16>().read_unaligned();
                        (*to.cast::<AtomicU16>()).store(value, Relaxed);
                    }
                    Word::Four => {
                        let value = from.cast::<u32>().read_unaligned();
                        (*to.cast::<AtomicU32>()).store(value, Relaxed);
                    }
                    Word::Machine => {
                        let value = from.cast::<usize>().read_unaligned();
                        (*to.cast::<AtomicUsize>()).store(value, Relaxed);
                    }
                }
            }
        });
    }
}

impl<T: Atom> Shared<T> {
    /// One element as an atomic. It panics if index is behind the last one.
    pub fn atomic(&self, index: usize) -> &T::Atomic {
        // SAFETY: the element is mapped as long as self lives, aligned to 8, and others use atomics
        // as well, or are other processes.
        unsafe { &*self.watch.place(index).cast::<T::Atomic>() }
    }
}

/// What an element is copied by. On a 32-bit machine there are two names for 4 bytes.
#[derive(Clone, Copy)]
enum Word {
    One,
    Two,
    Four,
    Machine,
}

impl Word {
    fn bytes(self) -> usize {
        match self {
            Word::One => 1,
            Word::Two => 2,
            Word::Four => 4,
            Word::Machine => size_of::<usize>(),
        }
    }
}

/// Call `word(offset, size)` for the words that an element of `bytes` is copied by.
fn each_word(bytes: usize, mut word: impl FnMut(usize, Word)) {
    let mut at = 0;
    for size in [Word::Machine, Word::Four, Word::Two, Word::One] {
        while bytes - at >= size.bytes() {
            word(at, size);
            at += size.bytes();
        }
    }
}
