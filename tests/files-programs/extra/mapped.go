// SPDX-License-Identifier: GPL-2.0-only

// mapped PATH: syscall.Mmap by the size that Stat tells, os.ReadFile and io.Copy.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	file, err := os.OpenFile(os.Args[1], os.O_RDWR, 0)
	check(err)
	stat, err := file.Stat()
	check(err)
	size := int(stat.Size())
	mapped, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_SHARED)
	check(err)
	mapped[size-1] = 'G'
	check(file.Sync())

	read, err := os.ReadFile(os.Args[1])
	check(err)
	if !bytes.Equal(read, mapped) {
		fmt.Println("os.ReadFile has something else")
		os.Exit(1)
	}
	out, err := os.Create(os.Args[2])
	check(err)
	// by copy_file_range or sendfile, whichever the kernel gives
	copied, err := io.Copy(out, file)
	check(err)
	check(out.Close())
	first := mapped[0]
	check(syscall.Munmap(mapped))
	check(file.Truncate(int64(size)))
	if file.Truncate(int64(size)+1) == nil {
		fmt.Println("it has another size now")
		os.Exit(1)
	}
	fmt.Printf("%d bytes, %d copied, first %d\n", size, copied, first)
}
