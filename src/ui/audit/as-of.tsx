import { invalid } from '../../core/error.ts'
import { readAsOf } from '../../governance/history/as-of.ts'
import { requireAudit } from '../../governance/history/audit-scope.ts'
import { checkPast } from '../../governance/history/moment.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { listStages } from '../../registry/stages/stage-list.ts'
import { isActive } from '../../registry/stages/stages.ts'
import type { GivenTime } from '../../search/times/moment.ts'
import { type FormProblem, noteProblem } from '../forms.ts'
import { isoTextOf, timeIn } from '../parts/time-field.tsx'
import { numberIn, pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { AsOfPage, asOfPath } from './as-of-page.tsx'
import { findHead } from './find-head.ts'

const modelsMax = 100

/** What all models had in a stage is told from the whole audit log. */
export async function requireAllAudit(ctx: Context): Promise<void> {
  await requireAudit(ctx, undefined)
}

/**
 * `GET /audit/as-of?at=&stage=&after=`: what was in a stage of all models at a moment. So long ago leads to the
 * moment that it was: the address of what somebody saw shows the same tomorrow.
 */
export async function showAsOf(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [at, after] = [optionalQuery(c, 'at')?.trim(), optionalQuery(c, 'after')]
  const stage = optionalQuery(c, 'stage') ?? 'Production'
  const moment = await readMoment(c, at)
  if (moment.isRelative) {
    const meant = { at: isoTextOf(moment.atMs), stage }
    return c.redirect(asOfPath(pathsUnder(pagePrefix(c)), meant), 302)
  }
  const [frame, stages, head] = await Promise.all([frameOf(c), listStages(ctx), findHead(ctx)])
  const found = moment.problem
    ? { items: [], next: undefined }
    : await readAsOf(ctx, { stage, atMs: moment.atMs, after: placeIn(after), count: modelsMax })
  const active = stages.map(({ name }) => name).filter(isActive)
  const page = <AsOfPage {...{ frame, at, stage, stages: active, head, ...moment, ...found }} />
  return sendPage(c, { frame, page }, { status: moment.problem?.status ?? 200 })
}

/** Now, where none is given. */
async function readMoment(
  c: AppContext,
  at: string | undefined,
): Promise<GivenTime & { readonly problem: FormProblem | undefined }> {
  const now = { atMs: c.var.ctx.now(), isRelative: false }
  try {
    const given = at === undefined ? now : timeIn(at, now.atMs)
    checkPast(c.var.ctx, given.atMs)
    return { ...given, problem: undefined }
  } catch (err) {
    return { ...now, problem: await noteProblem(c, err, 'at') }
  }
}

/** @throws INVALID_PARAMETER_VALUE it is not where a page starts */
function placeIn(after: string | undefined): number {
  if (after === undefined) return 0
  const place = numberIn(after)
  if (place === undefined) throw invalid(`Invalid value for 'after'; it is a number`)
  return place
}
