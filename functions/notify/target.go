package notify

import (
	"errors"
	"net/url"
	"strings"
)

// platformHosts are where the platforms take messages.
//   - Slack: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks;
//     the second is GovSlack's.
//   - Discord: discord.com/developers/docs/resources/webhook; discordapp.com is
//     its former name, which old webhooks still have.
//   - Teams: a workflow's address is one of Power Automate's environments, such
//     as default0123….45.environment.api.powerplatform.com:443; one made in
//     Azure Logic Apps is at prod-01.westeurope.logic.azure.com. The
//     connectors' webhook.office.com is not here: they are retired.
var platformHosts = map[Kind][]hostRule{
	Slack:   {{host: "hooks.slack.com", port: "443"}, {host: "hooks.slack-gov.com", port: "443"}},
	Discord: {{host: "discord.com", port: "443"}, {host: "ptb.discord.com", port: "443"}, {host: "canary.discord.com", port: "443"}, {host: "discordapp.com", port: "443"}},
	Teams:   {{host: "environment.api.powerplatform.com", every: true, port: "443"}, {host: "logic.azure.com", every: true, port: "443"}},
}

var (
	errTarget = errors.New("the target is no https URL")
	errHost   = errors.New("the host, or its port, is not on the list of this kind of channel")
)

// maxTarget is in bytes. Power Automate's URLs have about 350.
const maxTarget = 2048

// target returns the URL to send to, and whether it is on this machine, or a
// failure with one of the codes bad_target and refused_host. A URL that some
// program might read as another one is refused, whatever it says.
func (s *Sender) target(kind Kind, raw string) (u *url.URL, loopback bool, failure *Failure) {
	u, err := readTarget(raw)
	if err != nil {
		return nil, false, permanent("bad_target", errTarget)
	}
	if s.local && thisMachine(u.Hostname()) {
		return u, true, nil
	}
	if u.Scheme != "https" {
		return nil, false, permanent("bad_target", errTarget)
	}
	rules := platformHosts[kind]
	if kind == Webhook {
		rules = s.hosts
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	for _, rule := range rules {
		if hostName(u.Hostname()) && rule.allows(u.Hostname(), port) {
			return u, false, nil
		}
	}
	return nil, false, permanent("refused_host", errHost)
}

// readTarget parses an http or https URL. It is stricter than url.Parse and
// than the parser behind fetch (url.spec.whatwg.org), so that what both make
// of an accepted URL is the same.
func readTarget(raw string) (*url.URL, error) {
	if len(raw) > maxTarget {
		return nil, errTarget
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c > '~' || strings.IndexByte("\\\"<>^`{|}#", c) >= 0 {
			return nil, errTarget
		}
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return nil, errTarget
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	// Neither user info, nor percent signs, nor an empty port.
	if strings.ContainsAny(authority, "@%") || strings.HasSuffix(authority, ":") {
		return nil, errTarget
	}
	u, err := url.Parse(scheme + "://" + strings.ToLower(authority) + rest[len(authority):])
	if err != nil || u.User != nil || u.Host != strings.ToLower(authority) {
		return nil, errTarget
	}
	if !hostName(u.Hostname()) && !thisMachine(u.Hostname()) || u.Port() != "" && !portNumber(u.Port()) {
		return nil, errTarget
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
