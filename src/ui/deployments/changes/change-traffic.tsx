import { invalid, RegistryError } from '../../../core/error.ts'
import { findDeploymentBar } from '../../../governance/moves/guarded-deployments.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Variant } from '../../../router/split.ts'
import { changeWeights, withWeights } from '../../../serving/change-weights.ts'
import { getDeployment } from '../../../serving/deployments.ts'
import { requireToDeploy } from '../../../serving/permissions.ts'
import {
  type FormFields,
  type FormProblem,
  findRefusal,
  formAction,
  noteProblem,
} from '../../forms.ts'
import { pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { deploymentNameOf } from '../deployments.tsx'
import { weightField, weightsIn } from '../weights-query.ts'
import { ChangeTrafficPage } from './change-traffic-page.tsx'
import { seenIn } from './seen-deployment.tsx'

type Shown = {
  readonly problem?: FormProblem
  readonly read?: FormFields['text']
}

/** `GET /deployments/{name}/traffic?weight.a=70&weight.b=30`: which weights, then what they do. */
export async function showTrafficChange(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, deployment] = await Promise.all([
    frameOf(c),
    getDeployment(ctx, deploymentNameOf(c)),
  ])
  const { name, model, variants } = deployment
  const read = shown.read ?? ((field: string) => optionalQuery(c, field))
  const [whyNot, bar] = await Promise.all([
    findRefusal(requireToDeploy(ctx, model, deployment)),
    findDeploymentBar(ctx, { model, deployment: name }),
  ])
  const weights = weightsIn(variants, read)
  const { wanted, wrong } = judgeWeights(variants, weights)
  const problem = shown.problem ?? wrong
  const page = (
    <ChangeTrafficPage
      {...{ frame, deployment, whyNot, bar, problem }}
      wanted={wanted}
      typed={weights && ((variant) => read(weightField(variant)))}
      reason={shown.read?.('reason')}
    />
  )
  return sendPage(c, { frame, page }, { status: problem?.status ?? 200 })
}

/** The variants with these weights, or what is wrong with them. */
function judgeWeights(
  variants: readonly Variant[],
  weights: ReadonlyMap<string, number> | undefined,
): { readonly wanted?: readonly Variant[]; readonly wrong?: FormProblem } {
  if (weights === undefined) return {}
  try {
    return { wanted: withWeights(variants, weights) }
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    return { wrong: { message: err.message, status: 400 } }
  }
}

/** `POST /deployments/{name}/traffic`: the weights that were shown, where nobody changed it since. */
export const postTraffic = formAction({
  operation: 'putDeployment',
  async rule(ctx, c) {
    const deployment = await getDeployment(ctx, deploymentNameOf(c))
    await requireToDeploy(ctx, deployment.model, deployment)
  },
  async run(ctx, c, form) {
    const name = deploymentNameOf(c)
    try {
      const { variants } = await getDeployment(ctx, name)
      const seen = seenIn(form)
      const reason = form.text('reason')
      if (reason === undefined) throw invalid('Say why: it stands in the audit log')
      await changeWeights(ctx, name, {
        weights: weightsIn(variants, form.text) ?? new Map(),
        ...seen,
        reason,
        breakGlass: form.isChecked('break_glass'),
      })
    } catch (err) {
      return showTrafficChange(c, { problem: await noteProblem(c, err, 'reason'), read: form.text })
    }
    return c.redirect(pathsUnder(pagePrefix(c)).deployment(name), 303)
  },
})
