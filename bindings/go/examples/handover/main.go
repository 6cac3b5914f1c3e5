// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

// Handover hands a table over to a process that does not trust it.
//
// The writer fills a region, freezes it and sends its fd through a socket. The reader does not rely on the
// writer: it asks the kernel whether the region is frozen, and then tries to change it itself.
// examples/handover.c does the same in C.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"bpfmmap"
)

const entries = 1000

func writeAndHandOver(sock int) error {
	region, err := bpfmmap.Create("squares", 8, entries, nil)
	if err != nil {
		return err
	}
	defer region.Close()
	mapping, err := region.Map(true)
	if err != nil {
		return err
	}
	for i := 0; i < entries; i++ {
		mapping.Store64(i, uint64(i*i))
	}
	fmt.Printf("writer: %d squares are written\n", entries)
	if err := region.Freeze(); !errors.Is(err, bpfmmap.ErrBusy) {
		return fmt.Errorf("freeze with a writable mapping: %v", err)
	} else {
		fmt.Println("writer: freeze while I can still write:", err)
	}
	if err := mapping.Close(); err != nil {
		return err
	}
	if err := region.Freeze(); err != nil {
		return err
	}
	fmt.Println("writer: frozen, here you are")
	return syscall.Sendmsg(sock, []byte{0}, syscall.UnixRights(int(region.Fd())), nil, 0)
}

func receiveFD(sock int) (int, error) {
	control := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := syscall.Recvmsg(sock, make([]byte, 1), control, syscall.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 {
		return -1, errors.New("no fd was sent")
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1, errors.New("no fd was sent")
	}
	return fds[0], nil
}

func readAndCheck(sock int) error {
	fd, err := receiveFD(sock)
	if err != nil {
		return err
	}
	region, err := bpfmmap.FromFD(fd)
	if err != nil {
		return err
	}
	defer region.Close()
	info, err := region.Info()
	if err != nil {
		return err
	}
	fmt.Printf("reader: got region '%s', %d elements, frozen: %v\n", info.Name, info.MaxEntries, info.Frozen)
	if !info.Frozen || info.ValueSize != 8 {
		return errors.New("that is not what I wanted")
	}
	if _, err := region.Map(true); err == nil {
		return errors.New("mapping it writable WORKED")
	} else {
		fmt.Println("reader:", err)
	}
	evil := binary.LittleEndian.AppendUint64(nil, 666)
	if err := region.Update(0, evil, bpfmmap.Any); err == nil {
		return errors.New("updating element 0 WORKED")
	} else {
		fmt.Println("reader:", err)
	}
	mapping, err := region.Map(false)
	if err != nil {
		return err
	}
	defer mapping.Close()
	for i := 0; i < int(info.MaxEntries); i++ {
		if mapping.Load64(i) != uint64(i*i) {
			return fmt.Errorf("element %d is wrong", i)
		}
	}
	fmt.Printf("reader: all %d elements are right, and stay so\n", info.MaxEntries)
	return nil
}

// The reader is this program again; its fd 3 is the socket.
func run() error {
	if len(os.Args) == 2 && os.Args[1] == "reader" {
		return readAndCheck(3)
	}
	socks, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs := os.NewFile(uintptr(socks[1]), "socket")
	reader := exec.Command("/proc/self/exe", "reader")
	reader.Stdout, reader.Stderr, reader.ExtraFiles = os.Stdout, os.Stderr, []*os.File{theirs}
	if err := reader.Start(); err != nil {
		return err
	}
	theirs.Close()
	if err := writeAndHandOver(socks[0]); err != nil {
		return err
	}
	return reader.Wait()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "handover:", err)
		os.Exit(1)
	}
}
