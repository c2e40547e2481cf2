import { requireToCreate } from '../../access/permissions/require.ts'
import { notFound } from '../../core/error.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { below, listLocated } from '../../registry/files/artifact-place.ts'
import { createModel } from '../../registry/models/registered-models.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'
import { requireToRegister } from '../../registry/permissions.ts'
import { createVersion } from '../../registry/source/create-version.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { getLoggedModel } from '../../tracking/logged-models/read-logged-models.ts'
import { requireLoggedModel, requireRun } from '../../tracking/permissions.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'
import { loggedModelIdOf, pathIn, runIdOf } from '../addressed.ts'
import { changeOn, checkGiven, type Reshown } from '../changes/change.ts'
import { type Paths, pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { experimentCrumbs, sendPage } from '../shell/page.tsx'
import { type Registering, RegisterPage } from './register-page.tsx'

/** Names that the browser offers. */
const namesMax = 100

type Kind<T> = {
  /** What the address names. */
  readonly atOf: (c: AppContext) => T
  readonly addressOf: (to: Paths, at: T, below?: '' | '/model') => string
  readonly mayRead: (ctx: Context, at: T) => Promise<void>
  readonly open: (
    ctx: Context,
    to: Paths,
    at: T,
  ) => Promise<Omit<Registering, 'address' | 'newModelAddress'>>
}

type Wanted = { readonly name: string; readonly description: string }

/** The page on which something becomes the next version of a registered model, and its forms. */
function registration<T extends object>({ atOf, addressOf, mayRead, open }: Kind<T>) {
  /** `GET .../register?model=` */
  async function show(c: AppContext, shown: Reshown = {}): Promise<Response> {
    const { ctx } = c.var
    const at = atOf(c)
    const frame = await frameOf(c)
    const { to } = frame
    const [opened, known] = await Promise.all([
      open(ctx, to, at),
      searchRegisteredModels(ctx, {
        orderBy: ['last_updated_timestamp DESC'],
        maxResults: namesMax,
      }),
    ])
    const what = {
      ...opened,
      address: addressOf(to, at),
      newModelAddress: addressOf(to, at, '/model'),
    }
    const name = shown.typed?.('model') ?? optionalQuery(c, 'model')
    const names = known.items.map((one) => one.name)
    const page = <RegisterPage {...{ frame, what, name, names, ...shown }} />
    return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
  }

  const change = changeOn({ show, atOf, addressOf: (to, at: T) => addressOf(to, at) })

  return {
    show,
    /** `POST .../register`: as `mlflow.register_model(source, name)` asks for it. */
    post: change({
      operation: 'createModelVersion',
      read: (form): Wanted => ({
        name: form.text('model') ?? '',
        description: form.text('description') ?? '',
      }),
      rule: mayRead,
      field: 'model',
      async make(ctx, asked) {
        checkGiven(asked.name, 'The name of the registered model')
        const { source, runId, modelId } = await open(ctx, pathsUnder(''), asked)
        const { name, description } = asked
        const wanted = { name, source, runId, runLink: '', description, modelId, tags: [] }
        // Here, so that a model that is not there is said beside its field.
        await requireToRegister(ctx, wanted)
        const version = await createVersion(ctx, wanted)
        await keepLoggedCard(ctx, version)
        return version
      },
      next: (to, _, { name, version }) => to.version(name, version),
    }),
    /** `POST .../register/model`: a registered model that is not there yet. */
    postModel: change({
      operation: 'createRegisteredModel',
      read: (form) => ({ name: form.text('model') ?? '' }),
      // Where nothing is made, the page is shown again.
      async rule(ctx, asked) {
        await mayRead(ctx, asked)
        await requireToCreate(ctx, 'model')
      },
      field: 'model',
      make: (ctx, { name }) =>
        createModel(ctx, { name: checkGiven(name, 'The name of the registered model'), tags: [] }),
      next: (to, asked) => {
        const address = addressOf(to, asked)
        return `${address}${address.includes('?') ? '&' : '?'}model=${encodeURIComponent(asked.name)}`
      },
    }),
  }
}

/** `/logged-models/{model_id}/register` */
export const registerLogged = registration({
  atOf: (c) => ({ loggedModelId: loggedModelIdOf(c) }),
  addressOf: (to, { loggedModelId }, below = '') => `${to.registerLogged(loggedModelId)}${below}`,
  mayRead: (ctx, { loggedModelId }) => requireLoggedModel(ctx, loggedModelId, 'READ'),
  async open(ctx, to, { loggedModelId }) {
    const { modelId, name, experimentId, sourceRunId } = await getLoggedModel(ctx, loggedModelId)
    const experiment = await getExperiment(ctx, experimentId)
    const back = to.loggedModel(modelId)
    return {
      ...{ title: name, back, source: `models:/${modelId}`, runId: sourceRunId, modelId },
      crumbs: [...experimentCrumbs(to, experiment), { text: name, href: back }],
    }
  },
})

/** `/runs/{run_id}/register?path=`: a folder of its files, which may be no logged model. */
export const registerRun = registration({
  atOf: (c) => ({ run: runIdOf(c), path: pathIn(c) }),
  addressOf: (to, { run, path }, below) => to.registerRun(run, path, below),
  mayRead: (ctx, { run }) => requireRun(ctx, run, 'READ'),
  async open(ctx, to, { run, path }) {
    const { runId, name, experimentId, artifactUri } = await getRunInfo(ctx, run)
    const [experiment, { items }] = await Promise.all([
      getExperiment(ctx, experimentId),
      listLocated(ctx, below(ctx, artifactUri, path), { count: 1, token: undefined }),
    ])
    if (items.length === 0) throw notFound(`Folder of run '${runId}' with files`, path)
    return {
      title: path === '' ? `the files of ${name}` : `${path} of ${name}`,
      back: to.query(`${to.run(runId)}/files`, { path }),
      source:
        path === ''
          ? artifactUri
          : `${artifactUri}/${path.split('/').map(encodeURIComponent).join('/')}`,
      ...{ runId, modelId: '' },
      crumbs: [...experimentCrumbs(to, experiment), { text: name, href: to.run(runId) }],
    }
  },
})
