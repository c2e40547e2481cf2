import { requireModelVersion, requireRight } from '../../../access/permissions/require.ts'
import { conflict, invalid } from '../../../core/error.ts'
import { matchesGlob } from '../../../core/glob.ts'
import { requirePolicy } from '../../../governance/permissions.ts'
import { getPolicy, listPolicies } from '../../../governance/policies/policies.ts'
import type {
  Policy,
  PolicyDocument,
  PromotionTarget,
} from '../../../governance/policies/policy.ts'
import { bodyFrom } from '../../../governance/policies/policy-body.ts'
import { evaluateMove, replay } from '../../../governance/promotions/dry-run.ts'
import { readPolicyEffects } from '../../../governance/upkeep/foresee-policy.ts'
import { setPolicy } from '../../../governance/upkeep/guarding.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { resolveStage } from '../../../registry/stages/stages.ts'
import { checkSeen } from '../../changes/change.ts'
import { type FormFields, findRefusal, formAction, noteProblem } from '../../forms.ts'
import { numberIn, pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import {
  changeGates,
  checkPolicyName,
  DraftError,
  documentOf,
  draftIn,
  fieldsOf,
  modelsOf,
  type PolicyDraft,
} from './policy-draft.ts'
import { firstDocument, PolicyEditPage } from './policy-edit-page.tsx'
import { PolicySavePage } from './policy-save-page.tsx'
import type { Tried } from './policy-trial.tsx'

/** A draft has up to 50 gates, and forms spell some characters with nine. */
const bytesMax = 2_000_000

type Shown = {
  readonly problem?: Awaited<ReturnType<typeof noteProblem>>
  readonly draft?: PolicyDraft
  readonly tried?: Tried
  /** The fields beside the draft: its name, where it is new, and what it is tried on. */
  readonly typed?: (field: string) => string | undefined
}

/** `GET /settings/policies/{name}/edit?view=json` and `GET /settings/new-policy` */
export async function showPolicyEdit(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = c.req.param('name')
  const [frame, policy, whyNot] = await Promise.all([
    settingsFrameOf(c),
    name === undefined ? undefined : getPolicy(ctx, name),
    findRefusal(
      name === undefined ? requireRight(ctx, 'manage_policies') : requirePolicy(ctx, name),
    ),
  ])
  const document = policy?.document ?? firstDocument
  const draft = shown.draft ?? draftOf(document, optionalQuery(c, 'view'))
  const seen = shown.typed?.('seen_revision') ?? String(policy?.revision ?? 0)
  const page = <PolicyEditPage {...{ frame, name, policy, whyNot, seen, ...shown, draft }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

function draftOf(document: PolicyDocument, view: string | undefined): PolicyDraft {
  const body = bodyFrom(document)
  if (view !== 'json') return { view: 'form', fields: fieldsOf(body) }
  // `required` and `from` say again what the rules say.
  const { required, from, ...approvals } = body.approvals
  const short = body.approvals.rules.length === 0 ? body.approvals : approvals
  return { view: 'json', text: JSON.stringify({ ...body, approvals: short }, null, 2) }
}

/** The policy that a form is about: the one in the address, or a new one. */
function nameIn(c: AppContext, form: FormFields): string {
  return c.req.param('name') ?? form.text('name') ?? ''
}

function mayWrite(ctx: Context, c: AppContext, form: FormFields): Promise<void> {
  return requirePolicy(ctx, nameIn(c, form), modelsOf(draftIn(form)))
}

/** `POST …/edit`: a step that changes nothing, such as another gate, the other view or a dry run. */
export const postPolicyStep = formAction({
  operation: 'evaluatePolicies',
  rule: mayWrite,
  bytesMax,
  async run(ctx, c, form) {
    const draft = draftIn(form)
    const typed = (field: string) => form.text(field)
    try {
      const step = form.text('do') ?? 'judge'
      if (step === 'judge') {
        return showPolicyEdit(c, { draft, typed, tried: await judgeDraft(ctx, draft, typed) })
      }
      if (step === 'replay') {
        return showPolicyEdit(c, { draft, typed, tried: await replayDraft(ctx, draft) })
      }
      if (step === 'json' || step === 'form') {
        return showPolicyEdit(c, { draft: draftOf(documentOf(draft), step), typed })
      }
      if (draft.view === 'json') return showPolicyEdit(c, { draft, typed })
      const added = step === 'add' ? `add-${form.text('gate_type') ?? ''}` : step
      const fields = changeGates(draft.fields, added)
      return showPolicyEdit(c, { draft: { view: 'form', fields }, typed })
    } catch (err) {
      return showPolicyEdit(c, { draft, typed, problem: await problemOf(c, err) })
    }
  },
})

function problemOf(c: AppContext, err: unknown) {
  return noteProblem(c, err, err instanceof DraftError ? err.field : undefined)
}

async function judgeDraft(
  ctx: Context,
  draft: PolicyDraft,
  typed: (field: string) => string | undefined,
): Promise<Tried> {
  const document = documentOf(draft)
  const [model, version] = [typed('try_model'), numberIn(typed('try_version'))]
  if (model === undefined || version === undefined) {
    throw new DraftError('Name a model and the number of a version to judge', 'try_model')
  }
  await requireModelVersion(ctx, model, 'READ')
  const target = await targetOf(ctx, document, typed('try_alias'))
  return {
    kind: 'judged',
    version,
    judged: await evaluateMove(ctx, { model, version, target }, document),
  }
}

/** A place that the draft guards. */
async function targetOf(
  ctx: Context,
  { applies_to: { stage, alias } }: PolicyDocument,
  typedAlias: string | undefined,
): Promise<PromotionTarget> {
  if (stage !== undefined) return { stage: await resolveStage(ctx, stage) }
  if (alias === undefined) {
    throw invalid('A policy on deployments judges no versions: it says who may change them')
  }
  if (!alias.includes('*')) return { alias }
  if (typedAlias !== undefined) return { alias: typedAlias.replace(/^@/, '') }
  throw new DraftError(`Name an alias that '${alias}' matches`, 'try_alias')
}

const replayed = 50

async function replayDraft(ctx: Context, draft: PolicyDraft): Promise<Tried> {
  const document = documentOf(draft)
  await requireRight(ctx, 'manage_policies')
  const all = await replay(ctx, document, { before: undefined, count: replayed })
  const { models } = document.applies_to
  return {
    kind: 'replayed',
    all: all.length,
    requests: all.filter(({ promotion }) => matchesGlob(models, promotion.model)),
  }
}

/** `POST …/save`: what it would change and whom it hits; with `confirmed`, the next revision. */
export const postPolicy = formAction({
  operation: 'putPolicy',
  rule: mayWrite,
  bytesMax,
  async run(ctx, c, form) {
    const draft = draftIn(form)
    const typed = (field: string) => form.text(field)
    try {
      const name = checkPolicyName(nameIn(c, form))
      const document = documentOf(draft)
      if (!form.isChecked('confirmed')) {
        await refuseTaken(ctx, c, name)
        return await showPolicySave(c, {
          name,
          document,
          seen: checkSeen(form.text('seen_revision')),
        })
      }
      await setPolicy(ctx, { name, document, seen: checkSeen(form.text('seen_revision')) })
      return c.redirect(pathsUnder(pagePrefix(c)).policy(name), 303)
    } catch (err) {
      const problem = await problemOf(c, err)
      if (problem.status !== 409) return showPolicyEdit(c, { draft, typed, problem })
      // Somebody else saved it meanwhile: what would be changed now is another thing.
      return showPolicySave(c, { name: nameIn(c, form), document: documentOf(draft), problem })
    }
  },
})

/** @throws RESOURCE_CONFLICT a new policy has the name of one that is there */
async function refuseTaken(ctx: Context, c: AppContext, name: string): Promise<void> {
  if (c.req.param('name') !== undefined) return
  const taken = (await listPolicies(ctx)).some((policy) => policy.name === name)
  if (taken) throw conflict(`There is a policy '${name}' already; this would replace it`)
}

type Saving = {
  readonly name: string
  readonly document: PolicyDocument
  /** The revision that the draft began with; absent: the one that is there. */
  readonly seen?: number
  readonly problem?: Shown['problem']
}

async function showPolicySave(
  c: AppContext,
  { name, document, seen, problem }: Saving,
): Promise<Response> {
  const { ctx } = c.var
  const [frame, policies, effects] = await Promise.all([
    settingsFrameOf(c),
    listPolicies(ctx),
    readPolicyEffects(ctx, { name, document }),
  ])
  const present: Policy | undefined = policies.find((policy) => policy.name === name)
  const revision = present?.revision ?? 0
  const isStale = seen !== undefined && seen !== revision
  const page = <PolicySavePage {...{ frame, name, document, present, effects, isStale, problem }} />
  return sendPage(c, { frame, page }, { status: problem?.status ?? (isStale ? 409 : 200) })
}
