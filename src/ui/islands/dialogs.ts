import { loadPage, makeElement } from './elements.ts'

/** Links that lead to a question, such as a rollback, ask it on top of the page that one is on. */
export function openLinksAsDialogs(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a[data-dialog]')
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey
    if (!(link instanceof HTMLAnchorElement) || !isPlain || link.closest('dialog')) return
    event.preventDefault()
    void openDialog(link.href)
  })
}

async function openDialog(url: string): Promise<void> {
  const page = await loadPage(url)
  const content = page?.querySelector('main')
  const title = page?.querySelector('h1')?.textContent
  if (!content || !title) {
    location.assign(url)
    return
  }
  content.querySelector('.crumbs')?.remove()
  makeIdsUnique(content)
  const dialog = makeElement('dialog', { 'aria-label': title }, [...content.childNodes])
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a')
    // What leads back to the page below is the same as closing.
    if (!link || link.href !== location.href.replace(/#.*/, '')) return
    event.preventDefault()
    dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
}

/** The page below has ids of its own. */
function makeIdsUnique(content: Element): void {
  for (const element of content.querySelectorAll('[id]')) element.id = `dialog-${element.id}`
  for (const name of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of content.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, `dialog-${element.getAttribute(name)}`)
    }
  }
}
