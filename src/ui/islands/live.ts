import { loadPage, makeButton, makeElement } from './elements.ts'
import { clockText } from './times.ts'

/** Events that come together are one change. */
const gatherMs = 150
/** A page that nobody sees keeps its stream for so long. */
const hiddenMs = 10_000
const againMs = 30_000

/**
 * Parts of the page follow the server while the page is seen: its events, and what no event tells by
 * reading the page again. A part changes by itself only where nobody is at work: not where the focus is,
 * not at or above the pointer. Else a button offers it, and so it does where what is new is always offered:
 * `data-offered` has the word for one row of the part, and for several.
 *
 * @param decorate adds to a new part what scripts add to pages
 */
export function followServer(decorate: (part: Element) => void): void {
  const main = document.querySelector<HTMLElement>('main[data-live], main[data-every]')
  const foot = document.querySelector('.foot')
  if (!main || !foot) return
  const state = makeElement('span', { role: 'status', class: 'live' })
  foot.prepend(state)
  const parts = partsOf(main, { state, decorate })
  if (main.dataset.live !== undefined) followEvents(main, state, parts)
  if (main.dataset.every !== undefined) readAgain(main, state, parts)
}

type Parts = ReturnType<typeof partsOf>

function followEvents(main: HTMLElement, state: HTMLElement, parts: Parts): void {
  let source: EventSource | undefined
  let gathering = 0
  const open = () => {
    source?.close()
    source = new EventSource(main.dataset.live ?? '')
    source.onopen = () => {
      state.textContent = 'Live'
    }
    source.onerror = () => {
      state.textContent = `Paused since ${clockText()}`
      if (source?.readyState === EventSource.CLOSED) setTimeout(resume, againMs)
    }
    for (const type of (main.dataset.types ?? '').split(' ')) {
      source.addEventListener(type, ({ data }) => {
        const of = encodeURIComponent(JSON.parse(data).model)
        if (main.dataset.model !== undefined && of !== main.dataset.model) return
        clearTimeout(gathering)
        gathering = window.setTimeout(parts.refresh, gatherMs)
      })
    }
  }
  const resume = () => {
    if (document.hidden || source?.readyState === EventSource.OPEN) return
    open()
    void parts.refresh()
  }
  let closing = 0
  document.addEventListener('visibilitychange', () => {
    clearTimeout(closing)
    if (document.hidden) closing = window.setTimeout(() => source?.close(), hiddenMs)
    else resume()
  })
  if (!document.hidden) open()
}

/** A page that takes long is read less often: the server has so many times as long for others. */
const restFactor = 10

/**
 * The page is read again and again while somebody looks, one reading after another, until it no longer
 * asks for that. Where it says so, it is read less often while nothing changes.
 */
function readAgain(main: HTMLElement, state: HTMLElement, parts: Parts): void {
  const everyMs = Number(main.dataset.every) * 1000
  const quietMs = Number(main.dataset.quiet ?? main.dataset.every) * 1000
  let waitMs = everyMs
  let waiting = 0
  const read = async () => {
    if (document.hidden) return
    const began = performance.now()
    const found = await parts.refresh()
    if (found?.isOver) {
      // Its events go on.
      if (main.dataset.live === undefined) tell(state, '')
      return
    }
    if (found === undefined) tell(state, `Paused since ${clockText()}`)
    else if (!state.textContent?.startsWith('Live')) tell(state, 'Live')
    waitMs = found?.isChanged ? everyMs : Math.min(waitMs * 2, quietMs)
    wait(Math.max(waitMs, (performance.now() - began) * restFactor))
  }
  const wait = (ms: number) => {
    clearTimeout(waiting)
    waiting = window.setTimeout(read, ms)
  }
  document.addEventListener('visibilitychange', () => wait(0))
  if (main.dataset.live === undefined) tell(state, 'Live')
  wait(everyMs)
}

/** The same again is not told. */
function tell(state: HTMLElement, text: string): void {
  if (state.textContent !== text) state.textContent = text
}

type Reading = {
  readonly isChanged: boolean
  /** Nothing more is to be expected. */
  readonly isOver: boolean
}

type Surroundings = {
  readonly state: HTMLElement
  readonly decorate: (part: Element) => void
}

function partsOf(main: HTMLElement, { state, decorate }: Surroundings) {
  const held = new Map<string, Element>()
  // As the server made them: other scripts add to what is shown.
  const served = new Map(
    [...main.querySelectorAll<HTMLElement>('[data-part]')].map((part) => [
      part.dataset.part ?? '',
      part.outerHTML,
    ]),
  )
  let pointerY: number | undefined
  const offer = makeButton('', () => settle(true))
  offer.classList.add('offer')
  const settle = (isWanted: boolean) => {
    for (const [name, next] of held) {
      const part = findPart(main, name) ?? makePlace(main, next)
      if (!isWanted && (isOffered(part) || isInUse(part, pointerY))) continue
      held.delete(name)
      served.set(name, next.outerHTML)
      putInPlace(part, next)
      decorate(next)
      tell(state, `Live, changed at ${clockText()}`)
    }
    const text = offerText(main, held)
    if (offer.textContent !== text) offer.textContent = text
    if (held.size > 0) document.body.append(offer)
    else offer.remove()
  }
  document.addEventListener('pointermove', ({ pointerType, clientY }) => {
    pointerY = pointerType === 'mouse' ? clientY : undefined
  })
  document.documentElement.addEventListener('pointerleave', () => {
    pointerY = undefined
    settle(false)
  })
  return {
    /** @returns undefined: the page cannot be had now */
    async refresh(): Promise<Reading | undefined> {
      const page = await loadPage(location.href)
      if (!page) return undefined
      const parts = [...page.querySelectorAll<HTMLElement>('main [data-part]')]
      const names = parts.map(({ dataset }) => dataset.part ?? '')
      // What is no longer there leaves an empty place.
      for (const name of served.keys()) {
        if (!names.includes(name)) parts.push(makeElement('div', { 'data-part': name }))
      }
      for (const next of parts) {
        const name = next.dataset.part ?? ''
        if (next.outerHTML === served.get(name)) held.delete(name)
        else held.set(name, next)
      }
      document.title = page.title
      const isChanged = held.size > 0
      settle(false)
      return { isChanged, isOver: !page.querySelector('main[data-every]') }
    },
  }
}

function findPart(main: Element, name: string): Element | null {
  return main.querySelector(`[data-part="${CSS.escape(name)}"]`)
}

/** A place for a part that was not there: behind the one that it follows, or else before the one that follows it. */
function makePlace(main: Element, next: Element): Element {
  const all: Element[] = [...(next.closest('main')?.querySelectorAll('[data-part]') ?? [])]
  const at = all.indexOf(next)
  const shown = (part: Element | undefined) => part && findPart(main, nameOf(part))
  const place = makeElement('div', { 'data-part': nameOf(next) })
  const previous = shown(all[at - 1])
  const following = shown(all[at + 1])
  if (previous) previous.after(place)
  else if (following) following.before(place)
  else main.append(place)
  return place
}

function nameOf(part: Element): string {
  return part.getAttribute('data-part') ?? ''
}

function isOffered(part: Element): boolean {
  return part.hasAttribute('data-offered')
}

/** What there is to show: changed parts or, where nothing else changed, the rows that are new. */
function offerText(main: Element, held: ReadonlyMap<string, Element>): string {
  const [name, next] = [...held][0] ?? []
  const words = next?.getAttribute('data-offered')?.split(',')
  const part = name === undefined ? null : findPart(main, name)
  const links = next && words && held.size === 1 ? rowLinks(next) : []
  const known = new Set(part ? rowLinks(part) : [])
  const count = links.filter((link) => !known.has(link)).length
  if (!words || count === 0) return `Show ${held.size} change${held.size === 1 ? '' : 's'}`
  const isWhole = count === links.length && known.size > 0
  return `Show ${isWhole ? `${count} or more` : count} ${words[count === 1 ? 0 : 1]}`
}

/** Where the header of each row of a table leads. */
function rowLinks(part: Element): (string | null)[] {
  return [...part.querySelectorAll('tbody th a')].map((link) => link.getAttribute('href'))
}

/** Of a steady part other figures stand in the same place, so they change under the pointer too. */
function isSteady(part: Element): boolean {
  return part.hasAttribute('data-steady')
}

/** Whether a change of the part would move or take away what somebody is at. */
function isInUse(part: Element, pointerY: number | undefined): boolean {
  const selected = getSelection()
  const isSelected = selected?.isCollapsed === false && selected.containsNode(part, true)
  const isAt = part.querySelector('.zoom, form[aria-busy]') !== null
  if (part.contains(document.activeElement) || isSelected || isAt) return true
  if (isSteady(part)) return false
  return pointerY !== undefined && part.getBoundingClientRect().top <= pointerY
}

/** What was unfolded stays so, what was typed stays in its field, and what was selected stays selected. */
function putInPlace(part: Element, next: Element): void {
  const open = [...part.querySelectorAll('details')].map((details) => details.open)
  for (const [i, details] of next.querySelectorAll('details').entries()) {
    details.open = open[i] ?? details.open
  }
  for (const field of part.querySelectorAll<HTMLTextAreaElement>('textarea[name]')) {
    const action = field.form?.getAttribute('action') ?? ''
    const same = next.querySelector<HTMLTextAreaElement>(
      `form[action="${CSS.escape(action)}"] textarea[name="${CSS.escape(field.name)}"]`,
    )
    if (same && field.value !== field.defaultValue) same.value = field.value
  }
  for (const box of part.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name]')) {
    const same = next.querySelector<HTMLInputElement>(
      `input[name="${CSS.escape(box.name)}"][value="${CSS.escape(box.value)}"]`,
    )
    if (same) same.checked = box.checked
  }
  part.replaceWith(next)
  if (isSteady(next)) return
  next.classList.add('changed')
  setTimeout(() => next.classList.remove('changed'), 3000)
}
