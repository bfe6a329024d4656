package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Failure is why a message, or a mail, was not sent; or, with the codes
// timeout and connection_failed, may not have been. No part of it tells the
// target, a secret, or what the receiver answered.
//
//	code                what to do, or what it was
//	bad_message         the ID or the title is missing or unusable, Data is no JSON
//	bad_target          the target is no URL, or no e-mail address
//	bad_secret          the webhook's signing secret is none
//	bad_kind            there is no such kind of channel
//	refused_host        the host is not on the list of the channel's kind
//	private_address     the host leads to an address that is not public
//	no_resolver         under WebAssembly: globalThis.mysingleResolve is missing
//	mail_not_configured there is no mail API
//	redirected          the receiver has moved; redirects are not followed
//	no_such_channel     the platform doesn't know the target (any more)
//	too_large           the receiver takes no message of this size
//	already_sent        the mail API has sent another mail with this ID
//	rate_limited        again after RetryAfter
//	host_not_found      again later
//	connection_failed   again later
//	tls_failed          again later: the certificate is not valid, or there is none
//	timeout             again later
//	canceled            the caller's context has ended
//	http_<status>       any other status
type Failure struct {
	Code string
	// Permanent tells that it would be the same the next time.
	Permanent bool
	// RetryAfter is how long the receiver wants to be left alone, at most a
	// day; zero if it didn't say.
	RetryAfter time.Duration
	// Err is a sentence for a log, or the context's error.
	Err error
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return f.Code
	}
	return f.Code + ": " + f.Err.Error()
}

func (f *Failure) Unwrap() error { return f.Err }

var (
	errConnection = errors.New("no connection, or it broke before an answer")
	errTLS        = errors.New("no secure connection")
)

func permanent(code string, err error) *Failure {
	return &Failure{Code: code, Permanent: true, Err: err}
}

func temporary(code string, err error) *Failure { return &Failure{Code: code, Err: err} }

// unanswered is the failure for an error of a round trip. Such errors' texts
// have the URL, the host or an address in them, so none is kept.
func unanswered(caller context.Context, err error) *Failure {
	switch {
	case errors.Is(err, errPrivate):
		return permanent("private_address", errPrivate)
	case errors.Is(err, errNoResolver):
		return permanent("no_resolver", errNoResolver)
	case caller.Err() == context.Canceled:
		return temporary("canceled", context.Canceled)
	case isTimeout(err):
		return temporary("timeout", context.DeadlineExceeded)
	case errors.Is(err, errNoAddress), errors.As(err, new(*net.DNSError)):
		return temporary("host_not_found", errNoAddress)
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(x509.HostnameError)),
		errors.As(err, new(tls.RecordHeaderError)), errors.As(err, new(tls.AlertError)):
		return temporary("tls_failed", errTLS)
	}
	return temporary("connection_failed", errConnection)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// answered is the failure for an answer, of whose body the beginning is known,
// or nil if the message was taken.
//   - Slack: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
//     (404 no_service and channel_not_found, 410 channel_is_archived, 429 with
//     Retry-After).
//   - Discord: discord.com/developers/docs/topics/opcodes-and-status-codes
//     (401 with code 50027, 404 with 10015: no such webhook), …/topics/rate-limits
//     (Retry-After in seconds, retry_after in the body with their fractions).
//   - Teams: a workflow answers 202; 404 if there is none.
//   - Mail: resend.com/docs/api-reference/errors.
func answered(kind Kind, status int, header http.Header, body []byte) *Failure {
	code := "http_" + strconv.Itoa(status)
	err := errors.New("the receiver answered " + strconv.Itoa(status))
	platform := kind == Slack || kind == Discord || kind == Teams
	var told struct {
		Name       string  `json:"name"`
		RetryAfter float64 `json:"retry_after"`
	}
	switch {
	case status >= 200 && status <= 299:
		return nil
	case status >= 300 && status <= 399, status == 0: // 0: fetch's opaque redirect
		return permanent("redirected", err)
	case status == http.StatusTooManyRequests:
		failure := &Failure{Code: "rate_limited", RetryAfter: retryAfter(header.Get("Retry-After"), time.Now()), Err: err}
		if kind == Discord && json.Unmarshal(body, &told) == nil {
			failure.RetryAfter = max(failure.RetryAfter, seconds(told.RetryAfter))
		}
		return failure
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return &Failure{Code: code, RetryAfter: retryAfter(header.Get("Retry-After"), time.Now()), Err: err}
	case status == http.StatusConflict && kind == Email:
		// The same ID: with another mail (so one was sent), or under way.
		if json.Unmarshal(body, &told) == nil && told.Name == "invalid_idempotent_request" {
			return permanent("already_sent", err)
		}
		return temporary(code, err)
	case status == http.StatusRequestEntityTooLarge:
		return permanent("too_large", err)
	case platform && (status == http.StatusNotFound || status == http.StatusGone),
		kind == Discord && status == http.StatusUnauthorized:
		return permanent("no_such_channel", err)
	}
	return permanent(code, err)
}

// maxRetryAfter bounds what a receiver may ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header (RFC 9110, 10.2.3): seconds or a date. What is
// neither is zero.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseFloat(text, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return seconds(n)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

func seconds(n float64) time.Duration {
	if !(n > 0) { // NaN too
		return 0
	}
	return time.Duration(min(n, maxRetryAfter.Seconds()) * float64(time.Second))
}
