package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mysingle/mysingle/bff/chart"
	"github.com/mysingle/mysingle/bff/chart/raster"
	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/link"
	"github.com/mysingle/mysingle/functions/phrase"
	"github.com/mysingle/mysingle/functions/project"
)

// sharpness is how many pixels the picture has to each of the chart's.
const sharpness = 2

var errNoPicture = &edge.Problem{Status: http.StatusNotFound, Code: "no_picture", Message: "There is no such picture."}

// picture is the link to a sprint's burndown: chat and mail programs fetch
// pictures without anybody's token.
func (h *handler) picture(sprintID string, language phrase.Language) string {
	name := sprintID + "." + string(language)
	return h.project.PublicURL.String() + "/functions/v1/sprint-report/" + name + "." + h.signer.Sign(name) + ".png"
}

// signed reads the last part of such a link.
func (h *handler) signed(text string) (sprintID string, language phrase.Language, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 || parts[3] != "png" || !edge.IsUUID(parts[0]) || !h.signer.Verify(parts[0]+"."+parts[1], parts[2]) {
		return "", "", false
	}
	return parts[0], phrase.Language(parts[1]), true
}

// draw shows the burndown of a sprint that is completed: what is frozen can be
// shown to whoever was given the link, and kept.
func (h *handler) draw(w http.ResponseWriter, r *http.Request, sprintID string, language phrase.Language) error {
	var view *sprint.Burndown
	if err := h.project.Service(r.Context(), "sprint_burndown", map[string]any{"sprint_id": sprintID}, &view); err != nil {
		return project.Answer(err)
	}
	if view == nil || view.Sprint.Status != "Completed" || view.Sprint.CompletedAt == nil {
		return errNoPicture
	}
	// The figures haven't changed since, so the picture doesn't say that they
	// are of now: it is the same whenever it is drawn.
	view.AsOf = *view.Sprint.CompletedAt
	figures, err := json.Marshal(view)
	if err != nil {
		return err
	}
	etag := link.ETag(append(figures, language...))
	header := w.Header()
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set("X-Content-Type-Options", "nosniff")
	if link.Unchanged(w, r, etag) {
		return nil
	}
	png, err := h.pictures.get(etag, func() ([]byte, error) { return render(view, language) })
	if err != nil {
		return err
	}
	header.Set("Content-Type", "image/png")
	_, err = w.Write(png)
	return err
}

// render draws a burndown as a PNG, which takes some 0.2 s under WebAssembly.
func render(view *sprint.Burndown, language phrase.Language) ([]byte, error) {
	zone, err := time.LoadLocation(view.Timezone)
	if err != nil {
		zone = time.UTC // the picture says which zone its moment is in
	}
	svg, err := chart.Burndown(view, chart.Options{Measure: measure(view), Language: chart.Language(language), Location: zone})
	if err != nil {
		return nil, err
	}
	return raster.Render(svg, sharpness)
}

// kept is how many pictures an instance keeps, of some 100 kB each.
const kept = 16

// pictures are those drawn last: the chat programs that have just been sent a
// link all fetch it at once. It is safe for concurrent use.
type pictures struct {
	mu    sync.Mutex
	drawn []drawn // the oldest first
}

type drawn struct {
	etag string
	png  []byte
}

// get returns the picture with the tag, and draws it if it has to. Who asks
// while it is drawn waits for it.
func (p *pictures) get(etag string, draw func() ([]byte, error)) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.drawn {
		if one.etag == etag {
			return one.png, nil
		}
	}
	png, err := draw()
	if err != nil {
		return nil, err
	}
	p.drawn = append(p.drawn, drawn{etag, png})
	if len(p.drawn) > kept {
		p.drawn = slices.Delete(p.drawn, 0, 1)
	}
	return png, nil
}

// measure is points where the team estimates, and tasks elsewhere.
func measure(view *sprint.Burndown) chart.Measure {
	if view.Start != nil && view.Start.Points > 0 {
		return chart.Points
	}
	return chart.Tasks
}
