package supabasetest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Keys are the API keys that a gateway knows.
type Keys struct {
	Publishable []string `json:"publishable"`
	Secret      []string `json:"secret"`
	// JWTSecret signs what becomes of a secret key.
	JWTSecret string `json:"jwtSecret"`
}

// gateway is the program; its settings are in the environment.
const gateway = `const { startGateway } = await import(process.env.GATEWAY); await startGateway(JSON.parse(process.env.SETTINGS));`

// MustStartGateway starts the stack's gateway anew, before the same PostgREST
// and Auth but with keys of the test's own, for as long as the test runs, and
// returns its address.
func MustStartGateway(tb testing.TB, keys Keys) string {
	tb.Helper()
	Secret(keys.Secret...)
	upstreams := map[string]string{"rest": Env(tb, "POSTGREST_URL"), "auth": Env(tb, "AUTH_URL")}
	_, here, _, _ := runtime.Caller(0)
	p := MustStartProgram(tb, Program{
		Name: "the gateway",
		Log:  Log(),
		Command: func(port int) *exec.Cmd {
			settings, err := json.Marshal(map[string]any{"port": port, "keys": keys, "upstreams": upstreams})
			if err != nil {
				tb.Fatal(err)
			}
			command := exec.Command("node", "--input-type=module", "-e", gateway)
			command.Env = []string{
				"PATH=" + os.Getenv("PATH"), "SETTINGS=" + string(settings),
				"GATEWAY=" + filepath.Join(filepath.Dir(here), "../../supabase/local/gateway.mjs"),
			}
			return command
		},
		IsReady: func(address string) bool { return answers("http://"+address+"/auth/v1/health", http.StatusOK) },
	})
	return "http://" + p.Address
}
