// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause

package bpfmmap

import (
	"errors"
	"fmt"
	"syscall"
)

// Errors that errors.Is finds in those of this package, besides the number (syscall.EBUSY) and the
// errors of package fs (fs.ErrPermission, fs.ErrNotExist, fs.ErrExist).
var (
	// ErrBusy: the region has a writer, or a freeze is pending.
	ErrBusy = errors.New("region is busy")
	// ErrFrozen: the region is frozen already.
	ErrFrozen = errors.New("region is frozen")
	// ErrPending: the freeze waits for the last writer.
	ErrPending = errors.New("freeze is pending")
	// ErrTimeout: the time of a wait is over.
	ErrTimeout = errors.New("time is over")
	// ErrNotRegion: an fd or file is something else than a region.
	ErrNotRegion = errors.New("not a region")
)

// Error is what the kernel refused, or what never reached it.
type Error struct {
	// What was to be done, and to which region.
	What string
	// Why it was refused.
	Why string
	// Errno is the number that <linux/bpfmmap.h> lists.
	Errno syscall.Errno

	frozen bool
}

func (e *Error) Error() string {
	return e.What + ": " + e.Why
}

// Unwrap gives the number.
func (e *Error) Unwrap() error {
	return e.Errno
}

// Is knows the errors of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBusy:
		return e.Errno == syscall.EBUSY
	case ErrFrozen:
		return e.frozen
	case ErrPending:
		return e.Errno == syscall.EINPROGRESS
	case ErrTimeout:
		return e.Errno == syscall.ETIMEDOUT
	case ErrNotRegion:
		return e.Errno == syscall.ENOTTY
	}
	return false
}

// reasons has a sentence for each number that needs one.
type reasons map[syscall.Errno]string

func newError(errno syscall.Errno, why reasons, what string, args ...any) *Error {
	text, ok := why[errno]
	if !ok {
		text = errno.Error()
	}
	return &Error{What: fmt.Sprintf(what, args...), Why: text, Errno: errno}
}

// invalid is an error that needs no kernel.
func invalid(errno syscall.Errno, why string, what string, args ...any) *Error {
	return &Error{What: fmt.Sprintf(what, args...), Why: why, Errno: errno}
}
