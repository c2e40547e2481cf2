import { requireAdmin } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import { setStages } from '../../../governance/upkeep/guarding.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { checkStages, type Stage } from '../../../registry/stages/check-stages.ts'
import { listStages } from '../../../registry/stages/stage-list.ts'
import {
  type FormFields,
  type FormProblem,
  findRefusal,
  formAction,
  noteProblem,
} from '../../forms.ts'
import { pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { type StageDraft, StageSavePage, StagesPage } from './stages-page.tsx'

async function mayChangeStages(ctx: Context): Promise<void> {
  requireAdmin(ctx)
}

type Shown = {
  readonly draft?: readonly StageDraft[]
  /** The list that the draft began with. */
  readonly seen?: string
  readonly problem?: FormProblem
}

/** `GET /settings/stages` */
export async function showStages(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, stages, whyNot] = await Promise.all([
    settingsFrameOf(c),
    listStages(ctx),
    findRefusal(mayChangeStages(ctx)),
  ])
  const draft = shown.draft ?? stages.map(draftOf)
  const seen = shown.seen ?? JSON.stringify(stages)
  const { problem } = shown
  const page = <StagesPage {...{ frame, stages, draft, seen, whyNot, problem }} />
  return sendPage(c, { frame, page }, { status: problem?.status ?? 200 })
}

function draftOf({ name, isExclusive, from }: Stage): StageDraft {
  return { name, isExclusive, from: from?.join(', ') ?? '' }
}

/** `POST /settings/stages`: a step in the draft, a look at what saving does, or with `confirmed` the list. */
export const postStages = formAction({
  operation: 'replaceStages',
  rule: mayChangeStages,
  async run(ctx, c, form) {
    const draft = draftIn(form)
    const seen = form.exact('seen') ?? '[]'
    const step = form.text('do')
    if (step !== undefined) return showStages(c, { draft: changed(draft, step), seen })
    try {
      const wanted = checkStages(draft.map(stageOf))
      if (!form.isChecked('confirmed')) {
        const [frame, stages] = await Promise.all([settingsFrameOf(c), listStages(ctx)])
        const page = <StageSavePage {...{ frame, stages, wanted, draft, seen }} />
        return await sendPage(c, { frame, page })
      }
      await setStages(ctx, wanted, stagesIn(seen))
    } catch (err) {
      const problem = await noteProblem(c, err)
      // What is wrong with a list that was seen is said beside the one that is there now.
      return showStages(c, { draft, problem })
    }
    return c.redirect(`${pathsUnder(pagePrefix(c)).settings}/stages`, 303)
  },
})

const stagesMax = 51

function draftIn(form: FormFields): StageDraft[] {
  const stages: StageDraft[] = []
  for (let i = 0; i < stagesMax; i++) {
    const name = form.text(`name_${i}`)
    if (name === undefined) continue
    const isExclusive = form.isChecked(`exclusive_${i}`)
    stages.push({ name, isExclusive, from: form.text(`from_${i}`) ?? '' })
  }
  const added = form.text('new_name')
  return added === undefined ? stages : [...stages, { name: added, isExclusive: false, from: '' }]
}

/** @param step `up-2`, `remove-3`; anything else changes nothing */
function changed(draft: readonly StageDraft[], step: string): readonly StageDraft[] {
  const [verb, at = ''] = step.split('-')
  const i = /^\d+$/.test(at) ? Number(at) : -1
  const one = draft[i]
  if (!one) return draft
  const others = draft.toSpliced(i, 1)
  if (verb === 'remove') return others
  return others.toSpliced(verb === 'up' ? Math.max(0, i - 1) : i + 1, 0, one)
}

function stageOf({ name, isExclusive, from }: StageDraft): Stage {
  const names = from.split(',').flatMap((one) => one.trim() || [])
  return { name, isExclusive, from: names.length === 0 ? undefined : names }
}

/** @throws INVALID_PARAMETER_VALUE no page of ours sends this */
function stagesIn(text: string): Stage[] {
  try {
    const stages: unknown = JSON.parse(text)
    if (Array.isArray(stages)) {
      return stages.map(({ name, isExclusive, from }) => ({ name, isExclusive, from }))
    }
  } catch (err) {
    throw invalid('The form does not say which list was seen', { cause: err })
  }
  throw invalid('The form does not say which list was seen')
}
