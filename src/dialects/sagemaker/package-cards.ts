import { z } from 'zod'
import { conflict, invalid } from '../../core/error.ts'
import { readCurrentRevision } from '../../governance/cards/read-card.ts'
import { writeCard } from '../../governance/cards/write-revision.ts'
import type { Context } from '../../platform/context.ts'
import { packageStatusOf } from '../../registry/packages/package-status.ts'
import type { FoundPackage } from '../../registry/packages/search-packages.ts'
import type { ApprovalStatus } from '../../registry/versions/approval.ts'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import { cardContentOf, parseCardContent } from './card-content.ts'
import { packageApprovalOf } from './package-wire.ts'

export const CardStatusMember = z.enum(['Draft', 'PendingReview', 'Approved', 'Archived'])

/** The member ModelCard of a package. */
export const ModelCardMember = z
  .strictObject({
    ModelCardContent: z.string().min(1).optional(),
    ModelCardStatus: CardStatusMember.optional(),
  })
  .optional()

type GivenCard = z.output<typeof ModelCardMember>

const statuses = {
  Approved: 'Approved',
  Rejected: 'Archived',
  PendingManualApproval: 'Draft',
} as const satisfies Record<ApprovalStatus, string>

export type CardStatus = z.output<typeof CardStatusMember>

/** A card is approved with its package, and has no status of its own. */
export function cardStatusOf(ctx: Context, version: VersionDetail): CardStatus {
  const { stage: packageStage } = ctx.settings.packages
  const approval = packageApprovalOf(version, packageStage)
  const status = packageStatusOf({ stage: version.stage, approval }, packageStage)
  return statusOfCard({ status, approval })
}

/** @param found its package, and the approval that was asked for */
export function statusOfCard({
  status,
  approval,
}: Pick<FoundPackage, 'status'> & {
  readonly approval: object | undefined
}): CardStatus {
  return approval && status === 'PendingManualApproval' ? 'PendingReview' : statuses[status]
}

/** As Describe answers it; undefined: the version has no card. */
export async function describeCard(
  ctx: Context,
  version: VersionDetail,
): Promise<{ ModelCardContent: string; ModelCardStatus: string } | undefined> {
  const { current } = await readCurrentRevision(ctx, version)
  if (!current) return undefined
  return {
    ModelCardContent: cardContentOf(current.card),
    ModelCardStatus: cardStatusOf(ctx, version),
  }
}

/**
 * What a client sends of a card, before anything is written.
 *
 * @param version that the card is for; undefined: a new one
 * @throws INVALID_PARAMETER_VALUE the content is no card
 * @throws RESOURCE_CONFLICT the card would get a status by itself
 */
export function checkCard(
  ctx: Context,
  given: GivenCard,
  version: VersionDetail | undefined,
): void {
  if (given === undefined) return
  const { ModelCardContent: content, ModelCardStatus: status } = given
  if (content === undefined && status === undefined) {
    throw invalid('ModelCard: send ModelCardContent')
  }
  if (content !== undefined) parseCardContent(content)
  const standing = version ? [cardStatusOf(ctx, version)] : ['Draft', 'PendingReview']
  if (status === undefined || standing.includes(status)) return
  throw conflict(
    `ModelCardStatus follows the package, which makes it ${standing.join(' or ')}: '${status}' is not sent by itself, send ModelApprovalStatus`,
  )
}

/**
 * Write the next revision of the version's card, after `checkCard`.
 *
 * @param at.expected the revision that it has now; absent: any
 */
export async function putCard(
  ctx: Context,
  {
    name,
    version,
    expected,
  }: { readonly name: string; readonly version: number; readonly expected?: number },
  given: GivenCard,
): Promise<void> {
  if (given?.ModelCardContent === undefined) return
  const card = parseCardContent(given.ModelCardContent)
  await writeCard(ctx, name, { version, card, expected })
}
