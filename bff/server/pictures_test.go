package server_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// hangul reports whether there is Korean in the text.
func hangul(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}

// mustPicture reads a picture in both languages and what holds for all.
func mustPicture(tb testing.TB, address, token string) {
	tb.Helper()
	for _, language := range []string{"en", "ko"} {
		a := mustSend(tb, "GET", address, "", "Authorization", "Bearer "+token, "Accept-Language", language)
		if a.Status != http.StatusOK {
			tb.Fatalf("%s: got status %d, want 200: %s", address, a.Status, a.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "image/svg+xml", "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, Accept-Language", "Content-Language": language,
		} {
			if got := a.Header.Get(name); got != want {
				tb.Errorf("%s: got %s %q, want %q", address, name, got, want)
			}
		}
		if title := mustTitle(tb, a.Body); title == "" {
			tb.Errorf("%s: no title", address)
		}
		supabasetest.MustWait(tb, "the same tag of GET and HEAD "+address, func() bool { // a minute may end between the two
			head := mustSend(tb, "HEAD", address, "", "Authorization", "Bearer "+token, "Accept-Language", language)
			if head.Status != http.StatusOK || head.Body != "" || head.Header.Get("Content-Type") != "image/svg+xml" {
				tb.Fatalf("HEAD %s: got status %d, type %q and %d bytes, want 200, image/svg+xml and none",
					address, head.Status, head.Header.Get("Content-Type"), len(head.Body))
			}
			if head.Header.Get("Etag") == a.Header.Get("Etag") {
				return true
			}
			a = mustSend(tb, "GET", address, "", "Authorization", "Bearer "+token, "Accept-Language", language)
			return false
		})
	}
}

// mustTitle reads the picture to its end and returns its title.
func mustTitle(tb testing.TB, picture string) string {
	tb.Helper()
	title, inTitle := "", false
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return title
		}
		if err != nil {
			tb.Fatalf("%v in %s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inTitle = token.Name.Local == "title"
		case xml.CharData:
			if inTitle && title == "" {
				title = string(token)
			}
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 60)
	sprints, projects := "/api/v1/sprints/"+made.SprintID, "/api/v1/projects/"+made.ProjectID
	for _, path := range []string{sprints + "/burndown.svg", sprints + "/flow.svg", projects + "/velocity.svg?last=3", projects + "/forecast.svg?seed=7"} {
		t.Run(path, func(t *testing.T) {
			mustPicture(t, bff+path, owner.Token)
			separator := "?"
			if strings.Contains(path, "?") {
				separator = "&"
			}
			pictures, first := make(map[string]string), ""
			ask := func(wanted [2]string) (tag string) {
				a := mustSend(t, "GET", bff+path+wanted[1], "", "Authorization", "Bearer "+owner.Token, "Accept-Language", wanted[0])
				if a.Status != http.StatusOK {
					t.Fatalf("%q: got status %d, want 200: %s", wanted, a.Status, a.Body)
				}
				pictures[wanted[0]+wanted[1]] = a.Body
				if language := a.Header.Get("Content-Language"); (language == "ko") != strings.Contains(wanted[0], "ko") {
					t.Errorf("%q: got Content-Language %s", wanted[0], language)
				}
				return a.Header.Get("Etag")
			}
			// All of the same minute, which the pictures show.
			supabasetest.MustWait(t, "all pictures in one minute", func() bool {
				first = ask([2]string{"en", ""})
				for _, wanted := range [][2]string{{"en", separator + "unit=points"}, {"ko", ""}, {"de, ko;q=0.1", ""}, {"fr", ""}, {"", ""}, {";;;", ""}, {"ko-Kore-KR", ""}} {
					ask(wanted)
				}
				return ask([2]string{"en", ""}) == first
			})
			english, korean := pictures["en"], pictures["ko"]
			if a, b := mustTitle(t, english), mustTitle(t, korean); a == b || !hangul(b) {
				t.Errorf("titles %q and %q", a, b)
			}
			if english == korean || pictures["fr"] != english || pictures[""] != english || pictures[";;;"] != english || pictures["ko-Kore-KR"] != korean {
				t.Error("a language's picture isn't the one of that language")
			}
			for _, size := range []struct{ query, box string }{
				{"", `viewBox="0 0 800 450"`}, {separator + "size=wide", `viewBox="0 0 800 450"`}, {separator + "size=narrow", `viewBox="0 0 360 480"`},
			} {
				a := mustSend(t, "GET", bff+path+size.query, "", "Authorization", "Bearer "+owner.Token)
				if a.Status != http.StatusOK || !strings.Contains(a.Body, size.box) {
					t.Errorf("%q: got status %d, want 200 and %s: %.200s", size.query, a.Status, size.box, a.Body)
				}
			}
			if !strings.Contains(path, "velocity") && pictures["en"+separator+"unit=points"] == english {
				t.Error("points look like tasks")
			}
		})
	}
}
