//go:build !unix

package http1

// quiet can't be told here: no connection is used a second time.
func quiet(uintptr) bool { return false }
