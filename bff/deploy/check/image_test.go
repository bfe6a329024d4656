package check

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

var release = map[string]string{"VERSION": "v1.2.3", "COMMIT": "0123456789abcdef0123456789abcdef01234567", "DATE": "2026-12-01T09:00:00Z"}

// mustSendContext copies what a builder is sent: the repository without what
// Dockerfile.dockerignore leaves out.
func mustSendContext(t *testing.T) (folder string) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(string(mustRead(t, dockerfile+".dockerignore"))))
	if err != nil {
		t.Fatal(err)
	}
	all, err := fsutil.NewFS(repository)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	var size int64
	err = sent.Walk(t.Context(), "", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		from, err := sent.Open(path)
		if err != nil {
			return err
		}
		defer from.Close()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o755); err != nil {
			return err
		}
		to, err := os.Create(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		n, err := io.Copy(to, from)
		size += n
		return errors.Join(err, to.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 8<<20 {
		t.Errorf("the context has %d bytes", size)
	}
	return folder
}

// mustCompile does what the Dockerfile's RUN does, on this machine.
func mustCompile(t *testing.T, context, architecture string) (binary string) {
	t.Helper()
	command, env := mustBuildCommand(t)
	folder := t.TempDir()
	if strings.Count(command, "/out/") != 1 {
		t.Fatalf("where does it write? %s", command)
	}
	build := exec.Command("sh", "-ec", strings.Replace(command, "/out/", folder+"/", 1))
	build.Dir = context
	build.Env = append(os.Environ(), "TARGETOS=linux", "TARGETARCH="+architecture)
	build.Env = append(build.Env, env...)
	for name, value := range release {
		build.Env = append(build.Env, name+"="+value)
	}
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return filepath.Join(folder, "bff")
}

// mustBeStatic fails for a program that needs a file beside itself to start, or
// another processor.
func mustBeStatic(t *testing.T, binaries map[string]string) {
	t.Helper()
	for architecture, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		file, err := elf.Open(binaries[architecture])
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		libraries, err := file.ImportedLibraries()
		dynamic := slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
		if file.Machine != machine || len(libraries) > 0 || dynamic || err != nil {
			t.Errorf("for %s: a program for %s that needs %q, %v", architecture, file.Machine, libraries, err)
		}
	}
}

// inImage runs a program in a root folder that can't be written to, as a user
// with no rights, as containers do: an engine isn't needed for that on Linux.
func inImage(root string, env []string, arguments ...string) *exec.Cmd {
	readOnly := `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec setpriv --no-new-privs "$@"`
	unshare, chroot := []string{"--mount"}, []string{"--inh-caps=-all", "/usr/sbin/chroot", "--userspec=65532:65532", "--groups="}
	if os.Geteuid() != 0 { // root in a namespace of one's own, where that is nobody else's
		unshare, chroot = []string{"--mount", "--user", "--map-root-user"}, []string{"/usr/sbin/chroot"}
	}
	command := exec.Command("unshare", slices.Concat(unshare, []string{"sh", "-c", readOnly, root}, chroot, []string{root}, arguments)...)
	command.Env = env
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

// TestImage assembles the image's files and runs it with the settings that
// compose.yaml and the Kubernetes manifests give it, up to its health check and
// its orderly end.
func TestImage(t *testing.T) {
	context, binaries := mustSendContext(t), map[string]string{}
	for _, architecture := range architectures {
		binaries[architecture] = mustCompile(t, context, architecture)
	}
	mustBeStatic(t, binaries)
	image, _, _ := mustConvert(t, mustRead(t, dockerfile), runtime.GOARCH)
	for where, given := range map[string]map[string]string{"compose": composeSettings(t), "kubernetes": kubernetesSettings(t)} {
		t.Run(where, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(binaries[runtime.GOARCH], filepath.Join(root, "bff")); err != nil {
				t.Fatal(err)
			}
			var env []string
			health := func() error {
				if image.Config.Healthcheck.Test[0] != "CMD" {
					t.Fatalf("a shell is needed for %q", image.Config.Healthcheck.Test)
				}
				return inImage(root, env, image.Config.Healthcheck.Test[1:]...).Run()
			}
			bff, live := mustStartOnFreePorts(t, func(port, metricsPort int) *exec.Cmd {
				given["BFF_PORT"], given["BFF_METRICS_PORT"] = fmt.Sprint(port), fmt.Sprint(metricsPort)
				env = slices.Clone(image.Config.Env)
				for name, value := range given {
					env = append(env, name+"="+value)
				}
				if health() == nil {
					t.Error("healthy before it began")
				}
				return inImage(root, env, image.Config.Entrypoint...)
			})
			for member, want := range map[string]string{"status": "ok", "version": release["VERSION"], "commit": release["COMMIT"], "built": release["DATE"]} {
				if live[member] != want {
					t.Errorf("%s is %q", member, live[member])
				}
			}
			if err := health(); err != nil {
				t.Errorf("unhealthy: %v", err)
			}
			mustBePowerless(t, bff.command.Process.Pid)
			if err := bff.command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			<-bff.ended
			if bff.err != nil {
				t.Errorf("its end: got error %v, want none", bff.err)
			}
			if health() == nil {
				t.Error("healthy after its end")
			}
		})
	}
}

// mustBePowerless looks at the process from outside.
func mustBePowerless(t *testing.T, pid int) {
	t.Helper()
	process := fmt.Sprintf("/proc/%d/", pid)
	if err := os.WriteFile(process+"root/probe", nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Errorf("its root folder takes files: %v", err)
	}
	status := string(mustRead(t, process+"status"))
	user, lines := os.Geteuid(), []string{"NoNewPrivs:\t1"}
	if user == 0 {
		user, lines = 65532, append(lines, "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000")
	}
	for _, line := range append(lines, fmt.Sprintf("Uid:\t%d\t%[1]d\t%[1]d\t%[1]d", user)) {
		if !strings.Contains(status, "\n"+line+"\n") {
			t.Errorf("%q isn't in\n%s", line, status)
		}
	}
}

// process is a program that runs beside the test.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed after it ended
	err     error         // how it ended
	log     strings.Builder
}

func mustStart(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	p := &process{command: command, ended: make(chan struct{})}
	command.Stderr = &p.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = command.Wait()
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill() // if it hasn't ended
		<-p.ended
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// mustStartOnFreePorts starts the command, whose process serves /livez on the
// first port, and returns what that answers. Where another program takes a port
// first, it tries other ones.
func mustStartOnFreePorts(t *testing.T, command func(port, metricsPort int) *exec.Cmd) (*process, map[string]string) {
	t.Helper()
	for range 5 {
		port := mustFreePort(t)
		p := mustStart(t, command(port, mustFreePort(t)))
		live := mustAnswer(t, fmt.Sprintf("http://127.0.0.1:%d/livez", port), p)
		if live != nil {
			return p, live
		}
		if !strings.Contains(p.log.String(), "address already in use") {
			t.Fatalf("it ended before it answered: %v", p.err)
		}
	}
	t.Fatal("five times another program took the port first")
	return nil, nil
}

// mustAnswer waits until the address answers, and returns the answer's members,
// or nil if the process ended.
func mustAnswer(t *testing.T, address string, p *process) map[string]string {
	t.Helper()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.ended:
			return nil
		default:
		}
		response, err := http.Get(address)
		if err != nil {
			continue
		}
		defer response.Body.Close()
		var members map[string]string
		if err := json.NewDecoder(response.Body).Decode(&members); err != nil {
			t.Fatal(err)
		}
		return members
	}
	t.Fatalf("%s doesn't answer within 1m", address)
	return nil
}

// mustFreePort returns a port on which nothing listens, and that no system hands
// out by itself (Linux does from 32768, others from 49152).
func mustFreePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20_000 + rand.IntN(6_000)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("there is no free port between 20000 and 26000")
	return 0
}

func composeSettings(t *testing.T) map[string]string {
	given := map[string]string{}
	for name, value := range mustCompose(t).Services["bff"].Environment {
		if value != nil { // else it is the .env's, if that has it
			given[name] = *value
		}
	}
	return given
}

func kubernetesSettings(t *testing.T) map[string]string {
	objects := mustBuild(t)
	given := map[string]string{}
	for name, value := range mustFind(t, objects, anyOf[*corev1.ConfigMap]).Data {
		given[name] = value
	}
	filled := map[string]string{
		"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test", "BFF_SESSION_KEYS": testKey, "REDIS_URL": "rediss://user:password@127.0.0.1:1/0",
	}
	for _, name := range secretNames(t) {
		given[name] = filled[name]
	}
	for _, variable := range mustFind(t, objects, anyOf[*appsv1.Deployment]).Spec.Template.Spec.Containers[0].Env {
		given[variable.Name] = variable.Value
	}
	return given
}
