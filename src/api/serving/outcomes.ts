import { getDeployment } from '../../serving/deployments.ts'
import { type OutcomeSummary, readOutcomes } from '../../serving/outcomes/read-outcomes.ts'
import * as verbs from '../../serving/outcomes/report-outcomes.ts'
import { requireOnDeployment } from '../../serving/permissions.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/outcomes.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What became of requests that a deployment answered. */
export const outcomeRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.reportOutcomes,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'USE'),
    async (ctx, { params, body }) => {
      const given = body.items.map(({ request_id: requestId, name, value }) => ({
        ...{ requestId, name, value },
      }))
      const found = await verbs.reportOutcomes(ctx, params.name, given)
      const countOf = (problem: verbs.OutcomeProblem | undefined) =>
        found.filter((one) => one === problem).length
      return {
        taken: countOf(undefined),
        late: countOf('late'),
        repeated: countOf('repeated'),
        unknown: countOf('unknown'),
        refused: countOf('refused'),
        problems: found.flatMap((is, index) => (is ? [{ index, is }] : [])),
      }
    },
  ),

  serve(
    endpoints.getOutcomes,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'READ'),
    async (ctx, { params, query }) =>
      answerOf(await readOutcomes(ctx, await getDeployment(ctx, params.name), query.since)),
  ),
]

function answerOf(summary: OutcomeSummary): Answer<typeof endpoints.getOutcomes> {
  return { since: summary.sinceMs, ...outcomesToWire(summary) }
}

/** What became of requests in wire form, for `OutcomeFields`. */
export function outcomesToWire({ outcomes, differences }: OutcomeSummary) {
  return {
    outcomes: outcomes.map(({ name, variant, versions, sample, interval }) => ({
      name,
      variant,
      versions: versions.map(String),
      count: sample.count,
      mean: sample.mean,
      interval,
    })),
    differences: differences.map(({ pValue, ...difference }) => ({
      ...difference,
      p_value: pValue,
    })),
  }
}
