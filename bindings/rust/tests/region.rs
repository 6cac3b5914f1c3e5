// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! Tests of the crate, as root with the module loaded and its file system mounted.
use bpfmmap::{
    next_id, uapi, unpublish, version, Error, Frozen, Kept, Plain, Publish, Region, Writable,
};
use std::fs::File;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::io::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

bpfmmap::plain! {
    #[derive(Debug, PartialEq)]
    struct Price {
        cents: u64,
        count: u32,
        _flags: u32,
    }
}

fn region(value_size: u32, max_entries: u32) -> Region<Writable> {
    Region::<Writable>::create("test", value_size, max_entries, 0).expect("create")
}

/// The result is an error with this number, and with these words in its text.
#[track_caller]
fn refused<T>(result: Result<T, Error>, errno: i32, words: &str) {
    let error = result.err().expect("it is refused");
    assert_eq!(error.errno(), errno, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

/// A freeze that is refused gives the region back.
#[track_caller]
fn not_frozen(result: Result<Region<Frozen>, Kept>, errno: i32, words: &str) -> Region<Writable> {
    let (region, error) = result.expect_err("it is refused");
    refused::<()>(Err(error), errno, words);
    region
}

fn frozen(result: Result<Region<Frozen>, Kept>) -> Region<Frozen> {
    result.map_err(|(_, error)| error).expect("it is frozen")
}

#[test]
fn numbers_and_structs_are_those_of_the_c_header() {
    let path = std::env::var("HEADER_LINES").expect("HEADER_LINES");
    let text = std::fs::read_to_string(path).expect("the lines of the header");
    let mut expected: Vec<&str> = text.lines().collect();
    let lines = uapi::header_lines();
    let mut found: Vec<&str> = lines.iter().map(String::as_str).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn create_gives_its_properties() {
    let region = region(12, 1000);
    assert_eq!((region.value_size(), region.max_entries(), region.stride()), (12, 1000, 16));
    assert_eq!(region.name(), "test");
    let info = region.info().unwrap();
    assert_eq!((info.id, info.bytes, info.frozen), (region.id(), 16384, false));
    assert_eq!((info.name.as_str(), info.published.as_str()), ("test", ""));
    assert!(version().unwrap().0 >= 5);
    assert_eq!(next_id(region.id() - 1).unwrap(), region.id());
    refused(next_id(u32::MAX / 2 - 1), libc::ENOENT, "there is none");
}

#[test]
fn create_refuses_bad_input() {
    let create = Region::<Writable>::create;
    refused(create("", 0, 1, 0), libc::EINVAL, "a size of 0");
    refused(create("", 8, 0, 0), libc::EINVAL, "a size of 0");
    refused(create("", 1 << 31, 1, 0), libc::E2BIG, "");
    refused(create("", 1 << 20, u32::MAX, 0), libc::E2BIG, "max_region_bytes");
    refused(create("", 8, 1, 1), libc::EINVAL, "flags");
    refused(create("a b", 8, 1, 0), libc::EINVAL, "label");
    refused(create("17", 8, 1, 0), libc::EINVAL, "digits");
    refused(create("a\0b", 8, 1, 0), libc::EINVAL, "NUL");
    refused(create("sixteen_letters_", 8, 1, 0), libc::ENAMETOOLONG, "15 bytes");
}

#[test]
fn an_fd_of_something_else_is_no_region() {
    let null = File::open("/dev/null").unwrap();
    refused(Region::from_fd(OwnedFd::from(null)), libc::ENOTTY, "not a region");
    let control = File::options().read(true).write(true).open(uapi::DEVICE).unwrap();
    refused(Region::from_fd(OwnedFd::from(control)), libc::ENOTTY, "not a region");
    let root = File::open(uapi::PUBLISH_DIR).unwrap();
    refused(Region::from_fd(OwnedFd::from(root)), libc::ENOTTY, "not a region");
    let path = Region::open_path("/proc/version", uapi::F_RDONLY);
    refused(path, libc::ENOTTY, "not a region");
}

#[test]
fn a_shared_mapping_stores_and_loads() {
    let region = region(8, 1000);
    let (one, other) = (region.map::<u64>().unwrap(), region.watch::<u64>().unwrap());
    assert_eq!((one.len(), other.len()), (1000, 1000));
    for i in 0..1000 {
        one.store(i, i as u64 * 3);
    }
    assert_eq!((one.load(999), other.load(999)), (2997, 2997));
    one.atomic(7).fetch_add(5, SeqCst);
    assert_eq!(other.load(7), 26);
    assert_eq!(region.lookup::<u64>(7).unwrap(), 26);
    let mappings = region.mappings().unwrap();
    let writable: Vec<u32> = mappings.iter().map(|mapping| mapping.flags).collect();
    assert_eq!(writable, [uapi::MAPPING_WRITABLE, 0]);
}

/// Values of sizes that take each kind of word.
fn round_trip<T: Plain + PartialEq + std::fmt::Debug>(value: T) {
    let region = region(std::mem::size_of::<T>() as u32, 3);
    let map = region.map::<T>().unwrap();
    map.store(1, value);
    assert_eq!(map.load(1), value);
    assert_eq!(region.lookup::<T>(1).unwrap(), value);
    assert_eq!(region.lookup::<T>(0).unwrap(), map.load(2));
    drop(map);
    let frozen = frozen(region.freeze());
    assert_eq!(frozen.elements::<T>().unwrap()[1], value);
}

#[test]
fn values_of_each_size_are_stored_whole() {
    round_trip(0xabu8);
    round_trip(0xabcdu16);
    round_trip(-7i32);
    round_trip(1.5f64);
    round_trip([1u8, 2, 3]);
    round_trip([1u8, 2, 3, 4, 5, 6, 7]);
    round_trip([0x0102u16, 3, 4, 5, 6, 7, 8, 9, 10]);
    round_trip([1u32, 2, 3]);
    round_trip(u128::MAX / 3);
    round_trip(Price { cents: 4711, count: 2, _flags: 1 });
}

#[test]
#[should_panic(expected = "element 3 of a region that has 3")]
fn a_load_behind_the_end_panics() {
    region(8, 3).map::<u64>().unwrap().load(3);
}

#[test]
#[should_panic(expected = "element 3 of a region that has 3")]
fn a_store_behind_the_end_panics() {
    region(8, 3).map::<u64>().unwrap().store(3, 1);
}

#[test]
#[should_panic(expected = "element 3 of a region that has 3")]
fn an_atomic_behind_the_end_panics() {
    region(8, 3).map::<u64>().unwrap().atomic(3);
}

#[test]
#[should_panic(expected = "element 3 of a region that has 3")]
fn an_index_behind_the_end_panics() {
    let _ = frozen(region(8, 3).freeze()).elements::<u64>().unwrap()[3];
}

#[test]
fn elements_are_looked_up_and_updated() {
    let region = region(3, 10);
    region.update(9, b"abc", uapi::ANY).unwrap();
    assert_eq!(&region.lookup::<[u8; 3]>(9).unwrap(), b"abc");
    region.update_batch(2, &[*b"aaa", *b"bbb"]).unwrap();
    let mut found = [[0; 3]; 4];
    region.lookup_batch(1, &mut found).unwrap();
    assert_eq!(found, [[0; 3], *b"aaa", *b"bbb", [0; 3]]);
    region.update_batch::<[u8; 3]>(0, &[]).unwrap();
}

#[test]
fn elements_refuse_bad_input() {
    let region = region(3, 10);
    for index in [10, u32::MAX] {
        refused(region.lookup::<[u8; 3]>(index), libc::ENOENT, "it has 10 elements");
        refused(region.update(index, b"abc", uapi::ANY), libc::E2BIG, "it has 10 elements");
    }
    refused(region.update(0, b"abc", uapi::NOEXIST), libc::EEXIST, "every element exists");
    refused(region.update(0, b"abc", 7), libc::EINVAL, "NOEXIST");
    // a type of another size never reaches memory
    refused(region.lookup::<u64>(0), libc::EINVAL, "3 bytes, the type has 8");
    refused(region.update(0, b"ab", uapi::ANY), libc::EINVAL, "3 bytes, the type has 2");
    refused(region.map::<u32>(), libc::EINVAL, "3 bytes, the type has 4");
    refused(region.watch::<u32>(), libc::EINVAL, "3 bytes, the type has 4");
    let error = region.update_batch(8, &[*b"aaa", *b"bbb", *b"ccc"]).unwrap_err();
    assert_eq!((error.done, error.error.errno()), (2, libc::E2BIG));
    let error = region.lookup_batch(9, &mut [[0u8; 3]; 2]).unwrap_err();
    assert_eq!((error.done, error.error.errno()), (1, libc::ENOENT));
    let error = region.update_batch(0, &[1u64]).unwrap_err();
    assert_eq!((error.done, error.error.errno()), (0, libc::EINVAL));
    refused(frozen(region.freeze()).elements::<u32>(), libc::EINVAL, "the type has 4");
}

#[test]
fn rights_are_restricted() {
    let region = region(8, 10);
    let reader = region.restrict(uapi::F_RDONLY).unwrap();
    refused(reader.update(0, &1u64, 0), libc::EPERM, "read-only");
    refused(reader.map::<u64>(), libc::EACCES, "read-only");
    assert_eq!(reader.watch::<u64>().unwrap().load(0), 0);
    not_frozen(reader.freeze(), libc::EPERM, "read-only");
    let writer = region.restrict(uapi::F_WRONLY).unwrap();
    refused(writer.lookup::<u64>(0), libc::EPERM, "write-only");
    let other = region.restrict(uapi::F_NOFREEZE).unwrap();
    not_frozen(other.freeze(), libc::EPERM, "no right to freeze");
    refused(region.restrict(uapi::F_RDONLY | uapi::F_WRONLY), libc::EINVAL, "neither read");
    refused(region.handle(), libc::EOPNOTSUPP, "F_PROG");
}

#[test]
fn a_freeze_is_refused_then_granted() {
    let region = region(8, 1000);
    let map = region.map::<u64>().unwrap();
    for i in 0..1000 {
        map.store(i, (i * i) as u64);
    }
    let region = not_frozen(region.freeze(), libc::EBUSY, "it has a writer");
    // it is still a region that can be written
    region.update(0, &4711u64, uapi::ANY).unwrap();
    drop(map);
    let frozen = frozen(region.freeze());
    let elements = frozen.elements::<u64>().unwrap();
    let slice: &[u64] = elements.as_slice().unwrap();
    assert_eq!((slice.len(), slice[0], slice[31]), (1000, 4711, 961));
    assert_eq!(elements.iter().skip(1).sum::<u64>(), (1..1000).map(|i| i * i).sum::<u64>());
    assert_eq!((elements.get(1000), elements.len()), (None, 1000));
}

#[test]
fn elements_with_gaps_are_no_slice() {
    let region = region(12, 3);
    region.update(2, &[1u32, 2, 3], uapi::ANY).unwrap();
    let frozen = frozen(region.freeze());
    let elements = frozen.elements::<[u32; 3]>().unwrap();
    assert_eq!(elements.as_slice(), None);
    assert_eq!(elements[2], [1, 2, 3]);
    let bytes = frozen.bytes().unwrap();
    assert_eq!((bytes.len(), bytes[32]), (44, 1));
}

#[test]
fn what_is_frozen_is_not_written() {
    let region = region(8, 10);
    region.update(0, &1u64, uapi::ANY).unwrap();
    let other = region.restrict(0).unwrap();
    let frozen = frozen(region.freeze());
    refused(other.update(0, &2u64, uapi::ANY), libc::EPERM, "it is frozen");
    refused(other.map::<u64>(), libc::EPERM, "it is frozen");
    let file = File::from(other.restrict(0).unwrap().into_fd());
    assert_eq!(file.write_at(b"x", 0).unwrap_err().raw_os_error(), Some(libc::EPERM));
    let other = not_frozen(other.freeze(), libc::EPERM, "it is frozen");
    let other = self::frozen(other.into_frozen());
    assert_eq!(other.elements::<u64>().unwrap()[0], 1);
    assert_eq!(frozen.lookup::<u64>(0).unwrap(), 1);
    assert_eq!(frozen.restrict(uapi::F_RDONLY).unwrap().lookup::<u64>(0).unwrap(), 1);
}

#[test]
fn frozen_for_processes_is_not_frozen() {
    let region = Region::<Writable>::create("", 8, 10, uapi::F_PROG).unwrap();
    assert_ne!(region.handle().unwrap(), 0);
    region.freeze_processes().unwrap();
    assert_eq!(region.info().unwrap().frozen_for, uapi::FROZEN_FOR_PROCESSES);
    refused(region.update(0, &1u64, 0), libc::EPERM, "frozen for processes");
    // programs may write, so there is no &[T] of it
    let region = not_frozen(region.into_frozen(), libc::EAGAIN, "not frozen for everybody");
    frozen(region.freeze());
}

#[test]
fn revoke_freezes_in_spite_of_writers() {
    let region = region(8, 10);
    let map = region.map::<u64>().unwrap();
    map.store(0, 1);
    let frozen = frozen(region.freeze_revoke());
    assert_eq!(frozen.elements::<u64>().unwrap()[0], 1);
    // SAFETY: the child only stores and exits.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        map.store(0, 2);
        // SAFETY: it ends the child.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: status is an int.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGBUS);
}

#[test]
fn a_pending_freeze_is_taken_back() {
    let region = region(8, 10);
    refused(region.freeze_cancel(), libc::ENOENT, "no freeze is pending");
    let map = region.map::<u64>().unwrap();
    assert!(!region.freeze_when_idle(false).unwrap());
    refused(region.update(0, &1u64, 0), libc::EBUSY, "a freeze is pending");
    refused(region.map::<u64>(), libc::EBUSY, "a freeze is pending");
    region.freeze_cancel().unwrap();
    assert!(!region.freeze_when_idle(true).unwrap());
    region.freeze_cancel().unwrap();
    region.update(0, &1u64, 0).unwrap();
    refused(
        region.freeze_with(uapi::FREEZE_WHEN_IDLE | uapi::FREEZE_CANCEL),
        libc::EINVAL,
        "can't be combined",
    );
    drop(map);
    assert!(region.freeze_when_idle(false).unwrap());
    frozen(region.into_frozen());
}

#[test]
fn a_wait_ends_with_the_last_writer_or_with_the_time() {
    let region = region(8, 10);
    let map = region.map::<u64>().unwrap();
    let soon = Some(Duration::from_millis(10));
    let region = not_frozen(region.wait_frozen(soon), libc::ETIMEDOUT, "10ms");
    let region = not_frozen(region.freeze_wait(soon), libc::ETIMEDOUT, "10ms");
    // the freeze that has waited is taken back
    region.update(0, &1u64, 0).unwrap();
    let other = region.restrict(0).unwrap();
    let waiting = std::thread::spawn(move || frozen(region.freeze_wait(None)));
    while other.info().unwrap().freeze_pending == 0 {
        std::thread::yield_now();
    }
    drop(map);
    assert_eq!(waiting.join().unwrap().lookup::<u64>(0).unwrap(), 1);
    frozen(other.wait_frozen(Some(Duration::from_secs(60))));
}

#[test]
fn a_region_is_published_and_opened() {
    let region = region(8, 10);
    let id = region.id();
    region.update(7, &4711u64, 0).unwrap();
    region.publish("prices", Publish { mode: Some(0o640), ..Publish::default() }).unwrap();
    let mode = std::fs::metadata("/sys/fs/bpfmmap/prices").unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    refused(region.publish("other", Publish::default()), libc::EALREADY, "a name already");
    drop(frozen(region.freeze()));
    let reader = Region::open("prices", uapi::F_RDONLY).unwrap();
    assert_eq!((reader.id(), reader.info().unwrap().fd_flags), (id, uapi::F_RDONLY));
    assert_eq!(frozen(reader.into_frozen()).elements::<u64>().unwrap()[7], 4711);
    let open = |flags| Region::open("prices", flags).unwrap().info().unwrap().fd_flags;
    assert_eq!(open(uapi::F_NOFREEZE), uapi::F_NOFREEZE);
    let by_id = Region::open_id(id, uapi::F_WRONLY).unwrap();
    assert_eq!(by_id.info().unwrap().published, "");
    refused(
        Region::create("", 8, 1, 0).unwrap().publish("prices", Publish::default()),
        libc::EEXIST,
        "another file",
    );
    unpublish("prices").unwrap();
    refused(Region::open("prices", 0), libc::ENOENT, "prices");
}

#[test]
fn a_region_is_published_in_a_directory() {
    std::fs::create_dir("/sys/fs/bpfmmap/team").unwrap();
    let directory = File::open("/sys/fs/bpfmmap/team").unwrap();
    let options = Publish { directory: Some(directory.as_fd()), ..Publish::default() };
    region(8, 10).publish("prices", options).unwrap();
    let found = Region::open("team/prices", 0).unwrap();
    assert_eq!(found.info().unwrap().published, "team/prices");
    unpublish("team/prices").unwrap();
    refused(unpublish("team"), libc::ENOENT, "directory");
    std::fs::remove_dir("/sys/fs/bpfmmap/team").unwrap();
}

#[test]
fn names_refuse_bad_input() {
    let region = region(8, 10);
    let publish = |name: &str| region.publish(name, Publish::default());
    for name in ["", "-x", ".x", "a b", "ü"] {
        refused(publish(name), libc::EINVAL, name);
    }
    refused(publish("17"), libc::EINVAL, "digits");
    refused(publish("a\0b"), libc::EINVAL, "NUL");
    refused(publish(&"x".repeat(64)), libc::ENAMETOOLONG, "63 bytes");
    let options = Publish { mode: Some(0o777), ..Publish::default() };
    refused(region.publish("prices", options), libc::EINVAL, "0o666");
    for name in ["", "/etc/passwd", "../x", "a//b", "a/", "a\0b"] {
        refused(Region::open(name, 0), libc::EINVAL, "NAME or DIRECTORY/NAME");
        refused(unpublish(name), libc::EINVAL, "NAME or DIRECTORY/NAME");
    }
    refused(Region::open(&"x".repeat(64), 0), libc::ENAMETOOLONG, "63 bytes");
    refused(Region::open("x", uapi::F_RDONLY | uapi::F_WRONLY), libc::EINVAL, "0x18");
    refused(Region::open_id(0x7fff_fff0, 0), libc::ENOENT, "no region has this id");
    refused(Region::open_id(region.id(), 1), libc::EINVAL, "flags");
}

#[test]
fn an_fd_goes_to_another_process() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let region = region(8, 10);
    region.update(0, &4711u64, 0).unwrap();
    let frozen = frozen(region.freeze());
    // SAFETY: the child only receives, checks and exits.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let fd = fds::receive(&theirs).expect("an fd");
        let region = Region::from_fd(fd).expect("a region");
        let good = region.update(0, &1u64, 0).is_err();
        let value = self::frozen(region.into_frozen()).elements::<u64>().unwrap()[0];
        // SAFETY: it ends the child.
        unsafe { libc::_exit(if good && value == 4711 { 0 } else { 1 }) };
    }
    fds::send(&ours, frozen.as_fd()).unwrap();
    let mut status = 0;
    // SAFETY: status is an int.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
}

#[path = "../examples/fds/mod.rs"]
mod fds;
