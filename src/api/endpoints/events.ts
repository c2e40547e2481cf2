import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ApproverShape, PageQuery, PrincipalShape, pageOf } from './shapes.ts'

const EventShape = z.object({
  id: z
    .string()
    .describe(
      "`<entry of the audit log>.<its place among the entry's events>`: rises from event to event",
    ),
  type: z.string(),
  at: z.number().int(),
  actor: PrincipalShape.partial().loose(),
  model: z.string().optional(),
  version: z.string().optional(),
  before: z.record(z.string(), z.unknown()).describe('What was; its fields depend on the type'),
  after: z.record(z.string(), z.unknown()).describe('What is'),
  reason: z.string().optional(),
  promotion_id: z.string().optional(),
  approved_by: z.array(z.string()).readonly().optional(),
  approvers: z.array(ApproverShape).readonly().optional(),
})

const filters = {
  model: z.string().optional().describe('A glob of model names'),
  type: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given) => (given === undefined ? [] : [given].flat()))
    .describe('A type, all of one kind as `model_version.*`; may be given several times'),
  after: z.string().optional().describe('The id of an event: what came after it'),
}

const tag = 'events'

export const streamEvents = endpoint({
  name: 'streamEvents',
  method: 'GET',
  path: '/api/v1/events',
  tag,
  summary: 'What happens, as Server-Sent Events',
  description:
    'Starts with the next event, or behind the one that the header Last-Event-ID (or `after`) names. Each has its id, its type as `event`, and the event as JSON in `data`. Ends after four minutes, to be taken up again by the last id, and within a second when the caller is let in no more. An account has at most 16 at once. Events of models that the caller may not read are left out.',
  query: z.object(filters),
  media: 'text/event-stream',
  answer: z.string(),
})

export const listEvents = endpoint({
  name: 'listEvents',
  method: 'GET',
  path: '/api/v1/events/history',
  tag,
  summary: 'What has happened, oldest first',
  description: 'A page may have fewer events than were asked for though more follow.',
  query: PageQuery.extend(filters),
  answer: pageOf(EventShape),
})
