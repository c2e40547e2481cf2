import type { SavedView } from '../../../tracking/views/saved-view.ts'
import type { Paths } from '../../paths.ts'

/** Where a table of runs is as a view has it. */
export function addressOfView(
  to: Paths,
  experimentId: number,
  { id, query }: Pick<SavedView, 'id' | 'query'>,
): string {
  return `${to.experiment(experimentId)}?${query === '' ? '' : `${query}&`}saved=${id}`
}

/** The view that a table begins with: one's own before everybody's. */
export function firstOf(views: readonly SavedView[]): SavedView | undefined {
  const defaults = views.filter(({ isDefault }) => isDefault)
  return defaults.find(({ isShared }) => !isShared) ?? defaults[0]
}
