package supabasetest

import (
	"encoding/json"
	"fmt"
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
	port := MustFreePort(tb)
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	settings, err := json.Marshal(map[string]any{
		"port": port, "keys": keys,
		"upstreams": map[string]string{"rest": Env(tb, "POSTGREST_URL"), "auth": Env(tb, "AUTH_URL")},
	})
	if err != nil {
		tb.Fatal(err)
	}
	_, here, _, _ := runtime.Caller(0)
	command := exec.Command("node", "--input-type=module", "-e", gateway)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "SETTINGS=" + string(settings),
		"GATEWAY=" + filepath.Join(filepath.Dir(here), "../../supabase/local/gateway.mjs"),
	}
	MustRun(tb, command)
	MustWait(tb, "the gateway to answer", func() bool {
		resp, err := http.Get(address + "/auth/v1/health")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return address
}
