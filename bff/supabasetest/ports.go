package supabasetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Ports that no system hands out by itself (Linux does from 32768, others from
// 49152), and that nothing else of the project chooses: the stack takes its own
// from 20000 to 26000, see supabase/local/ready.mjs.
const lowestPort, highestPort = 26_000, 32_000

// heldPort is a port that no other test chooses until it is released, not even
// a test in another process: its lock file is open and locked.
type heldPort struct {
	number int
	lock   *os.File
}

// holdPort chooses a port of 127.0.0.1 on which nothing listens.
func holdPort() (heldPort, error) {
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("mysingle-ports-%d", os.Getuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return heldPort{}, err
	}
	for range 1000 {
		number := lowestPort + rand.IntN(highestPort-lowestPort)
		lock, err := os.OpenFile(filepath.Join(folder, strconv.Itoa(number)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return heldPort{}, err
		}
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			err = canListen(number)
		}
		if err == nil {
			return heldPort{number, lock}, nil
		}
		_ = lock.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EADDRINUSE) {
			return heldPort{}, err
		}
	}
	return heldPort{}, fmt.Errorf("there is no free port between %d and %d", lowestPort, highestPort)
}

// release lets other tests choose the port.
func (p heldPort) release() error { return p.lock.Close() }

func canListen(port int) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	return listener.Close()
}

// MustRefuse returns an address, host and port, that refuses every connection
// for as long as the test runs. No program can listen on it.
func MustRefuse(tb testing.TB) string {
	tb.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		tb.Fatal(err)
	}
	syscall.CloseOnExec(socket)
	tb.Cleanup(func() { _ = syscall.Close(socket) })
	// A socket that is bound and doesn't listen keeps the port from others.
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		tb.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}
