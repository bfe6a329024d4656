// The page of somebody hostile, on an origin of theirs: what it tries with the browser of a person who is
// signed in at the web app. Every trick resolves to what the page got to read, "" when that is nothing.
'use strict'

const anyone = new URLSearchParams({ project_name: 'taken over' })
const asJSON = (value) => ({ method: 'POST', body: JSON.stringify(value), headers: { 'Content-Type': 'text/plain' } })

/** Resolves to what `work` resolves to, or "" when it fails or takes longer than two seconds. */
const outcome = (work) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, 2000, ''))]).catch(() => '')

/** What a script can read of a frame. */
function readable(frame) {
  try {
    return frame.contentDocument?.body?.innerText ?? ''
  } catch {
    return ''
  }
}

function add(kind, properties, parent = document.body) {
  const element = Object.assign(document.createElement(kind), properties)
  parent.append(element)
  return element
}

/** Resolves when the element has loaded, to what can be seen of it. */
const loaded = (element, seen) =>
  new Promise((resolve) => {
    element.onload = () => resolve(seen(element))
    element.onerror = () => resolve('')
  })

let frames = 0
function framed(action, enctype, fields, method = 'POST') {
  const frame = add('iframe', { name: `frame${frames++}` })
  submit(action, enctype, fields, frame.name, method)
  return loaded(frame, readable)
}

function submit(action, enctype, fields, target, method = 'POST') {
  const form = add('form', { action, enctype, method, target })
  for (const [name, value] of Object.entries(fields)) add('input', { type: 'hidden', name, value }, form)
  form.submit()
}

async function ask(address, options) {
  const answer = await fetch(address, { credentials: 'include', ...options })
  return answer.type === 'opaque' ? '' : `${answer.status} ${await answer.text()}`
}

/** A JSON text that a text/plain form sends: the form's own "=" is within a string. */
function plain(value) {
  const text = JSON.stringify({ ...value, filler: '=' })
  const at = text.lastIndexOf('=')
  return { [text.slice(0, at)]: text.slice(at + 1) }
}

const tricks = {
  // Writing
  'form, urlencoded': ({ own }) => framed(`${own}/rest/v1/projects`, 'application/x-www-form-urlencoded', Object.fromEntries(anyone)),
  'form, text/plain': ({ own }) => framed(`${own}/rest/v1/projects`, 'text/plain', plain({ project_name: 'taken over' })),
  'form, multipart': ({ own }) => framed(`${own}/rest/v1/projects`, 'multipart/form-data', Object.fromEntries(anyone)),
  'form, deleting the account': ({ own }) => framed(`${own}/rest/v1/rpc/delete_my_account`, 'application/x-www-form-urlencoded', {}),
  'form, overriding the method': ({ own }) => framed(`${own}/api/v1/session?_method=DELETE`, 'application/x-www-form-urlencoded', { _method: 'DELETE' }),
  'form within a sandbox': ({ own }) => {
    const srcdoc = `<form method=post action="${own}/rest/v1/projects"><input name=project_name value="taken over"></form><script>document.forms[0].submit()<\/script>`
    return loaded(add('iframe', { sandbox: 'allow-forms allow-scripts', srcdoc }), readable)
  },
  'fetch, no-cors': ({ own }) => ask(`${own}/rest/v1/projects`, { method: 'POST', mode: 'no-cors', body: anyone }),
  'fetch, cors, nothing to ask first': ({ own }) => ask(`${own}/rest/v1/projects`, { method: 'POST', body: anyone }),
  'fetch, cors, JSON': ({ own }) => ask(`${own}/rest/v1/projects`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }),
  'fetch, PATCH': ({ own }) => ask(`${own}/rest/v1/projects?project_name=neq.`, { method: 'PATCH', body: '{"project_name":"taken over"}' }),
  'fetch, DELETE': ({ own }) => ask(`${own}/rest/v1/projects?project_name=neq.`, { method: 'DELETE' }),
  'fetch, the own header': ({ own }) => ask(`${own}/rest/v1/projects`, { method: 'POST', body: anyone, headers: { 'X-MySingle': '1' } }),
  'fetch, Authorization': ({ own, key }) => ask(`${own}/rest/v1/projects`, { method: 'POST', body: anyone, headers: { Authorization: `Bearer ${key}` } }),
  'fetch, the key in the query': ({ own, key }) => ask(`${own}/rest/v1/projects?apikey=${key}`, { method: 'POST', body: anyone }),
  beacon: async ({ own }) => void navigator.sendBeacon(`${own}/rest/v1/projects`, anyone),

  // Reading
  'fetch of a view': ({ own }) => ask(`${own}/api/v1/me/scrum`),
  'fetch of a view, no-cors': ({ own }) => ask(`${own}/api/v1/me/scrum`, { mode: 'no-cors' }),
  'fetch of a table': ({ own }) => ask(`${own}/rest/v1/projects?select=project_name`),
  'fetch of a table, no-cors': ({ own }) => ask(`${own}/rest/v1/projects?select=project_name`, { mode: 'no-cors' }),
  'fetch of the session': ({ own }) => ask(`${own}/api/v1/session`),
  'code by an image': ({ own }) => loaded(add('img', { src: `${own}/auth/v1/reauthenticate` }), () => 'loaded'),
  'script of a view': ({ own }) => loaded(add('script', { src: `${own}/api/v1/me/scrum` }), () => 'loaded'),
  'script of a table': ({ own }) => loaded(add('script', { src: `${own}/rest/v1/projects?select=project_name` }), () => 'loaded'),
  'script of the page at /docs': ({ own }) => loaded(add('script', { src: `${own}/docs/docs.js` }), () => 'loaded'),
  'style sheet of a table': ({ own }) => loaded(add('link', { rel: 'stylesheet', href: `${own}/rest/v1/projects` }), () => 'loaded'),
  'image of a picture': ({ own, picture }) => loaded(add('img', { src: own + picture }), (image) => `${image.naturalWidth} wide`),
  'image of a view': ({ own }) => loaded(add('img', { src: `${own}/api/v1/me/scrum` }), () => 'loaded'),
  'object of a picture': ({ own, picture }) => loaded(add('object', { data: own + picture, type: 'image/svg+xml' }), readable),
  'frame of a view': ({ own }) => loaded(add('iframe', { src: `${own}/api/v1/me/scrum` }), readable),
  'frame of a table': ({ own }) => loaded(add('iframe', { src: `${own}/rest/v1/projects?select=project_name` }), readable),
  'frame of /docs': ({ own }) => loaded(add('iframe', { src: `${own}/docs` }), readable),
  'events of a table': ({ own }) =>
    new Promise((resolve) => {
      const events = new EventSource(`${own}/rest/v1/projects`, { withCredentials: true })
      events.onopen = () => resolve('open')
      events.onerror = () => (events.close(), resolve(''))
    }),
  ...Object.fromEntries(
    ['/realtime/v1/websocket?vsn=1.0.0', '/rest/v1/projects', '/api/v1/me/scrum'].map((path) => [
      `WebSocket to ${path}`,
      ({ own }) =>
        new Promise((resolve) => {
          const socket = new WebSocket(own.replace(/^http/, 'ws') + path)
          socket.onopen = () => resolve('open')
          socket.onmessage = ({ data }) => resolve(data)
          socket.onerror = () => resolve('')
        }),
    ]),
  ),

  // Signing out, and in as somebody else
  'sign-out by form': ({ own }) => framed(`${own}/auth/v1/logout?scope=global`, 'application/x-www-form-urlencoded', {}),
  'sign-out by fetch': ({ own }) => ask(`${own}/api/v1/session`, { method: 'DELETE' }),
  'sign-out by fetch, no-cors': ({ own }) => ask(`${own}/auth/v1/logout?scope=global`, { method: 'POST', mode: 'no-cors' }),
  'sign-in by form, text/plain': ({ own, attacker }) => framed(`${own}/api/v1/session`, 'text/plain', plain(attacker)),
  'sign-in by form, urlencoded': ({ own, attacker }) => framed(`${own}/api/v1/session`, 'application/x-www-form-urlencoded', attacker),
  'sign-in by form, multipart': ({ own, attacker }) => framed(`${own}/api/v1/session`, 'multipart/form-data', attacker),
  'sign-in by fetch, no-cors': ({ own, attacker }) => ask(`${own}/api/v1/session`, { ...asJSON(attacker), mode: 'no-cors' }),
  'sign-in by fetch, cors': ({ own, attacker }) => ask(`${own}/api/v1/session`, asJSON(attacker)),
  'sign-in by fetch, JSON': ({ own, attacker }) => ask(`${own}/api/v1/session`, { ...asJSON(attacker), headers: { 'Content-Type': 'application/json', 'X-MySingle': '1' } }),
  'a cookie of its own': async ({ cookies }) => void cookies.forEach((cookie) => (document.cookie = cookie)),
  'sign-up by fetch, no-cors': ({ own, stranger }) => ask(`${own}/api/v1/session/sign-up`, { ...asJSON(stranger), mode: 'no-cors' }),
  'a code by fetch, no-cors': ({ own, stranger }) => ask(`${own}/api/v1/session/code`, { ...asJSON(stranger), mode: 'no-cors' }),
  'recovery by fetch, no-cors': ({ own, stranger }) => ask(`${own}/api/v1/session/recovery`, { ...asJSON(stranger), mode: 'no-cors' }),
  'verification by fetch, no-cors': ({ own }) => ask(`${own}/api/v1/session/verify`, { ...asJSON({ type: 'magiclink', token_hash: 'x' }), mode: 'no-cors' }),
}

/** Tries everything, one after the other, and returns what each got to read. */
async function tryAll(victim) {
  const read = {}
  for (const [name, trick] of Object.entries(tricks)) read[name] = (await outcome(trick(victim))) ?? ''
  return read
}
