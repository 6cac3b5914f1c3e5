// SPDX-License-Identifier: GPL-2.0-only
// mapped PATH: by memmap2, which takes the length from the file's metadata. Reads the first
// byte, writes the last one, flushes, and says what it saw.
use memmap2::{Mmap, MmapMut};
use std::fs::{File, OpenOptions};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).expect("a path");
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    let len = file.metadata()?.len() as usize;
    let mut writable = unsafe { MmapMut::map_mut(&file)? };
    assert_eq!(writable.len(), len);
    writable[len - 1] = b'R';
    writable.flush()?;
    writable.flush_async()?;
    let readable = unsafe { Mmap::map(&File::open(&path)?)? };
    assert_eq!(readable[len - 1], b'R');
    assert_eq!(std::fs::read(&path)?.len(), len);
    // what a mapping without PROT_WRITE is, it stays
    assert!(readable.make_mut().is_err());
    // a copy on write is none of a region
    assert!(unsafe { memmap2::MmapOptions::new().map_copy(&file) }.is_err());
    println!("{} bytes, first {}", len, writable[0]);
    Ok(())
}
