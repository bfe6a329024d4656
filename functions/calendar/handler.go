package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/link"
	"github.com/mysingle/mysingle/functions/project"
)

type handler struct {
	project *project.Project
	signer  *link.Signer
}

func newHandler(p *project.Project) (http.Handler, error) {
	signer, err := link.NewSigner(p.SigningKeys, "calendar feed")
	if err != nil {
		return nil, err
	}
	h := &handler{p, signer}
	mux := http.NewServeMux()
	mux.Handle("/calendar", edge.Methods{http.MethodPost: h.create, http.MethodGet: h.list})
	mux.Handle("/calendar/{name}", edge.Methods{http.MethodGet: h.read, http.MethodDelete: h.revoke})
	mux.HandleFunc("/", edge.NotFound)
	return mux, nil
}

// feed is a row of calendar_feeds, and its link.
type feed struct {
	FeedID    string    `json:"feed_id"`
	FeedName  string    `json:"feed_name"`
	URL       string    `json:"url"`
	CreatedAt time.Time `json:"created_at"`
}

const feedColumns = "feed_id,feed_name,created_at"

var errNoFeed = &edge.Problem{Status: http.StatusNotFound, Code: "no_feed", Message: "There is no such feed, or the link has been revoked."}

// create makes a feed of the caller's.
func (h *handler) create(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	var in struct {
		FeedName *string `json:"feed_name"`
	}
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return err
	}
	row := map[string]string{}
	if in.FeedName != nil {
		row["feed_name"] = *in.FeedName
	}
	var made []feed
	if err := h.project.Insert(r.Context(), who, "calendar_feeds", feedColumns, row, &made); err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusCreated, h.linked(made)[0])
}

// list shows the caller's feeds.
func (h *handler) list(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	feeds := []feed{}
	if err := h.project.Select(r.Context(), who, "calendar_feeds", feedColumns, "profile_id", who.Subject, &feeds); err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, h.linked(feeds))
}

// revoke deletes a feed of the caller's, and with it its link.
func (h *handler) revoke(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	id := r.PathValue("name")
	if !edge.IsUUID(id) {
		return errNoFeed
	}
	var gone []feed
	if err := h.project.Delete(r.Context(), who, "calendar_feeds", "feed_id", id, &gone); err != nil {
		return project.Answer(err)
	}
	if len(gone) == 0 {
		return errNoFeed
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// linked fills in the feeds' links.
func (h *handler) linked(feeds []feed) []feed {
	for i, f := range feeds {
		feeds[i].URL = h.project.PublicURL.String() + "/functions/v1/calendar/" + f.FeedID + "." + h.signer.Sign(f.FeedID) + ".ics"
	}
	return feeds
}

// read gives the feed to whoever has its link.
func (h *handler) read(w http.ResponseWriter, r *http.Request) error {
	id, signature, ok := strings.Cut(strings.TrimSuffix(r.PathValue("name"), ".ics"), ".")
	if !ok || !edge.IsUUID(id) || !h.signer.Verify(id, signature) {
		return errNoFeed
	}
	var content *content
	if err := h.project.Service(r.Context(), "calendar_of", map[string]string{"feed_id": id}, &content); err != nil {
		return project.Answer(err)
	}
	if content == nil {
		return errNoFeed
	}
	text, err := content.iCalendar(h.project.AppURL.String())
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Cache-Control", "private, max-age=300")
	header.Set("X-Content-Type-Options", "nosniff")
	if link.Unchanged(w, r, link.ETag([]byte(text))) {
		return nil
	}
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `inline; filename="mysingle.ics"`)
	_, err = w.Write([]byte(text))
	return err
}
