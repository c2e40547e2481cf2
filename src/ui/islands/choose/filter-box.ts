import type { Completion } from '../../completion.ts'
import { wantIn } from './filter-wants.ts'
import { makeSuggestions } from './suggestion-list.ts'
import { suggestFor } from './suggestions.ts'

/** Filters that are kept for each list. */
const filtersMax = 10
/** So long nothing is typed before the server is asked. */
const waitMs = 80

/** Boxes for filters offer names, operators and values while somebody types, and the last filters by ↑. */
export function completeFilters(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-complete]')) {
    const input = form.querySelector<HTMLInputElement>('input[name="q"]')
    if (input) completeFilter(form, input)
  }
}

function completeFilter(form: HTMLFormElement, input: HTMLInputElement): void {
  const completion: Completion = JSON.parse(form.dataset.complete ?? '')
  const kept = keepFilters(form.getAttribute('action') ?? '', input)
  const list = makeSuggestions(form, input)
  let timer = 0
  let asked = 0
  // Whether the list has the last filters, and not what may be typed next.
  let isOfKept = false
  const ask = (afterMs: number) => {
    clearTimeout(timer)
    const number = ++asked
    timer = window.setTimeout(async () => {
      const caret = input.selectionEnd ?? input.value.length
      const want = wantIn(input.value.slice(0, caret))
      const suggestions = await suggestFor(completion, want)
      if (number !== asked || document.activeElement !== input) return
      isOfKept = false
      list.show(suggestions, ({ text }) => {
        // More may have been typed since it was offered.
        const rest = input.value.slice(input.selectionEnd ?? caret).trimStart()
        input.value = input.value.slice(0, want.from) + text + rest
        input.setSelectionRange(want.from + text.length, want.from + text.length)
        ask(0)
      })
    }, afterMs)
  }
  const close = () => {
    clearTimeout(timer)
    asked++
    isOfKept = false
    list.hide()
  }
  input.addEventListener('input', () => ask(waitMs))
  input.addEventListener('blur', close)
  const keys: Readonly<Record<string, () => boolean>> = {
    ArrowDown: () => {
      if (!list.move(1)) ask(0)
      return true
    },
    ArrowUp: () => {
      const leadsBack = input.value === '' && kept.length > 0 && !isOfKept && !list.isChosen()
      if (!leadsBack) return list.move(-1)
      // What was asked for before may be answered later.
      close()
      isOfKept = true
      const take = ({ text }: { readonly text: string }) => {
        input.value = text
        close()
      }
      list.show(
        kept.map((text) => ({ text, more: '' })),
        take,
      )
      return true
    },
    Escape: () => {
      isOfKept = false
      return list.hide()
    },
    Enter: () => list.take(),
  }
  input.addEventListener('keydown', (event) => {
    if (keys[event.key]?.()) event.preventDefault()
  })
}

/** The last filters of a list that were taken, the newest first. */
function keepFilters(path: string, input: HTMLInputElement): readonly string[] {
  const name = `gatehouse.filters ${path}`
  const kept: string[] = JSON.parse(localStorage.getItem(name) ?? '[]')
  const isTaken = input.value !== '' && input.getAttribute('aria-invalid') !== 'true'
  if (!isTaken) return kept
  const filters = [input.value, ...kept.filter((one) => one !== input.value)].slice(0, filtersMax)
  localStorage.setItem(name, JSON.stringify(filters))
  return filters
}
