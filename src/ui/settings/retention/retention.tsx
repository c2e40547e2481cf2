import { requireAdmin } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { matchModels } from '../../../registry/models/match-models.ts'
import { type RetentionRun, runPreviewed } from '../../../retention/follow-rule.ts'
import { assessRetention } from '../../../retention/plan.ts'
import {
  deleteRule,
  getRule,
  listRules,
  putRule,
  type RetentionRule,
} from '../../../retention/rules.ts'
import type { RetentionTerms } from '../../../retention/terms.ts'
import { checkGiven, checkSeen, checkTyped, type Reshown } from '../../changes/change.ts'
import { type FormFields, type FormProblem, formAction, noteProblem } from '../../forms.ts'
import { pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { RuleFormPage } from './rule-form-page.tsx'
import { RulePage } from './rule-page.tsx'
import { RulesPage } from './rules-page.tsx'

/** @throws PERMISSION_DENIED */
export async function mayRetain(ctx: Context): Promise<void> {
  requireAdmin(ctx)
}

function ruleNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

/** `GET /settings/retention` */
export async function showRules(c: AppContext): Promise<Response> {
  const [frame, rules] = await Promise.all([settingsFrameOf(c), listRules(c.var.ctx)])
  return sendPage(c, { frame, page: <RulesPage {...{ frame, rules }} /> })
}

type Shown = { readonly problem?: FormProblem; readonly ran?: RetentionRun }

/** `GET /settings/retention/{name}`: what it says, and what running it would do now. */
export async function showRule(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, plan] = await Promise.all([
    settingsFrameOf(c),
    getRule(ctx, ruleNameOf(c)).then((rule) => assessRetention(ctx, rule)),
  ])
  const page = <RulePage {...{ frame, plan, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `GET /settings/new-retention-rule` and `GET /settings/retention/{name}/edit` */
export async function showRuleForm(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = c.req.param('name')
  const [frame, rule] = await Promise.all([
    settingsFrameOf(c),
    name === undefined ? undefined : getRule(ctx, name),
  ])
  const glob = shown.typed?.('models') ?? rule?.terms.models
  const matched = glob === undefined ? undefined : (await matchModels(ctx, [glob]))(glob).length
  const page = <RuleFormPage {...{ frame, rule, matched, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /settings/new-retention-rule` and `POST /settings/retention/{name}/edit` */
export const postRule = formAction({
  operation: 'putRetentionRule',
  rule: mayRetain,
  async run(ctx, c, form) {
    try {
      const name = c.req.param('name') ?? checkGiven(form.text('name'), 'The name of the rule')
      await putRule(ctx, name, ruleIn(form))
      return c.redirect(pathsUnder(pagePrefix(c)).retentionRule(name), 303)
    } catch (err) {
      const problem = await noteProblem(c, err)
      return showRuleForm(c, { problem, typed: (field) => form.text(field) })
    }
  },
})

function ruleIn(form: FormFields): Omit<RetentionRule, 'name' | 'updatedAtMs'> {
  const stages: RetentionTerms['stages'] = (['None', 'Archived'] as const).filter((stage) =>
    form.isChecked(`stage ${stage}`),
  )
  return {
    revision: checkSeen(form.text('seen_revision')),
    isAutomatic: form.isChecked('automatic'),
    terms: {
      models: checkGiven(form.text('models'), 'The glob of models'),
      keep: {
        last: countIn(form, 'last'),
        younger_than_days: countIn(form, 'younger_than_days'),
        downloaded_within_days: countIn(form, 'downloaded_within_days'),
      },
      stages,
    },
  }
}

function countIn(form: FormFields, name: string): number | undefined {
  const text = form.text(name)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw invalid(`'${name}' is a whole number`)
  return Number(text)
}

/** `POST /settings/retention/{name}/run`: exactly what the page showed. */
export const postRuleRun = formAction({
  operation: 'runRetention',
  rule: mayRetain,
  async run(ctx, c, form) {
    try {
      const name = ruleNameOf(c)
      checkTyped(form.text('confirm'), name)
      const mark = checkGiven(form.text('preview'), 'What the page showed')
      const ran = await runPreviewed(ctx, name, mark)
      return await showRule(c, { ran })
    } catch (err) {
      return showRule(c, { problem: await noteProblem(c, err, 'confirm') })
    }
  },
})

/** `POST /settings/retention/{name}/delete` */
export const postRuleDeletion = formAction({
  operation: 'deleteRetentionRule',
  rule: mayRetain,
  async run(ctx, c) {
    await deleteRule(ctx, ruleNameOf(c))
    return c.redirect(pathsUnder(pagePrefix(c)).retention, 303)
  },
})
