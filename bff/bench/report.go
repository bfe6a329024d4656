package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Row compares two things that were measured in turn.
type Row struct {
	Section string `json:"section"`
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Against string `json:"against"`
	// Unit is what both were measured in; Values and Others are the rounds of
	// the subject and of what it is compared with.
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
	Others []float64 `json:"others"`
	// Ratio is the median over the rounds of subject/against, Least and Most
	// the extremes.
	Ratio float64 `json:"ratio"`
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	// Goal is what the ratio should be; nil for what is only told.
	Goal *Goal `json:"goal,omitempty"`
	Met  *bool `json:"met,omitempty"`
}

// Goal is a bound for a ratio.
type Goal struct {
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
}

func atLeast(ratio float64) *Goal { return &Goal{AtLeast: ratio} }
func atMost(ratio float64) *Goal  { return &Goal{AtMost: ratio} }

func (g *Goal) met(ratio float64) bool {
	return ratio >= g.AtLeast && (g.AtMost == 0 || ratio <= g.AtMost)
}

func (g *Goal) String() string {
	if g.AtMost > 0 {
		return fmt.Sprintf("≤ %g", g.AtMost)
	}
	return fmt.Sprintf("≥ %g", g.AtLeast)
}

// add works out the ratio and keeps the row.
func (b *bench) add(row Row) {
	ratios := make([]float64, len(row.Values))
	for i, value := range row.Values {
		ratios[i] = value / row.Others[i]
	}
	row.Ratio, row.Least, row.Most = median(ratios), slices.Min(ratios), slices.Max(ratios)
	if row.Goal != nil {
		met := row.Goal.met(row.Ratio)
		row.Met = &met
	}
	b.rows = append(b.rows, row)
}

// compare measures subject and against in turn, round by round, and keeps the
// row. What comes first changes from round to round.
func (b *bench) compare(row Row, subject, against func() (float64, error)) error {
	for round := range b.rounds {
		both := []func() error{
			func() error { return keep(&row.Values, subject) },
			func() error { return keep(&row.Others, against) },
		}
		if round%2 == 1 {
			slices.Reverse(both)
		}
		for _, measure := range both {
			if err := measure(); err != nil {
				return fmt.Errorf("%s: %w", row.Name, err)
			}
		}
	}
	b.add(row)
	return nil
}

func keep(values *[]float64, measure func() (float64, error)) error {
	value, err := measure()
	*values = append(*values, value)
	return err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// print writes the table: medians, and of the ratios the extremes too.
func print(w io.Writer, rows []Row) {
	fmt.Fprintf(w, "\n| | what | %s | against | unit | ratio (least to most) | goal | |\n|---|---|---:|---:|---|---:|---:|---|\n", "measured")
	last := ""
	for _, r := range rows {
		section := r.Section
		if section == last {
			section = ""
		}
		last = r.Section
		goal, met := "", ""
		if r.Goal != nil {
			goal, met = r.Goal.String(), "no"
			if *r.Met {
				met = "met"
			}
		}
		fmt.Fprintf(w, "| %s | %s: %s against %s | %s | %s | %s | %.3g (%.3g–%.3g) | %s | %s |\n", section, r.Name, r.Subject, r.Against,
			figure(median(r.Values)), figure(median(r.Others)), r.Unit, r.Ratio, r.Least, r.Most, goal, met)
	}
}

// figure writes a number with three digits that count.
func figure(value float64) string {
	text := fmt.Sprintf("%.3g", value)
	if strings.Contains(text, "e") {
		text = fmt.Sprintf("%.0f", value)
	}
	return text
}

func write(file string, rows []Row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	return err
}
