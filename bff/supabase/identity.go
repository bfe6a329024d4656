// Package supabase is the BFF's way to Supabase: one HTTP transport, and http1
// for what is passed on as it is; clients that are made per request and carry
// the caller's own token; the passage of Supabase's own paths; the verification
// of tokens. It knows nothing of Fiber, and of the environment neither.
package supabase

import "time"

// Roles that a caller may have. Whoever shows another one (service_role,
// supabase_admin …) is refused: the BFF never acts with more than a user's
// rights.
const (
	roleAuthenticated = "authenticated"
	roleAnonymous     = "anon"
)

// Identity is who a request comes from, by whichever credential. The zero
// value is the anonymous caller.
type Identity struct {
	// Subject is the user's id (auth.users.id), a UUID in lower case.
	Subject string
	// Token is the access token that speaks for the user at Supabase.
	Token     string
	ExpiresAt time.Time
}

// Anonymous reports whether nobody is signed in.
func (i Identity) Anonymous() bool { return i.Subject == "" }

// Caller is on whose behalf a request goes to Supabase, and what ties it to
// the request that caused it.
type Caller struct {
	Identity
	RequestID string
	// IP is the client's address, the only thing sent as X-Forwarded-For.
	IP string
}
