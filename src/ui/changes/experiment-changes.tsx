import { requireExperiment, requireToCreate } from '../../access/permissions/require.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import {
  deleteExperiment,
  deleteExperimentTag,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from '../../tracking/experiments/change-experiment.ts'
import { createExperiment } from '../../tracking/experiments/create-experiment.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { requireWholeExperiment } from '../../tracking/permissions.ts'
import { experimentIdOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { changeOn, neededText, type Reshown } from './change.ts'
import { ExperimentEditPage, NewExperimentPage } from './experiment-edit-page.tsx'
import { noteKey } from './run-edit-page.tsx'

/** `GET /experiments/{id}/change` */
export async function showExperimentChange(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const [frame, experiment, edit, manage] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    findRefusal(requireExperiment(ctx, id, 'EDIT')),
    findRefusal(requireWholeExperiment(ctx, id)),
  ])
  const page = <ExperimentEditPage {...{ frame, experiment, ...shown, whyNot: { edit, manage } }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showExperimentChange,
  addressOf: (c, to) => `${to.experiment(experimentIdOf(c))}/change`,
  atOf: (c) => ({ id: experimentIdOf(c) }),
})

const mayEdit = (ctx: Context, c: AppContext) => requireExperiment(ctx, experimentIdOf(c), 'EDIT')
const mayManage = (ctx: Context, c: AppContext) => requireWholeExperiment(ctx, experimentIdOf(c))

/** `POST /experiments/{id}/name` */
export const postExperimentName = change({
  operation: 'updateExperiment',
  rule: mayEdit,
  field: 'name',
  async make(ctx, form, { id }) {
    await renameExperiment(ctx, id, neededText(form, 'name', 'The name'))
    return undefined
  },
})

/** `POST /experiments/{id}/description`: MLflow keeps it as a tag. */
export const postExperimentDescription = change({
  operation: 'setExperimentTag',
  rule: mayEdit,
  field: 'description',
  async make(ctx, form, { id }) {
    await setExperimentTag(ctx, id, { key: noteKey, value: form.text('description') ?? '' })
    return undefined
  },
})

/** `POST /experiments/{id}/tags` */
export const postExperimentTag = change({
  operation: 'setExperimentTag',
  rule: mayEdit,
  field: 'key',
  async make(ctx, form, { id }) {
    const key = neededText(form, 'key', 'The key of the tag')
    await setExperimentTag(ctx, id, { key, value: form.text('value') ?? '' })
    return undefined
  },
})

/** `POST /experiments/{id}/tags/remove` */
export const postExperimentTagRemoval = change({
  operation: 'deleteExperimentTag',
  rule: mayEdit,
  async make(ctx, form, { id }) {
    await deleteExperimentTag(ctx, id, neededText(form, 'key', 'The key of the tag'))
    return undefined
  },
})

/** `POST /experiments/{id}/delete` */
export const postExperimentDeletion = change({
  operation: 'deleteExperiment',
  rule: mayManage,
  async make(ctx, _form, { id, to }) {
    await deleteExperiment(ctx, id)
    return to.experiments
  },
})

/** `POST /experiments/{id}/restore` */
export const postExperimentRestoring = change({
  operation: 'restoreExperiment',
  rule: mayManage,
  async make(ctx, _form, { id, to }) {
    await restoreExperiment(ctx, id)
    return to.experiment(id)
  },
})

/** `GET /experiments/new` */
export async function showNewExperiment(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const [frame, whyNot] = await Promise.all([
    frameOf(c),
    findRefusal(requireToCreate(c.var.ctx, 'experiment')),
  ])
  const page = <NewExperimentPage {...{ frame, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /experiments/new` */
export const postNewExperiment = changeOn({
  show: showNewExperiment,
  addressOf: (_c, to) => to.experiments,
  atOf: () => ({}),
})({
  operation: 'createExperiment',
  rule: (ctx) => requireToCreate(ctx, 'experiment'),
  field: 'name',
  async make(ctx, form, { to }) {
    const name = neededText(form, 'name', 'The name')
    const id = await createExperiment(ctx, name, { artifactLocation: undefined, tags: [] })
    return to.experiment(id)
  },
})
