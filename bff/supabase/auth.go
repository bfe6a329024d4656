package supabase

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/supabase-community/gotrue-go"
	"github.com/supabase-community/gotrue-go/types"
)

// What the BFF itself asks Auth, on a browser's behalf. gotrue-go does it
// where it is right (v1.2.0): passwords, refreshing, signing up, codes by
// e-mail, recovery, and one's own user. Direct calls, and why:
//
//   - SignOut: gotrue-go's Logout takes no scope, so it ends every device's session.
//   - Exchange: its PKCE grant sends the code as "code"; Auth reads "auth_code".
//   - Verify: it takes Auth's answer 200 for an error, demands a redirect_to
//     that means nothing there, and knows no token_hash.
//   - Authorize: it can't say where to return to.

// apiVersion makes GoTrue put its error codes into "code".
const apiVersion = "2024-01-01"

// AuthUser is a user as Auth shows them.
type AuthUser = types.User

// Tokens are what Auth gives to who has signed in.
type Tokens struct {
	AccessToken  string   `json:"access_token"`
	RefreshToken string   `json:"refresh_token"`
	User         AuthUser `json:"user"`
}

func tokensOf(s types.Session) Tokens { return Tokens{s.AccessToken, s.RefreshToken, s.User} }

// AuthError is Auth's refusal of what it was asked.
type AuthError struct {
	Status int
	// Code is one of https://supabase.com/docs/guides/auth/debugging/error-codes,
	// or "".
	Code    string
	Message string
	// Reasons say, for weak_password, what the password lacks.
	Reasons []string
	// RetryAfter is the header's value.
	RetryAfter string
}

func (e *AuthError) Error() string { return fmt.Sprintf("Auth answered %d %s", e.Status, e.Code) }

// SessionOver reports whether Auth says that there is no such session any
// more.
func (e *AuthError) SessionOver() bool {
	switch e.Code {
	case "refresh_token_not_found", "refresh_token_already_used", "session_not_found", "session_expired", "user_not_found", "user_banned", "invalid_grant":
		return true
	}
	return false
}

// SignIn signs in with a password.
func (c *Client) SignIn(ctx context.Context, caller Caller, email, password string) (Tokens, error) {
	return viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (Tokens, error) {
		answer, err := auth.SignInWithEmailPassword(email, password)
		if err != nil {
			return Tokens{}, err
		}
		return tokensOf(answer.Session), nil
	})
}

// Refresh changes a refresh token, which works once, for new tokens.
func (c *Client) Refresh(ctx context.Context, caller Caller, refreshToken string) (Tokens, error) {
	return viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (Tokens, error) {
		answer, err := auth.RefreshToken(refreshToken)
		if err != nil {
			return Tokens{}, err
		}
		return tokensOf(answer.Session), nil
	})
}

// SignUp makes a user. There are no tokens where Auth wants the e-mail address
// to be confirmed first.
func (c *Client) SignUp(ctx context.Context, caller Caller, email, password string, metadata map[string]any) (Tokens, error) {
	return viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (Tokens, error) {
		answer, err := auth.Signup(types.SignupRequest{Email: email, Password: password, Data: metadata})
		if err != nil {
			return Tokens{}, err
		}
		return tokensOf(answer.Session), nil
	})
}

// SendCode has Auth send an e-mail with a one-time code and a link, to somebody
// new too if create.
func (c *Client) SendCode(ctx context.Context, caller Caller, email string, create bool) error {
	_, err := viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (struct{}, error) {
		return struct{}{}, auth.OTP(types.OTPRequest{Email: email, CreateUser: create})
	})
	return err
}

// Recover has Auth send an e-mail to who has forgotten the password.
func (c *Client) Recover(ctx context.Context, caller Caller, email string) error {
	_, err := viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (struct{}, error) {
		return struct{}{}, auth.Recover(types.RecoverRequest{Email: email})
	})
	return err
}

// User returns the caller's own user.
func (c *Client) User(ctx context.Context, caller Caller) (AuthUser, error) {
	return viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (AuthUser, error) {
		answer, err := auth.GetUser()
		if err != nil {
			return AuthUser{}, err
		}
		return answer.User, nil
	})
}

// SetPassword changes the caller's password. The nonce is what Auth sent by
// e-mail, where it wants that.
func (c *Client) SetPassword(ctx context.Context, caller Caller, password, nonce string) error {
	_, err := viaGoTrue(ctx, c, caller, func(auth gotrue.Client) (struct{}, error) {
		_, err := auth.UpdateUser(types.UpdateUserRequest{Password: &password, Nonce: nonce})
		return struct{}{}, err
	})
	return err
}

// Proof is what an e-mail of Auth's gave somebody: a code for their address,
// or the hash out of a link.
type Proof struct {
	Type      string `json:"type"`
	Email     string `json:"email,omitempty"`
	Token     string `json:"token,omitempty"`
	TokenHash string `json:"token_hash,omitempty"`
}

// Verify signs in with the proof.
func (c *Client) Verify(ctx context.Context, caller Caller, proof Proof) (Tokens, error) {
	var tokens Tokens
	err := c.askAuth(ctx, caller, "/verify", proof, &tokens)
	return tokens, err
}

// SignOut ends the caller's session (scope local), all others of the user
// (others) or all (global).
func (c *Client) SignOut(ctx context.Context, caller Caller, scope string) error {
	return c.askAuth(ctx, caller, "/logout?scope="+url.QueryEscape(scope), nil, nil)
}

// Exchange changes the code that came back from a provider for tokens, with
// the verifier whose hash was sent there.
func (c *Client) Exchange(ctx context.Context, caller Caller, code, verifier string) (Tokens, error) {
	var tokens Tokens
	body := map[string]string{"auth_code": code, "code_verifier": verifier}
	err := c.askAuth(ctx, caller, "/token?grant_type=pkce", body, &tokens)
	return tokens, err
}

// Authorize begins a sign-in at a provider and returns the provider's address
// to send the browser to. The challenge is the S256 hash of a verifier; from
// the provider the browser gets back to Auth, and from there to returnTo.
func (c *Client) Authorize(ctx context.Context, caller Caller, provider, challenge, returnTo string) (string, error) {
	ctx, cancel := c.WithDeadline(ctx)
	defer cancel()
	query := url.Values{
		"provider": {provider}, "code_challenge": {challenge}, "code_challenge_method": {"s256"}, "redirect_to": {returnTo},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.auth.base.String()+"/authorize?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	resp, err := (&asking{ctx, c, caller}).RoundTrip(req)
	if err != nil {
		return "", authFailure(ctx, err)
	}
	defer resp.Body.Close()
	target, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || (target.Scheme != "https" && target.Scheme != "http") || target.Host == "" || resp.StatusCode >= 400 || resp.StatusCode < 300 {
		return "", &Failure{Service: "Auth", Err: fmt.Errorf("/authorize answered %d and no address", resp.StatusCode)}
	}
	return target.String(), nil
}

// viaGoTrue has a gotrue-go client of its own ask Auth: one that is shared
// carries another user's token sooner or later.
func viaGoTrue[T any](ctx context.Context, c *Client, caller Caller, ask func(gotrue.Client) (T, error)) (T, error) {
	ctx, cancel := c.WithDeadline(ctx)
	defer cancel()
	answer, err := ask(gotrue.New("", c.key).WithCustomGoTrueURL(c.auth.base.String()).WithClient(http.Client{
		Transport:     &asking{ctx, c, caller},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err != nil {
		var none T
		return none, authFailure(ctx, err)
	}
	return answer, nil
}

// askAuth posts JSON to Auth and reads the JSON it answers into into, unless
// that is nil.
func (c *Client) askAuth(ctx context.Context, caller Caller, path string, body, into any) error {
	ctx, cancel := c.WithDeadline(ctx)
	defer cancel()
	text := []byte("{}")
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.auth.base.String()+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&asking{ctx, c, caller}).RoundTrip(req)
	if err != nil {
		return authFailure(ctx, err)
	}
	defer resp.Body.Close()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return authFailure(ctx, err)
	}
	return nil
}

// asking is the round tripper below every question to Auth. It adds the
// context and the credentials, bounds the answer, and makes a refusal an
// *AuthError. Nothing is asked twice: most of it changes something.
type asking struct {
	ctx    context.Context
	client *Client
	caller Caller
}

func (a *asking) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(a.ctx)
	a.client.sign(req.Header, a.client.auth, a.caller)
	req.Header.Set("X-Supabase-Api-Version", apiVersion)
	resp, err := a.client.auth.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{resp.Body, maxAnswer}
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return nil, newAuthError(resp, text)
}

// newAuthError reads what GoTrue, of any version, says about a refusal. An
// answer that isn't GoTrue's is no refusal.
func newAuthError(resp *http.Response, text []byte) error {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("answered %d and no JSON", resp.StatusCode)
	}
	var body struct {
		Code         any    `json:"code"` // the status, in older versions
		ErrorCode    string `json:"error_code"`
		Error        string `json:"error"` // OAuth's word
		Message      string `json:"message"`
		Msg          string `json:"msg"`
		Description  string `json:"error_description"`
		WeakPassword struct {
			Reasons []string `json:"reasons"`
		} `json:"weak_password"`
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return fmt.Errorf("answered %d and no error object: %w", resp.StatusCode, err)
	}
	e := &AuthError{Status: resp.StatusCode, Reasons: body.WeakPassword.Reasons, RetryAfter: resp.Header.Get("Retry-After")}
	code, _ := body.Code.(string)
	for _, code := range []string{body.ErrorCode, code, resp.Header.Get("X-Sb-Error-Code"), body.Error} {
		if e.Code == "" {
			e.Code = code
		}
	}
	for _, message := range []string{body.Message, body.Msg, body.Description} {
		if e.Message == "" {
			e.Message = message
		}
	}
	return e
}

// authFailure keeps an *AuthError what it is and makes all else a *Failure,
// or ErrBusy.
func authFailure(ctx context.Context, err error) error {
	if refusal := new(AuthError); errors.As(err, &refusal) {
		return refusal
	}
	return asFailure(ctx, "Auth", err)
}

// SessionOf is what a token, already verified, says about its session: the id
// that stays the same over refreshes, and when the token was issued.
func SessionOf(token string) (id string, issued time.Time, err error) {
	var c struct {
		jwt.RegisteredClaims
		SessionID string `json:"session_id"`
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		return "", time.Time{}, err
	}
	if c.SessionID == "" || c.IssuedAt == nil {
		return "", time.Time{}, errors.New("the token names no session, or not when it was issued")
	}
	return c.SessionID, c.IssuedAt.Time, nil
}
