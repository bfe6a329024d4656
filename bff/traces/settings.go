package traces

import (
	"fmt"
	"net/url"
	"strings"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Pairs are names and values, as OpenTelemetry's settings have them:
// name=value, comma-separated, the values percent-encoded.
type Pairs map[string]string

// UnmarshalText reads pairs. Its error doesn't quote them: they may be secret.
func (p *Pairs) UnmarshalText(text []byte) error {
	pairs := make(Pairs)
	for pair := range strings.SplitSeq(string(text), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, raw, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(raw))
		if !ok || err != nil || !isName(name) || strings.ContainsFunc(value, isControl) {
			return fmt.Errorf("pair %d is none", len(pairs)+1)
		}
		pairs[name] = value
	}
	*p = pairs
	return nil
}

// isName reports whether a header can be called that, as an attribute can then
// too (a token, RFC 9110, 5.6.2).
func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// A Sampler says which traces are recorded. The zero value records all.
type Sampler struct {
	// Name is one of OpenTelemetry's for OTEL_TRACES_SAMPLER.
	Name string
	// Ratio is the part of the traces that a sampler of a ratio records.
	Ratio float64
}

const parentBased = "parentbased_"

// parents reports whether callers may decide.
func (s Sampler) parents() bool { return strings.HasPrefix(s.Name, parentBased) }

func (s Sampler) sdk() sdk.Sampler {
	var root sdk.Sampler
	switch strings.TrimPrefix(s.Name, parentBased) {
	case "always_off":
		root = sdk.NeverSample()
	case "traceidratio":
		root = sdk.TraceIDRatioBased(s.Ratio)
	default:
		root = sdk.AlwaysSample()
	}
	// What is below a span is recorded if it is; a trace's own beginning is all
	// that is decided on. Without parents from outside that is the root's.
	return sdk.ParentBased(root)
}
