package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/chart"
	"github.com/mysingle/mysingle/bff/chart/raster"
	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/edge"
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

// draw draws the burndown of a sprint that is completed: what is frozen can be
// shown to whoever was given the link, and kept.
func (h *handler) draw(w http.ResponseWriter, r *http.Request, sprintID string, language phrase.Language) error {
	var view *sprint.Burndown
	if err := h.project.Service(r.Context(), "sprint_burndown", map[string]any{"sprint_id": sprintID}, &view); err != nil {
		return project.Answer(err)
	}
	if view == nil || view.Sprint.Status != "Completed" || view.ReferenceFinish == nil {
		return errNoPicture
	}
	view.AsOf = *view.ReferenceFinish // it hasn't changed since
	zone, err := time.LoadLocation(view.Timezone)
	if err != nil {
		zone = time.UTC // the picture says which zone its moment is in
	}
	svg, err := chart.Burndown(view, chart.Options{Measure: measure(view), Language: chart.Language(language), Location: zone})
	if err != nil {
		return err
	}
	png, err := raster.Render(svg, sharpness)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(png)
	return err
}

// measure is points where the team estimates, and tasks elsewhere.
func measure(view *sprint.Burndown) chart.Measure {
	if view.Start != nil && view.Start.Points > 0 {
		return chart.Points
	}
	return chart.Tasks
}
