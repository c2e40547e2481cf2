import { requireExperiment, requireToCreate } from '../../access/permissions/require.ts'
import type { AppContext } from '../../http/app-env.ts'
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
import { changeOn, checkGiven, type Reshown } from './change.ts'
import { ExperimentEditPage, NewExperimentPage } from './experiment-edit-page.tsx'
import { makeTrackedPosts } from './tracked-changes.ts'

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
  atOf: (c) => ({ id: experimentIdOf(c) }),
  addressOf: (to, { id }) => `${to.experiment(id)}/change`,
})

/** `POST /experiments/{id}/...` */
export const experimentPosts = makeTrackedPosts(change, {
  operations: {
    rename: 'updateExperiment',
    setTag: 'setExperimentTag',
    deleteTag: 'deleteExperimentTag',
    delete: 'deleteExperiment',
    restore: 'restoreExperiment',
  },
  mayEdit: (ctx, { id }) => requireExperiment(ctx, id, 'EDIT'),
  mayManage: (ctx, { id }) => requireWholeExperiment(ctx, id),
  rename: (ctx, { id }, name) => renameExperiment(ctx, id, name),
  setTag: (ctx, { id }, tag) => setExperimentTag(ctx, id, tag),
  deleteTag: (ctx, { id }, key) => deleteExperimentTag(ctx, id, key),
  delete: (ctx, { id }) => deleteExperiment(ctx, id),
  restore: (ctx, { id }) => restoreExperiment(ctx, id),
  afterDeletion: (to) => to.experiments,
  afterRestoring: (to, { id }) => to.experiment(id),
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
  atOf: () => ({}),
  addressOf: (to) => to.experiments,
})({
  operation: 'createExperiment',
  read: (form) => ({ name: form.text('name') }),
  rule: (ctx) => requireToCreate(ctx, 'experiment'),
  field: 'name',
  make: (ctx, { name }) =>
    createExperiment(ctx, checkGiven(name, 'The name'), { artifactLocation: undefined, tags: [] }),
  next: (to, _asked, id) => to.experiment(id),
})
