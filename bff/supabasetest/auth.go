package supabasetest

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// Auth is a process of the test's own beside the stack's, on the same
// database: to be killed and started again, with settings of its own, and to
// read the e-mails that it would send. It is the stack's own server of Auth's
// API, @supabase/lite.
type Auth struct {
	*Process
	URL string
}

// MustStartAuth starts an Auth on a free port. The settings are GoTrue's, as
// far as supabase/local/auth-lite.mjs knows them.
func MustStartAuth(tb testing.TB, settings map[string]string) *Auth {
	tb.Helper()
	database := MustURL(tb, Env(tb, "POSTGREST_DB_URI"))
	database.User = url.UserPassword("supabase_auth_admin", password(database))
	secret := Env(tb, "SUPABASE_JWT_SECRET")
	_, here, _, _ := runtime.Caller(0)
	p := MustStartProgram(tb, Program{
		Name: "Auth",
		Command: func(port int) *exec.Cmd {
			command := exec.Command("node", filepath.Join(filepath.Dir(here), "../../supabase/local/auth-lite.mjs"))
			command.Env = []string{
				"PATH=" + os.Getenv("PATH"), "DO_NOT_TRACK=1",
				fmt.Sprintf("AUTH_PORT=%d", port),
				"AUTH_DATABASE_URL=" + database.String(),
				"AUTH_SITE_URL=http://127.0.0.1:8080",
				fmt.Sprintf("AUTH_EXTERNAL_URL=http://127.0.0.1:%d", port),
				"AUTH_JWT_SECRET=" + secret,
				"AUTH_PASSWORD_COST=4", // bcrypt's least, so that signing in takes next to nothing
			}
			for name, value := range settings {
				command.Env = append(command.Env, name+"="+value)
			}
			return command
		},
		IsReady: func(address string) bool { return answers("http://"+address+"/auth/v1/health", http.StatusOK) },
	})
	return &Auth{p, "http://" + p.Address + "/auth/v1"}
}

func password(u *url.URL) string {
	p, _ := u.User.Password()
	return p
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
		text := a.Output()
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
