import { makeButton, makeElement } from './elements.ts'

/** Where it is kept that somebody wants no keys. */
const offKey = 'gatehouse.keys-off'

/** How long a `g` waits for what follows it. */
const waitMs = 1500

const ofLists: readonly (readonly [string, string])[] = [
  ['/, f', 'To the filter, or to find'],
  ['Ctrl K', 'Find everything'],
  ['j, k', 'Next and previous row'],
  ['x', 'Select the row'],
  ['Shift x', 'Select the rows from the last one to here'],
  ['Enter', 'Open the row'],
  ['?', 'This list'],
  ['Esc', 'Close'],
]

/** Single keys for what a page has links and fields for; never while somebody types. */
export function listenToKeys(): void {
  let begun = 0
  document.addEventListener('keydown', tryForm)
  document.addEventListener('keydown', (event) => {
    if (isForOthers(event)) return
    if (event.key === '?') {
      event.preventDefault()
      showKeys()
      return
    }
    if (localStorage.getItem(offKey) !== null) return
    const isSecond = Date.now() - begun < waitMs
    begun = !isSecond && event.key === 'g' ? Date.now() : 0
    if (begun === 0 && press(isSecond ? `g ${event.key}` : event.key)) event.preventDefault()
  })
}

/** Presses the button of a form that tries what is typed, and changes nothing. */
function tryForm({ key, ctrlKey, metaKey, target }: KeyboardEvent): void {
  if (key !== 'Enter' || !(ctrlKey || metaKey)) return
  const form = target instanceof Element ? target.closest('form') : null
  form?.querySelector<HTMLElement>('[data-key="Ctrl Enter"]')?.click()
}

/** A field, a dialog or the browser gets it. */
function isForOthers({ ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  const isTaken = ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null
  return isTaken || isTyping(target)
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio'].includes(target.type)
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** @returns whether the key means something here */
function press(key: string): boolean {
  if (key === '/' || key === 'f') return focusOn(fieldToFind())
  if (key === 'j' || key === 'k') return goToRow(key === 'j' ? 1 : -1)
  if (key === 'x') return selectRow()
  if (key === 'X') return selectRowsToHere()
  const target = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
  // What changes something is pressed by hand: its key only leads there.
  const isPosting = target instanceof HTMLButtonElement && target.form?.method === 'post'
  if (isPosting || target instanceof HTMLInputElement) return focusOn(target)
  target?.click()
  return target !== null
}

/** The filter of the page or, where it has none, the field that finds everything. */
function fieldToFind(): HTMLElement | null {
  const ofPage = document.querySelector<HTMLElement>('main form.search input')
  return ofPage ?? document.querySelector<HTMLElement>('.bar form.find input')
}

function focusOn(element: HTMLElement | null | undefined): boolean {
  element?.focus()
  return Boolean(element)
}

function goToRow(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>('main tbody tr')].filter((row) =>
    row.querySelector('a'),
  )
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[at === -1 && by === -1 ? rows.length - 1 : at + by]
  return focusOn(next?.querySelector<HTMLElement>('th a') ?? next?.querySelector('a'))
}

/** The box that was last clicked by key, from which several are selected. */
let lastBox: HTMLInputElement | undefined

function selectRow(): boolean {
  const box = boxOfRow()
  box?.click()
  lastBox = box ?? undefined
  return Boolean(box)
}

function boxOfRow(): HTMLInputElement | null | undefined {
  const row = document.activeElement?.closest('tr')
  return row?.querySelector<HTMLInputElement>('input[type="checkbox"]')
}

/** Makes the boxes between the last one and this row's what the last one is. */
function selectRowsToHere(): boolean {
  const here = boxOfRow()
  const all = [...document.querySelectorAll<HTMLInputElement>('main tbody input[type="checkbox"]')]
  const [from, to] = [lastBox, here].map((box) => (box ? all.indexOf(box) : -1))
  if (from === undefined || to === undefined || from < 0 || to < 0) return selectRow()
  const between = all.slice(Math.min(from, to), Math.max(from, to) + 1)
  for (const box of between) if (box.checked !== lastBox?.checked) box.click()
  lastBox = here ?? undefined
  return true
}

/** The keys of this page, and the switch for all of them. */
function showKeys(): void {
  const ofPage = [...document.querySelectorAll<HTMLElement>('[data-key]')].map(
    (element): readonly [string, string] => [
      element.dataset.key ?? '',
      element.dataset.keyText ?? element.innerText.trim(),
    ],
  )
  const all = new Map([...ofPage, ...ofLists])
  const list = makeElement(
    'dl',
    { class: 'facts' },
    [...all].flatMap(([key, text]) => [
      makeElement('dt', {}, [makeElement('kbd', {}, [key])]),
      makeElement('dd', {}, [text]),
    ]),
  )
  const box = makeElement('input', { type: 'checkbox' })
  box.checked = localStorage.getItem(offKey) === null
  box.addEventListener('change', () => {
    if (box.checked) localStorage.removeItem(offKey)
    else localStorage.setItem(offKey, '1')
  })
  const dialog: HTMLDialogElement = makeElement('dialog', { 'aria-label': 'Keys' }, [
    makeElement('h2', {}, ['Keys']),
    list,
    makeElement('label', { class: 'check' }, [box, ' Single keys are on']),
    makeButton('Close', () => dialog.close()),
  ])
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}
