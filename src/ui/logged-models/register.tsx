import { requireToCreate } from '../../access/permissions/require.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { createModel } from '../../registry/models/registered-models.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'
import { requireToRegister } from '../../registry/permissions.ts'
import { createVersion } from '../../registry/source/create-version.ts'
import type { NewVersion } from '../../registry/source/parse-source.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { getLoggedModel } from '../../tracking/logged-models/read-logged-models.ts'
import { requireLoggedModel } from '../../tracking/permissions.ts'
import { loggedModelIdOf } from '../addressed.ts'
import { changeOn, checkGiven, type Reshown } from '../changes/change.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { RegisterPage } from './register-page.tsx'

/** Names that the browser offers. */
const namesMax = 100

/** `GET /logged-models/{model_id}/register?model=` */
export async function showRegister(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, model, known] = await Promise.all([
    frameOf(c),
    getLoggedModel(ctx, loggedModelIdOf(c)),
    searchRegisteredModels(ctx, {
      orderBy: ['last_updated_timestamp DESC'],
      maxResults: namesMax,
    }),
  ])
  const experiment = await getExperiment(ctx, model.experimentId)
  const name = shown.typed?.('model') ?? optionalQuery(c, 'model')
  const names = known.items.map((one) => one.name)
  const page = <RegisterPage {...{ frame, model, experiment, name, names, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showRegister,
  atOf: (c) => ({ modelId: loggedModelIdOf(c) }),
  addressOf: (to, { modelId }) => to.registerLogged(modelId),
})

type Wanted = { readonly modelId: string; readonly name: string; readonly description: string }

/** `POST /logged-models/{model_id}/register`: the next version of a registered model. */
export const postRegistration = change({
  operation: 'createModelVersion',
  read: (form) => ({
    name: form.text('model') ?? '',
    description: form.text('description') ?? '',
  }),
  rule: (ctx, { modelId }) => requireLoggedModel(ctx, modelId, 'READ'),
  field: 'model',
  async make(ctx, asked) {
    checkGiven(asked.name, 'The name of the registered model')
    const wanted = await versionWanted(ctx, asked)
    // Here, so that a model that is not there is said beside its field.
    await requireToRegister(ctx, wanted)
    const version = await createVersion(ctx, wanted)
    await keepLoggedCard(ctx, version)
    return version
  },
  next: (to, _, { name, version }) => to.version(name, version),
})

/** As `mlflow.register_model("models:/m-...", name)` asks for it. */
async function versionWanted(
  ctx: Context,
  { modelId, name, description }: Wanted,
): Promise<NewVersion> {
  const { sourceRunId } = await getLoggedModel(ctx, modelId)
  const source = `models:/${modelId}`
  return { name, source, runId: sourceRunId, runLink: '', description, modelId, tags: [] }
}

/** `POST /logged-models/{model_id}/register/model`: a registered model that is not there yet. */
export const postNewModel = change({
  operation: 'createRegisteredModel',
  read: (form) => ({ name: form.text('model') ?? '' }),
  rule: (ctx) => requireToCreate(ctx, 'model'),
  field: 'model',
  make: (ctx, { name }) =>
    createModel(ctx, { name: checkGiven(name, 'The name of the registered model'), tags: [] }),
  next: (to, { modelId, name }) => to.query(to.registerLogged(modelId), { model: name }),
})
