import { loadPage } from './elements.ts'

/** Links below each other, each with its depth, become a tree that the arrow keys walk through. */
export function walkTrees(): void {
  for (const list of document.querySelectorAll<HTMLElement>('ul[data-tree]')) walkTree(list)
}

function walkTree(list: HTMLElement): void {
  const items = [...list.querySelectorAll<HTMLAnchorElement>('a[data-depth]')]
  const tree = foldTree(items)
  list.setAttribute('role', 'tree')
  list.setAttribute('aria-label', list.dataset.tree ?? '')
  const enter = (at: number, isFocused = true) => {
    const item = items[at]
    if (!item) return
    for (const other of items) other.tabIndex = other === item ? 0 : -1
    if (isFocused) item.focus()
  }
  const step = (from: number, by: 1 | -1) => {
    let at = from + by
    while (items[at] && tree.isHidden(at)) at += by
    enter(at)
  }
  const keys: Readonly<Record<string, (at: number) => void>> = {
    ArrowDown: (at) => step(at, 1),
    ArrowUp: (at) => step(at, -1),
    Home: () => step(-1, 1),
    End: () => step(items.length, -1),
    ArrowRight: (at) => {
      if (tree.isClosed(at)) tree.turn(at)
      else if (tree.hasChildren(at)) step(at, 1)
    },
    ArrowLeft: (at) => {
      if (tree.hasChildren(at) && !tree.isClosed(at)) tree.turn(at)
      else enter(tree.parentOf(at))
    },
  }
  list.addEventListener('keydown', (event) => {
    const { target } = event
    const at = target instanceof HTMLAnchorElement ? items.indexOf(target) : -1
    const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key]
    if (at < 0 || !act) return
    event.preventDefault()
    act(at)
  })
  list.addEventListener('click', (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event
    const at = items.findIndex((item) => target instanceof Node && item.contains(target))
    const item = items[at]
    if (!item?.hash || ctrlKey || metaKey || shiftKey) return
    event.preventDefault()
    enter(at)
    void choose(item, items)
  })
  const chosen = items.findIndex((item) => item.hasAttribute('aria-current'))
  enter(Math.max(0, chosen), false)
}

/** What of the tree is closed; without its script all of it is open. */
function foldTree(items: readonly HTMLAnchorElement[]) {
  const depths = items.map((item) => Number(item.dataset.depth))
  const closed = new Set<number>()
  const depthOf = (at: number) => depths[at] ?? 0
  const parentOf = (at: number) => depths.findLastIndex((depth, i) => i < at && depth < depthOf(at))
  const hasChildren = (at: number) => depthOf(at + 1) > depthOf(at)
  const isHidden = (at: number): boolean => {
    const parent = parentOf(at)
    return parent >= 0 && (closed.has(parent) || isHidden(parent))
  }
  const show = () => {
    for (const [i, item] of items.entries()) {
      if (item.parentElement) item.parentElement.hidden = isHidden(i)
      if (hasChildren(i)) item.setAttribute('aria-expanded', String(!closed.has(i)))
    }
  }
  for (const [i, item] of items.entries()) {
    item.setAttribute('role', 'treeitem')
    item.setAttribute('aria-level', String(depthOf(i) + 1))
    item.parentElement?.setAttribute('role', 'none')
  }
  show()
  const turn = (at: number) => {
    if (!closed.delete(at)) closed.add(at)
    show()
  }
  return { parentOf, hasChildren, isHidden, isClosed: (at: number) => closed.has(at), turn }
}

/** Show what belongs to an item where that of another one is shown; the rest of the page stays as it is. */
async function choose(item: HTMLAnchorElement, items: readonly HTMLAnchorElement[]): Promise<void> {
  const page = await loadPage(item.href)
  const shown = partOf(document, item.hash)
  const next = page && partOf(page, item.hash)
  if (!shown || !next) {
    location.assign(item.href)
    return
  }
  // Quicker answers of a later choice count.
  if (document.activeElement !== item) return
  shown.replaceWith(next)
  for (const other of items) other.removeAttribute('aria-current')
  item.setAttribute('aria-current', 'true')
  history.replaceState(null, '', item.href)
  const isBelow = next.getBoundingClientRect().top > item.getBoundingClientRect().bottom
  if (isBelow) next.scrollIntoView()
}

function partOf(page: Document, hash: string): Element | null | undefined {
  return page.getElementById(hash.slice(1))?.closest('[data-part]')
}
