import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PrincipalShape, VersionParams } from './shapes.ts'

const HoldShape = z.object({
  reason: z.string(),
  placed_by: PrincipalShape,
  placed_at: z.number().int(),
})

const ApprovalStatusShape = z.enum(['PendingManualApproval', 'Approved', 'Rejected'])

/** A model version as this surface shows it. Fields without a value are absent. */
const VersionShape = z.object({
  name: z.string(),
  version: z.string(),
  stage: z.string(),
  description: z.string().optional(),
  user_id: z.string().optional(),
  status: z.string(),
  status_message: z.string().optional(),
  aliases: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
  source: z.string(),
  run_id: z.string().optional(),
  run_link: z.string().optional(),
  model_id: z.string().optional().describe('The logged model behind it'),
  sealed: z
    .boolean()
    .describe(
      "False: its source lies outside this server's store, so its files are not known here",
    ),
  digest: z.string().optional().describe('`sha256:` and hex, of its sealed files'),
  source_changed: z
    .boolean()
    .describe(
      'True: what lies at its source is no longer what was sealed. The version has what was sealed',
    ),
  approval_status: ApprovalStatusShape.optional().describe(
    'Its approval for the place that counts most: the last stage that a policy guards. Absent: there is none for that',
  ),
  approval: z
    .object({ by: PrincipalShape, at: z.number().int(), reason: z.string().optional() })
    .optional(),
  approvals: z
    .array(
      z.object({
        to: z.object({ stage: z.string().optional(), alias: z.string().optional() }),
        status: ApprovalStatusShape,
        by: PrincipalShape.describe('Who opened the request, approved it last or rejected it'),
        at: z.number().int(),
        reason: z.string().optional(),
        break_glass: z.boolean().describe('True: merged by break-glass, which is no approval'),
        promotion_id: z.string(),
      }),
    )
    .optional()
    .describe('For each place that was requested; a stage and an alias of one name are one place'),
  hold: HoldShape.optional().describe('The legal hold that it is under'),
  created_at: z.number().int(),
  updated_at: z.number().int(),
})

const path = '/api/v1/models/{name}/versions/{version}'
const common = { tag: 'model versions', params: VersionParams } as const

export const getVersion = endpoint({
  ...common,
  name: 'getVersion',
  method: 'GET',
  path,
  summary: 'A model version with its seal and its legal hold',
  answer: VersionShape,
})

export const getHold = endpoint({
  ...common,
  name: 'getHold',
  method: 'GET',
  path: `${path}/hold`,
  summary: 'The legal hold that a version is under; 404 where it is under none',
  answer: HoldShape,
})

export const placeHold = endpoint({
  ...common,
  name: 'placeHold',
  method: 'PUT',
  path: `${path}/hold`,
  summary: 'Place a legal hold: nothing deletes the version until somebody else lifts it',
  body: z.strictObject({ reason: z.string() }),
  answer: HoldShape,
})

export const liftHold = endpoint({
  ...common,
  name: 'liftHold',
  method: 'DELETE',
  path: `${path}/hold`,
  summary: 'Lift the legal hold that somebody else placed',
  answer: Nothing,
})

export const rollBackStage = endpoint({
  name: 'rollBackStage',
  method: 'POST',
  path: '/api/v1/models/{name}/rollback',
  tag: 'model versions',
  summary: 'Bring the version back that held a stage before; those in it go to Archived',
  params: z.object({ name: z.string().min(1) }),
  body: z.strictObject({
    stage: z.string(),
    to_version: VersionParams.shape.version
      .optional()
      .describe('The version that held the stage before where it is absent'),
    reason: z.string(),
  }),
  answer: z.object({
    model_version: VersionShape,
    from_stage: z.string().describe('Where the version was'),
    replaced: z.array(z.string()).describe('The versions that went to Archived'),
  }),
})
