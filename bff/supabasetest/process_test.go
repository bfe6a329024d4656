package supabasetest

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// TestStartProgram_takenPort has another program take the first two ports.
func TestStartProgram_takenPort(t *testing.T) {
	t.Parallel()
	var ports []int
	p := MustStartProgram(t, Program{
		Name: "a program",
		Command: func(port int) *exec.Cmd {
			ports = append(ports, port)
			if len(ports) < 3 {
				return exec.Command("sh", "-c", "echo 'bind: Address already in use' >&2; exit 1")
			}
			return exec.Command("sleep", "600")
		},
		IsReady: func(string) bool { return len(ports) >= 3 },
	})
	if len(ports) != 3 || ports[0] == ports[1] || ports[1] == ports[2] {
		t.Errorf("ports: got %v, want three different ones", ports)
	}
	if want := fmt.Sprintf("127.0.0.1:%d", ports[2]); p.Address != want {
		t.Errorf("address: got %s, want %s", p.Address, want)
	}
	p.Kill(t)
	p.MustStart(t)
	if len(ports) != 4 || ports[3] != ports[2] {
		t.Errorf("ports: got %v, want the last one again after a restart", ports)
	}
}

func TestHoldPort_untilReleased(t *testing.T) {
	t.Parallel()
	var held []heldPort
	var numbers []int
	for range 200 {
		port, err := holdPort()
		if err != nil {
			t.Fatal(err)
		}
		held, numbers = append(held, port), append(numbers, port.number)
	}
	slices.Sort(numbers)
	if unique := len(slices.Compact(numbers)); unique != len(held) {
		t.Errorf("ports held at a time: got %d different ones, want %d", unique, len(held))
	}
	for _, port := range held {
		if err := port.release(); err != nil {
			t.Error(err)
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	address := MustRefuse(t)
	if c, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connect to %s: got %v, %v, want %v", address, c, err, syscall.ECONNREFUSED)
	}
	if l, err := net.Listen("tcp", address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen on %s: got %v, %v, want %v", address, l, err, syscall.EADDRINUSE)
	}
}
