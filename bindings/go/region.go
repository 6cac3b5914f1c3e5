// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

// Package bpfmmap has the regions of bpfmmap: arrays in memory that processes map, share and freeze for
// good.
//
//	region, err := bpfmmap.Create("squares", 8, 1000, nil)
//	mapping, err := region.Map(true)
//	mapping.Store64(31, 961)
//	mapping.Close()
//	err = region.Freeze() // errors.Is(err, bpfmmap.ErrBusy) while somebody can still write
//	err = region.Publish("squares", nil)
//
// A region is an io.ReaderAt and an io.WriterAt of its bytes. Element i starts at byte i * Stride().
package bpfmmap

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Region is a handle of a region: one fd. The region lives as long as a process has it open or mapped, or
// as long as it has a name. Several goroutines may use it at the same time, but not after Close.
type Region struct {
	file                      *os.File
	id, valueSize, maxEntries uint32
	name                      string
}

var (
	_ io.ReaderAt = (*Region)(nil)
	_ io.WriterAt = (*Region)(nil)
	_ io.Closer   = (*Region)(nil)
)

// Info has the properties of a region, and its state now: see struct bpfmmap_info.
type Info struct {
	ID, ValueSize, MaxEntries, Flags uint32
	NumaNode                         int32
	Bytes, Mappings, Writers         uint64
	Frozen                           bool
	CreatorUID                       uint32
	Name                             string
	FreezePending, FDFlags           uint32
	Published                        string
	HugeRuns, Revoked                uint64
	FrozenFor, Wakes                 uint32
}

// MappingEntry is one call of mmap that still has mappings: see struct bpfmmap_mapping_entry.
type MappingEntry struct {
	PID                           uint32
	Writable                      bool
	Offset, Bytes, SinceNs, Count uint64
}

// CreateOptions are what Create needs seldom.
type CreateOptions struct {
	// Flags of create.
	Flags uint32
	// NumaNode is the node that pages are taken from, if Flags has the flag NumaNode.
	NumaNode uint32
}

// PublishOptions are owner, group, permissions (0 to 0666) and directory of a name. Without them these
// are the caller, 0600, and the root of the file system.
type PublishOptions struct {
	UID, GID, Mode *uint32
	// Directory of the file system, or nil.
	Directory *os.File
}

func request(fd int, number uintptr, args unsafe.Pointer) (int, syscall.Errno) {
	result, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), number, uintptr(args))
	return int(result), errno
}

func control(number uintptr, args unsafe.Pointer, why reasons, what string, a ...any) (int, error) {
	fd, err := syscall.Open(Device, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1, newError(err.(syscall.Errno), reasons{
			syscall.ENOENT: "the module bpfmmap is not loaded",
			syscall.EACCES: "you are not in the group bpfmmap",
		}, "open "+Device)
	}
	defer syscall.Close(fd)
	result, errno := request(fd, number, args)
	if errno != 0 {
		return -1, newError(errno, why, what, a...)
	}
	return result, nil
}

// setName copies a name to a field. The kernel would not see what is behind a NUL.
func setName(field []byte, name, what string) error {
	what = fmt.Sprintf("the %s %q", what, name)
	switch {
	case len(name) >= len(field):
		return invalid(syscall.ENAMETOOLONG, fmt.Sprintf("it can have %d bytes", len(field)-1), what)
	case strings.ContainsRune(name, 0):
		return invalid(syscall.EINVAL, "a name has no NUL", what)
	case name != "" && strings.Trim(name, "0123456789") == "":
		return invalid(syscall.EINVAL, "digits alone are an id", what)
	}
	copy(field, name)
	return nil
}

func goString(field []byte) string {
	text, _, _ := strings.Cut(string(field), "\x00")
	return text
}

// pathOf is the path of a name, which must not lead out of the file system or to a directory.
func pathOf(name string) (string, error) {
	if len(name) >= publishLen {
		return "", invalid(syscall.ENAMETOOLONG, "it can have 63 bytes", "the name %q", name)
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || part[0] == '.' || strings.ContainsRune(part, 0) {
			why := "it is NAME or DIRECTORY/NAME, and no part is empty or starts with a dot"
			return "", invalid(syscall.EINVAL, why, "the name %q", name)
		}
	}
	return PublishDir + "/" + name, nil
}

// Version returns the version of the module's interface, and its features.
func Version() (version uint32, features uint64, err error) {
	args := versionArgs{size: uint32(unsafe.Sizeof(versionArgs{}))}
	_, err = control(iocVersion, unsafe.Pointer(&args), nil, "version")
	return args.version, args.features, err
}

// NextID returns the smallest id in use that is larger than start. It requires CAP_SYS_ADMIN. If there is
// none the error is syscall.ENOENT.
func NextID(start uint32) (uint32, error) {
	args := nextIDArgs{size: uint32(unsafe.Sizeof(nextIDArgs{})), startID: start}
	_, err := control(iocNextID, unsafe.Pointer(&args), reasons{
		syscall.ENOENT: "there is none",
		syscall.EPERM:  "you need CAP_SYS_ADMIN",
	}, "the id after %d", start)
	return args.nextID, err
}

// Unpublish removes a name, which may be in a directory (DIRECTORY/NAME).
func Unpublish(name string) error {
	path, err := pathOf(name)
	if err != nil {
		return err
	}
	err = syscall.Unlink(path)
	if err == nil {
		return nil
	}
	if err == syscall.EISDIR {
		return invalid(syscall.ENOENT, "it is a directory", "unpublish %q", name)
	}
	return newError(err.(syscall.Errno), nil, "unpublish %q", name)
}

// Create creates a region of maxEntries elements of valueSize bytes, which are zero. name is a label of up
// to 15 characters, or empty. options may be nil.
func Create(name string, valueSize, maxEntries uint32, options *CreateOptions) (*Region, error) {
	args := createArgs{
		size:       uint32(unsafe.Sizeof(createArgs{})),
		valueSize:  valueSize,
		maxEntries: maxEntries,
	}
	if options != nil {
		args.flags, args.numaNode = options.Flags, options.NumaNode
	}
	if err := setName(args.name[:], name, "label"); err != nil {
		return nil, err
	}
	fd, err := control(iocCreate, unsafe.Pointer(&args), reasons{
		syscall.EINVAL: "a size of 0, unknown flags, a NUMA node that is not online, or a label with " +
			"other characters than A-Z a-z 0-9 _ .",
		syscall.E2BIG:  "it is larger than the module parameter max_region_bytes",
		syscall.ENOSPC: "a limit of the module is reached",
	}, "create a region of %d elements of %d bytes", maxEntries, valueSize)
	if err != nil {
		return nil, err
	}
	return own(fd)
}

// Open opens a region by its name, or by its path (DIRECTORY/NAME) from /sys/fs/bpfmmap. flags are ReadOnly
// or WriteOnly, and NoFreeze.
func Open(name string, flags uint32) (*Region, error) {
	path, err := pathOf(name)
	if err != nil {
		return nil, err
	}
	return OpenPath(path, flags)
}

// OpenPath opens a region by the path of its file.
func OpenPath(path string, flags uint32) (*Region, error) {
	mode := syscall.O_CLOEXEC | syscall.O_NOCTTY
	switch flags &^ NoFreeze {
	case 0:
		mode |= syscall.O_RDWR
	case ReadOnly:
		mode |= syscall.O_RDONLY
	case WriteOnly:
		mode |= syscall.O_WRONLY
	default:
		why := fmt.Sprintf("flags %#x are not ReadOnly or WriteOnly, and NoFreeze", flags)
		return nil, invalid(syscall.EINVAL, why, "open %s", path)
	}
	fd, err := syscall.Open(path, mode, 0)
	if err != nil {
		errno, ok := err.(syscall.Errno)
		if !ok {
			errno = syscall.EINVAL
		}
		return nil, newError(errno, nil, "open %s", path)
	}
	region, err := own(fd)
	if err != nil || flags&NoFreeze == 0 {
		return region, err
	}
	defer region.Close()
	return region.Restrict(NoFreeze)
}

// OpenID opens a region by its id. It requires CAP_SYS_ADMIN.
func OpenID(id, flags uint32) (*Region, error) {
	args := openArgs{size: uint32(unsafe.Sizeof(openArgs{})), id: id, flags: flags}
	fd, err := control(iocOpen, unsafe.Pointer(&args), reasons{
		syscall.EINVAL: "flags are not ReadOnly or WriteOnly, and NoFreeze",
		syscall.ENOENT: "no region has this id",
		syscall.EPERM:  "you need CAP_SYS_ADMIN",
	}, "open region %d", id)
	if err != nil {
		return nil, err
	}
	return own(fd)
}

// FromFD takes over an fd, which may come from a process that is not trusted. After an error, such as
// ErrNotRegion, it still is the caller's.
func FromFD(fd int) (*Region, error) {
	// only a file of the file system bpfmmap is a region: no other driver can pose as one
	var fs syscall.Statfs_t
	if err := syscall.Fstatfs(fd, &fs); err != nil {
		return nil, newError(err.(syscall.Errno), nil, "fd %d", fd)
	}
	if uint32(fs.Type) != fsMagic {
		return nil, invalid(syscall.ENOTTY, "it is not a region", "fd %d", fd)
	}
	args := infoArgs{size: uint32(unsafe.Sizeof(infoArgs{}))}
	if _, errno := request(fd, iocInfo, unsafe.Pointer(&args)); errno != 0 {
		why := reasons{syscall.ENOTTY: "it is not a region"}
		return nil, newError(errno, why, "fd %d", fd)
	}
	name := goString(args.name[:])
	file := os.NewFile(uintptr(fd), "region "+name)
	return &Region{file, args.id, args.valueSize, args.maxEntries, name}, nil
}

// own is FromFD for an fd that is closed after an error.
func own(fd int) (*Region, error) {
	region, err := FromFD(fd)
	if err != nil {
		syscall.Close(fd)
	}
	return region, err
}

// Close closes the fd. Mappings stay.
func (r *Region) Close() error {
	return r.file.Close()
}

// fd is the number of the fd. The file is kept from the garbage collector by the methods that use it, as they
// use r again.
func (r *Region) fd() int {
	return int(r.file.Fd())
}

// Fd is the number of the fd, which stays the region's own.
func (r *Region) Fd() uintptr {
	return r.file.Fd()
}

// ID is unique while the region lives.
func (r *Region) ID() uint32 { return r.id }

// Name is the label that the region was created with.
func (r *Region) Name() string { return r.name }

// ValueSize is the number of bytes of an element.
func (r *Region) ValueSize() uint32 { return r.valueSize }

// MaxEntries is the number of elements.
func (r *Region) MaxEntries() uint32 { return r.maxEntries }

// Stride is the number of bytes from the start of one element to that of the next: ValueSize rounded up to 8.
func (r *Region) Stride() uint64 { return (uint64(r.valueSize) + 7) &^ 7 }

// ReadAt reads bytes, as pread(2) does.
func (r *Region) ReadAt(p []byte, offset int64) (int, error) {
	n, err := r.file.ReadAt(p, offset)
	return n, r.ofFile(err, "read")
}

// WriteAt writes bytes, as pwrite(2) does. At the end of the region the error is syscall.ENOSPC. (os.File
// would not tell how many bytes were written before that.)
func (r *Region) WriteAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := syscall.Pwrite(r.fd(), p[done:], offset+int64(done))
		runtime.KeepAlive(r)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return done, r.ofFile(err, "write")
		}
		done += n
	}
	return done, nil
}

// ofFile is an error of package os as one of this package.
func (r *Region) ofFile(err error, what string) error {
	var errno syscall.Errno
	if err == nil || !errors.As(err, &errno) {
		return err
	}
	return r.refused(errno, reasons{syscall.ENOSPC: "that is behind its end"}, what)
}

// request makes a request of this fd.
func (r *Region) request(number uintptr, args unsafe.Pointer, why reasons, what string) (int, error) {
	result, errno := request(r.fd(), number, args)
	runtime.KeepAlive(r)
	if errno != 0 {
		return -1, r.refused(errno, why, what)
	}
	return result, nil
}

// refused is the error of a request. EPERM and EACCES have several reasons: ask which.
func (r *Region) refused(errno syscall.Errno, why reasons, what string) *Error {
	err := newError(errno, why, "%s region %d", what, r.id)
	if errno == syscall.EBUSY && why[errno] == "" {
		err.Why = "a freeze is pending"
	}
	if errno != syscall.EPERM && errno != syscall.EACCES {
		return err
	}
	args := infoArgs{size: uint32(unsafe.Sizeof(infoArgs{}))}
	if _, failed := request(r.fd(), iocInfo, unsafe.Pointer(&args)); failed != 0 {
		return err
	}
	switch {
	case args.frozen != 0:
		err.Why, err.frozen = "it is frozen", true
	case args.fdFlags&ReadOnly != 0:
		err.Why = "this fd is read-only"
	case args.fdFlags&WriteOnly != 0:
		err.Why = "this fd is write-only"
	case args.fdFlags&NoFreeze != 0 && what == "freeze":
		err.Why = "this fd has no right to freeze"
	case args.frozenFor == FrozenForProcesses:
		err.Why, err.frozen = "it is frozen for processes", true
	}
	return err
}

// Info returns properties of the region, and its state now.
func (r *Region) Info() (Info, error) {
	a := infoArgs{size: uint32(unsafe.Sizeof(infoArgs{}))}
	if _, err := r.request(iocInfo, unsafe.Pointer(&a), nil, "info of"); err != nil {
		return Info{}, err
	}
	return Info{
		ID: a.id, ValueSize: a.valueSize, MaxEntries: a.maxEntries, Flags: a.flags,
		NumaNode: a.numaNode, Bytes: a.bytes, Mappings: a.mappings, Writers: a.writers,
		Frozen: a.frozen != 0, CreatorUID: a.creatorUID, Name: goString(a.name[:]),
		FreezePending: a.freezePending, FDFlags: a.fdFlags, Published: goString(a.published[:]),
		HugeRuns: a.hugeRuns, Revoked: a.revoked, FrozenFor: a.frozenFor, Wakes: a.wakes,
	}, nil
}

// Mappings lists the calls of mmap that still have mappings, oldest first.
func (r *Region) Mappings() ([]MappingEntry, error) {
	for room := uint32(16); ; {
		entries := make([]mappingEntry, room)
		args := mappingsArgs{
			size:    uint32(unsafe.Sizeof(mappingsArgs{})),
			count:   room,
			entries: address(unsafe.Pointer(&entries[0])),
		}
		_, err := r.request(iocMappings, unsafe.Pointer(&args), nil, "list mappings of")
		if err != nil {
			return nil, err
		}
		if args.count > room {
			room = args.count + 16
			continue
		}
		var found []MappingEntry
		for _, e := range entries[:args.count] {
			found = append(found, MappingEntry{e.pid, e.flags&mappingWritable != 0, e.offset, e.bytes,
				e.sinceNs, e.count})
		}
		return found, nil
	}
}

// Restrict returns another handle, with fewer rights: ReadOnly or WriteOnly, and NoFreeze. 0: with all.
func (r *Region) Restrict(flags uint32) (*Region, error) {
	args := restrictArgs{size: uint32(unsafe.Sizeof(restrictArgs{})), flags: flags}
	fd, err := r.request(iocRestrict, unsafe.Pointer(&args), reasons{
		syscall.EINVAL: "unknown flags, or the fd could neither read nor write",
	}, "restrict")
	if err != nil {
		return nil, err
	}
	return own(fd)
}

// Handle returns the number by which BPF programs reach the region.
func (r *Region) Handle() (uint64, error) {
	args := handleArgs{size: uint32(unsafe.Sizeof(handleArgs{}))}
	_, err := r.request(iocHandle, unsafe.Pointer(&args), reasons{
		syscall.EOPNOTSUPP: "it was not created for BPF programs that do this (Progs)",
	}, "get the handle of")
	return args.handle, err
}

// The compiler can't tell that neverTrue is false, so what is stored in sink is on the heap.
var (
	neverTrue bool
	sink      unsafe.Pointer
)

// address is that of memory for a struct of a request. Go moves stacks, and knows nothing of an address in
// such a struct; memory on the heap stays where it is. The caller keeps it alive.
func address(memory unsafe.Pointer) uint64 {
	if neverTrue {
		sink = memory
	}
	return uint64(uintptr(memory))
}

func (r *Region) element(number uintptr, index uint32, value []byte, flags uint64, why reasons, what string) error {
	if len(value) != int(r.valueSize) {
		text := fmt.Sprintf("the value has %d bytes, an element has %d", len(value), r.valueSize)
		return invalid(syscall.EINVAL, text, "%s element %d of region %d", what, index, r.id)
	}
	args := elementArgs{
		size:  uint32(unsafe.Sizeof(elementArgs{})),
		index: index,
		value: address(unsafe.Pointer(&value[0])),
		flags: flags,
	}
	_, err := r.request(number, unsafe.Pointer(&args), why, fmt.Sprintf("%s element %d of", what, index))
	runtime.KeepAlive(value)
	return err
}

// Lookup copies one element to value, which has ValueSize bytes. A value of 1, 2, 4 or 8 bytes is read as
// one.
func (r *Region) Lookup(index uint32, value []byte) error {
	return r.element(iocLookup, index, value, 0, reasons{
		syscall.ENOENT: fmt.Sprintf("it has %d elements", r.maxEntries),
	}, "look up")
}

// Update sets one element from value, which has ValueSize bytes. A value of 1, 2, 4 or 8 bytes is stored as
// one. flags are Any, NoExist or Exist.
func (r *Region) Update(index uint32, value []byte, flags uint64) error {
	return r.element(iocUpdate, index, value, flags, reasons{
		syscall.E2BIG:  fmt.Sprintf("it has %d elements", r.maxEntries),
		syscall.EEXIST: "every element exists",
		syscall.EINVAL: fmt.Sprintf("flags %#x are not Any, NoExist or Exist", flags),
	}, "update")
}

func (r *Region) batch(number uintptr, index uint32, values []byte, what string) (int, error) {
	count := uint64(len(values)) / uint64(r.valueSize)
	if count*uint64(r.valueSize) != uint64(len(values)) || count > 1<<32-1 {
		text := fmt.Sprintf("%d bytes are not a multiple of the %d of an element", len(values), r.valueSize)
		return 0, invalid(syscall.EINVAL, text, "%s elements from %d on of region %d", what, index, r.id)
	}
	if count == 0 {
		return 0, nil
	}
	args := batchArgs{
		size:   uint32(unsafe.Sizeof(batchArgs{})),
		index:  index,
		count:  uint32(count),
		values: address(unsafe.Pointer(&values[0])),
	}
	why := fmt.Sprintf("it has %d elements", r.maxEntries)
	_, err := r.request(number, unsafe.Pointer(&args), reasons{syscall.ENOENT: why, syscall.E2BIG: why},
		fmt.Sprintf("%s %d elements from %d on of", what, count, index))
	runtime.KeepAlive(values)
	if err != nil && args.count == uint32(count) {
		// if all were done there would be no error: the module has not seen the request
		return 0, err
	}
	return int(args.count), err
}

// LookupBatch copies elements from index on to values, where they are without gaps. It returns the number of
// elements that are done, also with an error.
func (r *Region) LookupBatch(index uint32, values []byte) (int, error) {
	return r.batch(iocLookupBatch, index, values, "look up")
}

// UpdateBatch sets elements from index on from values, as LookupBatch.
func (r *Region) UpdateBatch(index uint32, values []byte) (int, error) {
	return r.batch(iocUpdateBatch, index, values, "update")
}

// FreezeWith freezes by flags, for instance FreezeProcesses.
func (r *Region) FreezeWith(flags uint32) error {
	args := freezeArgs{size: uint32(unsafe.Sizeof(freezeArgs{})), flags: flags}
	_, err := r.request(iocFreeze, unsafe.Pointer(&args), reasons{
		syscall.EBUSY:       "it has a writer; FreezeWait waits for it, FreezeRevoke does not",
		syscall.EINPROGRESS: "it has a writer, and freezes when that is gone",
		syscall.EINVAL:      fmt.Sprintf("the flags %#x can't be combined, or are unknown", flags),
		syscall.ENOENT:      "no freeze is pending",
	}, "freeze")
	return err
}

// Freeze freezes now, for everybody. The error is ErrBusy if the region has a writer, and ErrFrozen if it is
// frozen already.
func (r *Region) Freeze() error {
	return r.FreezeWith(0)
}

// FreezeWait freezes when the last writer has left, and waits for that; without a limit if timeout is
// negative. ErrTimeout: a writer is still there; the freeze is not pending any more then.
func (r *Region) FreezeWait(timeout time.Duration) error {
	// an open file of its own, so that nothing is left of the pending freeze after an error
	other, err := r.Restrict(0)
	if err != nil {
		return err
	}
	defer other.Close()
	if err := other.FreezeWith(FreezeWhenIdle); !errors.Is(err, ErrPending) {
		return err
	}
	err = other.WaitFrozen(timeout)
	if err != nil && errors.Is(other.FreezeWith(FreezeCancel), syscall.EPERM) {
		// it is frozen by now, or will be as soon as no program writes
		return other.WaitFrozen(-1)
	}
	return err
}

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

const pollPri = 2

// WaitFrozen waits until the region is frozen for everybody; without a limit if timeout is negative. The
// error is ErrTimeout when the time is over.
func (r *Region) WaitFrozen(timeout time.Duration) error {
	const what = "wait for the freeze of"
	start := time.Now()
	for {
		rest := time.Hour
		if timeout >= 0 {
			if rest = timeout - time.Since(start); rest < 0 {
				rest = 0
			} else if rest > time.Hour {
				rest = time.Hour
			}
		}
		limit := syscall.NsecToTimespec(rest.Nanoseconds())
		poll := pollFD{fd: int32(r.fd()), events: pollPri}
		n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
			uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
		runtime.KeepAlive(r)
		switch {
		case errno == syscall.EINTR: // the runtime of Go sends itself signals
		case errno != 0:
			return r.refused(errno, nil, what)
		case n == 1 && poll.revents&pollPri != 0:
			return nil
		case n == 1:
			return r.refused(syscall.EBADF, nil, what)
		case timeout >= 0 && time.Since(start) >= timeout:
			why := fmt.Sprintf("it is not frozen after %v", timeout)
			return r.refused(syscall.ETIMEDOUT, reasons{syscall.ETIMEDOUT: why}, what)
		}
	}
}

// Publish gives the region its first name, of up to 63 characters. options may be nil.
func (r *Region) Publish(name string, options *PublishOptions) error {
	args := publishArgs{size: uint32(unsafe.Sizeof(publishArgs{}))}
	if err := setName(args.name[:], name, "name"); err != nil {
		return err
	}
	if options != nil {
		for _, option := range []struct {
			value *uint32
			field *uint32
			flag  uint32
		}{
			{options.UID, &args.uid, publishUID},
			{options.GID, &args.gid, publishGID},
			{options.Mode, &args.mode, publishMode},
		} {
			if option.value != nil {
				*option.field = *option.value
				args.flags |= option.flag
			}
		}
		if options.Directory != nil {
			args.directory = uint32(options.Directory.Fd())
		}
	}
	_, err := r.request(iocPublish, unsafe.Pointer(&args), reasons{
		syscall.EINVAL: "a name has the characters A-Z a-z 0-9 _ . - and does not start with . or -, and " +
			"a mode is at most 0666",
		syscall.EEXIST:   "another file has this name",
		syscall.EALREADY: "it has a name already",
		syscall.EACCES:   "you may not write to the directory",
		syscall.ENOTDIR:  "the directory is none",
		syscall.EXDEV:    "the directory is not of this file system",
		syscall.ENOSPC:   "the module parameter max_published is reached",
	}, fmt.Sprintf("publish as %q", name))
	runtime.KeepAlive(options)
	return err
}
