//go:build unix

package http1

import "syscall"

// quiet reports whether there is nothing to be read from the socket, not even
// its end.
func quiet(fd uintptr) bool {
	var one [1]byte
	for {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		if err != syscall.EINTR {
			return err == syscall.EAGAIN
		}
	}
}
