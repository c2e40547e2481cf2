import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExperimentParams } from './experiment-keys.ts'
import { Nothing } from './shapes.ts'

const path = '/api/v1/experiments/{id}/views'
const tag = 'experiments'

const ViewParams = ExperimentParams.extend({
  view: z
    .string()
    .regex(/^\d{1,15}$/, "it must be a view's number")
    .transform(Number),
})

const Revision = z.number().int().min(1)

const View = {
  name: z.string().describe('At most 100 characters, and no other of the same people has it'),
  query: z
    .string()
    .describe(
      "What stands behind the `?` of the table's address: `q=metrics.accuracy > 0.9&col=m.accuracy`. Fields that are about a moment (`sel`, `open`, `after`) are left out",
    ),
  default: z
    .boolean()
    .default(false)
    .describe('Whether the table begins with it; the one that did so before no longer does'),
}

const Shared = z
  .boolean()
  .describe('Whether everybody who reads the experiment has it; else the caller alone')

const SavedView = z.object({
  id: z.string(),
  ...View,
  shared: Shared,
  revision: Revision,
  changed_at: z.number().int(),
})

export const listSavedViews = endpoint({
  name: 'listSavedViews',
  method: 'GET',
  path,
  tag,
  summary: "Saved views of an experiment's table of runs: those for everybody, and the caller's",
  params: ExperimentParams,
  answer: z.object({ views: z.array(SavedView).describe('All of them, by name; at most 400') }),
})

export const createSavedView = endpoint({
  name: 'createSavedView',
  method: 'POST',
  path,
  tag,
  summary: 'Save a view; one for everybody takes EDIT on the experiment',
  params: ExperimentParams,
  body: z.strictObject({ ...View, shared: Shared.default(false) }),
  status: 201,
  answer: SavedView,
})

export const updateSavedView = endpoint({
  name: 'updateSavedView',
  method: 'PUT',
  path: `${path}/{view}`,
  tag,
  summary: 'Change a saved view; whose it is stays',
  description:
    'Send `revision` with the number that you read: a change that somebody else made since is answered 409.',
  params: ViewParams,
  body: z.strictObject({ ...View, revision: Revision }),
  answer: SavedView,
})

export const deleteSavedView = endpoint({
  name: 'deleteSavedView',
  method: 'DELETE',
  path: `${path}/{view}`,
  tag,
  summary: 'Delete a saved view',
  params: ViewParams,
  query: z.strictObject({ revision: z.coerce.number().int().min(1) }),
  answer: Nothing,
})
