const utcEnd = / UTC$/
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]

/**
 * Times of the last and the next 24 hours by how long that is, and all of them in the zone of the browser
 * where its reader wants that; titles have them in full. Those of the audit log say UTC once and stay.
 */
export function showTimes(): void {
  const isLocal = document.documentElement.dataset.zone === 'local'
  const note = document.querySelector('.foot .zone')
  if (note && isLocal) {
    note.textContent = `Times are in ${new Intl.DateTimeFormat().resolvedOptions().timeZone}`
  }
  const turn = (root: ParentNode, isExact = false) => {
    for (const time of root.querySelectorAll('time')) {
      const utc = time.dataset.utc ?? time.textContent ?? ''
      if (utcEnd.test(utc)) turnOne(time, { utc, isLocal, isExact })
    }
  }
  turn(document)
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
