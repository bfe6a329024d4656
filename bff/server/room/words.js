// Everything that the page says, in English and Korean. say("left", 3) gives the reader's; an entry is a text, or
// a function where it takes something. Both languages have the same entries.

import { state } from "./store.js";

const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

const english = {
  // Frame
  brand: "MySingle", room: "Sprint room", skip: "Skip to the sprint", project: "Project", sprint: "Sprint",
  language: "한국어", languageLabel: "한국어로 보기", theme: "Colours", system: "System", light: "Light", dark: "Dark",
  signOut: "Sign out", signedInAs: (name) => `Signed in as ${name}`, close: "Close", cancel: "Cancel", undo: "Undo",
  live: "Live", lost: "No connection", lostLong: "The server can't be reached. What you see is from before; it is tried again.",
  pending: (n) => `${plural(n, "move")} will be sent as soon as it is back.`, tryAgain: "Try again", loading: "Loading …",
  unreachable: "MySingle can't be reached", unreachableLong: "The server doesn't answer. It is tried again every few seconds.",
  failed: "This can't be shown at the moment.", notFound: "There is no such sprint for you, or no more.",
  running: "Running", planned: "Planned", closed: "Closed", sprintsOf: "Sprints",
  noProject: "You are in no project yet", noProjectLong: "A project's manager adds you to it. It appears here by itself.",
  noSprint: "This project has no sprint yet", noSprintLong: "A manager or scrum master plans the first one. It appears here by itself.",
  unit: "Count", tasksUnit: "Tasks", pointsUnit: "Points",

  // Signing in
  signIn: "Sign in", signInLong: "To your team's sprint room", email: "E-mail", password: "Password", code: "Code from the e-mail",
  withCode: "Sign in with a code by e-mail", withPassword: "Sign in with the password", sendCode: "Send a code",
  codeSent: (email) => `If ${email} has an account, a code is on its way.`,
  again: "Your session has ended", againLong: "Sign in again to go on. Nothing that you wrote or moved is lost.",
  invited: "You are invited", invitedLong: "Make an account to join the team.", join: "Join", signUp: "Make an account",
  firstName: "First name", lastName: "Last name", haveAccount: "I have an account", noAccount: "I have no account yet",
  joined: "Welcome to the team.", notJoined: (why) => `The invitation can't be accepted: ${why}`,
  signInFailed: (code) => `Signing in failed (${code}). Try again.`, newPassword: "Make up a password", working: "One moment …",

  // What state the sprint is in
  onCourse: "On course", late: "Running late", overdue: "Overdue", allDone: "All done", unclear: "Too early to tell", standstill: "At a standstill",
  onCourseLong: (day) => `At the present pace done on ${day}`,
  lateLong: (day, days) => `At the present pace done on ${day}, ${plural(days, "day")} after the end`,
  lateNoDay: "At the present pace not done by the end",
  overdueLong: (days) => `Still running ${plural(days, "day")} after its end`, allDoneLong: "Nothing is left",
  unclearLong: "There is no pace yet", standstillLong: "Nothing was completed in the last working days",
  Planned: "Planned", Active: "Running", Completed: "Completed", Cancelled: "Cancelled",
  plannedLong: (day) => `Starts on ${day}`, lateStart: (day) => `Was to start on ${day}`, completedLong: (day) => `Completed on ${day}`, cancelledLong: "Its unfinished tasks went to the backlog",
  goal: "Goal", noGoal: "No goal is set.", daysLeft: "Working days left", done: "Done", of: (a, b) => `${a} of ${b}`, ofTotal: (n) => `of ${n}`,
  impediments: "Impediments", open: "open", none: "none", scrumToday: "Scrum today", noScrum: "no scrum", posted: "Posted", youToo: "You haven't posted yet", state: "State",
  points: (n) => `${n} ${n === 1 ? "point" : "points"}`, tasks: (n) => plural(n, "task"), inIt: "In it",

  // Tabs
  board: "Board", scrum: "Scrum", progress: "Progress", report: "Report", projectTab: "Project", tabs: "Views of the sprint",

  // Board
  boardHelp: "Space picks a card up, arrow keys move it, Space puts it down, Escape puts it back. Enter opens it.",
  columns: "Columns", show: "Show", everybody: "All cards", mine: "My cards", unassigned: "Nobody's", emptyColumn: "No cards",
  statuses: { Planned: "Planned", Scheduled: "Scheduled", "In Progress": "In progress", "In Review": "In review", Blocked: "Blocked", "On Hold": "On hold", Completed: "Completed", Cancelled: "Cancelled" },
  priorities: { Low: "Low", Medium: "Medium", High: "High", Urgent: "Urgent" }, priority: "Priority",
  pt: (n) => `${n} pt`, unestimated: "not estimated", nobody: "Nobody", due: (day) => `Due ${day}`, dueLabel: "Due", since: (days) => `${days}d here`, sinceLong: (days) => `${plural(days, "day")} in this column`,
  blockedSince: (days) => `Blocked for ${plural(days, "day")}`, moveTo: "Move to", assignee: "Assignee", estimate: "Estimate", description: "Description", noDescription: "No description.",
  readOnly: "You look on here: cards are moved by the project's members.", closedBoard: "The sprint is closed: its cards stay where they are.",
  picked: (name, column) => `${name} picked up in ${column}.`, over: (column, place, count) => `${column}, place ${place} of ${count}.`,
  put: (name, column) => `${name} put down in ${column}.`, putBack: (name) => `${name} put back.`, moved: (name, column) => `${name}: ${column}`,
  notMoved: (name, why) => `“${name}” was put back: ${why}`,
  movedByOther: (name, column) => `Somebody else has moved “${name}” to ${column} in the meantime.`, movedAway: (name) => `“${name}” isn't in this sprint any more.`,
  mayNot: "You may not move cards in this project.", noBoard: "This sprint has no tasks yet", noBoardLong: "Tasks that are planned for it appear here.",

  // Scrum
  myScrum: "My scrum", today: "today", yesterdayLabel: "Since the last scrum", todayLabel: "Today", obstacles: "In my way", obstacleAdd: "Add", obstacleNew: "What is in the way?",
  tasksDid: "Tasks I worked on", tasksWill: "Tasks I will work on", send: "Post", sendAgain: "Post the change", edit: "Edit", discard: "Back to the posted", sent: "Posted.",
  draftNote: "Drafted from what you did and have to do. Edit it, then post.", postedAt: (time) => `Posted at ${time}`, notExpected: "You aren't expected today, but may post.",
  blockedTask: (name) => `Blocked: ${name}`, alsoOwed: (name) => `You owe one in ${name}, too.`, writeSomething: "Write something first.", remove: "Remove", noText: "–",
  team: "The team", missing: "Missing", off: "Day off", notYet: "Not posted yet", all: "Everybody has posted.", waiting: (names) => `Waiting for ${names}.`, activity: (n) => plural(n, "change"), said: "Said and done", outcomes: { done: "done", progressed: "moved on", untouched: "untouched", gone: "gone" },
  summary: "Summary", noUpdates: "Nobody has posted yet.",
  reasons: { holiday: "Today is a holiday: there is no scrum.", weekend: "Today is no working day: there is no scrum.", "not started": "The sprint hasn't started: there is no scrum yet.", completed: "The sprint is completed: there are no more scrums.", cancelled: "The sprint was cancelled: there are no scrums.", "to come": "This scrum is still to come." },
  openImpediments: "Impediments", noImpediments: "Nothing is in the way.", raisedBy: (name, age) => `${name}, ${age} ago`, resolve: "Resolved", resolveLong: (what) => `Resolved: ${what}`, resolved: "Resolved.", reopen: "Reopen", onTask: (name) => `On: ${name}`, somebody: "Somebody who left",
  changes: { created: "created", points: "points", sprint: "sprint", assignee: "assignee", deleted: "deleted" },

  // Progress
  burndown: "Burndown", flow: "Flow", workload: "Workload", member: "Member", remaining: "Left", effort: "Effort and time", overload: (hours) => `${hours} too much`, free: "fits", capacity: (a, b) => `${a} of ${b}`, daysOff: (n) => `${plural(n, "day")} off`,
  leadTime: "Lead time", cycleTime: "Cycle time", half: (d) => `half within ${d}`, most: (d) => `85 % within ${d}`, blockedTime: "Blocked", reopened: "Reopened", times: (n) => `${n}×`, noneYet: "none yet", hours: (n) => `${n} h`, days: (n) => plural(n, "day"), minutes: (n) => `${n} min`, noPicture: "The picture can't be loaded.",

  // Report
  reportOf: "Report", soFar: "So far; it is final once the sprint is completed.", final: "Final. It never changes again.", committed: "Committed", completedWord: "Completed", notCompleted: "Not completed", completedOutside: "Done elsewhere", added: "Added", removed: "Removed", addedThenRemoved: "Added, then removed", reestimated: "Re-estimated", cancelledTasks: "Cancelled", completion: "Completion", scopeChange: "Change of scope", carriedOver: "Carried over", toBacklog: "to the backlog", toSprint: (name) => `to ${name}`, byMember: "By member", raised: "raised", resolvedIn: (d) => `half resolved within ${d}`, stillOpen: "still open", nothingYet: "The sprint hasn't started: there is nothing to report.", noTasks: "none",

  // Project
  velocity: "Velocity", velocityLong: (low, high) => `Plan with ${low} to ${high}`, average: "average", forecast: "Forecast", chance: (n) => `${n} %`, by: "by", noForecast: { too_short: "The history is too short for a forecast: five working days are needed.", no_completions: "Nothing was completed lately: there is no forecast.", unestimated: "What is left has no points: count tasks instead.", no_working_days: "There are no working days ahead.", too_far: "not within two years" }, leftInProject: (n) => `${n} left in the project`,
  closedSprints: "Closed sprints", noClosed: "None is closed yet.", plannedSprints: "Planned sprints", noPlanned: "None is planned.", openReport: "Report", look: "Look", start: "Start sprint", startLong: (name) => `Start “${name}”?`, startWhy: "What it holds now is frozen as its commitment.", started: (name) => `“${name}” is running.`, cantStart: "Another sprint is running: complete it first.",
  complete: "Complete sprint", completeLong: (name) => `Complete “${name}”?`, completeWhy: "Its figures are frozen and never change again.", leftOver: (n) => `${plural(n, "task")} ${n === 1 ? "isn't" : "aren't"} done. Where to?`, nothingLeft: "All of its tasks are done.", backlog: "Backlog", completed: (done, over) => `Completed: ${done} done, ${over} carried over.`, nextSprint: "Next sprint",
};

/** A word with the particle (으)로, by its last sound. */
function to(word) {
  const last = word.at(-1).charCodeAt(0) - 0xac00;
  if (last < 0 || last > 11171) return `${word}(으)로`;
  return `${word}${[0, 8].includes(last % 28) ? "로" : "으로"}`;
}

const korean = {
  brand: "마이싱글", room: "스프린트 룸", skip: "스프린트로 건너뛰기", project: "프로젝트", sprint: "스프린트",
  language: "English", languageLabel: "Show in English", theme: "화면 색", system: "시스템", light: "밝게", dark: "어둡게",
  signOut: "로그아웃", signedInAs: (name) => `${to(name)} 로그인함`, close: "닫기", cancel: "취소", undo: "되돌리기",
  live: "실시간", lost: "연결 끊김", lostLong: "서버에 연결할 수 없습니다. 마지막으로 받은 내용을 보여 주며 계속 다시 시도합니다.",
  pending: (n) => `연결되면 이동 ${n}건을 바로 보냅니다.`, tryAgain: "다시 시도", loading: "불러오는 중 …",
  unreachable: "마이싱글에 연결할 수 없습니다", unreachableLong: "서버가 응답하지 않습니다. 몇 초마다 다시 시도합니다.",
  failed: "지금은 보여 드릴 수 없습니다.", notFound: "볼 수 있는 스프린트가 아니거나 없어졌습니다.",
  running: "진행 중", planned: "계획", closed: "종료", sprintsOf: "스프린트",
  noProject: "아직 참여하는 프로젝트가 없습니다", noProjectLong: "프로젝트 관리자가 추가하면 여기에 바로 나타납니다.",
  noSprint: "이 프로젝트에는 아직 스프린트가 없습니다", noSprintLong: "관리자나 스크럼 마스터가 첫 스프린트를 계획하면 여기에 바로 나타납니다.",
  unit: "단위", tasksUnit: "작업", pointsUnit: "포인트",

  signIn: "로그인", signInLong: "우리 팀의 스프린트 룸으로", email: "이메일", password: "비밀번호", code: "이메일로 받은 코드",
  withCode: "이메일 코드로 로그인", withPassword: "비밀번호로 로그인", sendCode: "코드 보내기",
  codeSent: (email) => `${email} 계정이 있으면 코드를 보냈습니다.`,
  again: "세션이 끝났습니다", againLong: "계속하려면 다시 로그인하세요. 쓰거나 옮긴 것은 그대로 남아 있습니다.",
  invited: "초대를 받으셨습니다", invitedLong: "계정을 만들어 팀에 참여하세요.", join: "참여하기", signUp: "계정 만들기",
  firstName: "이름", lastName: "성", haveAccount: "계정이 있습니다", noAccount: "아직 계정이 없습니다",
  joined: "팀에 오신 것을 환영합니다.", notJoined: (why) => `초대를 받아들일 수 없습니다: ${why}`,
  signInFailed: (code) => `로그인하지 못했습니다(${code}). 다시 시도해 주세요.`, newPassword: "새 비밀번호", working: "잠시만요 …",

  onCourse: "순조로움", late: "늦어지는 중", overdue: "기한 지남", allDone: "모두 완료", unclear: "아직 알 수 없음", standstill: "멈춰 있음",
  onCourseLong: (day) => `지금 속도로 ${day} 완료 예상`,
  lateLong: (day, days) => `지금 속도로 ${day} 완료 예상, 종료일보다 ${days}일 늦음`,
  lateNoDay: "지금 속도로는 종료일까지 어려움",
  overdueLong: (days) => `종료일이 ${days}일 지났지만 진행 중`, allDoneLong: "남은 일이 없습니다",
  unclearLong: "아직 속도를 알 수 없습니다", standstillLong: "최근 근무일에 완료된 일이 없습니다",
  Planned: "계획", Active: "진행 중", Completed: "완료", Cancelled: "취소",
  plannedLong: (day) => `${day} 시작 예정`, lateStart: (day) => `시작 예정일 ${day} 지남`, completedLong: (day) => `${day} 완료`, cancelledLong: "남은 작업은 백로그로 갔습니다",
  goal: "목표", noGoal: "정해진 목표가 없습니다.", daysLeft: "남은 근무일", done: "완료", of: (a, b) => `${b} 중 ${a}`, ofTotal: (n) => `/ ${n}`,
  impediments: "방해 요소", open: "해결 전", none: "없음", scrumToday: "오늘 스크럼", noScrum: "스크럼 없음", posted: "작성", youToo: "아직 내 글이 없습니다", state: "상태",
  points: (n) => `${n}포인트`, tasks: (n) => `작업 ${n}개`, inIt: "담긴 일",

  board: "보드", scrum: "스크럼", progress: "진행", report: "보고서", projectTab: "프로젝트", tabs: "스프린트 화면",

  boardHelp: "스페이스로 카드를 들고, 화살표로 옮기고, 스페이스로 내려놓습니다. Esc는 되돌리고, Enter는 카드를 엽니다.",
  columns: "칸", show: "보기", everybody: "모든 카드", mine: "내 카드", unassigned: "담당자 없음", emptyColumn: "카드 없음",
  statuses: { Planned: "계획", Scheduled: "예정", "In Progress": "진행 중", "In Review": "검토 중", Blocked: "막힘", "On Hold": "보류", Completed: "완료", Cancelled: "취소" },
  priorities: { Low: "낮음", Medium: "보통", High: "높음", Urgent: "긴급" }, priority: "우선순위",
  pt: (n) => `${n}점`, unestimated: "추정 전", nobody: "담당자 없음", due: (day) => `${day}까지`, dueLabel: "기한", since: (days) => `${days}일째`, sinceLong: (days) => `이 칸에 ${days}일째`,
  blockedSince: (days) => `${days}일째 막힘`, moveTo: "옮기기", assignee: "담당자", estimate: "추정", description: "설명", noDescription: "설명이 없습니다.",
  readOnly: "보기만 할 수 있습니다. 카드는 프로젝트 구성원이 옮깁니다.", closedBoard: "종료된 스프린트의 카드는 옮길 수 없습니다.",
  picked: (name, column) => `${column}의 ${name} 카드를 들었습니다.`, over: (column, place, count) => `${column}, ${count}개 중 ${place}번째.`,
  put: (name, column) => `${name} 카드를 ${column}에 내려놓았습니다.`, putBack: (name) => `${name} 카드를 제자리에 두었습니다.`, moved: (name, column) => `${name}: ${column}`,
  notMoved: (name, why) => `“${name}” 카드를 제자리로 돌려놓았습니다: ${why}`,
  movedByOther: (name, column) => `그사이 다른 사람이 “${name}” 카드를 ${to(column)} 옮겼습니다.`, movedAway: (name) => `“${name}” 카드는 이제 이 스프린트에 없습니다.`,
  mayNot: "이 프로젝트에서는 카드를 옮길 수 없습니다.", noBoard: "이 스프린트에는 아직 작업이 없습니다", noBoardLong: "작업을 계획하면 여기에 나타납니다.",

  myScrum: "내 스크럼", today: "오늘", yesterdayLabel: "지난 스크럼 이후 한 일", todayLabel: "오늘 할 일", obstacles: "방해 요소", obstacleAdd: "추가", obstacleNew: "무엇이 방해가 되나요?",
  tasksDid: "한 작업", tasksWill: "할 작업", send: "올리기", sendAgain: "고쳐 올리기", edit: "고치기", discard: "올린 글로 돌아가기", sent: "올렸습니다.",
  draftNote: "한 일과 할 일로 채운 초안입니다. 고쳐서 올리세요.", postedAt: (time) => `${time}에 올림`, notExpected: "오늘은 쓰지 않아도 되지만 쓸 수 있습니다.",
  blockedTask: (name) => `막힘: ${name}`, alsoOwed: (name) => `${name}에도 써야 합니다.`, writeSomething: "먼저 내용을 써 주세요.", remove: "빼기", noText: "–",
  team: "팀", missing: "미작성", off: "휴가", notYet: "아직 쓰지 않음", all: "모두 썼습니다.", waiting: (names) => `기다리는 중: ${names}`, activity: (n) => `변경 ${n}건`, said: "말한 일과 한 일", outcomes: { done: "완료", progressed: "진척", untouched: "그대로", gone: "빠짐" },
  summary: "요약", noUpdates: "아직 아무도 쓰지 않았습니다.",
  reasons: { holiday: "오늘은 휴일이라 스크럼이 없습니다.", weekend: "오늘은 근무일이 아니라 스크럼이 없습니다.", "not started": "아직 시작하지 않은 스프린트라 스크럼이 없습니다.", completed: "완료된 스프린트라 스크럼이 더 없습니다.", cancelled: "취소된 스프린트라 스크럼이 없습니다.", "to come": "아직 오지 않은 스크럼입니다." },
  openImpediments: "방해 요소", noImpediments: "방해되는 것이 없습니다.", raisedBy: (name, age) => `${name}, ${age} 전`, resolve: "해결됨", resolveLong: (what) => `해결됨: ${what}`, resolved: "해결했습니다.", reopen: "다시 열기", onTask: (name) => `작업: ${name}`, somebody: "떠난 사람",
  changes: { created: "만듦", points: "포인트", sprint: "스프린트", assignee: "담당자", deleted: "삭제" },

  burndown: "번다운", flow: "누적 흐름", workload: "업무량", member: "구성원", remaining: "남은 일", effort: "예상 시간과 가능한 시간", overload: (hours) => `${hours} 초과`, free: "여유 있음", capacity: (a, b) => `${b} 중 ${a}`, daysOff: (n) => `휴가 ${n}일`,
  leadTime: "리드 타임", cycleTime: "사이클 타임", half: (d) => `절반이 ${d} 이내`, most: (d) => `85 %가 ${d} 이내`, blockedTime: "막힌 시간", reopened: "다시 연 작업", times: (n) => `${n}회`, noneYet: "아직 없음", hours: (n) => `${n}시간`, days: (n) => `${n}일`, minutes: (n) => `${n}분`, noPicture: "그림을 불러오지 못했습니다.",

  reportOf: "보고서", soFar: "지금까지의 내용입니다. 스프린트를 완료하면 확정됩니다.", final: "확정된 보고서이며 바뀌지 않습니다.", committed: "약속", completedWord: "완료", notCompleted: "미완료", completedOutside: "다른 때 완료", added: "추가", removed: "제외", addedThenRemoved: "추가했다가 제외", reestimated: "다시 추정", cancelledTasks: "취소", completion: "완료율", scopeChange: "범위 변화", carriedOver: "이월", toBacklog: "백로그로", toSprint: (name) => to(name), byMember: "구성원별", raised: "제기", resolvedIn: (d) => `절반이 ${d} 안에 해결`, stillOpen: "해결 전", nothingYet: "아직 시작하지 않은 스프린트라 보고할 내용이 없습니다.", noTasks: "없음",

  velocity: "속도", velocityLong: (low, high) => `${low}에서 ${high} 사이로 계획하세요`, average: "평균", forecast: "완료 예측", chance: (n) => `${n} %`, by: "까지", noForecast: { too_short: "예측하기에는 기록이 너무 짧습니다. 근무일이 다섯 날은 있어야 합니다.", no_completions: "최근에 완료된 일이 없어 예측할 수 없습니다.", unestimated: "남은 일에 포인트가 없습니다. 작업으로 세어 보세요.", no_working_days: "앞으로 근무일이 없습니다.", too_far: "2년 안에는 어려움" }, leftInProject: (n) => `프로젝트에 ${n} 남음`,
  closedSprints: "종료된 스프린트", noClosed: "아직 종료된 스프린트가 없습니다.", plannedSprints: "계획된 스프린트", noPlanned: "계획된 스프린트가 없습니다.", openReport: "보고서", look: "보기", start: "스프린트 시작", startLong: (name) => `“${name}” 스프린트를 시작할까요?`, startWhy: "지금 담긴 일이 이 스프린트의 약속으로 고정됩니다.", started: (name) => `“${name}” 스프린트를 시작했습니다.`, cantStart: "다른 스프린트가 진행 중입니다. 먼저 완료하세요.",
  complete: "스프린트 완료", completeLong: (name) => `“${name}” 스프린트를 완료할까요?`, completeWhy: "수치가 고정되고 다시는 바뀌지 않습니다.", leftOver: (n) => `끝나지 않은 작업이 ${n}개 있습니다. 어디로 옮길까요?`, nothingLeft: "모든 작업이 끝났습니다.", backlog: "백로그", completed: (done, over) => `완료했습니다: ${done}개 완료, ${over}개 이월.`, nextSprint: "다음 스프린트",
};

export const languages = { en: english, ko: korean };

/** The text of that name in the reader's language. */
export function say(name, ...values) {
  const entry = languages[state.language][name];
  return typeof entry === "function" ? entry(...values) : entry;
}
