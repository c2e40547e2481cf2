import { createView, deleteView, getView, updateView } from '../../../tracking/views/saved-views.ts'
import {
  requireStandingViewChange,
  requireViewChange,
} from '../../../tracking/views/view-permissions.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, checkGiven, checkSeen } from '../../changes/change.ts'
import type { FormFields } from '../../forms.ts'
import { showRuns } from '../table/runs.tsx'
import { addressOfView } from './view-address.ts'

const saving = changeOn({
  show: showRuns,
  atOf: (c) => ({ experimentId: experimentIdOf(c) }),
  addressOf: (to, { experimentId }) => to.experiment(experimentId),
})

/** `POST /experiments/{id}/views` */
export const postView = saving({
  operation: 'createSavedView',
  read: (form) => ({ ...readView(form), isShared: form.isChecked('shared') }),
  rule: (ctx, { experimentId, isShared }) => requireViewChange(ctx, experimentId, { isShared }),
  field: 'name',
  make: (ctx, { experimentId, name, ...asked }) =>
    createView(ctx, experimentId, { ...asked, name: checkGiven(name, 'The name') }),
  next: (to, { experimentId }, view) => addressOfView(to, experimentId, view),
})

const changing = changeOn({
  show: showRuns,
  atOf: (c) => ({ experimentId: experimentIdOf(c), id: Number(c.req.param('view')) }),
  addressOf: (to, { experimentId }) => to.experiment(experimentId),
})

/** `POST /experiments/{id}/views/{view}/change` */
export const postViewChange = changing({
  operation: 'updateSavedView',
  read: (form) => ({ ...readView(form), revision: form.text('revision') }),
  rule: (ctx, { experimentId, id }) => requireStandingViewChange(ctx, experimentId, id),
  make: async (ctx, { experimentId, id, query, isDefault, revision }) => {
    const { name } = await getView(ctx, experimentId, id)
    const seen = { id, revision: checkSeen(revision) }
    return updateView(ctx, experimentId, { ...seen, name, query, isDefault })
  },
  next: (to, { experimentId }, view) => addressOfView(to, experimentId, view),
})

/** `POST /experiments/{id}/views/{view}/delete` */
export const postViewDeletion = changing({
  operation: 'deleteSavedView',
  read: (form) => ({ revision: form.text('revision') }),
  rule: (ctx, { experimentId, id }) => requireStandingViewChange(ctx, experimentId, id),
  make: (ctx, { experimentId, id, revision }) =>
    deleteView(ctx, experimentId, { id, revision: checkSeen(revision) }),
})

function readView(form: FormFields) {
  return {
    name: form.text('name'),
    query: form.exact('query') ?? '',
    isDefault: form.isChecked('first'),
  }
}
