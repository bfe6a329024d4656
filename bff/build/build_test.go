package build

import (
	"runtime/debug"
	"testing"
)

func TestOf(t *testing.T) {
	checkout := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "v1.2.4-0.20261128193637-3ed590f63d0c"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "3ed590f63d0c"}, {Key: "vcs.time", Value: "2026-11-28T19:36:37Z"}, {Key: "vcs.modified", Value: modified},
		}}
	}
	release := Info{"v1.2.3", "0123456789ab", "2026-12-01T09:00:00Z"}
	for _, test := range []struct {
		name   string
		info   *debug.BuildInfo
		linked Info
		want   Info
	}{
		{"a checkout", checkout("false"), Info{}, Info{"v1.2.4-0.20261128193637-3ed590f63d0c", "3ed590f63d0c", "2026-11-28T19:36:37Z"}},
		{"a changed checkout", checkout("true"), Info{}, Info{"v1.2.4-0.20261128193637-3ed590f63d0c", "3ed590f63d0c-dirty", "2026-11-28T19:36:37Z"}},
		{"an image", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, release, release},
		{"an image out of a checkout", checkout("true"), release, release},
		{"a folder without history", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, Info{}, Info{"(devel)", "unknown", "unknown"}},
		{"no module", new(debug.BuildInfo), Info{}, Info{"unknown", "unknown", "unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := of(test.info, test.linked); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
