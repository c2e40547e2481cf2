import { readVersionsThere } from '../../../governance/compare/versions-there.ts'
import { readStageSpans } from '../../../governance/history/stage-spans.ts'
import type { Promotion } from '../../../governance/promotions/promotion.ts'
import type { Context } from '../../../platform/context.ts'
import { type ModelVersion, readVersions } from '../../../registry/versions/read-versions.ts'

/** What became of a version after its request was decided. */
export type Aftermath = {
  /** What the model is called now. */
  readonly model: string
  /** Whether the version has the target now. */
  readonly isThere: boolean
  /** Which version has it instead. */
  readonly there: number | undefined
  /** When it left the stage into which it was merged, as far as that is known. */
  readonly leftAtMs: number | undefined
  /** The version that it was judged against, if that is there. */
  readonly compared: number | undefined
}

/** Moves of the model that are looked at for when the version left. */
const spansMax = 50

/** @returns undefined: the version was deleted */
export async function readAftermath(
  ctx: Context,
  promotion: Promotion,
): Promise<Aftermath | undefined> {
  const { id, modelVersionId, evidence } = promotion
  const comparedId = evidence?.compared ?? undefined
  const [versions, there] = await Promise.all([
    readVersions(ctx.db, [modelVersionId, ...(comparedId === undefined ? [] : [comparedId])]),
    readVersionsThere(ctx, [id]),
  ])
  const own = versions.find((one) => one.id === modelVersionId)
  if (!own) return undefined
  const compared = versions.find((one) => one.id === comparedId && one.id !== own.id)
  const isThere = hasTarget(own, promotion)
  return {
    model: own.name,
    isThere,
    there: there.get(id),
    leftAtMs: isThere ? undefined : await findLeft(ctx, promotion),
    compared: compared?.version,
  }
}

function hasTarget({ stage, aliases }: ModelVersion, { target }: Promotion): boolean {
  return target.alias === undefined ? stage === target.stage : aliases.includes(target.alias)
}

async function findLeft(
  ctx: Context,
  { status, decidedAtMs, registeredModelId, version, target }: Promotion,
): Promise<number | undefined> {
  if (status !== 'merged' || target.stage === undefined || decidedAtMs === null) return undefined
  const spans = await readStageSpans(ctx, registeredModelId, {
    stages: [target.stage],
    count: spansMax,
  })
  return spans.find(
    (span) =>
      span.version === version &&
      span.fromMs <= decidedAtMs &&
      (span.untilMs ?? decidedAtMs) >= decidedAtMs,
  )?.untilMs
}
