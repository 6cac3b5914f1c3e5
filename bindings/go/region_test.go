// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

package bpfmmap

// Tests of the package, as root with the module loaded and its file system mounted.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestMain: with CHILD in its environment this program is a process that another test has started.
func TestMain(m *testing.M) {
	switch os.Getenv("CHILD") {
	case "reader":
		os.Exit(readHandedOver())
	case "store":
		os.Exit(storeInRevoked())
	}
	os.Exit(m.Run())
}

func newRegion(t *testing.T, valueSize, maxEntries uint32) *Region {
	t.Helper()
	region, err := Create("test", valueSize, maxEntries, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { region.Close() })
	return region
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused: the error is this one, and has these words in its text.
func refused(t *testing.T, err, expected error, words string) {
	t.Helper()
	if err == nil {
		t.Fatalf("it worked, and not: %v", expected)
	}
	if !errors.Is(err, expected) || !strings.Contains(err.Error(), words) {
		t.Fatalf("%v (%T): that is not %v with %q", err, err, expected, words)
	}
}

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("%v, and not %v", found, expected)
	}
}

func info(t *testing.T, region *Region) Info {
	t.Helper()
	found, err := region.Info()
	must(t, err)
	return found
}

func TestCreate(t *testing.T) {
	region := newRegion(t, 12, 1000)
	equal(t, region.ValueSize(), 12)
	equal(t, region.MaxEntries(), 1000)
	equal(t, region.Stride(), 16)
	equal(t, region.Name(), "test")
	found := info(t, region)
	equal(t, found.ID, region.ID())
	equal(t, found.Bytes, 16384)
	equal(t, found.NumaNode, -1)
	equal(t, found.Published, "")
	version, _, err := Version()
	must(t, err)
	equal(t, version >= 5, true)
	next, err := NextID(region.ID() - 1)
	must(t, err)
	equal(t, next, region.ID())
	_, err = NextID(1<<31 - 2)
	refused(t, err, syscall.ENOENT, "there is none")
	on, err := Create("", 8, 1, &CreateOptions{Flags: NumaNode, NumaNode: 0})
	must(t, err)
	equal(t, info(t, on).NumaNode, 0)
	must(t, on.Close())
}

func TestCreateRefusesBadInput(t *testing.T) {
	for _, c := range []struct {
		name                  string
		valueSize, maxEntries uint32
		flags                 uint32
		expected              error
		words                 string
	}{
		{"", 0, 1, 0, syscall.EINVAL, "a size of 0"},
		{"", 8, 0, 0, syscall.EINVAL, "a size of 0"},
		{"", 1 << 31, 1, 0, syscall.E2BIG, "2147483648 bytes"},
		{"", 1 << 20, 1<<32 - 1, 0, syscall.E2BIG, "max_region_bytes"},
		{"", 8, 1, 1, syscall.EINVAL, "flags"},
		{"a b", 8, 1, 0, syscall.EINVAL, "label"},
		{"17", 8, 1, 0, syscall.EINVAL, "digits"},
		{"a\x00b", 8, 1, 0, syscall.EINVAL, "NUL"},
		{"sixteen_letters_", 8, 1, 0, syscall.ENAMETOOLONG, "15 bytes"},
	} {
		_, err := Create(c.name, c.valueSize, c.maxEntries, &CreateOptions{Flags: c.flags})
		refused(t, err, c.expected, c.words)
	}
}

func TestAnotherFDIsNoRegion(t *testing.T) {
	for _, path := range []string{"/dev/null", Device, "/proc/version", PublishDir} {
		file, err := os.Open(path)
		must(t, err)
		_, err = FromFD(int(file.Fd()))
		refused(t, err, ErrNotRegion, "not a region")
		refused(t, err, syscall.ENOTTY, "fd")
		must(t, file.Close())
	}
	_, err := FromFD(999)
	refused(t, err, syscall.EBADF, "fd 999")
	_, err = OpenPath("/proc/version", ReadOnly)
	refused(t, err, ErrNotRegion, "not a region")
}

func TestMap(t *testing.T) {
	region := newRegion(t, 8, 1000)
	writable, err := region.Map(true)
	must(t, err)
	readable, err := region.Map(false)
	must(t, err)
	equal(t, len(readable.Bytes), 8000)
	for i := 0; i < 1000; i++ {
		writable.Store64(i, uint64(3*i))
	}
	atomic.AddUint64(writable.Uint64(7), 5)
	equal(t, readable.Load64(7), 26)
	equal(t, readable.Load64(999), 2997)
	entries, err := region.Mappings()
	must(t, err)
	equal(t, len(entries), 2)
	equal(t, entries[0].Writable, true)
	equal(t, entries[1].Writable, false)
	equal(t, entries[1].PID, uint32(os.Getpid()))
	for i := 0; i < 20; i++ {
		more, err := region.Map(false)
		must(t, err)
		defer more.Close()
	}
	entries, err = region.Mappings()
	must(t, err)
	equal(t, len(entries), 22)
	must(t, writable.Close())
	must(t, writable.Close())
	must(t, readable.Close())
}

func panics(t *testing.T, words string, what func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text, _ := recover().(string)
		if !strings.Contains(text, words) {
			t.Fatalf("panic %q, and not %q", text, words)
		}
	}()
	what()
}

func TestElementsOfAMapping(t *testing.T) {
	region := newRegion(t, 12, 3)
	mapping, err := region.Map(true)
	must(t, err)
	defer mapping.Close()
	equal(t, len(mapping.Bytes), 44)
	equal(t, copy(mapping.Element(2), "hello, world and all"), 12)
	value := make([]byte, 12)
	must(t, region.Lookup(2, value))
	equal(t, string(value), "hello, world")
	equal(t, cap(mapping.Element(1)), 12)
	panics(t, "element 3 of a region that has 3", func() { mapping.Element(3) })
	panics(t, "element -1 of a region that has 3", func() { mapping.Element(-1) })
	panics(t, "a number of 8 bytes, and an element has 12", func() { mapping.Load64(0) })
	panics(t, "a number of 4 bytes, and an element has 12", func() { mapping.Uint32(0) })
}

func TestReaderAtAndWriterAt(t *testing.T) {
	region := newRegion(t, 8, 10)
	n, err := region.WriteAt([]byte("hello"), 3)
	must(t, err)
	equal(t, n, 5)
	all, err := io.ReadAll(io.NewSectionReader(region, 0, 1000))
	must(t, err)
	equal(t, string(all), "\x00\x00\x00hello"+strings.Repeat("\x00", 72))
	n, err = region.ReadAt(make([]byte, 10), 75)
	equal(t, n, 5)
	refused(t, err, io.EOF, "EOF")
	n, err = region.WriteAt([]byte("more"), 78)
	equal(t, n, 2)
	refused(t, err, syscall.ENOSPC, "behind its end")
	reader, err := region.Restrict(ReadOnly)
	must(t, err)
	defer reader.Close()
	_, err = reader.WriteAt([]byte("x"), 0)
	refused(t, err, syscall.EBADF, "write")
	must(t, region.Freeze())
	_, err = region.WriteAt([]byte("x"), 0)
	refused(t, err, ErrFrozen, "it is frozen")
	refused(t, err, syscall.EPERM, "write region")
}

func TestElements(t *testing.T) {
	region := newRegion(t, 3, 10)
	value := make([]byte, 3)
	must(t, region.Update(9, []byte("abc"), Any))
	must(t, region.Lookup(9, value))
	equal(t, string(value), "abc")
	n, err := region.UpdateBatch(2, []byte("aaabbb"))
	must(t, err)
	equal(t, n, 2)
	many := make([]byte, 12)
	n, err = region.LookupBatch(1, many)
	must(t, err)
	equal(t, n, 4)
	equal(t, string(many), "\x00\x00\x00aaabbb\x00\x00\x00")
	n, err = region.UpdateBatch(0, nil)
	must(t, err)
	equal(t, n, 0)

	for _, index := range []uint32{10, 1<<32 - 1} {
		refused(t, region.Lookup(index, value), syscall.ENOENT, "it has 10 elements")
		refused(t, region.Update(index, value, Any), syscall.E2BIG, "it has 10 elements")
	}
	refused(t, region.Update(0, value, NoExist), syscall.EEXIST, "every element exists")
	refused(t, region.Update(0, value, NoExist), fs.ErrExist, "element 0")
	refused(t, region.Update(0, value, 7), syscall.EINVAL, "0x7")
	// what has another size never reaches the kernel
	refused(t, region.Lookup(0, make([]byte, 2)), syscall.EINVAL, "2 bytes, an element has 3")
	refused(t, region.Update(0, nil, Any), syscall.EINVAL, "0 bytes, an element has 3")
	_, err = region.UpdateBatch(0, make([]byte, 4))
	refused(t, err, syscall.EINVAL, "4 bytes are not a multiple of the 3")
	n, err = region.UpdateBatch(8, []byte("aaabbbccc"))
	equal(t, n, 2)
	refused(t, err, syscall.E2BIG, "it has 10 elements")
	n, err = region.LookupBatch(9, make([]byte, 6))
	equal(t, n, 1)
	refused(t, err, syscall.ENOENT, "it has 10 elements")
}

// A goroutine's stack moves when it grows; the values of requests must not.
func TestValuesOnTheStack(t *testing.T) {
	region := newRegion(t, 8, 10)
	var grow func(depth int, value []byte) int
	grow = func(depth int, value []byte) int {
		var pad [512]byte
		if depth == 0 {
			return int(pad[0])
		}
		must(t, region.Update(1, value, Any))
		return grow(depth-1, value) + int(pad[depth%512])
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		var value [8]byte
		binary.LittleEndian.PutUint64(value[:], 4711)
		grow(200, value[:])
		var found [8]byte
		must(t, region.Lookup(1, found[:]))
		equal(t, bytes.Equal(found[:], value[:]), true)
	}()
	<-done
}

func TestRights(t *testing.T) {
	region := newRegion(t, 8, 10)
	value := make([]byte, 8)
	reader, err := region.Restrict(ReadOnly)
	must(t, err)
	defer reader.Close()
	refused(t, reader.Update(0, value, Any), syscall.EPERM, "read-only")
	refused(t, reader.Update(0, value, Any), fs.ErrPermission, "read-only")
	_, err = reader.Map(true)
	refused(t, err, syscall.EACCES, "read-only")
	refused(t, reader.Freeze(), syscall.EPERM, "read-only")
	equal(t, errors.Is(reader.Freeze(), ErrFrozen), false)
	writer, err := region.Restrict(WriteOnly)
	must(t, err)
	defer writer.Close()
	refused(t, writer.Lookup(0, value), syscall.EPERM, "write-only")
	other, err := region.Restrict(NoFreeze)
	must(t, err)
	defer other.Close()
	refused(t, other.Freeze(), syscall.EPERM, "no right to freeze")
	_, err = region.Restrict(ReadOnly | WriteOnly)
	refused(t, err, syscall.EINVAL, "neither read nor write")
	_, err = region.Handle()
	refused(t, err, syscall.EOPNOTSUPP, "Progs")
}

func TestFreeze(t *testing.T) {
	region := newRegion(t, 8, 10)
	mapping, err := region.Map(true)
	must(t, err)
	mapping.Store64(0, 4711)
	refused(t, region.Freeze(), ErrBusy, "it has a writer")
	refused(t, region.Freeze(), syscall.EBUSY, "freeze region")
	equal(t, info(t, region).Writers, 1)
	must(t, mapping.Close())
	must(t, region.Freeze())
	equal(t, info(t, region).Frozen, true)
	equal(t, info(t, region).FrozenFor, FrozenForAll)

	refused(t, region.Freeze(), ErrFrozen, "it is frozen")
	refused(t, region.Freeze(), syscall.EPERM, "it is frozen")
	refused(t, region.Update(0, make([]byte, 8), Any), ErrFrozen, "it is frozen")
	_, err = region.UpdateBatch(0, make([]byte, 16))
	refused(t, err, ErrFrozen, "it is frozen")
	_, err = region.Map(true)
	refused(t, err, ErrFrozen, "map writable")
	mapping, err = region.Map(false)
	must(t, err)
	equal(t, mapping.Load64(0), 4711)
	must(t, mapping.Close())
}

func TestFreezeForProcesses(t *testing.T) {
	region, err := Create("", 8, 10, &CreateOptions{Flags: Progs})
	must(t, err)
	defer region.Close()
	handle, err := region.Handle()
	must(t, err)
	equal(t, handle != 0, true)
	must(t, region.FreezeWith(FreezeProcesses))
	equal(t, info(t, region).FrozenFor, FrozenForProcesses)
	equal(t, info(t, region).Frozen, false)
	refused(t, region.Update(0, make([]byte, 8), Any), ErrFrozen, "frozen for processes")
	must(t, region.Freeze())
	equal(t, info(t, region).Frozen, true)
}

func TestPendingFreeze(t *testing.T) {
	region := newRegion(t, 8, 10)
	value := make([]byte, 8)
	refused(t, region.FreezeWith(FreezeCancel), syscall.ENOENT, "no freeze is pending")
	mapping, err := region.Map(true)
	must(t, err)
	refused(t, region.FreezeWith(FreezeWhenIdle), ErrPending, "freezes when that is gone")
	refused(t, region.Update(0, value, Any), ErrBusy, "a freeze is pending")
	_, err = region.Map(true)
	refused(t, err, ErrBusy, "a freeze is pending")
	must(t, region.FreezeWith(FreezeCancel))
	must(t, region.Update(0, value, Any))
	refused(t, region.FreezeWith(FreezeCancel|FreezeWhenIdle), syscall.EINVAL, "0x5")

	refused(t, region.WaitFrozen(10*time.Millisecond), ErrTimeout, "not frozen after 10ms")
	refused(t, region.FreezeWait(0), ErrTimeout, "not frozen after 0s")
	refused(t, region.FreezeWait(0), syscall.ETIMEDOUT, "wait for")
	// the freeze that has waited is taken back
	must(t, region.Update(0, value, Any))
	waited := make(chan error)
	go func() { waited <- region.FreezeWait(-1) }()
	for info(t, region).FreezePending == 0 {
		time.Sleep(time.Millisecond)
	}
	must(t, mapping.Close())
	must(t, <-waited)
	must(t, region.WaitFrozen(time.Minute))
	equal(t, info(t, region).Frozen, true)
}

// child runs this program again, with the fd of region as its fd 3.
func child(region *Region, what string) error {
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), "CHILD="+what)
	command.ExtraFiles = []*os.File{region.file}
	return command.Run()
}

func storeInRevoked() int {
	region, err := FromFD(3)
	if err != nil {
		return 1
	}
	mapping, err := region.Map(true)
	if err != nil {
		return 1
	}
	mapping.Store64(0, 1)
	if region.FreezeWith(FreezeRevoke) != nil {
		return 1
	}
	mapping.Store64(0, 2)
	return 0
}

func TestRevoke(t *testing.T) {
	region := newRegion(t, 8, 10)
	var exit *exec.ExitError
	// Go ends a program that gets SIGBUS with status 2
	if err := child(region, "store"); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("the store after the freeze: %v", err)
	}
	value := make([]byte, 8)
	must(t, region.Lookup(0, value))
	equal(t, binary.LittleEndian.Uint64(value), 1)
	equal(t, info(t, region).Frozen, true)
}

func TestNames(t *testing.T) {
	region := newRegion(t, 8, 10)
	mode := uint32(0o640)
	must(t, region.Publish("prices", &PublishOptions{Mode: &mode}))
	defer Unpublish("prices")
	status, err := os.Stat(PublishDir + "/prices")
	must(t, err)
	equal(t, status.Mode(), fs.FileMode(0o640))
	refused(t, region.Publish("other", nil), syscall.EALREADY, "a name already")
	refused(t, newRegion(t, 8, 1).Publish("prices", nil), fs.ErrExist, "another file")
	for _, flags := range []uint32{0, ReadOnly, WriteOnly, NoFreeze} {
		found, err := Open("prices", flags)
		must(t, err)
		equal(t, found.ID(), region.ID())
		equal(t, info(t, found).FDFlags, flags)
		must(t, found.Close())
	}
	found, err := OpenID(region.ID(), ReadOnly)
	must(t, err)
	equal(t, info(t, found).FDFlags, ReadOnly)
	must(t, found.Close())
	must(t, Unpublish("prices"))
	_, err = Open("prices", 0)
	refused(t, err, fs.ErrNotExist, "prices")

	must(t, os.Mkdir(PublishDir+"/team", 0o755))
	directory, err := os.Open(PublishDir + "/team")
	must(t, err)
	must(t, newRegion(t, 8, 1).Publish("prices", &PublishOptions{Directory: directory}))
	must(t, directory.Close())
	found, err = Open("team/prices", 0)
	must(t, err)
	equal(t, info(t, found).Published, "team/prices")
	must(t, found.Close())
	must(t, Unpublish("team/prices"))
	refused(t, Unpublish("team"), syscall.ENOENT, "directory")
	must(t, os.Remove(PublishDir+"/team"))
}

func TestNamesRefuseBadInput(t *testing.T) {
	region := newRegion(t, 8, 10)
	for _, name := range []string{"", "-x", ".x", "a b", "ü"} {
		refused(t, region.Publish(name, nil), syscall.EINVAL, name)
	}
	refused(t, region.Publish("17", nil), syscall.EINVAL, "digits")
	refused(t, region.Publish("a\x00b", nil), syscall.EINVAL, "NUL")
	refused(t, region.Publish(strings.Repeat("x", 64), nil), syscall.ENAMETOOLONG, "63 bytes")
	mode := uint32(0o777)
	refused(t, region.Publish("prices", &PublishOptions{Mode: &mode}), syscall.EINVAL, "0666")
	for _, name := range []string{"", "/etc/passwd", "../x", "a//b", "a/", "a\x00b"} {
		_, err := Open(name, 0)
		refused(t, err, syscall.EINVAL, "NAME or DIRECTORY/NAME")
		refused(t, Unpublish(name), syscall.EINVAL, "NAME or DIRECTORY/NAME")
	}
	_, err := Open(strings.Repeat("x", 64), 0)
	refused(t, err, syscall.ENAMETOOLONG, "63 bytes")
	_, err = Open("x", ReadOnly|WriteOnly)
	refused(t, err, syscall.EINVAL, "0x18")
	_, err = OpenID(1<<31-16, 0)
	refused(t, err, syscall.ENOENT, "no region has this id")
	_, err = OpenID(region.ID(), 1)
	refused(t, err, syscall.EINVAL, "flags")
}

func readHandedOver() int {
	region, err := FromFD(3)
	if err != nil {
		return 1
	}
	found, err := region.Info()
	if err != nil || !found.Frozen {
		return 2
	}
	if !errors.Is(region.Update(0, make([]byte, 8), Any), ErrFrozen) {
		return 3
	}
	mapping, err := region.Map(false)
	if err != nil || mapping.Load64(0) != 4711 {
		return 4
	}
	return 0
}

func TestHandOver(t *testing.T) {
	region := newRegion(t, 8, 10)
	mapping, err := region.Map(true)
	must(t, err)
	mapping.Store64(0, 4711)
	must(t, mapping.Close())
	must(t, region.Freeze())
	must(t, child(region, "reader"))
}
