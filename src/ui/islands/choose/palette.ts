import { loadPage, makeElement } from '../elements.ts'
import { makeSuggestions } from './suggestion-list.ts'
import type { Suggestion } from './suggestions.ts'

/** So long nothing is typed before the server is asked. */
const waitMs = 80
/** Fewer characters mean too much. */
const charsMin = 2

type Choice = Suggestion & { readonly go: () => void }

/** `Ctrl K` opens one field for all that can be found, and for what can be done on this page. */
export function openPalette(): void {
  const bar = document.querySelector<HTMLFormElement>('.bar form.find')
  if (!bar) return
  document.addEventListener('keydown', (event) => {
    const isOurs = (event.ctrlKey || event.metaKey) && !event.altKey && event.key === 'k'
    if (!isOurs || document.querySelector('dialog[open]')) return
    event.preventDefault()
    showPalette(bar.action)
  })
}

function showPalette(action: string): void {
  const input = makeElement('input', {
    ...{ name: 'q', 'aria-label': 'Find', autocomplete: 'off', spellcheck: 'false' },
    placeholder: 'Name, id, #12, digest, URI, or what to do',
  })
  const form = makeElement('form', { method: 'get', action }, [input])
  const dialog = makeElement('dialog', { class: 'palette', 'aria-label': 'Find' }, [form])
  const list = makeSuggestions(form, input, 'palette-choices')
  const offer = (found: readonly Choice[]) => {
    const words = input.value.trim().toLowerCase()
    const here = choicesHere().filter(({ text }) => text.toLowerCase().includes(words))
    list.show([...found, ...here], ({ go }) => {
      dialog.close()
      go()
    })
    // Enter takes the first.
    if (words !== '') list.move(1)
  }
  let timer = 0
  let asked = 0
  input.addEventListener('input', () => {
    clearTimeout(timer)
    const number = ++asked
    const words = input.value.trim()
    offer([])
    if (words.length < charsMin) return
    timer = window.setTimeout(async () => {
      const found = await choicesFor(action, words)
      if (number === asked) offer(found)
    }, waitMs)
  })
  const keys: Readonly<Record<string, () => boolean>> = {
    ArrowDown: () => list.move(1),
    ArrowUp: () => list.move(-1),
    // Else the form is sent, which goes where the words lead.
    Enter: () => list.take(),
  }
  input.addEventListener('keydown', (event) => {
    if (keys[event.key]?.()) event.preventDefault()
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  offer([])
}

/** What the server finds, by the page that finds it without script. */
async function choicesFor(action: string, words: string): Promise<Choice[]> {
  const page = await loadPage(`${action}?list=1&q=${encodeURIComponent(words)}`)
  const lists = [...(page?.querySelectorAll<HTMLElement>('[data-found]') ?? [])]
  return lists.flatMap((list) =>
    [...list.querySelectorAll('a')].map((link) => ({
      text: link.textContent ?? '',
      more: list.dataset.found ?? '',
      go: () => location.assign(link.href),
    })),
  )
}

/** The links and buttons of this page that do something, and the ways to its sections. */
function choicesHere(): Choice[] {
  const elements = document.querySelectorAll<HTMLElement>(
    'main .actions a, main .actions button, .bar a[data-key], .bar [data-own] a',
  )
  const choices = [...elements].map((element): [string, Choice] => {
    const text = element.dataset.keyText ?? (element.textContent ?? '').trim()
    return [text, { text, more: element.dataset.key ?? '', go: () => element.click() }]
  })
  return [...new Map(choices).values()]
}
