package supabasetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Program describes a server that a test runs as a process of its own.
type Program struct {
	// Name is what messages call it.
	Name string
	// Command returns the command that listens on the port of 127.0.0.1. Every
	// start asks for a new one.
	Command func(port int) *exec.Cmd
	// IsReady tells whether the server answers at the address, host and port.
	IsReady func(address string) bool
	// Log gets the output too, unless it is nil.
	Log io.Writer
}

// Process is a program that runs beside a test, at most until the test ends.
// It has the same port on every start.
type Process struct {
	Address string // host and port
	program Program
	port    heldPort
	output  output
	command *exec.Cmd
	ended   chan struct{} // closed after the command ended
	err     error         // of the command, once it ended
}

// MustStartProgram starts the program on a free port and waits until it is
// ready. Where another program takes that port first, it tries other ones.
func MustStartProgram(tb testing.TB, program Program) *Process {
	tb.Helper()
	p := &Process{program: program}
	release := func() {
		p.Kill(tb)
		if err := p.port.release(); err != nil {
			tb.Error(err)
		}
	}
	for attempt := 1; ; attempt++ {
		port, err := holdPort()
		if err != nil {
			tb.Fatal(err)
		}
		p.port, p.Address = port, fmt.Sprintf("127.0.0.1:%d", port.number)
		err = p.start()
		if err == nil {
			break
		}
		release()
		if !errors.Is(err, syscall.EADDRINUSE) || attempt == 5 {
			tb.Fatal(err)
		}
	}
	tb.Cleanup(release)
	return p
}

// MustStart starts the process again, after Kill, and waits until it is ready.
func (p *Process) MustStart(tb testing.TB) {
	tb.Helper()
	if err := p.start(); err != nil {
		tb.Fatal(err)
	}
}

// start returns an EADDRINUSE if the process ended because another program
// listens on its port.
func (p *Process) start() error {
	before := len(p.output.String())
	p.command = p.program.Command(p.port.number)
	p.command.Stdout = &p.output
	if p.program.Log != nil {
		p.command.Stdout = io.MultiWriter(&p.output, p.program.Log)
	}
	p.command.Stderr = p.command.Stdout
	// It must not outlive the test, however that ends.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.program.Name, err)
	}
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		p.err = p.command.Wait()
	}()
	isReady := wait(func() bool { return p.hasEnded() || p.program.IsReady(p.Address) })
	if !p.hasEnded() {
		if !isReady {
			return fmt.Errorf("%s does not answer on %s:\n%s", p.program.Name, p.Address, p.output.String()[before:])
		}
		return nil
	}
	text := p.output.String()[before:]
	if strings.Contains(strings.ToLower(text), "address already in use") {
		return fmt.Errorf("start %s on %s: %w", p.program.Name, p.Address, syscall.EADDRINUSE)
	}
	return fmt.Errorf("%s ended before it answered: %v\n%s", p.program.Name, p.err, text)
}

func (p *Process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Pid is the number of the running process.
func (p *Process) Pid() int { return p.command.Process.Pid }

// Output is what the process has written so far, on every start.
func (p *Process) Output() string { return p.output.String() }

// MustSignal sends a signal to the process.
func (p *Process) MustSignal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		tb.Fatalf("send %s to %s: %v", signal, p.program.Name, err)
	}
}

// Hang stops the process where it is, until Continue: it takes connections and
// doesn't answer.
func (p *Process) Hang(tb testing.TB) {
	tb.Helper()
	p.MustSignal(tb, syscall.SIGSTOP)
}

// Continue ends what Hang began.
func (p *Process) Continue(tb testing.TB) {
	tb.Helper()
	p.MustSignal(tb, syscall.SIGCONT)
}

// Wait waits until the process has ended, and returns how, as exec.Cmd.Wait
// does.
func (p *Process) Wait() error {
	<-p.ended
	return p.err
}

// Kill ends the process at once, unless it has ended.
func (p *Process) Kill(tb testing.TB) {
	tb.Helper()
	if p.ended == nil || p.hasEnded() {
		return
	}
	if err := p.command.Process.Kill(); err != nil {
		select {
		case <-p.ended: // meanwhile
		default:
			tb.Errorf("kill %s: %v", p.program.Name, err)
		}
	}
	<-p.ended
}

// output is what a process writes, to be read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
