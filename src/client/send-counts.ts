import { reportDeploymentCounts } from '../api/endpoints/deployment-counts.ts'
import type { CallInput, GatehouseClient } from './client.ts'

type CountsBody = CallInput<typeof reportDeploymentCounts>['body']
type CountsItem = Omit<CountsBody['items'][number], 'difference_max'>

/** Tell the server what a router counted. @throws ApiError the server refused */
export async function sendCounts(
  client: GatehouseClient,
  about: { readonly name: string; readonly reporter: string },
  report: {
    readonly deployment: number
    readonly sequence: number
    readonly items: readonly (CountsItem & { readonly differenceMax: number })[]
  },
): Promise<void> {
  const { name, reporter } = about
  const items = report.items.map(({ differenceMax: difference_max, ...item }) => ({
    ...item,
    latencies: { ...item.latencies },
    difference_max,
  }))
  await client.call(reportDeploymentCounts, {
    params: { name },
    body: { ...report, reporter, items },
  })
}
