import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, PrincipalShape, pageOf } from './shapes.ts'

const EventShape = z.object({
  /** `<entry of the audit log>.<its place among the entry's events>`: rises from event to event. */
  id: z.string(),
  type: z.string(),
  at: z.number().int(),
  actor: PrincipalShape.partial().loose(),
  model: z.string().optional(),
  version: z.string().optional(),
  /** What was; its fields depend on the type. */
  before: z.record(z.string(), z.unknown()),
  /** What is. */
  after: z.record(z.string(), z.unknown()),
  reason: z.string().optional(),
  promotion_id: z.string().optional(),
  approved_by: z.array(z.string()).readonly().optional(),
})

const filters = {
  /** A glob of model names. */
  model: z.string().optional(),
  /** A type, all of one kind as `model_version.*`; may be given several times. */
  type: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given) => (given === undefined ? [] : [given].flat())),
  /** The id of an event: what came after it. */
  after: z.string().optional(),
}

const tag = 'events'

export const streamEvents = endpoint({
  name: 'streamEvents',
  method: 'GET',
  path: '/api/v1/events',
  tag,
  summary: 'What happens, as Server-Sent Events',
  description:
    'Starts with the next event, or behind the one that the header Last-Event-ID (or `after`) names. Each has its id, its type as `event`, and the event as JSON in `data`. Ends after four minutes, to be taken up again by the last id. Events of models that the caller may not read are left out.',
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
