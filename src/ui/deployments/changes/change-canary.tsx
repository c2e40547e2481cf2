import type { FC } from 'hono/jsx'
import { invalid } from '../../../core/error.ts'
import { findDeploymentBar } from '../../../governance/moves/guarded-deployments.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import { type CanaryChange, changeCanary } from '../../../serving/canary.ts'
import { stageAfterSteps } from '../../../serving/deployment-guard.ts'
import { type Deployment, getDeployment } from '../../../serving/deployments.ts'
import { requireOnDeployment } from '../../../serving/permissions.ts'
import { type FormProblem, findRefusal, formAction, noteProblem } from '../../forms.ts'
import { Problem, TextField } from '../../parts/fields.tsx'
import { visibleText } from '../../parts/text.tsx'
import { pathsUnder } from '../../paths.ts'
import { type Frame, frameOf } from '../../shell/frame.ts'
import { Page, sendPage } from '../../shell/page.tsx'
import { canaryButtons } from '../canary-panel.tsx'
import { deploymentCrumbs } from '../deployment-page.tsx'
import { deploymentNameOf } from '../deployments.tsx'
import { SeenFields, seenIn } from './seen-deployment.tsx'

type Shown = {
  readonly problem?: FormProblem
  readonly typed?: string | undefined
  readonly change?: CanaryChange
}

/** `GET /deployments/{name}/steps?change=pause`: what it does, before it is done. */
export async function showCanaryChange(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = deploymentNameOf(c)
  const change = shown.change ?? changeFrom(optionalQuery(c, 'change'))
  const [frame, deployment, refusal] = await Promise.all([
    frameOf(c),
    getDeployment(ctx, name),
    findRefusal(requireOnDeployment(ctx, name, 'MANAGE')),
  ])
  const { model } = deployment
  const whyNot = refusal ?? (await findDeploymentBar(ctx, { model, deployment: name }))?.message
  const page = <ChangeCanaryPage {...{ frame, deployment, whyNot, ...shown, change }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /deployments/{name}/steps`: the change, where the steps are as they were shown. */
export const postCanaryChange = formAction({
  operation: 'putDeployment',
  rule: (ctx, c) => requireOnDeployment(ctx, deploymentNameOf(c), 'MANAGE'),
  async run(ctx, c, form) {
    const name = deploymentNameOf(c)
    const change = changeFrom(form.text('change'))
    const reason = form.text('reason')
    try {
      const seen = seenIn(form)
      if (reason === undefined) throw invalid('Say why: it stands in the audit log')
      await changeCanary(ctx, name, { change, reason, ...seen })
    } catch (err) {
      const problem = await noteProblem(c, err, 'reason')
      return showCanaryChange(c, { problem, typed: reason, change })
    }
    return c.redirect(pathsUnder(pagePrefix(c)).deployment(name), 303)
  },
})

/** @throws INVALID_PARAMETER_VALUE it is none */
function changeFrom(text: string | undefined): CanaryChange {
  if (text === 'pause' || text === 'resume' || text === 'promote' || text === 'rollback') {
    return text
  }
  throw invalid("'change' is pause, resume, promote or rollback")
}

type ChangeCanaryProps = {
  readonly frame: Frame
  readonly deployment: Deployment
  readonly change: CanaryChange
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  readonly problem?: FormProblem | undefined
  readonly typed?: string | undefined
}

const ChangeCanaryPage: FC<ChangeCanaryProps> = ({ frame, deployment, change, ...props }) => {
  const { id, name, canary, revision } = deployment
  const { to } = frame
  const { whyNot, problem, typed } = props
  return (
    <Page
      frame={frame}
      title={`${canaryButtons[change]} of ${name}`}
      section="deployments"
      crumbs={[...deploymentCrumbs(to, name), { text: 'Steps' }]}
      api={{
        method: 'POST',
        path: `/api/v1/deployments/${name}/${change}`,
        body: { reason: 'as agreed', id, revision },
      }}
    >
      <div class="dialog">
        <Problem of={problem} />
        {canary === undefined ? (
          <p class="notice warn">No steps of {name} are under way any more.</p>
        ) : whyNot === undefined ? (
          <>
            <ul>
              {effectsOf(change, deployment).map((text) => (
                <li>{visibleText(text)}</li>
              ))}
            </ul>
            <form method="post" action={to.canary(name)}>
              <input type="hidden" name="change" value={change} />
              <TextField
                label="Reason"
                name="reason"
                charsMax={1000}
                isRequired
                {...{ problem, typed }}
              />
              <SeenFields deployment={deployment} />
              <div class="row send">
                <button type="submit">{canaryButtons[change]}</button>
                <a href={to.deployment(name)}>Cancel</a>
              </div>
            </form>
          </>
        ) : (
          <p class="notice warn">{visibleText(whyNot)}</p>
        )}
        <p>
          <a href={to.deployment(name)}>Cancel</a>
        </p>
      </div>
    </Page>
  )
}

/** What happens, what stays, and how it is undone. */
function effectsOf(change: CanaryChange, { canary, variants }: Deployment): readonly string[] {
  const variant = variants.find(({ name }) => name === canary?.variant)
  const name = variant?.name ?? ''
  const last = variant?.steps?.at(-1)?.weight ?? 0
  const stage = variant && stageAfterSteps(variant)
  switch (change) {
    case 'pause':
      return [`${name} keeps ${variant?.weight} % until somebody goes on.`, 'The guard still acts.']
    case 'resume':
      return [`The step of ${name} goes on with what was left of it.`]
    case 'promote':
      return [
        `${name} gets ${last} % at once, and its steps end.`,
        ...(stage === undefined
          ? ['A change of the weights undoes it.']
          : [
              `Its version enters ${stage} with your rights, or asks to where a policy guards it.`,
              `A rollback of ${stage} undoes that.`,
            ]),
      ]
    case 'rollback':
      return [
        `The others get the weights that they had before the first step, and ${name} gets nothing.`,
        'The steps end; writing the deployment begins them anew.',
      ]
  }
}
