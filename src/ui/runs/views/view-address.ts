import { RegistryError } from '../../../core/error.ts'
import type { SavedView } from '../../../tracking/views/saved-view.ts'
import type { Paths } from '../../paths.ts'
import { columnsIn, groupIn, sortIn } from '../table/run-query.ts'

/** Where a table of runs is as a view has it. */
export function addressOfView(
  to: Paths,
  experimentId: number,
  { id, query }: Pick<SavedView, 'id' | 'query'>,
): string {
  return `${to.experiment(experimentId)}?${query === '' ? '' : `${query}&`}saved=${id}`
}

/**
 * The view that a table begins with: one's own before everybody's. None that is no table, since no link
 * of the experiment would then lead to a page.
 */
export function firstOf(views: readonly SavedView[]): SavedView | undefined {
  const defaults = views.filter((view) => view.isDefault && isTable(view))
  return defaults.find(({ isShared }) => !isShared) ?? defaults[0]
}

/** Whether the address of a view is taken; a filter with a mistake is, and the page tells of it. */
function isTable({ query }: SavedView): boolean {
  const fields = new URLSearchParams(query)
  const single = [...fields.keys()].filter((name) => name !== 'col')
  if (new Set(single).size < single.length) return false
  const given = (name: string) => fields.getAll(name).filter(Boolean)
  try {
    columnsIn([...new Set(given('col'))])
    for (const text of [...given('sort'), ...given('then')]) sortIn(text)
    for (const text of given('group')) groupIn(text)
    return true
  } catch (err) {
    if (err instanceof RegistryError) return false
    throw err
  }
}
