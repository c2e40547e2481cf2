import { requireExperiment } from '../../access/permissions/require.ts'
import type { Context } from '../../platform/context.ts'
import type { SavedView } from './saved-view.ts'
import { getView } from './saved-views.ts'

/** One's own views take READ on the experiment; those for everybody EDIT. @throws PERMISSION_DENIED */
export function requireViewChange(
  ctx: Context,
  experimentId: number,
  { isShared }: Pick<SavedView, 'isShared'>,
): Promise<void> {
  return requireExperiment(ctx, experimentId, isShared ? 'EDIT' : 'READ')
}

/** The same of a view that stands. @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export async function requireStandingViewChange(
  ctx: Context,
  experimentId: number,
  id: number,
): Promise<void> {
  await requireExperiment(ctx, experimentId, 'READ')
  await requireViewChange(ctx, experimentId, await getView(ctx, experimentId, id))
}
