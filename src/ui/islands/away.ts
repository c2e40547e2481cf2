import { makeElement } from './elements.ts'

const triesMax = 5
const triedKey = 'gatehouse-tried'

/** A page that says when to ask again is asked for again by itself while somebody looks, some times at most. */
export function askAgain(): void {
  const main = document.querySelector<HTMLElement>('main[data-retry]')
  const [at, tried] = JSON.parse(sessionStorage.getItem(triedKey) ?? '[]')
  sessionStorage.removeItem(triedKey)
  if (!main) return
  const tries = at === location.href ? tried : 0
  const state = makeElement('p', { role: 'status' })
  main.append(state)
  if (tries >= triesMax) {
    state.textContent = `This page asked ${triesMax} times more. Load it again when you like.`
    return
  }
  // Others wait for the same moment.
  const seconds = Math.max(Number(main.dataset.retry), 2 ** tries) * (1 + Math.random() / 4)
  state.textContent = `This page asks again by itself in ${Math.ceil(seconds)} s.`
  setTimeout(async () => {
    await whileSeen()
    await untilThere()
    sessionStorage.setItem(triedKey, JSON.stringify([location.href, tries + 1]))
    location.reload()
  }, seconds * 1000)
}

/** How long what was sent may take before the same may be sent again. */
const onceMs = 3000

/**
 * A form that changes something is sent once however often it is pressed. Where the page knows that the
 * server is away, it is sent only if that answers; else the page stays as it is, with what was typed.
 */
export function holdForms(): void {
  const sent = new WeakMap<HTMLFormElement, number>()
  const passed = new WeakSet<HTMLFormElement>()
  document.addEventListener('submit', async (event) => {
    const { target: form, submitter } = event
    if (!(form instanceof HTMLFormElement) || form.getAttribute('method') !== 'post') return
    const isAgain = performance.now() - (sent.get(form) ?? -onceMs) < onceMs
    if (passed.delete(form) || (!isAgain && !isAway())) {
      sent.set(form, performance.now())
      return
    }
    event.preventDefault()
    if (isAgain || form.ariaBusy) return
    form.ariaBusy = 'true'
    form.querySelector('[data-away]')?.remove()
    const isThere = await answers()
    form.removeAttribute('aria-busy')
    if (isThere) {
      passed.add(form)
      form.requestSubmit(submitter)
    } else void tellAway(form)
  })
}

/** As the page was told by its stream, or by the browser. */
function isAway(): boolean {
  return !navigator.onLine || /^Paused/.test(document.querySelector('.live')?.textContent ?? '')
}

async function tellAway(form: HTMLFormElement): Promise<void> {
  const note = makeElement('p', { class: 'notice warn', role: 'alert', 'data-away': '' }, [
    'The server does not answer. Nothing was sent, and what you typed stays here.',
  ])
  form.append(note)
  await untilThere()
  note.textContent = 'The server answers again. Nothing was sent yet.'
}

/** Whether the server answers now: asked for the stylesheet, which takes no sign-in and no query. */
async function answers(): Promise<boolean> {
  const style = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]')
  const options = {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(10_000),
  } as const
  // After an upgrade the file may be gone, but its server is there.
  return fetch(style?.href ?? '/', options).then(
    ({ status }) => status < 500,
    () => false,
  )
}

async function untilThere(): Promise<void> {
  for (let ms = 2000; !(await answers()); ms = Math.min(ms * 2, 30_000)) {
    await new Promise((resolve) => setTimeout(resolve, ms))
    await whileSeen()
  }
}

/** Goes on when the page is seen. */
async function whileSeen(): Promise<void> {
  while (document.hidden) {
    await new Promise((resolve) =>
      document.addEventListener('visibilitychange', resolve, { once: true }),
    )
  }
}
