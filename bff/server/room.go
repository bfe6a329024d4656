package server

import "embed"

// roomFiles are the sprint room: plain HTML, CSS and ES modules, served as they
// are written, all beside each other below /room. The libraries in vendor are
// committed as their packages have them (see `go tool task room:assets`).
//
//go:embed room
var roomFiles embed.FS

var room = assetsOf(roomFiles, "room")
