import { type BoardThen, findBoardThen } from '../../../governance/history/board-then.ts'
import { checkPast } from '../../../governance/history/moment.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { listStages } from '../../../registry/stages/stage-list.ts'
import { stageKey } from '../../../registry/stages/stages.ts'
import { timeOf } from '../../../search/times/moment.ts'
import { modelNameOf } from '../../addressed.ts'
import { type FormProblem, noteProblem } from '../../forms.ts'
import { isoTextOf, timeIn } from '../../parts/time-field.tsx'
import { pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { ModelThenPage, type StageThenColumn } from './model-then-page.tsx'

const shownMax = 20

type Found = {
  readonly atMs: number | undefined
  readonly board: BoardThen | undefined
  readonly problem: FormProblem | undefined
}

/** `GET /models/{name}?at=`: what was in each stage at a moment. So long ago leads to the moment that it was. */
export async function showModelThen(c: AppContext, at: string): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const time = timeOf(at, ctx.now())
  if (time?.isRelative) {
    const to = pathsUnder(pagePrefix(c))
    return c.redirect(to.query(to.model(name), { at: isoTextOf(time.atMs) }), 302)
  }
  const found = await findThen(c, name, at)
  const [frame, stages] = await Promise.all([
    frameOf(c),
    found.board ? inOrder(ctx, found.board) : [],
  ])
  const page = <ModelThenPage {...{ frame, name, at, stages, ...found }} />
  return sendPage(c, { frame, page }, { status: found.problem?.status ?? 200 })
}

/** A moment of which the log tells nothing is said beside the field. */
async function findThen(c: AppContext, name: string, at: string): Promise<Found> {
  const { ctx } = c.var
  let atMs: number | undefined
  try {
    atMs = checkPast(ctx, timeIn(at, ctx.now()).atMs)
    const board = await findBoardThen(ctx, name, { atMs, shownMax })
    return { atMs, board, problem: undefined }
  } catch (err) {
    const problem = await noteProblem(c, err, 'at')
    // Who may not read it gets the page that every reader of a model without a right gets.
    if (problem.status === 403) throw err
    return { atMs, board: undefined, problem }
  }
}

/** Stages of today in their order, then those that were removed since. */
async function inOrder(ctx: Context, { stages }: BoardThen): Promise<StageThenColumn[]> {
  const now = await listStages(ctx)
  const byKey = new Map(stages.map((one) => [stageKey(one.stage), one]))
  const known = new Set(now.map(({ name }) => stageKey(name)))
  return [
    ...now.map(({ name }) => ({
      isRemoved: false,
      ...(byKey.get(stageKey(name)) ?? { stage: name, count: 0, newest: [] }),
    })),
    ...stages
      .filter(({ stage }) => !known.has(stageKey(stage)))
      .map((one) => ({ ...one, isRemoved: true })),
  ]
}
