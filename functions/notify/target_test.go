package notify

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sender is one that webhooks of hooks.example.com, of all below
// example.org, and of one at another port may be sent with.
func sender(t testing.TB, local bool) *Sender {
	t.Helper()
	s, err := New(Options{WebhookHosts: []string{"hooks.example.com", "*.example.org", "ports.example.net:8443"}, Local: local})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

func TestTargets(t *testing.T) {
	for kind, targets := range map[Kind][]string{
		Slack: {
			"https://hooks.slack.com/services/T000/B000/XXXX", "https://hooks.slack-gov.com/services/T000/B000/XXXX",
			"HTTPS://Hooks.Slack.com/services/T000", "https://hooks.slack.com:443/services/T000", "https://hooks.slack.com",
		},
		Discord: {
			"https://discord.com/api/webhooks/1/abc-DEF_g", "https://discordapp.com/api/webhooks/1/x", "https://ptb.discord.com/api/webhooks/1/x",
			"https://canary.discord.com/api/webhooks/1/x?thread_id=2",
		},
		Teams: {
			"https://default0123456789abcdef.45.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/0/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-b_c",
			"https://prod-01.westeurope.logic.azure.com:443/workflows/0/triggers/manual/paths/invoke?sig=a",
		},
		Webhook: {
			"https://hooks.example.com/a/b?c=d", "https://a.example.org/", "https://a.b.c.example.org", "https://ports.example.net:8443/x",
			"https://hooks.example.com/@here:80/%2e%2e//x?u=https://127.0.0.1/",
		},
	} {
		for _, raw := range targets {
			u, loopback, failure := sender(t, false).target(kind, raw)
			if failure != nil || loopback {
				t.Errorf("%s to %s: got failure %v, loopback %t, want none and false", kind, raw, failure, loopback)
				continue
			}
			if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host || u.Scheme != "https" {
				t.Errorf("%s to %s: got the URL %s (%v), want https to the same host", kind, raw, u, err)
			}
		}
	}
}

// hostileTargets are refused of every kind.
var hostileTargets = []string{
	// No URL of a receiver.
	"", " ", "hooks.slack.com", "//hooks.slack.com/", "/services/T000", "https://", "https:///hooks.slack.com/", "https:hooks.slack.com/",
	"https:/hooks.slack.com/", "http://hooks.slack.com/", "http://hooks.example.com/", "http://discord.com/", "ftp://hooks.slack.com/", "file:///etc/passwd", "file://hooks.slack.com/etc/passwd",
	"gopher://hooks.slack.com:70/_x", "data:text/plain,x", "javascript:alert(1)", "blob:https://hooks.slack.com/x", "ws://hooks.slack.com/",
	"view-source:https://hooks.slack.com/", "https+http://hooks.slack.com/", "https ://hooks.slack.com/", "-https://hooks.slack.com/",
	// Another host that looks like the right one.
	"https://hooks.slack.com.evil.example/", "https://evilhooks.slack.com/", "https://evil.example/hooks.slack.com/", "https://hooks-slack.com/",
	"https://slack.com/", "https://a.hooks.slack.com/", "https://evil.example?hooks.slack.com/", "https://evil.example#hooks.slack.com/",
	"https://environment.api.powerplatform.com/", "https://logic.azure.com/", "https://evil-logic.azure.com/", "https://evillogic.azure.com/", "https://x.logic.azure.com.evil.example/", "https://management.azure.com/",
	"https://tenant.webhook.office.com/webhookb2/x", "https://outlook.office.com/webhook/x",
	"https://evil.discord.com/", "https://cdn.discordapp.com/", "https://example.org/", "https://example.com/", "https://xexample.org/", "https://hooks.example.com.org/", "https://a.example.org.evil.example/",
	// Parts that programs read differently.
	"https://hooks.slack.com@evil.example/", "https://user@hooks.slack.com/", "https://user:pass@hooks.slack.com/", "https://:@hooks.slack.com/", "https://@hooks.slack.com/",
	"https://evil.example\\@hooks.slack.com/", "https://hooks.slack.com\\@evil.example/", "https://hooks.slack.com\\.evil.example/", "https:\\\\hooks.slack.com\\", "https://evil.example/\\hooks.slack.com",
	"https://hooks.slack.com%2eevil.example/", "https://hooks.slack.com%00.evil.example/", "https://hooks.slack.com%2f@evil.example/", "https://evil.example%23@hooks.slack.com/", "https://hooks%2eslack.com/",
	"https://hooks.slack.com#@evil.example/", "https://hooks.slack.com/#x", "https://hooks.slack.com?@evil.example\\",
	"https://hooks.slack.com /", " https://hooks.slack.com/", "https://hooks.slack.com/ ", "https://hooks.sl\tack.com/", "https://hooks.slack.com/\n", "https://hooks.slack.com/\r\nHost: evil.example", "https://hooks.slack.com/\x00", "https://hooks.slack.com/\x7f",
	"https://hooks.slack.com/<x>", "https://hooks.slack.com/\"x", "https://hooks.slack.com/가", "https://hooks.slack.com/%zz",
	"https://hooks.slack.com,evil.example/", "https://hooks.slack.com;evil.example/", "https://hooks.slack.com&evil.example/", "https://hooks.slack.com$evil.example/",
	// Other spellings of the host.
	"https://hooks.slack.com./", "https://.hooks.slack.com/", "https://hooks..slack.com/", "https://hooks。slack。com/", "https://hooks．slack．com/", "https://ｈooks.slack.com/",
	"https://hooks.ѕlack.com/", "https://ⓗooks.slack.com/", "https://xn--hooks-.slack.com/", "https://xn--slack-5fe.com/", "https://hooks.slack.com\u200b/", "https://hooks.slack\u00ad.com/", "https://*.example.org/", "https://a_b.example.org/", "https://-a.example.org/", "https://a-.example.org/",
	// Ports.
	"https://hooks.slack.com:80/", "https://hooks.slack.com:8443/", "https://hooks.slack.com:22/", "https://hooks.slack.com:/", "https://hooks.slack.com:0443/", "https://hooks.slack.com:65979/", "https://hooks.slack.com:443:80/", "https://hooks.slack.com:443@evil.example/", "https://hooks.slack.com:-443/", "https://hooks.slack.com:+443/", "https://hooks.slack.com:https/",
	"https://ports.example.net/", "https://ports.example.net:443/", "https://hooks.example.com:8443/", "https://a.example.org:8443/",
	// Addresses.
	"https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://0177.1/", "https://017700000001/", "https://127.0.0.1./", "https://127.000.000.001/", "https://0/", "https://0.0.0.0/",
	"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://2852039166/", "https://0xa9fea9fe/", "https://192.168.0.1/", "https://8.8.8.8/", "https://134744072/", "https://①②⑦.⓪.⓪.①/", "https://１２７.0.0.1/",
	"https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fd00:ec2::254]/", "https://[fe80::1%25eth0]/", "https://[2606:4700::1]/", "https://[::1", "https://::1/", "https://[hooks.slack.com]/", "https://[v1.x]/",
	// Names that lead inside.
	"https://localhost/", "https://LOCALHOST/", "https://localhost:443/", "https://localhost./", "https://a.localhost/", "https://localhost.localdomain/", "https://kong:8000/", "https://db/", "https://host.docker.internal/", "https://metadata.google.internal/", "https://127.0.0.1.nip.io/", "https://kubernetes.default.svc/", "https://printer.local/",
	// Too long.
	"https://hooks.slack.com/" + strings.Repeat("a", maxTarget), "https://" + strings.Repeat("a", 64) + ".example.org/", "https://" + strings.Repeat("a.", 130) + "example.org/",
}

func TestHostileTargets(t *testing.T) {
	if len(hostileTargets) < 100 {
		t.Fatalf("hostile targets: got %d, want at least 100", len(hostileTargets))
	}
	for _, kind := range []Kind{Slack, Discord, Teams, Webhook} {
		for _, raw := range hostileTargets {
			u, _, failure := sender(t, false).target(kind, raw)
			if failure == nil {
				t.Errorf("%s to %q: got the URL %s, want a failure", kind, raw, u)
			} else if !failure.Permanent || failure.Code != "bad_target" && failure.Code != "refused_host" {
				t.Errorf("%s to %q: got failure %v, want bad_target or refused_host, permanent", kind, raw, failure)
			}
		}
	}
}

func TestHostsOfAnotherKind(t *testing.T) {
	for kind, raw := range map[Kind]string{
		Slack: "https://discord.com/api/webhooks/1/x", Discord: "https://hooks.slack.com/services/x", Teams: "https://hooks.example.com/", Webhook: "https://hooks.slack.com/services/x",
	} {
		if _, _, failure := sender(t, false).target(kind, raw); failure == nil || failure.Code != "refused_host" {
			t.Errorf("%s to %s: got failure %v, want refused_host", kind, raw, failure)
		}
	}
}

func TestLocalTargets(t *testing.T) {
	allowed := []string{"http://127.0.0.1:54321/x", "https://localhost:8443/", "http://LOCALHOST/", "http://[::1]:9999/", "http://127.9.9.9/"}
	for _, raw := range allowed {
		for _, kind := range []Kind{Slack, Discord, Teams, Webhook} {
			if _, loopback, failure := sender(t, true).target(kind, raw); failure != nil || !loopback {
				t.Errorf("%s to %s: got failure %v, loopback %t, want none and true", kind, raw, failure, loopback)
			}
		}
	}
	for _, raw := range hostileTargets {
		u, _, failure := sender(t, true).target(Slack, raw)
		if failure == nil && !slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname()) {
			t.Errorf("Slack to %q: got the URL %s, want this machine's or a failure", raw, u)
		}
	}
	for _, raw := range []string{"http://10.0.0.1/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://127.1/", "http://localhost./", "http://kong:8000/", "http://user@localhost/", "http://hooks.slack.com/"} {
		if u, _, failure := sender(t, true).target(Slack, raw); failure == nil {
			t.Errorf("Slack to %q: got the URL %s, want a failure", raw, u)
		}
	}
}

// FuzzTarget holds whatever is accepted to the rules as another program, here
// a regular expression, reads them.
func FuzzTarget(f *testing.F) {
	for _, raw := range hostileTargets {
		f.Add(raw)
	}
	for _, raw := range []string{"https://hooks.slack.com/services/T000/B000/XXXX", "https://a.example.org/x?y=z", "https://ports.example.net:8443/", "http://127.0.0.1:1/", "https://hooks.example.com:443/"} {
		f.Add(raw)
	}
	authority := map[Kind]*regexp.Regexp{
		Slack:   regexp.MustCompile(`^hooks\.slack(-gov)?\.com(:443)?$`),
		Discord: regexp.MustCompile(`^((ptb\.|canary\.)?discord\.com|discordapp\.com)(:443)?$`),
		Teams:   regexp.MustCompile(`^([a-z0-9-]+\.)+(environment\.api\.powerplatform|logic\.azure)\.com(:443)?$`),
		Webhook: regexp.MustCompile(`^((hooks\.example\.com|([a-z0-9-]+\.)+example\.org)(:443)?|ports\.example\.net:8443)$`),
	}
	whole := regexp.MustCompile(`^https://([^/?#]+)(/[!$-;=?-\[\]_a-z~]*|\?.*)?$`)
	machine := regexp.MustCompile(`^https?://(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[[0:]+1\])(:[0-9]+)?/`)
	public, local := sender(f, false), sender(f, true)
	f.Fuzz(func(t *testing.T, raw string) {
		for kind, authority := range authority {
			u, loopback, failure := public.target(kind, raw)
			if failure != nil {
				if strings.Contains(failure.Error(), raw) && len(raw) > 20 {
					t.Fatalf("the failure %v shows the target %q", failure, raw)
				}
				continue
			}
			parts := whole.FindStringSubmatch(u.String())
			if loopback || parts == nil || !authority.MatchString(parts[1]) || u.User != nil {
				t.Fatalf("%s to %q: got the URL %s, want one of its own hosts, and no user in it", kind, raw, u)
			}
			if _, err := netip.ParseAddr(u.Hostname()); err == nil {
				t.Fatalf("%s to %q: got an IP address, %s, want a name", kind, raw, u)
			}
			// What is sent is read the same again.
			if again, _, failure := public.target(kind, u.String()); failure != nil || again.String() != u.String() {
				t.Fatalf("%s to %q: got the URL %s, and %s (%v) from that, want the same",
					kind, raw, u, again, failure)
			}
		}
		if u, loopback, failure := local.target(Slack, raw); failure == nil && loopback && !machine.MatchString(u.String()) {
			t.Fatalf("Slack to %q on the local stack: got the URL %s, want this machine's", raw, u)
		}
	})
}

func TestHostRules(t *testing.T) {
	for _, text := range []string{"", "*", "*.", "*.com", "com", "localhost", "https://hooks.example.com", "hooks.example.com/", "hooks.example.com:", "hooks.example.com:0", "hooks.example.com:99999", "a.*.example.com", "**.example.com", "127.0.0.1", "[::1]", "10.0.0.1:443", "hooks.example.com.", "a b.example.com", "예시.example.com", "user@hooks.example.com"} {
		if _, err := New(Options{WebhookHosts: []string{text}}); err == nil {
			t.Errorf("the webhook host %q: got no error, want one", text)
		}
	}
	for _, text := range []string{"hooks.example.com", "Hooks.Example.COM", "*.example.com", "*.example.com:8443", "xn--9n2bp8q.example"} {
		if _, err := New(Options{WebhookHosts: []string{text}}); err != nil {
			t.Errorf("the webhook host %q: got error %v, want none", text, err)
		}
	}
}
