package supabase

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// clockSkew is how far Auth's clock may be from this one.
const clockSkew = 30 * time.Second

// TokenError is a token that proves nothing. Reason is a sentence for the
// client; it tells nothing that the client couldn't find out.
type TokenError struct{ Reason string }

func (e *TokenError) Error() string { return e.Reason }

// RoleError is a genuine token of a role that has no business here.
type RoleError struct{ Role string }

func (e *RoleError) Error() string { return "tokens of the role " + e.Role + " are refused" }

// Verifier verifies access tokens: by the project's signing keys (JWKS) and,
// where there is one, by the shared secret. It is safe for concurrent use.
type Verifier struct {
	secret jwt.VerificationKeySet // several while it is being changed
	keys   *keySet
	parser *jwt.Parser
	cache  *tokenCache
	now    func() time.Time
}

// VerifierOptions are what a Verifier has to know. Secrets, Issuer, Transport,
// Now and Log may be left out.
type VerifierOptions struct {
	AuthURL   string   // the JWKS is below it
	Secrets   []string // HS256, any of them; without one such tokens are refused
	Issuer    string   // if set, the iss that a token must have
	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// NewVerifier returns a Verifier and begins to fetch the keys. It doesn't
// wait for them: a server starts whether or not Auth is up.
func NewVerifier(o VerifierOptions) *Verifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{"HS256", "ES256", "RS256", "EdDSA"}),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew),
		jwt.WithTimeFunc(o.Now),
	}
	if o.Issuer != "" {
		options = append(options, jwt.WithIssuer(o.Issuer))
	}
	v := &Verifier{
		keys:   newKeySet(strings.TrimRight(o.AuthURL, "/")+"/.well-known/jwks.json", o.Transport, o.Now, o.Log),
		parser: jwt.NewParser(options...),
		cache:  newTokenCache(),
		now:    o.Now,
	}
	for _, secret := range o.Secrets {
		if secret != "" { // which would be a key that everybody has
			v.secret.Keys = append(v.secret.Keys, []byte(secret))
		}
	}
	v.keys.mu.Lock()
	v.keys.fetch()
	v.keys.mu.Unlock()
	return v
}

type claims struct {
	jwt.RegisteredClaims
	Role string `json:"role"`
}

// Verify returns who the token speaks for. A token of the role anon speaks
// for nobody. The error is a *TokenError for a token that proves nothing, a
// *RoleError for one that proves too much, and a *Failure when the keys that
// would tell can't be fetched. It doesn't
// keep the token given, whose bytes may be a buffer's, but a copy.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	version := v.keys.current()
	if identity, ok := v.cache.get(token, version, v.now()); ok {
		return identity, nil
	}
	token = strings.Clone(token)
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) { return v.key(ctx, t) }); err != nil {
		return Identity{}, tokenFault(err)
	}
	switch c.Role {
	case roleAnonymous: // a legacy anon key has neither sub nor aud
		return Identity{}, nil
	case roleAuthenticated:
	default:
		return Identity{}, &RoleError{c.Role}
	}
	if len(c.Audience) != 1 || c.Audience[0] != roleAuthenticated {
		return Identity{}, &TokenError{"The token is for another audience."}
	}
	subject, err := uuid.Parse(c.Subject)
	if err != nil || len(c.Subject) != 36 {
		return Identity{}, &TokenError{"The token names no user."}
	}
	identity := Identity{Subject: subject.String(), Token: token, ExpiresAt: c.ExpiresAt.Time}
	v.cache.put(version, identity, v.now())
	return identity, nil
}

// key chooses the key, and with it the algorithm. HS256 is only ever the
// shared secret: a public key is never used as one.
func (v *Verifier) key(ctx context.Context, t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, &TokenError{"The token demands an extension that is not known here."}
	}
	algorithm := t.Method.Alg()
	if algorithm == "HS256" {
		if len(v.secret.Keys) == 0 {
			return nil, &TokenError{"The token's algorithm is not accepted."}
		}
		return v.secret, nil
	}
	id, _ := t.Header["kid"].(string)
	if id == "" {
		return nil, &TokenError{"The token names no key."}
	}
	key, ok, err := v.keys.find(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, &TokenError{"The token is signed with an unknown key."}
	case key.algorithm != algorithm:
		return nil, &TokenError{"The token's algorithm is not the one of its key."}
	}
	return key.public, nil
}

// tokenFault tells apart what the parser reports.
func tokenFault(err error) error {
	if fault := new(TokenError); errors.As(err, &fault) {
		return fault
	}
	switch {
	case errors.Is(err, errKeysUnavailable):
		return &Failure{Service: "Auth", Err: err}
	case errors.Is(err, jwt.ErrTokenMalformed):
		return &TokenError{"The token is malformed."}
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return &TokenError{"The token's signature is not valid."}
	case errors.Is(err, jwt.ErrTokenExpired):
		return &TokenError{"The token has expired."}
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return &TokenError{"The token is not valid yet."}
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return &TokenError{"The token is from another issuer."}
	default:
		return &TokenError{"The token is not valid."}
	}
}
