package main

import (
	"fmt"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// demoSprint is the seed's running sprint, of 27 tasks.
var demoSprint = supabasetest.Sprint{ProjectID: "5eed0005-0000-4000-8000-000000000001", SprintID: "5eed0006-0000-4000-8000-000000000004"}

// making is a testing.TB outside of a test, for the makers of package
// supabasetest: where they would end a test, it panics, and made returns why.
type making struct {
	testing.TB // nil: the makers call nothing but what is below
	undo       []func()
}

type fault string

func (m *making) Helper()                           {}
func (m *making) Name() string                      { return "the bench" }
func (m *making) Cleanup(undo func())               { m.undo = append(m.undo, undo) }
func (m *making) Error(args ...any)                 { panic(fault(fmt.Sprint(args...))) }
func (m *making) Fatal(args ...any)                 { panic(fault(fmt.Sprint(args...))) }
func (m *making) Fatalf(format string, args ...any) { panic(fault(fmt.Sprintf(format, args...))) }

// made runs makers, cleans up after them, and returns what went wrong.
func made(makers func(tb testing.TB)) (err error) {
	m := &making{}
	defer func() {
		for _, undo := range m.undo {
			undo()
		}
		if r := recover(); r != nil {
			text, ours := r.(fault)
			if !ours {
				panic(r)
			}
			err = fmt.Errorf("making what is measured: %s", text)
		}
	}()
	makers(m)
	return nil
}
