package openapi

import (
	"net/http"
	"strconv"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go/openapi31"
)

// open marks what Supabase sends: there may be more in it than is listed.
type open struct{}

// PrepareJSONSchema allows what isn't listed.
func (open) PrepareJSONSchema(schema *jsonschema.Schema) error {
	more := true
	schema.WithAdditionalProperties(jsonschema.SchemaOrBool{TypeBoolean: &more})
	return nil
}

// SignUp is somebody new. They get an organization of their own, unless an
// invitation's token says which one to join.
type SignUp struct {
	Email    string      `json:"email" format:"email"`
	Password string      `json:"password"`
	Data     *SignUpData `json:"data,omitempty"`
}

// SignUpData is what becomes of the profile and, without an invitation, of the
// organization.
type SignUpData struct {
	FirstName *string `json:"first_name,omitempty"`
	LastName  *string `json:"last_name,omitempty"`
	// Username is the part of the address before the @ if absent; a number is
	// added to one that somebody in the organization has.
	Username *string `json:"username,omitempty"`
	// OrgName is the new organization's name; the part of the address before
	// the @ if absent.
	OrgName *string `json:"org_name,omitempty"`
	// Timezone is the new organization's, an IANA name; Asia/Seoul if absent
	// or unknown.
	Timezone *string `json:"timezone,omitempty"`
	// Locale is the new organization's, as a browser has it (ko-KR): English
	// for en, Korean for any other or none.
	Locale *string `json:"locale,omitempty"`
	// InvitationToken is what create_invitation returned. One that can't be
	// redeemed refuses the sign-up.
	InvitationToken *string `json:"invitation_token,omitempty"`
}

// Credentials are what the grant type asks for: email and password, or
// refresh_token, or auth_code and code_verifier.
type Credentials struct {
	Email        *string `json:"email,omitempty" format:"email"`
	Password     *string `json:"password,omitempty"`
	RefreshToken *string `json:"refresh_token,omitempty"`
	AuthCode     *string `json:"auth_code,omitempty"`
	CodeVerifier *string `json:"code_verifier,omitempty"`
}

// Session is a signed-in user. A refresh token works once.
type Session struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	User         User   `json:"user"`
	open
}

// User is an account of Auth's. Its profile has the same key.
type User struct {
	ID    string `json:"id" format:"uuid"`
	Email string `json:"email"`
	open
}

// UserChanges are what a user may change of their account.
type UserChanges struct {
	Email    *string        `json:"email,omitempty" format:"email"`
	Password *string        `json:"password,omitempty"`
	Data     map[string]any `json:"data,omitempty"`
}

// Recovery asks for a mail with which to set a new password.
type Recovery struct {
	Email string `json:"email" format:"email"`
}

// passages adds the paths of Supabase's that are no tables or functions of
// the database: the ones that every client needs one by one, and the rest of
// each service as one.
func (b *builder) passages() error {
	grant := query("grant_type", "What the body has.", map[string]any{"type": "string", "enum": []any{"password", "refresh_token", "pkce"}})
	grant.Parameter.WithRequired(true)
	scope := query("scope", "Which sessions end: this one, all but this one, or all.",
		map[string]any{"type": "string", "enum": []any{"local", "others", "global"}, "default": "global"})
	for _, p := range []struct {
		method, path, id, tag, summary string
		parameters                     []openapi31.ParameterOrReference
		body, answer                   any
		status                         int
		anonymous                      bool
	}{
		{http.MethodPost, "/auth/v1/signup", "signUp", "Auth", "Sign up", nil, SignUp{}, Session{}, 200, true},
		{http.MethodPost, "/auth/v1/token", "signIn", "Auth", "Sign in, or refresh a session", []openapi31.ParameterOrReference{grant}, Credentials{}, Session{}, 200, true},
		{http.MethodGet, "/auth/v1/user", "getUser", "Auth", "Who am I?", nil, nil, User{}, 200, false},
		{http.MethodPut, "/auth/v1/user", "updateUser", "Auth", "Change my address, password or metadata", nil, UserChanges{}, User{}, 200, false},
		{http.MethodPost, "/auth/v1/logout", "signOut", "Auth", "Sign out", []openapi31.ParameterOrReference{scope}, nil, nil, 204, false},
		{http.MethodPost, "/auth/v1/recover", "recover", "Auth", "Forgot my password", nil, Recovery{}, nil, 200, true},
		{http.MethodGet, "/auth/v1/{path}", "getAuth", "Auth", "Anything else of Auth's", []openapi31.ParameterOrReference{below("path")}, nil, nil, 200, true},
		{http.MethodPost, "/auth/v1/{path}", "postAuth", "Auth", "Anything else of Auth's", []openapi31.ParameterOrReference{below("path")}, map[string]any{}, nil, 200, true},
		{http.MethodPost, "/functions/v1/{function}", "invokeFunction", "Functions", "Invoke an edge function", []openapi31.ParameterOrReference{below("function")}, map[string]any{}, nil, 200, false},
		{http.MethodGet, "/functions/v1/{function}", "getFunction", "Functions", "Read from an edge function", []openapi31.ParameterOrReference{below("function")}, nil, nil, 200, true},
		{http.MethodGet, "/storage/v1/{path}", "getStorage", "Storage", "Read from Storage", []openapi31.ParameterOrReference{below("path")}, nil, nil, 200, false},
		{http.MethodPost, "/storage/v1/{path}", "postStorage", "Storage", "Write to Storage", []openapi31.ParameterOrReference{below("path")}, map[string]any{}, nil, 200, false},
	} {
		o := passed(p.id, p.tag, p.summary, p.parameters)
		if p.anonymous {
			o.WithSecurity(map[string][]string{}, map[string][]string{"bearer": {}})
		}
		if p.body != nil {
			schema, err := b.bodyOf(p.body)
			if err != nil {
				return err
			}
			o.WithRequestBody(openapi31.RequestBodyOrReference{RequestBody: &openapi31.RequestBody{Content: jsonOf(schema)}})
		}
		answer := openapi31.Response{Description: "As Supabase answers."}
		if p.answer != nil {
			schema, err := b.types.schema(p.answer)
			if err != nil {
				return err
			}
			answer.Content = jsonOf(schema)
		}
		o.ResponsesEns().WithMapOfResponseOrReferenceValuesItem(strconv.Itoa(p.status), openapi31.ResponseOrReference{Response: &answer})
		if err := b.spec.AddOperation(p.method, p.path, o); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) bodyOf(body any) (map[string]any, error) {
	if free, ok := body.(map[string]any); ok {
		return free, nil
	}
	return b.types.schema(body)
}

// passed begins the description of an operation of Supabase's.
func passed(id, tag, summary string, parameters []openapi31.ParameterOrReference) openapi31.Operation {
	o := openapi31.Operation{}
	o.WithTags(tag).WithID(id).WithSummary(summary).WithSecurity(map[string][]string{"bearer": {}})
	o.Parameters = parameters
	o.ResponsesEns().WithDefault(sharedResponse("UpstreamError"))
	return o
}

func query(name, description string, schema map[string]any) openapi31.ParameterOrReference {
	p := openapi31.Parameter{Name: name, In: openapi31.ParameterInQuery, Schema: schema}
	p.WithDescription(description)
	return openapi31.ParameterOrReference{Parameter: &p}
}

// below is a parameter for the rest of a path, which may have slashes:
// OpenAPI has no word for that.
func below(name string) openapi31.ParameterOrReference {
	p := openapi31.Parameter{Name: name, In: openapi31.ParameterInPath, Schema: map[string]any{"type": "string"}}
	p.WithRequired(true).WithDescription("The rest of the path; it may have slashes.")
	return openapi31.ParameterOrReference{Parameter: &p}
}
