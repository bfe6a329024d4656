package check

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pinnedAction is an action of somebody else's by its commit, with the version
// that the commit is beside it: who reads it, and Dependabot, need that.
var pinnedAction = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// A tag can be moved to other code afterwards, a commit can't.
func TestActionsArePinnedByCommit(t *testing.T) {
	for line, good := range map[string]bool{
		"actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4.3.1":   true,
		"github/codeql/init@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4.3.1": true,
		"actions/checkout@v4": false,
		"actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5":        false,
		"actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4":   false,
		"actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8 # v4.3.1": false,
	} {
		if pinnedAction.MatchString(line) != good {
			t.Errorf("%q is held to be pinned: %t", line, !good)
		}
	}
	files, err := filepath.Glob("../../../.github/workflows/*.y*ml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	versions := make(map[string]string) // by action
	for _, file := range files {
		var workflow yaml.Node
		if err := yaml.Unmarshal(mustRead(t, file), &workflow); err != nil {
			t.Fatal(err)
		}
		for _, uses := range usesIn(&workflow) {
			if strings.HasPrefix(uses, "./") {
				continue
			}
			if !pinnedAction.MatchString(uses) {
				t.Errorf("%s: %s isn't pinned: owner/name@<commit> # vX.Y.Z", filepath.Base(file), uses)
			}
			name, version, _ := strings.Cut(uses, "@")
			if before := versions[name]; before != "" && before != version {
				t.Errorf("%s is there as %s and %s", name, before, version)
			}
			versions[name] = version
		}
	}
	if len(versions) == 0 {
		t.Error("no workflow uses an action")
	}
}

// usesIn are the values of every uses:, each with the comment beside it.
func usesIn(node *yaml.Node) (found []string) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "uses" {
			found = append(found, strings.TrimSpace(child.Value+" "+child.LineComment))
		}
		found = append(found, usesIn(child)...)
	}
	return found
}
