package main

import (
	"fmt"
	"math"
	"time"

	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
)

// message is the invitation in words.
func message(l phrase.Language, link string, by inviter, made invitation) notify.Message {
	name, org := l.Name(by.FullName), by.Organization.Name
	days := int(math.Round(time.Until(made.ExpiresAt).Hours() / 24))
	return notify.Message{
		// Each link is a mail of its own, and no mail is sent twice.
		ID:       fmt.Sprintf("invitation-%s-%d", made.InvitationID, made.ExpiresAt.UnixMicro()),
		Event:    "invitation",
		Language: string(l),
		At:       time.Now(),
		Title:    l.Say("%s 님이 %s 조직에 초대했습니다", "%s invited you to join %s", name, org),
		Summary: l.Say("MySingle에서 %s 팀과 함께 일하게 됩니다. 아래 링크로 가입하면 바로 시작할 수 있습니다. 링크는 %d일 동안 한 번만 쓸 수 있습니다.\n모르는 초대라면 이 메일을 무시하세요. 아무 일도 일어나지 않습니다.",
			"You will work with the team of %s on MySingle. Use the link below to sign up. It works once, for %d days.\nIf you don't expect this, ignore the mail: nothing happens.", org, days),
		Link: &notify.Link{URL: link, Text: l.In("초대 수락하기", "Accept the invitation")},
	}
}
