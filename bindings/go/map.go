// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

package bpfmmap

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Mapping is a mapping of a whole region. One that is writable is a writer of the region until it is
// closed. Nobody may use its bytes or elements after Close. To store into a mapping that is not writable
// ends the program, and so does touching a writable one after somebody has frozen the region with
// FreezeRevoke.
type Mapping struct {
	// Bytes are those from the first to the last element's value.
	Bytes []byte

	valueSize, stride, count uint64
}

// Map maps the region, to read or also to write.
func (r *Region) Map(writable bool) (*Mapping, error) {
	what, access := "map", syscall.PROT_READ
	if writable {
		what, access = "map writable", access|syscall.PROT_WRITE
	}
	size := uint64(r.maxEntries-1)*r.Stride() + uint64(r.valueSize)
	if size > uint64(^uint(0)>>1) {
		return nil, r.refused(syscall.ENOMEM, nil, what)
	}
	bytes, err := syscall.Mmap(r.fd(), 0, int(size), access, syscall.MAP_SHARED)
	if err != nil {
		return nil, r.refused(err.(syscall.Errno), nil, what)
	}
	return &Mapping{bytes, uint64(r.valueSize), r.Stride(), uint64(r.maxEntries)}, nil
}

// Close unmaps it.
func (m *Mapping) Close() error {
	if m.Bytes == nil {
		return nil
	}
	err := syscall.Munmap(m.Bytes)
	m.Bytes = nil
	return err
}

// Element is the value of one element, which can be set if the mapping is writable. It panics behind the
// last element, as an index of a slice does.
func (m *Mapping) Element(index int) []byte {
	if index < 0 || uint64(index) >= m.count {
		panic(fmt.Sprintf("element %d of a region that has %d", index, m.count))
	}
	start := uint64(index) * m.stride
	return m.Bytes[start : start+m.valueSize : start+m.valueSize]
}

// Uint64 is an element of 8 bytes, for the functions of package sync/atomic. It panics if an element has
// another size, or behind the last one.
func (m *Mapping) Uint64(index int) *uint64 {
	return (*uint64)(m.number(index, 8))
}

// Uint32 is an element of 4 bytes, as Uint64.
func (m *Mapping) Uint32(index int) *uint32 {
	return (*uint32)(m.number(index, 4))
}

func (m *Mapping) number(index int, size uint64) unsafe.Pointer {
	if m.valueSize != size {
		panic(fmt.Sprintf("a number of %d bytes, and an element has %d", size, m.valueSize))
	}
	return unsafe.Pointer(&m.Element(index)[0])
}

// Load64 reads an element of 8 bytes as one.
func (m *Mapping) Load64(index int) uint64 {
	return atomic.LoadUint64(m.Uint64(index))
}

// Store64 stores an element of 8 bytes as one.
func (m *Mapping) Store64(index int, value uint64) {
	atomic.StoreUint64(m.Uint64(index), value)
}
