const utcEnd = / UTC$/

/** Times in the zone of the browser, where its reader wants that; those of the audit log say UTC once and stay. */
export function showLocalTimes(): void {
  if (document.documentElement.dataset.zone !== 'local') return
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const note = document.querySelector('.foot .zone')
  if (note) note.textContent = `Times are in ${zone}`
  turn(document.body)
  // Parts of the page are renewed as the server made them.
  const observer = new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (node instanceof Element) turn(node)
    }
  })
  observer.observe(document.body, { childList: true, subtree: true })
}

function turn(root: Element): void {
  for (const time of root.querySelectorAll('time')) {
    const text = time.textContent ?? ''
    if (!utcEnd.test(text)) continue
    time.title = text
    time.textContent = localText(new Date(time.dateTime))
  }
}

/** `2026-11-24 11:42`. */
function localText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-')
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}
