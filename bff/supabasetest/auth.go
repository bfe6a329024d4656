package supabasetest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Auth is a process of the test's own beside the stack's, on the same
// database: to be killed and started again, with settings of its own, and to
// read the e-mails that it would send. It is the stack's own server of Auth's
// API, @supabase/lite.
type Auth struct {
	URL      string
	port     int
	settings []string
	command  *exec.Cmd
	said     *output
}

// MustStartAuth starts an Auth on a free port. The settings are GoTrue's, as
// far as supabase/local/auth-lite.mjs knows them.
func MustStartAuth(tb testing.TB, settings map[string]string) *Auth {
	tb.Helper()
	database := MustURL(tb, Env(tb, "POSTGREST_DB_URI"))
	database.User = url.UserPassword("supabase_auth_admin", password(database))
	port := MustFreePort(tb)
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	a := &Auth{port: port, URL: address + "/auth/v1", said: &output{}, settings: []string{
		"PATH=" + os.Getenv("PATH"), "DO_NOT_TRACK=1",
		fmt.Sprintf("AUTH_PORT=%d", port),
		"AUTH_DATABASE_URL=" + database.String(),
		"AUTH_SITE_URL=http://127.0.0.1:8080",
		"AUTH_EXTERNAL_URL=" + address,
		"AUTH_JWT_SECRET=" + Env(tb, "SUPABASE_JWT_SECRET"),
	}}
	for name, value := range settings {
		a.settings = append(a.settings, name+"="+value)
	}
	a.MustStart(tb)
	tb.Cleanup(func() { a.Kill(tb) })
	return a
}

func password(u *url.URL) string {
	p, _ := u.User.Password()
	return p
}

// MustStart starts the process and waits until it answers.
func (a *Auth) MustStart(tb testing.TB) {
	tb.Helper()
	_, here, _, _ := runtime.Caller(0)
	a.command = exec.Command("node", filepath.Join(filepath.Dir(here), "../../supabase/local/auth-lite.mjs"))
	a.command.Env = a.settings
	a.command.Stdout, a.command.Stderr = a.said, a.said
	a.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.command.Start(); err != nil {
		tb.Fatal(err)
	}
	MustWait(tb, "Auth to answer", func() bool {
		resp, err := http.Get(a.URL + "/health")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// Kill ends the process at once.
func (a *Auth) Kill(tb testing.TB) {
	tb.Helper()
	if a.command == nil {
		return
	}
	if err := a.command.Process.Kill(); err != nil {
		tb.Error(err)
	}
	_ = a.command.Wait()
	a.command = nil
}

// Hang stops the process where it is, until Continue: it takes connections and
// doesn't answer.
func (a *Auth) Hang(tb testing.TB) { a.signal(tb, syscall.SIGSTOP) }

// Continue ends what Hang began.
func (a *Auth) Continue(tb testing.TB) { a.signal(tb, syscall.SIGCONT) }

func (a *Auth) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	if err := a.command.Process.Signal(s); err != nil {
		tb.Fatal(err)
	}
}

// Mail is what an e-mail of Auth's gives its reader.
type Mail struct {
	Code      string // to be typed in
	TokenHash string // in the link
}

var (
	mailCode = regexp.MustCompile(`code[^\n]*?: (\d{6})`)
	mailHash = regexp.MustCompile(`[?&]token=([0-9a-f]+)`)
)

// MustMail waits for the e-mail to the address, and returns the last one.
func (a *Auth) MustMail(tb testing.TB, to string) (mail Mail) {
	tb.Helper()
	MustWait(tb, "an e-mail to "+to, func() bool {
		text := a.said.String()
		at := strings.LastIndex(text, "E-mail to "+to+":")
		if at < 0 {
			return false
		}
		code, hash := mailCode.FindStringSubmatch(text[at:]), mailHash.FindStringSubmatch(text[at:])
		if code == nil || hash == nil {
			return false
		}
		mail = Mail{code[1], hash[1]}
		return true
	})
	return mail
}

// output is what a process says, readable meanwhile.
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
