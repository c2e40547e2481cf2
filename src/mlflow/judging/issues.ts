import { requireExperiment } from '../../access/permissions/require.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Issue } from '../../judging/issues/issue.ts'
import { createIssue, getIssue, searchIssues, updateIssue } from '../../judging/issues/issues.ts'
import { requireIssue } from '../../judging/permissions.ts'
import { requireRun } from '../../tracking/permissions.ts'
import { type Operation, operation } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
const texts = { type: 'string', repeated: true } as const

/** Problems that were found in traces. */
export const issueOperations: readonly Operation[] = [
  operation('createIssue', {
    request: message({
      experiment_id: { type: 'experiment_id', required: true },
      name: required,
      description: required,
      status: text,
      severity: text,
      root_causes: texts,
      source_run_id: text,
      created_by: text,
      categories: texts,
    }),
    rule: async (ctx, req) => {
      await requireExperiment(ctx, req.experiment_id, 'EDIT')
      if (req.source_run_id !== undefined) await requireRun(ctx, req.source_run_id, 'READ')
    },
    answer: async (ctx, req) => ({
      issue: issueToWire(
        await createIssue(ctx, {
          experimentId: req.experiment_id,
          name: req.name,
          description: req.description,
          status: req.status,
          severity: req.severity,
          rootCauses: req.root_causes,
          sourceRunId: req.source_run_id,
          createdBy: req.created_by,
          categories: req.categories,
        }),
      ),
    }),
  }),
  operation('getIssue', {
    request: message({ issue_id: required }),
    rule: (ctx, req) => requireIssue(ctx, req.issue_id, 'READ'),
    answer: async (ctx, req) => ({ issue: issueToWire(await getIssue(ctx, req.issue_id)) }),
  }),
  operation('updateIssue', {
    request: message({
      issue_id: required,
      name: text,
      description: text,
      status: text,
      severity: text,
    }),
    rule: (ctx, req) => requireIssue(ctx, req.issue_id, 'EDIT'),
    answer: async (ctx, { issue_id, ...change }) => ({
      issue: issueToWire(await updateIssue(ctx, issue_id, change)),
    }),
  }),
  operation('searchIssues', {
    request: message({
      experiment_id: { type: 'experiment_id' },
      filter_string: text,
      max_results: { type: 'int64' },
      page_token: text,
      include_trace_count: { type: 'bool' },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchIssues(ctx, {
        experimentId: req.experiment_id,
        filter: req.filter_string,
        maxResults: req.max_results,
        pageToken: req.page_token,
        withTraceCount: req.include_trace_count ?? false,
      })
      return {
        issues: unlessEmpty(page.items.map(issueToWire)),
        next_page_token: page.nextPageToken ?? '',
      }
    },
  }),
]

function issueToWire(issue: Issue): object {
  return {
    issue_id: issue.issueId,
    experiment_id: String(issue.experimentId),
    name: issue.name,
    description: issue.description,
    status: issue.status,
    severity: issue.severity,
    root_causes: unlessEmpty(issue.rootCauses),
    source_run_id: issue.sourceRunId,
    created_timestamp: issue.createdAtMs,
    last_updated_timestamp: issue.updatedAtMs,
    created_by: issue.createdBy,
    categories: unlessEmpty(issue.categories),
    trace_count: issue.traceCount,
  }
}
