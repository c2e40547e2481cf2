import type { Command } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/promotions.ts'
import type { CallInput, GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { fieldLines, momentText, print, printList } from '../print.ts'

export type ShownRequest = z.output<typeof endpoints.PromotionShape>
type Filter = CallInput<typeof endpoints.listPromotions>['query']

/** Print the requests that fit a filter, newest first. */
export async function listRequests(
  command: Command,
  client: GatehouseClient,
  filter: Filter,
): Promise<void> {
  const items = await readEveryPage((page_token) =>
    client.call(endpoints.listPromotions, { query: { ...filter, page_token } }),
  )
  printList(command, items, {
    heads: ['REQUEST', 'MODEL', 'VERSION', 'TO', 'STATUS', 'ASKED BY', 'ASKED', 'WAITS FOR'],
    row: ({ id, model, version, status, blocked_by, ...request }) => [
      ...[`#${id}`, model, version, placeOf(request), status, request.requested_by.name],
      momentText(command, request.requested_at),
      status === 'open' ? blocked_by.join('; ') || 'nothing' : '',
    ],
    empty: filter.awaiting === undefined ? 'no promotion requests' : 'no request waits for you',
  })
}

/** Print all of one request: who asks for what and why, its gates, reviews and checks. */
export async function showRequest(
  command: Command,
  client: GatehouseClient,
  id: string,
): Promise<void> {
  const request = await client.call(endpoints.getPromotion, { params: { id } })
  print(command, request, () => requestLines(command, request))
}

function requestLines(command: Command, request: ShownRequest): string[] {
  const time = (ms: number | undefined) => momentText(command, ms)
  const { status, approvals, decided_by: decider, blocked_by } = request
  const isOpen = status === 'open'
  return [
    `#${request.id} ${request.model} version ${request.version}: ${request.from.stage} -> ${placeOf(request)}`,
    ...fieldLines({
      status: [status, request.break_glass ? 'by break-glass' : ''].filter(Boolean).join(' '),
      'asked by': `${request.requested_by.name}, ${time(request.requested_at)}`,
      reason: request.reason,
      'decided by': decider && `${decider.name}, ${time(request.decided_at)}`,
      because: request.closed_because,
      'followed up by': request.followed_up_by,
      expires: isOpen ? time(request.expires_at) : undefined,
      archives: request.archive_existing ? 'the versions that are there' : undefined,
      policies: request.policy_revisions
        .map(({ name, revision }) => `${name} (revision ${revision})`)
        .join(', '),
      files: request.digest ?? undefined,
      approvals: `${approvals.given} of ${approvals.required}${approvals.missing.length > 0 ? `; missing ${approvals.missing.join(', ')}` : ''}`,
      page: request.url,
    }).map(indented),
    ...section(
      'gates',
      request.gates,
      ({ name, status: is, detail }) => `${is} ${name}: ${detail}`,
    ),
    ...section('checks', request.checks, (check) =>
      [
        `${check.status} ${check.name} by ${check.by.name}, ${time(check.at)}`,
        ...[check.summary, check.url].flatMap((text) => text ?? []),
      ].join(': '),
    ),
    ...section(
      'reviews',
      request.reviews,
      ({ by, decision, comment, at, dismissed }) =>
        `${by.name} ${decided[decision]}, ${time(at)}${comment ? `: ${comment}` : ''}${dismissed ? ` (stands no longer: ${dismissed})` : ''}`,
    ),
    ...(isOpen
      ? section('waits for', blocked_by.length > 0 ? blocked_by : ['nothing; merge it'], String)
      : []),
  ]
}

const decided = { approve: 'approved', reject: 'rejected', comment: 'commented' } as const

function section<T>(title: string, items: readonly T[], line: (item: T) => string): string[] {
  return items.length === 0 ? [] : [indented(title), ...items.map((item) => `    ${line(item)}`)]
}

function indented(line: string): string {
  return `  ${line}`
}

/** `Production`, or `alias champion`. */
export function placeOf({ to }: Pick<ShownRequest, 'to'>): string {
  return to.stage ?? `alias ${to.alias}`
}
