package main

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestPicturesAreKept draws one once, however many ask at once, and keeps the
// last ones alone.
func TestPicturesAreKept(t *testing.T) {
	var p pictures
	draws := map[string]int{} // get draws one at a time
	get := func(name string) (string, error) {
		png, err := p.get(name, func() ([]byte, error) {
			draws[name]++
			return []byte("picture " + name), nil
		})
		return string(png), err
	}
	if _, err := p.get("0", func() ([]byte, error) { return nil, errors.New("no ink") }); err == nil {
		t.Error("a picture that can't be drawn: got no error, want one")
	}
	var all sync.WaitGroup
	for i := range 10 * kept {
		all.Go(func() {
			name := fmt.Sprint(i % kept)
			if got, err := get(name); got != "picture "+name || err != nil {
				t.Errorf("the picture %s: got %q (%v), want %q", name, got, err, "picture "+name)
			}
		})
	}
	all.Wait()
	for name, n := range draws {
		if n != 1 {
			t.Errorf("the picture %s: got %d drawings, want 1", name, n)
		}
	}
	first := p.drawn[0].etag
	for _, name := range []string{"one more", first, "one more"} {
		if _, err := get(name); err != nil {
			t.Errorf("the picture %s: got error %v, want none", name, err)
		}
	}
	if len(p.drawn) != kept || draws[first] != 2 || draws["one more"] != 1 {
		t.Errorf("pictures: got %d kept, drawings %v, want %d kept, %s drawn twice, and one more once",
			len(p.drawn), draws, kept, first)
	}
}
