// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

package bpfmmap

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// The names that the constants have in C.
var constants = map[string]any{
	"DEVICE": Device, "PUBLISH_DIR": PublishDir, "FS_MAGIC": fsMagic, "VERSION": apiVersion,
	"NAME_LEN": nameLen, "PUBLISH_LEN": publishLen,
	"F_NUMA_NODE": NumaNode, "F_RDONLY": ReadOnly, "F_WRONLY": WriteOnly, "F_RDONLY_PROG": ReadProgs,
	"F_WRONLY_PROG": WriteProgs, "F_PROG": Progs, "F_POPULATE": Populate, "F_NOFREEZE": NoFreeze,
	"ANY": Any, "NOEXIST": NoExist, "EXIST": Exist,
	"FREEZE_WHEN_IDLE": FreezeWhenIdle, "FREEZE_KEEP": FreezeKeep, "FREEZE_CANCEL": FreezeCancel,
	"FREEZE_REVOKE": FreezeRevoke, "FREEZE_PROCESSES": FreezeProcesses, "FREEZE_FLAGS": freezeFlags,
	"FROZEN_FOR_NOBODY": FrozenForNobody, "FROZEN_FOR_PROCESSES": FrozenForProcesses,
	"FROZEN_FOR_ALL": FrozenForAll,
	"PUBLISH_UID":    publishUID, "PUBLISH_GID": publishGID, "PUBLISH_MODE": publishMode,
	"MAPPING_WRITABLE": mappingWritable,
	"FEATURE_BATCH":    FeatureBatch, "FEATURE_MEMCG": FeatureMemcg, "FEATURE_NUMA": FeatureNuma,
	"FEATURE_COMPAT": FeatureCompat, "FEATURE_FAULT_AROUND": FeatureFaultAround,
	"FEATURE_HUGE": FeatureHuge, "FEATURE_FILES": FeatureFiles, "FEATURE_REVOKE": FeatureRevoke,
	"FEATURE_BPF": FeatureBPF,
	"IOC_TYPE":    iocType, "IOC_VERSION": iocVersion, "IOC_CREATE": iocCreate, "IOC_NEXT_ID": iocNextID,
	"IOC_OPEN": iocOpen, "IOC_INFO": iocInfo, "IOC_FREEZE": iocFreeze, "IOC_LOOKUP": iocLookup,
	"IOC_UPDATE": iocUpdate, "IOC_LOOKUP_BATCH": iocLookupBatch, "IOC_UPDATE_BATCH": iocUpdateBatch,
	"IOC_PUBLISH": iocPublish, "IOC_RESTRICT": iocRestrict, "IOC_MAPPINGS": iocMappings,
	"IOC_HANDLE": iocHandle,
}

var structs = map[string]any{
	"version": versionArgs{}, "create": createArgs{}, "next_id": nextIDArgs{}, "open": openArgs{},
	"info": infoArgs{}, "freeze": freezeArgs{}, "element": elementArgs{}, "batch": batchArgs{},
	"publish": publishArgs{}, "restrict": restrictArgs{}, "mapping_entry": mappingEntry{},
	"mappings": mappingsArgs{}, "handle_args": handleArgs{},
}

var capitals = regexp.MustCompile(`[A-Z]+`)

func headerLines() []string {
	var lines []string
	for name, value := range constants {
		lines = append(lines, fmt.Sprintf("BPFMMAP_%s %v", name, value))
	}
	for name, value := range structs {
		form := reflect.TypeOf(value)
		lines = append(lines, fmt.Sprintf("bpfmmap_%s %d", name, form.Size()))
		for i := 0; i < form.NumField(); i++ {
			field := form.Field(i)
			inC := strings.ToLower(capitals.ReplaceAllString(field.Name, "_$0"))
			lines = append(lines, fmt.Sprintf("bpfmmap_%s.%s %d %d", name, inC, field.Offset,
				field.Type.Size()))
		}
	}
	sort.Strings(lines)
	return lines
}

func TestHeader(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("HEADER_LINES"))
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.Split(strings.TrimSpace(string(text)), "\n")
	sort.Strings(expected)
	if found := headerLines(); !reflect.DeepEqual(found, expected) {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(expected, "\n"))
	}
}
