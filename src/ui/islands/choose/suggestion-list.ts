import { makeElement } from '../elements.ts'
import type { Suggestion } from './suggestions.ts'

/** The list below a field that offers what may be put into it. Each act says whether it did something. */
export function makeSuggestions(
  form: HTMLFormElement,
  input: HTMLInputElement,
  listId = 'suggestions',
) {
  const list = makeElement('ul', {
    ...{ role: 'listbox', id: listId, class: 'suggestions', 'aria-label': 'Suggestions' },
  })
  list.hidden = true
  form.append(list)
  input.setAttribute('role', 'combobox')
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)
  input.setAttribute('aria-expanded', 'false')
  let active = -1
  const activate = (next: number) => {
    active = next
    for (const [i, option] of [...list.children].entries()) {
      option.setAttribute('aria-selected', String(i === active))
      if (i === active) option.scrollIntoView({ block: 'nearest' })
    }
    const id = list.children[active]?.id
    if (id === undefined) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', id)
  }
  const show = <S extends Suggestion>(suggestions: readonly S[], take: (one: S) => void) => {
    const options = suggestions.map((one, i) => optionOf(one, `${listId}-${i}`, () => take(one)))
    list.replaceChildren(...options)
    list.hidden = suggestions.length === 0
    list.style.insetBlockStart = `${input.offsetTop + input.offsetHeight + 2}px`
    input.setAttribute('aria-expanded', String(!list.hidden))
    activate(-1)
  }
  return {
    show,
    hide(): boolean {
      const wasOpen = !list.hidden
      show([], () => {})
      return wasOpen
    },
    move(by: 1 | -1): boolean {
      const count = list.children.length
      if (count > 0) activate(active < 0 && by < 0 ? count - 1 : (active + by + count) % count)
      return count > 0
    },
    isChosen: () => active >= 0,
    take(): boolean {
      const option = list.children[active]
      option?.dispatchEvent(new Event('pointerdown', { cancelable: true }))
      return option !== undefined
    },
  }
}

function optionOf({ text, more }: Suggestion, id: string, take: () => void): HTMLElement {
  const option = makeElement('li', { role: 'option', id }, [
    makeElement('bdi', {}, [text.trim()]),
    makeElement('span', { class: 'soft' }, [more]),
  ])
  // The field keeps the focus.
  option.addEventListener('pointerdown', (event) => {
    event.preventDefault()
    take()
  })
  return option
}
