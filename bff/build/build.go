// Package build tells which build of the BFF it is that runs.
package build

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

const unknown = "unknown"

// Set by the linker (-X) where there is no checkout to build from: in an
// image, see bff/deploy/Dockerfile.
var version, commit, built string

// Info is one build. What isn't known is "unknown".
type Info struct {
	Version string // a release's tag, or what Go makes of the commit: v1.2.3, v0.0.0-20261128193637-3ed590f63d0c, (devel)
	Commit  string // in full, with -dirty where files had been changed since
	Built   string // when, in RFC 3339; out of a checkout when the commit was made, so that the same source makes the same binary
}

// Read tells the running binary's.
func Read() Info {
	linked := Info{version, commit, built}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return of(info, linked)
}

// of is what the linker was told and, for the rest, what Go found out.
func of(info *debug.BuildInfo, linked Info) Info {
	settings := make(map[string]string, len(info.Settings))
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision != "" && settings["vcs.modified"] == "true" {
		revision += "-dirty"
	}
	return Info{
		Version: cmp.Or(linked.Version, info.Main.Version, unknown),
		Commit:  cmp.Or(linked.Commit, revision, unknown),
		Built:   cmp.Or(linked.Built, settings["vcs.time"], unknown),
	}
}

func (i Info) String() string {
	return fmt.Sprintf("%s, commit %s, built %s", i.Version, i.Commit, i.Built)
}
