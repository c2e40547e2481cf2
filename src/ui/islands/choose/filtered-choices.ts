import { makeElement } from '../elements.ts'

/** A field above a long list of choices, which leaves those that hold what is typed; without it the list is whole. */
export function addChoiceFilters(): void {
  for (const list of document.querySelectorAll<HTMLElement>('fieldset[data-filtered]')) {
    const label = list.dataset.filtered ?? ''
    const field = makeElement('input', { type: 'search', 'aria-label': label, placeholder: label })
    field.addEventListener('input', () => leave(list, field.value.trim().toLowerCase()))
    // Enter would send the form.
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault()
    })
    list.querySelector('legend')?.after(field)
  }
}

function leave(list: HTMLElement, words: string): void {
  for (const choice of list.querySelectorAll<HTMLElement>('label.choice')) {
    choice.hidden = !(choice.textContent ?? '').toLowerCase().includes(words)
  }
  for (const group of list.querySelectorAll('details')) {
    const left = group.querySelector('label.choice:not([hidden])')
    group.hidden = left === null
    if (words !== '') group.open = left !== null
  }
}
