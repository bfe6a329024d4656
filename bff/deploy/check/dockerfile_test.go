// Package check tells whether what takes the BFF into production fits together,
// as far as that shows without an engine, a registry and a cluster.
package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	repository = "../../.."
	dockerfile = "../Dockerfile"
)

var architectures = []string{"amd64", "arm64"}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// bases stands for the registry: it knows every image, and that each has Go on
// its PATH.
type bases struct{ asked []string }

func (b *bases) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	b.asked = append(b.asked, ref)
	config, err := json.Marshal(ocispecs.Image{
		Platform: *opt.ImageOpt.Platform,
		Config:   ocispecs.ImageConfig{Env: []string{"PATH=/usr/local/go/bin:/usr/bin:/bin"}},
	})
	return ref, digest.FromBytes(config), config, err
}

func (b *bases) ResolveSourceMetadata(context.Context, *pb.SourceOp, sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	return nil, fmt.Errorf("no registry here")
}

// mustConvert has BuildKit's frontend make of the Dockerfile what it would
// solve for the platform, and returns the image, its bases and what the
// frontend's checks found fault with.
func mustConvert(t *testing.T, content []byte, architecture string) (image *dockerspec.DockerOCIImage, asked, warnings []string) {
	t.Helper()
	registry := new(bases)
	target := ocispecs.Platform{OS: "linux", Architecture: architecture}
	result, err := dockerfile2llb.Dockerfile2LLB(t.Context(), content, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			BuildPlatforms: []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}},
			BuildArgs:      map[string]string{"VERSION": "v1", "COMMIT": "c", "DATE": "d"},
		},
		TargetPlatform: &target,
		MetaResolver:   registry,
		Warn: func(rule, _, _, message string, _ []parser.Range) {
			warnings = append(warnings, rule+": "+message)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return result.Image, registry.asked, warnings
}

func TestDockerfile(t *testing.T) {
	content := mustRead(t, dockerfile)
	for _, architecture := range architectures {
		image, asked, warnings := mustConvert(t, content, architecture)
		if len(warnings) > 0 {
			t.Errorf("for %s: %s", architecture, strings.Join(warnings, "\n"))
		}
		if image.Architecture != architecture || !strings.HasPrefix(image.Config.User, "65532") {
			t.Errorf("it is for %s, as user %q", image.Architecture, image.Config.User)
		}
		if len(asked) != 1 || !pinned(asked[0]) {
			t.Errorf("it is built from %q, which isn't pinned", asked)
		}
	}
}

// pinned reports whether the image has a version in full: v1.2.3.
func pinned(image string) bool {
	_, tag, _ := strings.Cut(image, ":")
	return strings.Count(tag, ".") >= 2
}

// The frontend's checks do find what is wrong.
func TestDockerfileFaultsAreFound(t *testing.T) {
	content := string(mustRead(t, dockerfile))
	for _, change := range []struct{ rule, from, to string }{
		{"UndefinedVar", "/out/bff /bff", "/out/$BFF /bff"},
		{"FromAsCasing", "-alpine AS build", "-alpine as build"},
		{"JSONArgsRecommended", `ENTRYPOINT ["/bff"]`, "ENTRYPOINT /bff"},
		{"SecretsUsedInArgOrEnv", "ENV BFF_HOST=0.0.0.0", "ENV BFF_SECRET=0"},
	} {
		changed := strings.Replace(content, change.from, change.to, 1)
		_, _, warnings := mustConvert(t, []byte(changed), "amd64")
		if changed == content || !slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(w, change.rule) }) {
			t.Errorf("the Dockerfile with the fault %s: got the warnings %q, want one of it", change.rule, warnings)
		}
	}
}

// mustBuildCommand is the shell command by which the stage "build" compiles.
func mustBuildCommand(t *testing.T) (command string, env []string) {
	t.Helper()
	tree, err := parser.Parse(bytes.NewReader(mustRead(t, dockerfile)))
	if err != nil {
		t.Fatal(err)
	}
	stages, _, err := instructions.Parse(tree.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, instruction := range stages[0].Commands {
		switch c := instruction.(type) {
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				env = append(env, pair.Key+"="+pair.Value)
			}
		case *instructions.RunCommand:
			if command != "" {
				t.Fatal("there is a second RUN")
			}
			command = strings.Join(c.CmdLine, " ")
		}
	}
	return command, env
}

// settings are the names that .env.example knows.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{"GOMEMLIMIT": true} // Go's own
	for line := range strings.Lines(string(mustRead(t, filepath.Join(repository, ".env.example")))) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && !strings.Contains(name, " ") {
			known[name] = true
		}
	}
	return known
}
