import { z } from 'zod'
import { endpoint } from './endpoint.ts'

const StageShape = z.strictObject({
  name: z.string().describe('Letters, digits, underscores and dashes'),
  exclusive: z.boolean().default(false).describe('A model has at most one version in it'),
  from: z
    .array(z.string())
    .nullish()
    .describe('The stages that it may be entered from; any where it is absent'),
})

export const listStages = endpoint({
  name: 'listStages',
  method: 'GET',
  path: '/api/v1/stages',
  tag: 'stages',
  summary: 'The stages that versions may be in, in their order',
  answer: z.object({ items: z.array(StageShape) }),
})

export const replaceStages = endpoint({
  name: 'replaceStages',
  method: 'PUT',
  path: '/api/v1/stages',
  tag: 'stages',
  summary: 'Put another list of stages in the place of this one',
  description:
    "MLflow's four (None, Staging, Production, Archived) must be in it, unrestricted. A stage that versions are in cannot be left out.",
  body: z.strictObject({ items: z.array(StageShape) }),
  answer: z.object({ items: z.array(StageShape) }),
})
