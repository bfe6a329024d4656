package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestUploadedPages_browser opens files that a user uploaded, and that Storage serves
// with the type they were uploaded with, on the web app's own origin.
func TestUploadedPages_browser(t *testing.T) {
	const steal = `fetch("/app/stolen"); document.title = "ran"`
	files := map[string][2]string{
		"page.html":  {"text/html", `<!doctype html><title>quiet</title><p>uploaded</p><script>` + steal + `</script><img src=x onerror='` + steal + `'>`},
		"page.xhtml": {"application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>quiet</title></head><body><p>uploaded</p><script>` + steal + `</script></body></html>`},
		"image.svg":  {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><title>quiet</title><text>uploaded</text><script>` + steal + `</script></svg>`},
		"data.xml":   {"text/xml", `<r xmlns:h="http://www.w3.org/1999/xhtml"><p>uploaded</p><h:script>` + steal + `</h:script></r>`},
		"guess":      {"", `<!doctype html><title>quiet</title><p>uploaded</p><script>` + steal + `</script>`},
		"text.txt":   {"text/plain", `<!doctype html><p>uploaded</p><script>` + steal + `</script>`},
	}
	gateway := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(t, supabasetest.Env(t, "SUPABASE_URL")))
	supabase := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, ok := files[path.Base(r.URL.Path)]
		if !ok {
			gateway.ServeHTTP(w, r)
			return
		}
		w.Header()["Content-Type"] = nil
		if file[0] != "" {
			w.Header().Set("Content-Type", file[0])
		}
		fmt.Fprint(w, file[1])
	}))
	t.Cleanup(supabase.Close)
	app := mustWebApp(t, true, map[string]string{"SUPABASE_URL": supabase.URL})
	b := mustChromium(t)
	for name := range files {
		b.mustOpen(t, app.Own+"/storage/v1/object/public/files/"+name)
		var seen struct{ Title, Text, Origin string }
		b.mustRun(t, `async () => ({ title: document.title, text: document.documentElement.textContent, origin: self.origin })`, &seen)
		if seen.Title == "ran" || seen.Origin != "null" || !strings.Contains(seen.Text, "uploaded") {
			t.Errorf("%s: got %+v, want the uploaded text, with no script run and no origin", name, seen)
		}
	}
	if app.stolen.Load() > 0 {
		t.Error("an uploaded file ran in the web app's name")
	}
}

// TestDocsPage_browser has the page at /docs work under its policy.
func TestDocsPage_browser(t *testing.T) {
	app := mustWebApp(t, true, nil)
	b := mustChromium(t)
	complaints := make(chan string, 100)
	if err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Level == log.EntryLevelError {
			select {
			case complaints <- e.Entry.Text:
			default:
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.mustOpen(t, app.Own+"/docs")
	var answer string
	b.mustRun(t, `async () => {
		const found = async (selector) => {
			for (;;) {
				const element = document.querySelector(selector)
				if (element) return element
				await new Promise((resolve) => setTimeout(resolve, 50))
			}
		}
		;(await found('#operations-tag-BFF .expand-operation, [data-tag="BFF"] button')).click()
		;(await found('[id$="-live"] button')).click()
		;(await found('.try-out button')).click()
		;(await found('button.execute')).click()
		return (await found('.live-responses-table tbody .response-col_status')).innerText
	}`, &answer)
	if !strings.HasPrefix(answer, "200") {
		t.Errorf("trying /livez out shows %q", answer)
	}
	for len(complaints) > 0 {
		t.Errorf("the browser says: %s", <-complaints)
	}
}
