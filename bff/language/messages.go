package language

// korean is the catalogue: English sentence to Korean sentence. A test looks
// for sentences that the BFF says and that are missing here.
var korean = map[string]string{
	// Errors of the BFF's own paths
	"There is no such sprint, or you may not see it.":         "그런 스프린트가 없거나 볼 수 있는 권한이 없습니다.",
	"There is no such project, or you may not see it.":        "그런 프로젝트가 없거나 볼 수 있는 권한이 없습니다.",
	"There is no profile of yours.":                           "회원님의 프로필이 없습니다.",
	"Sign in first: this needs an access token.":              "먼저 로그인하세요. 액세스 토큰이 필요합니다.",
	"Tokens of this role are refused here.":                   "이 역할의 토큰은 여기에서 쓸 수 없습니다.",
	"%s did not answer in time.":                              "%s이(가) 제시간에 응답하지 않았습니다.",
	"%s gave no usable answer.":                               "%s에서 쓸 수 있는 응답을 받지 못했습니다.",
	"The database is not available at the moment.":            "지금은 데이터베이스를 쓸 수 없습니다.",
	"The database did not answer in time.":                    "데이터베이스가 제시간에 응답하지 않았습니다.",
	"The database failed to answer.":                          "데이터베이스가 응답하지 못했습니다.",
	"Down: %s.":                                               "작동하지 않음: %s.",
	"Too many requests are under way. Try again in a moment.": "지금 처리 중인 요청이 너무 많습니다. 잠시 후 다시 시도하세요.",
	"The request's body is incomplete or malformed.":          "요청 본문이 끝까지 오지 않았거나 형식이 잘못되었습니다.",
	"Something went wrong here. It has been logged.":          "서버에서 문제가 생겼습니다. 기록해 두었습니다.",
	"There is nothing at this path.":                          "이 경로에는 아무것도 없습니다.",
	"This path does not know the method.":                     "이 경로에서는 쓸 수 없는 메서드입니다.",
	"The request did not arrive in time.":                     "요청이 제시간에 도착하지 않았습니다.",
	"The request's body is too large.":                        "요청 본문이 너무 큽니다.",
	"The request's headers are too large.":                    "요청 헤더가 너무 큽니다.",
	"The request could not be read.":                          "요청을 읽을 수 없습니다.",
	"Authorization is there more than once.":                  "Authorization 헤더가 두 번 이상 있습니다.",

	// Tokens and keys
	"Authorization must be Bearer and an access token.":      "Authorization은 Bearer와 액세스 토큰이어야 합니다.",
	"The token is for another audience.":                     "다른 대상에게 발급된 토큰입니다.",
	"The token names no user.":                               "토큰에 사용자가 없습니다.",
	"The token demands an extension that is not known here.": "토큰이 여기에서 알지 못하는 확장을 요구합니다.",
	"The token's algorithm is not accepted.":                 "토큰의 알고리즘을 받아들이지 않습니다.",
	"The token names no key.":                                "토큰에 키가 없습니다.",
	"The token is signed with an unknown key.":               "알 수 없는 키로 서명한 토큰입니다.",
	"The token's algorithm is not the one of its key.":       "토큰의 알고리즘이 키의 알고리즘과 다릅니다.",
	"The token is malformed.":                                "토큰의 형식이 잘못되었습니다.",
	"The token's signature is not valid.":                    "토큰의 서명이 올바르지 않습니다.",
	"The token has expired.":                                 "토큰이 만료되었습니다.",
	"The token is not valid yet.":                            "아직 유효하지 않은 토큰입니다.",
	"The token is from another issuer.":                      "다른 곳에서 발급한 토큰입니다.",
	"The token is not valid.":                                "토큰이 올바르지 않습니다.",
	"Secret and service_role keys are refused here.":         "비밀 키와 service_role 키는 여기에서 쓸 수 없습니다.",
	"Auth's administration is not available here.":           "Auth의 관리 기능은 여기에서 쓸 수 없습니다.",

	// Paths
	"The query has a control character.":               "쿼리에 제어 문자가 있습니다.",
	"The path has a malformed percent-encoding.":       "경로의 퍼센트 인코딩이 잘못되었습니다.",
	"The path has a backslash or a control character.": "경로에 역슬래시나 제어 문자가 있습니다.",
	"The path has an encoded slash.":                   "경로에 인코딩된 슬래시가 있습니다.",
	"The path has a dot segment or an empty one.":      "경로에 점이나 빈 부분이 있습니다.",
	"The path is encoded too many times.":              "경로가 너무 여러 번 인코딩되었습니다.",

	// Input; %s is the parameter's name. The rules' own sentences are in rules.go.
	"%s is not known here":           "%s은(는) 여기에서 쓸 수 없는 매개변수입니다",
	"%s is there more than once":     "%s이(가) 두 번 이상 있습니다",
	"%s must be a whole number":      "%s은(는) 정수여야 합니다",
	"%s names %s more than once":     "%s에 %s이(가) 두 번 이상 있습니다",
	"%s must be a day of the sprint": "%s은(는) 스프린트 기간에 속한 날이어야 합니다",
	"%s must be on or after from (29 days before today, if not given), and at most a year after it": "%s은(는) from(없으면 오늘의 29일 전)과 같거나 그 뒤 1년 이내여야 합니다",
	"%s must be on or before to (today, if not given), and at most a year before it":                "%s은(는) to(없으면 오늘)와 같거나 그 앞 1년 이내여야 합니다",
}
