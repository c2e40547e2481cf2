import { makeButton } from './elements.ts'

const utcEnd = / UTC$/
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]

/**
 * Times of the last and the next 24 hours by how long that is, and all of them in the zone of the browser
 * where its reader wants that; titles have them in full. Those of the audit log say UTC once and stay.
 */
export function showTimes(): void {
  const turn = (root: ParentNode, isExact = false) => {
    const isLocal = isLocalZone()
    for (const time of root.querySelectorAll('time')) {
      const utc = time.dataset.utc ?? time.textContent ?? ''
      if (utcEnd.test(utc)) turnOne(time, { utc, isLocal, isExact })
    }
  }
  turn(document)
  offerZones(() => turn(document))
  // Parts of the page are renewed as the server made them.
  const observer = new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (node instanceof Element) turn(node)
    }
  })
  observer.observe(document.body, { childList: true, subtree: true })
  setInterval(() => document.hidden || turn(document), minuteMs)
  addEventListener('beforeprint', () => turn(document, true))
  addEventListener('afterprint', () => turn(document))
}

/** A button in the foot changes the zone of times at once, so that nothing is lost that was typed, and has this browser keep it. */
function offerZones(turn: () => void): void {
  const note = document.querySelector<HTMLElement>('.foot .zone')
  if (!note?.dataset.keep) return
  const { keep } = note.dataset
  const text = document.createElement('span')
  const button = makeButton('', () => {
    const zone = isLocalZone() ? 'utc' : 'local'
    document.documentElement.dataset.zone = zone
    say()
    turn()
    void keepZone(keep, zone).then((isKept) => {
      if (!isKept) text.append('on this page only ')
    })
  })
  const say = () => {
    text.textContent = `Times are in ${isLocalZone() ? zoneText() : 'UTC'} `
    button.textContent = isLocalZone() ? 'In UTC' : 'In local time'
  }
  say()
  note.replaceChildren(text, button)
}

/** @returns whether the server took it: then it leads to another page, which nobody needs */
function keepZone(url: string, zone: string): Promise<boolean> {
  return fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ zone }),
    redirect: 'manual',
  }).then(
    ({ type }) => type === 'opaqueredirect',
    () => false,
  )
}

function isLocalZone(): boolean {
  return document.documentElement.dataset.zone === 'local'
}

/** `Asia/Kolkata, UTC+05:30`. */
function zoneText(): string {
  const format = new Intl.DateTimeFormat('en', { timeZoneName: 'longOffset' })
  const offset = format.formatToParts().find(({ type }) => type === 'timeZoneName')?.value
  return `${format.resolvedOptions().timeZone}, ${offset?.replace('GMT', 'UTC')}`
}

/** The time of day in the zone that times are shown in. */
export function clockText(at = new Date()): string {
  return isLocalZone() ? localText(at).slice(11) : `${at.toISOString().slice(11, 16)} UTC`
}

type Wanted = {
  readonly utc: string
  readonly isLocal: boolean
  /** On paper nobody knows when it was two hours ago. */
  readonly isExact: boolean
}

function turnOne(time: HTMLTimeElement, { utc, isLocal, isExact }: Wanted): void {
  const at = new Date(time.dateTime)
  const whole = isLocal ? localText(at) : utc
  const text =
    (isExact || 'exact' in time.dataset ? undefined : distanceText(at.getTime() - Date.now())) ??
    whole
  time.dataset.utc = utc
  time.title = isLocal && text !== whole ? `${whole}, ${utc}` : utc
  if (time.textContent !== text) time.textContent = text
}

/** `2 h ago`, `in 5 min`; undefined: it is a day or more. */
function distanceText(ms: number): string | undefined {
  const away = Math.abs(ms)
  if (away >= dayMs) return undefined
  if (away < minuteMs) return ms > 0 ? 'within a minute' : 'just now'
  const [unit, word] = away < hourMs ? [minuteMs, 'min'] : [hourMs, 'h']
  const text = `${Math.floor(away / unit)} ${word}`
  return ms > 0 ? `in ${text}` : `${text} ago`
}

/** `2026-11-24 11:42`. */
function localText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-')
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}
