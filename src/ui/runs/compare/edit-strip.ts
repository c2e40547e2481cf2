import { findMeant } from '../../../find/find.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { countIn } from '../../addressed.ts'
import type { ComparedQuery } from './compare-query.ts'
import type { AddedRuns } from './run-strip.tsx'

type Chosen = Pick<ComparedQuery, 'ids'>

/**
 * What a button of the strip asked for: the run at the place `base` becomes the first one, that at `without`
 * leaves, `add` comes in by its id, the beginning of that, or a part of its name.
 *
 * @returns the ids that are compared then, or the runs that `add` may mean; undefined: nothing was asked for
 */
export async function readEditedIds(
  c: AppContext,
  { ids }: Chosen,
): Promise<readonly string[] | AddedRuns | undefined> {
  const [base, without] = [placeIn(c, 'base'), placeIn(c, 'without')]
  if (without !== undefined) return ids.filter((_, place) => place !== without)
  const first = base === undefined ? undefined : ids[base]
  if (first !== undefined) return [first, ...ids.filter((id) => id !== first)]
  const words = (optionalQuery(c, 'add') ?? '').trim()
  return words === '' ? undefined : addTo(c.var.ctx, { ids }, words)
}

/** Of a button, or of the choice beside one that says what to do. @throws INVALID_PARAMETER_VALUE */
function placeIn(c: AppContext, what: 'base' | 'without'): number | undefined {
  return countIn(c, optionalQuery(c, 'do') === what ? 'other' : what)
}

async function addTo(
  ctx: Context,
  { ids }: Chosen,
  words: string,
): Promise<readonly string[] | AddedRuns> {
  const { runs } = await findMeant(ctx, words)
  const others = runs.filter(({ runId }) => !ids.includes(runId))
  const exact = others.filter(({ runId, name }) => runId === words || name === words)
  const [only, ...more] = exact.length > 0 ? exact : others
  const isOne = only !== undefined && more.length === 0
  return isOne ? [...ids, only.runId] : { words, found: others }
}

/** Whether these are the ids of runs. */
export function areIds(edited: readonly string[] | AddedRuns): edited is readonly string[] {
  return Array.isArray(edited)
}
