// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

package bpfmmap

import "unsafe"

// The constants of <linux/bpfmmap.h>, which documents them. The suite bindings compares them, and the
// structs below, with what a C compiler makes of the header.
const (
	Device     = "/dev/bpfmmap"
	PublishDir = "/sys/fs/bpfmmap"
	fsMagic    = 0x4250464d
	apiVersion = 5
	nameLen    = 16
	publishLen = 64
)

// Flags of Create, Open and Restrict.
const (
	NumaNode   uint32 = 1 << 2
	ReadOnly   uint32 = 1 << 3
	WriteOnly  uint32 = 1 << 4
	ReadProgs  uint32 = 1 << 7
	WriteProgs uint32 = 1 << 8
	Progs      uint32 = 1 << 28
	Populate   uint32 = 1 << 29
	NoFreeze   uint32 = 1 << 30
)

// Flags of Update.
const (
	Any     uint64 = 0
	NoExist uint64 = 1
	Exist   uint64 = 2
)

// Flags of FreezeWith.
const (
	FreezeWhenIdle  uint32 = 1 << 0
	FreezeKeep      uint32 = 1 << 1
	FreezeCancel    uint32 = 1 << 2
	FreezeRevoke    uint32 = 1 << 3
	FreezeProcesses uint32 = 1 << 4
	freezeFlags     uint32 = 0x1f
)

// What a region is frozen for: Info.FrozenFor.
const (
	FrozenForNobody    uint32 = 0
	FrozenForProcesses uint32 = 1
	FrozenForAll       uint32 = 2
)

const (
	publishUID      uint32 = 1 << 0
	publishGID      uint32 = 1 << 1
	publishMode     uint32 = 1 << 2
	mappingWritable uint32 = 1 << 0
)

// Features of the module.
const (
	FeatureBatch       uint64 = 1 << 0
	FeatureMemcg       uint64 = 1 << 1
	FeatureNuma        uint64 = 1 << 2
	FeatureCompat      uint64 = 1 << 3
	FeatureFaultAround uint64 = 1 << 5
	FeatureHuge        uint64 = 1 << 6
	FeatureFiles       uint64 = 1 << 7
	FeatureRevoke      uint64 = 1 << 8
	FeatureBPF         uint64 = 1 << 9
)

type versionArgs struct {
	size     uint32
	version  uint32
	features uint64
}

type createArgs struct {
	size       uint32
	flags      uint32
	valueSize  uint32
	maxEntries uint32
	numaNode   uint32
	reserved   uint32
	name       [nameLen]byte
}

type nextIDArgs struct {
	size     uint32
	startID  uint32
	nextID   uint32
	reserved uint32
}

type openArgs struct {
	size     uint32
	id       uint32
	flags    uint32
	reserved uint32
}

type infoArgs struct {
	size          uint32
	id            uint32
	valueSize     uint32
	maxEntries    uint32
	flags         uint32
	numaNode      int32
	bytes         uint64
	mappings      uint64
	writers       uint64
	frozen        uint32
	creatorUID    uint32
	name          [nameLen]byte
	freezePending uint32
	fdFlags       uint32
	published     [publishLen]byte
	hugeRuns      uint64
	revoked       uint64
	frozenFor     uint32
	wakes         uint32
}

type freezeArgs struct {
	size  uint32
	flags uint32
}

type elementArgs struct {
	size  uint32
	index uint32
	value uint64
	flags uint64
}

type batchArgs struct {
	size     uint32
	index    uint32
	count    uint32
	reserved uint32
	values   uint64
	flags    uint64
}

type publishArgs struct {
	size      uint32
	flags     uint32
	uid       uint32
	gid       uint32
	mode      uint32
	directory uint32
	name      [publishLen]byte
}

type restrictArgs struct {
	size  uint32
	flags uint32
}

type mappingEntry struct {
	pid     uint32
	flags   uint32
	offset  uint64
	bytes   uint64
	sinceNs uint64
	count   uint64
}

type mappingsArgs struct {
	size    uint32
	count   uint32
	entries uint64
}

type handleArgs struct {
	size     uint32
	reserved uint32
	handle   uint64
}

const iocType = 0xbb

// _IOWR: both bits of the direction are set, which have the same place on each machine.
const (
	iowr           = 3<<30 | iocType<<8
	iocVersion     = iowr | unsafe.Sizeof(versionArgs{})<<16 | 0x00
	iocCreate      = iowr | unsafe.Sizeof(createArgs{})<<16 | 0x01
	iocNextID      = iowr | unsafe.Sizeof(nextIDArgs{})<<16 | 0x02
	iocOpen        = iowr | unsafe.Sizeof(openArgs{})<<16 | 0x03
	iocInfo        = iowr | unsafe.Sizeof(infoArgs{})<<16 | 0x10
	iocFreeze      = iowr | unsafe.Sizeof(freezeArgs{})<<16 | 0x11
	iocLookup      = iowr | unsafe.Sizeof(elementArgs{})<<16 | 0x12
	iocUpdate      = iowr | unsafe.Sizeof(elementArgs{})<<16 | 0x13
	iocLookupBatch = iowr | unsafe.Sizeof(batchArgs{})<<16 | 0x14
	iocUpdateBatch = iowr | unsafe.Sizeof(batchArgs{})<<16 | 0x15
	iocPublish     = iowr | unsafe.Sizeof(publishArgs{})<<16 | 0x16
	iocRestrict    = iowr | unsafe.Sizeof(restrictArgs{})<<16 | 0x17
	iocMappings    = iowr | unsafe.Sizeof(mappingsArgs{})<<16 | 0x18
	iocHandle      = iowr | unsafe.Sizeof(handleArgs{})<<16 | 0x19
)
