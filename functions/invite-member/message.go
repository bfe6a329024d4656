package main

import (
	"fmt"
	"time"

	"github.com/mysingle/mysingle/functions/notify"
)

// message is the invitation in words.
func message(language, link string, by inviter, made invitation) notify.Message {
	zone, err := time.LoadLocation(by.Organization.Timezone)
	if err != nil {
		zone = time.UTC // a zone that Go doesn't know; the mail says which is meant
	}
	until := made.ExpiresAt.In(zone)
	m := notify.Message{ID: "invitation-" + made.InvitationID + "-" + fmt.Sprint(made.ExpiresAt.Unix()), Event: "invitation", Language: language, At: time.Now()}
	if language == "ko" {
		m.Title = fmt.Sprintf("%s에서 함께 일하자고 초대했습니다", by.Organization.Name)
		m.Summary = fmt.Sprintf("%s 님이 MySingle의 %s 조직으로 초대했습니다. 아래 링크로 가입하면 바로 함께할 수 있습니다. 링크는 %s까지 한 번만 쓸 수 있습니다.",
			by.FullName, by.Organization.Name, until.Format("2006년 1월 2일 15:04 (MST)"))
		m.Link = &notify.Link{URL: link, Text: "초대 받아들이기"}
		m.Sections = []notify.Section{{Lines: []string{"모르는 초대라면 이 메일을 무시하세요. 아무 일도 일어나지 않습니다."}}}
		return m
	}
	m.Title = fmt.Sprintf("You are invited to join %s", by.Organization.Name)
	m.Summary = fmt.Sprintf("%s invites you into %s on MySingle. Sign up by the link below and you are in. It works once, until %s.",
		by.FullName, by.Organization.Name, until.Format("2 January 2006, 15:04 MST"))
	m.Link = &notify.Link{URL: link, Text: "Accept the invitation"}
	m.Sections = []notify.Section{{Lines: []string{"If you don't expect this, ignore the mail: nothing happens."}}}
	return m
}
