package supabase

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	secretPrefix      = "sb_secret_"
	publishablePrefix = "sb_publishable_"
)

// ErrSecretKey refuses a request that carries a secret key: such a key belongs
// on servers, and the BFF would lend it the reach of a browser.
var ErrSecretKey = &Refusal{Forbidden: true, Message: "Secret and service_role keys are refused here."}

// CheckKey returns ErrSecretKey for an API key that is more than publishable:
// a secret key, or a legacy key of another role than anon. It doesn't verify:
// a key that only looks like one is of no use either.
func CheckKey(key string) error {
	if strings.HasPrefix(key, secretPrefix) {
		return ErrSecretKey
	}
	if role := claimedRole(key); role != "" && role != roleAnonymous && role != roleAuthenticated {
		return ErrSecretKey
	}
	return nil
}

// Publishable reports whether the key is one that a browser may hold: a
// publishable key or a legacy one of the role anon.
func Publishable(key string) bool {
	return strings.HasPrefix(key, publishablePrefix) || claimedRole(key) == roleAnonymous
}

// CheckQuery applies CheckKey to the parameter apikey of a raw query.
func CheckQuery(query string) error {
	for part := range strings.SplitSeq(query, "&") {
		if !isKey(part) {
			continue
		}
		_, value, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		if err := CheckKey(value); err != nil {
			return err
		}
	}
	return nil
}

// claimedRole is the role that a JWT claims to have, "" when it is none.
func claimedRole(token string) string {
	if strings.Count(token, ".") != 2 {
		return ""
	}
	var c claims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		return ""
	}
	return c.Role
}

// Authenticator turns the credentials of a request into an Identity.
type Authenticator struct {
	Verifier *Verifier
}

// Bearer returns who the value of an Authorization header speaks for. Supabase
// clients send the publishable key there when nobody is signed in, be it one
// that was or will be the BFF's own: apps on people's phones keep theirs for
// long, and no such key says or opens more than none. The value may be a
// buffer's: it isn't kept.
func (a *Authenticator) Bearer(ctx context.Context, authorization string) (Identity, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Identity{}, &TokenError{"Authorization must be Bearer and an access token."}
	}
	if strings.HasPrefix(token, publishablePrefix) {
		return Identity{}, nil
	}
	if strings.HasPrefix(token, secretPrefix) {
		return Identity{}, ErrSecretKey
	}
	identity, err := a.Verifier.Verify(ctx, token)
	if err == nil {
		return identity, nil
	}
	if fault := new(TokenError); errors.As(err, &fault) && claimedRole(token) == roleAnonymous {
		return Identity{}, nil // a legacy anon key, by a secret that doesn't count (any more)
	}
	return Identity{}, err
}
