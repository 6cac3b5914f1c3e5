// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! Hand a table over to a process that does not trust you: handover
//!
//! The writer fills a region, freezes it and sends its fd through a socket. The reader does not rely
//! on the writer: it asks the kernel whether the region is frozen, and then tries to change it itself.
//! examples/handover.c does the same in C.
use bpfmmap::{uapi, Region, Writable};
use std::error::Error;
use std::os::unix::io::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

mod fds;

const ENTRIES: usize = 1000;

fn write_and_hand_over(sock: &UnixStream) -> Result<(), Box<dyn Error>> {
    let region = Region::<Writable>::create("squares", 8, ENTRIES as u32, 0)?;
    let map = region.map::<u64>()?;
    for i in 0..ENTRIES {
        map.store(i, (i * i) as u64);
    }
    println!("writer: {ENTRIES} squares are written");
    let region = match region.freeze() {
        Ok(_) => return Err("frozen with a writable mapping".into()),
        Err((region, error)) => {
            println!("writer: freeze while I can still write: {error}");
            region
        }
    };
    drop(map);
    let frozen = region.freeze().map_err(|(_, error)| error)?;
    println!("writer: frozen, here you are");
    fds::send(sock, frozen.as_fd())?;
    Ok(())
}

fn read_and_check(sock: &UnixStream) -> Result<(), Box<dyn Error>> {
    let region = Region::from_fd(fds::receive(sock)?)?;
    println!("reader: got region '{}', {} elements", region.name(), region.max_entries());
    match region.map::<u64>() {
        Ok(_) => return Err("mapping it writable WORKED".into()),
        Err(error) => println!("reader: {error}"),
    }
    match region.update(0, &666u64, uapi::ANY) {
        Ok(_) => return Err("updating element 0 WORKED".into()),
        Err(error) => println!("reader: {error}"),
    }
    let frozen = region.into_frozen().map_err(|(_, error)| error)?;
    let elements = frozen.elements::<u64>()?;
    let squares: &[u64] = elements.as_slice().ok_or("8 bytes have no gaps")?;
    if squares.iter().enumerate().any(|(i, square)| *square != (i * i) as u64) {
        return Err("an element is wrong".into());
    }
    println!("reader: all {} elements are right, and stay so", squares.len());
    Ok(())
}

/// The reader is this program again; its standard input is the socket.
fn run() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("reader") {
        return read_and_check(&UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?));
    }
    let (ours, theirs) = UnixStream::pair()?;
    let program = std::env::current_exe()?;
    let mut reader =
        Command::new(program).arg("reader").stdin(Stdio::from(OwnedFd::from(theirs))).spawn()?;
    write_and_hand_over(&ours)?;
    if reader.wait()?.success() {
        Ok(())
    } else {
        Err("the reader has failed".into())
    }
}

fn main() {
    if let Err(error) = run() {
        eprintln!("handover: {error}");
        std::process::exit(1);
    }
}
