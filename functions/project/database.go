package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/supabase-community/postgrest-go"
	"github.com/supabase-community/supabase-go"

	bff "github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/functions/edge"
)

const (
	// patience is how long one call may take: longer than the statement timeout
	// of the role authenticated (8 s), so that the database gets to say why.
	patience = 10 * time.Second
	// maxAnswer bounds what is read of one answer, in bytes.
	maxAnswer = 8 << 20
)

var errPatience = errors.New("the database did not answer in time")

// Error is what the database refuses.
type Error struct {
	Status        int    // of the answer
	Code, Message string // PostgREST's and PostgreSQL's
	Details, Hint string
}

func (e *Error) Error() string { return fmt.Sprintf("the database says %s: %s", e.Code, e.Message) }

// Answer turns what the database refuses into the answer to the caller: it was
// asked in their name, or they are the service, and it is theirs to read.
func Answer(err error) error {
	fault := new(Error)
	switch {
	case errors.As(err, &fault) && fault.Status >= 400 && fault.Status < 500:
		return &edge.Problem{Status: fault.Status, Code: fault.Code, Message: fault.Message, Details: fault.Details, Hint: fault.Hint}
	case errors.Is(err, errPatience):
		slog.Error("the database is slow", "error", err)
		return &edge.Problem{Status: http.StatusGatewayTimeout, Code: "upstream_timeout", Message: "The database did not answer in time."}
	}
	slog.Error("the database fails", "error", err)
	return &edge.Problem{Status: http.StatusBadGateway, Code: "upstream_failed", Message: "The database failed to answer."}
}

// Service calls the function of the database with the service's rights, which
// go past row-level security, and reads its result into the target (a pointer),
// unless that is nil. The name must be a constant. What the database refuses is
// an *Error.
func (p *Project) Service(ctx context.Context, function string, args, target any) error {
	return p.ask(ctx, http.Header{"Apikey": {p.SecretKey}}, function, target, func(client *postgrest.Client) ([]byte, error) {
		text := client.Rpc(function, "", args)
		return []byte(text), client.ClientError
	})
}

// SetAsService changes, with the service's rights, the rows of a table whose
// column has the value and whose column empty is null. Table and columns must
// be constants.
//
// It is by supabase-go, and the only one: that package's client knows no
// context and no bound, takes an error's body for the result of Rpc, and one
// that is shared carries a user's token sooner or later. A client of its own,
// an update that returns no rows, and a caller that doesn't wait longer than
// it wants are what makes it safe here.
func (p *Project) SetAsService(ctx context.Context, table string, changes any, column, value, empty string) error {
	ctx, cancel := within(ctx)
	defer cancel()
	client, err := supabase.NewClient(p.URL.String(), p.SecretKey, nil)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := client.From(table).Update(changes, "minimal", "").Eq(column, value).Is(empty, "null").Execute()
		done <- err
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

// As calls the function of the database with the rights of the user, and reads
// its result into the target. It is as Service otherwise; an *Error has the
// status with which PostgREST answered.
func (p *Project) As(ctx context.Context, who bff.Identity, function string, args, target any) error {
	return p.asUser(ctx, who, function, target, func(client *postgrest.Client) ([]byte, error) {
		text := client.Rpc(function, "", args)
		return []byte(text), client.ClientError
	})
}

// Select reads rows of a table, or of a view, that the user may see, those whose
// column has the value. Table, columns and column must be constants.
func (p *Project) Select(ctx context.Context, who bff.Identity, table, columns, column, value string, target any) error {
	return p.asUser(ctx, who, table, target, func(client *postgrest.Client) ([]byte, error) {
		text, _, err := client.From(table).Select(columns, "", false).Eq(column, value).Execute()
		return text, err
	})
}

// Insert adds a row to a table as the user, and reads the columns of the new
// row, in a list, into the target.
func (p *Project) Insert(ctx context.Context, who bff.Identity, table, columns string, row, target any) error {
	return p.asUser(ctx, who, table, target, func(client *postgrest.Client) ([]byte, error) {
		text, _, err := client.From(table+"?select="+columns).Insert(row, false, "", "representation", "").Execute()
		return text, err
	})
}

// UpdateIfNull changes the rows of a table that the user may change, those whose
// column has the value and whose column empty is null (what somebody has written
// meanwhile stays), and reads the values of the column, in a list of objects,
// into the target.
func (p *Project) UpdateIfNull(ctx context.Context, who bff.Identity, table string, changes any, column, value, empty string, target any) error {
	return p.asUser(ctx, who, table, target, func(client *postgrest.Client) ([]byte, error) {
		text, _, err := client.From(table+"?select="+column).Update(changes, "representation", "").Eq(column, value).Is(empty, "null").Execute()
		return text, err
	})
}

// Delete deletes the rows of a table that the user may delete, those whose
// column has the value, and reads the values of that column, in a list of
// objects, into the target, unless that is nil.
func (p *Project) Delete(ctx context.Context, who bff.Identity, table, column, value string, target any) error {
	return p.asUser(ctx, who, table, target, func(client *postgrest.Client) ([]byte, error) {
		text, _, err := client.From(table+"?select="+column).Delete("representation", "").Eq(column, value).Execute()
		return text, err
	})
}

// asUser asks the database with the user's token.
func (p *Project) asUser(ctx context.Context, who bff.Identity, what string, target any, query func(*postgrest.Client) ([]byte, error)) error {
	return p.ask(ctx, http.Header{"Apikey": {p.PublishableKey}, "Authorization": {"Bearer " + who.Token}}, what, target, query)
}

// ask asks the database with the credentials, by a client of its own.
func (p *Project) ask(ctx context.Context, credentials http.Header, what string, target any, query func(*postgrest.Client) ([]byte, error)) error {
	ctx, cancel := within(ctx)
	defer cancel()
	client := postgrest.NewClient(p.URL.String()+"/rest/v1", "public", nil)
	client.Transport.Parent = bounded{ctx, credentials}
	text, err := query(client)
	if err == nil {
		return decode(what, text, target)
	}
	if fault := new(Error); errors.As(err, &fault) {
		err = fault
	} else if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// bounded is the round tripper below postgrest-go. It adds what that client
// can't: a context, credentials, a bound on the answer, and errors that aren't
// mistaken for results.
type bounded struct {
	ctx         context.Context
	credentials http.Header
}

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	maps.Copy(req.Header, b.credentials)
	resp, err := http.DefaultTransport.RoundTrip(req.WithContext(b.ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the answer exceeds %d bytes", maxAnswer)
	}
	if resp.StatusCode >= 300 {
		fault := &Error{Status: resp.StatusCode}
		var said struct{ Code, Message, Details, Hint *string }
		if err := json.Unmarshal(text, &said); err != nil || said.Code == nil || said.Message == nil {
			return nil, fmt.Errorf("answered %d with no error object", resp.StatusCode)
		}
		fault.Code, fault.Message = *said.Code, *said.Message
		if said.Details != nil {
			fault.Details = *said.Details
		}
		if said.Hint != nil {
			fault.Hint = *said.Hint
		}
		return nil, fault
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

func decode(function string, text []byte, target any) error {
	if target == nil {
		return nil
	}
	if err := json.Unmarshal(text, target); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", function, err)
	}
	return nil
}
