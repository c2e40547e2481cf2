import type { Context } from '../../platform/context.ts'
import { traceKeeping } from '../../registry/versions/deletable.ts'
import { deleteTraces } from '../../traces/changes/delete-traces.ts'
import { linkPromptsToTrace, linkTracesToRun } from '../../traces/changes/trace-links.ts'
import { checkTraceTag, deleteTraceTag, setTraceTag } from '../../traces/changes/trace-tags.ts'
import { requireOnExperiments, requireTrace, requireTraces } from '../../traces/permissions.ts'
import { requireRuns } from '../../tracking/permissions.ts'
import { keyValueFrom, keyValueMessage } from '../key-value.ts'
import { type Operation, operation, reading } from '../operation.ts'
import { message } from '../wire/message.ts'

/** MLflow looks at the tag before it looks for the trace. */
const SetTag = message({
  request_id: { type: 'string' },
  trace_id: { type: 'string' },
  ...keyValueMessage.fields,
})

const DeleteTag = message({
  request_id: { type: 'string' },
  trace_id: { type: 'string' },
  key: { type: 'string', required: true },
})

const Delete = message({
  experiment_id: { type: 'experiment_id', required: true },
  max_timestamp_millis: { type: 'int64' },
  max_traces: { type: 'int32' },
  request_ids: { type: 'string', repeated: true, alsoAs: 'trace_ids' },
})

/** Tags, links and deletes, which clients of 2.x and 3.x send alike but for the name of the id. */
export const traceChangeOperations: readonly Operation[] = [
  ...['setTraceTag', 'setTraceTagV3'].map((name) =>
    operation(name, {
      request: reading(SetTag, async (_ctx, req) => {
        const tag = keyValueFrom(req)
        checkTraceTag(tag)
        return { traceId: idIn(req), tag }
      }),
      rule: (ctx, { traceId }) => requireTrace(ctx, traceId, 'EDIT'),
      answer: (ctx, { traceId, tag }) => setTraceTag(ctx, traceId, tag),
    }),
  ),
  ...['deleteTraceTag', 'deleteTraceTagV3'].map((name) =>
    operation(name, {
      request: DeleteTag,
      rule: (ctx, req) => requireTraces(ctx, [idIn(req)], 'EDIT'),
      answer: (ctx, req) => deleteTraceTag(ctx, idIn(req), req.key),
    }),
  ),
  ...['deleteTraces', 'deleteTracesV3'].map((name) =>
    operation(name, {
      request: Delete,
      rule: mayDelete,
      answer: async (ctx, req) => {
        const deletion = {
          experimentId: req.experiment_id,
          traceIds: req.request_ids,
          upToMs: req.max_timestamp_millis,
          tracesMax: req.max_traces,
        }
        const traces_deleted = await deleteTraces(ctx, deletion, traceKeeping.isHeld)
        return { traces_deleted }
      },
    }),
  ),
  operation('linkTracesToRun', {
    request: message({
      trace_ids: { type: 'string', repeated: true, required: true },
      run_id: { type: 'string', required: true },
    }),
    rule: mayLink,
    answer: (ctx, req) => linkTracesToRun(ctx, req.run_id, req.trace_ids),
  }),
  operation('linkPromptsToTrace', {
    request: message({
      trace_id: { type: 'string', required: true },
      prompt_versions: {
        type: message({
          name: { type: 'string', required: true },
          version: { type: 'string', required: true },
        }),
        repeated: true,
        required: true,
      },
    }),
    rule: (ctx, req) => requireTrace(ctx, req.trace_id, 'EDIT'),
    answer: (ctx, req) => linkPromptsToTrace(ctx, req.trace_id, req.prompt_versions),
  }),
]

/** The path has one or the other. */
function idIn(req: {
  readonly request_id?: string | undefined
  readonly trace_id?: string | undefined
}): string {
  return req.trace_id ?? req.request_id ?? ''
}

/** An experiment that is not there has no traces, which is no error. */
async function mayDelete(ctx: Context, req: { readonly experiment_id: number }): Promise<void> {
  await requireOnExperiments(ctx, [req.experiment_id], 'MANAGE')
}

/** EDIT on the run and on the traces, as far as they are there. */
async function mayLink(
  ctx: Context,
  req: { readonly run_id: string; readonly trace_ids: readonly string[] },
): Promise<void> {
  await requireRuns(ctx, [req.run_id], 'EDIT')
  await requireTraces(ctx, req.trace_ids, 'EDIT')
}
