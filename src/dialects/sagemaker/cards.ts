import { z } from 'zod'
import { absent, conflict, excerpt, invalid } from '../../core/error.ts'
import type { CardRevision } from '../../governance/cards/card-rows.ts'
import {
  getRevision,
  type ListedCard,
  listRevisionTimes,
  readCurrentRevision,
  searchCards,
} from '../../governance/cards/read-card.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import type { ArnPlace } from '../../registry/packages/package-arn.ts'
import { getVersionDetail, type VersionDetail } from '../../registry/versions/version-detail.ts'
import type { ConditionTree } from '../../search/condition-tree.ts'
import { readPage } from '../../search/page.ts'
import { action, type SageMakerAction, secondsOf } from './action.ts'
import { cardArnOf, cardMember, userContextOf } from './arns.ts'
import { cardContentOf, overviewOf } from './card-content.ts'
import { requirePackage } from './groups.ts'
import { conditionsOf, equals, every, ListMembers, millisecondsOf, pageAsked } from './lists.ts'
import {
  type CardStatus,
  CardStatusMember,
  cardStatusOf,
  checkCard,
  putCard,
  statusOfCard,
} from './package-cards.ts'

const Content = z.string().min(1)
type CardName = { readonly name: string; readonly version: number }

/** Model cards: each is that of a package, named as this is, and its versions are the revisions. */
export const cardActions: readonly SageMakerAction[] = [
  action('CreateModelCard', {
    reads: false,
    request: (account) =>
      z.strictObject({
        ModelCardName: cardMember(account),
        Content,
        ModelCardStatus: CardStatusMember,
        SecurityConfig: z
          .undefined('a card has no key of its own; the server encrypts nothing')
          .optional(),
        Tags: z
          .array(z.unknown())
          .max(0, 'a card has no tags; its package has CustomerMetadataProperties')
          .optional(),
      }),
    rule: (ctx, req) => requirePackage(ctx, req.ModelCardName.name, 'EDIT'),
    answer: async (ctx, req, { place }) => {
      const { ModelCardName: at, Content: content, ModelCardStatus } = req
      const version = await getVersionDetail(ctx, at.name, at.version)
      const { current } = await readCurrentRevision(ctx, version)
      if (current) throw conflict(`Model card '${excerpt(nameOf(at))}' already exists: update it`)
      const given = { ModelCardContent: content, ModelCardStatus }
      checkCard(ctx, given, version)
      await putCard(ctx, { ...at, expected: 0 }, given)
      return { ModelCardArn: cardArnOf(place, nameOf(at)) }
    },
  }),

  action('UpdateModelCard', {
    reads: false,
    request: (account) =>
      z.strictObject({
        ModelCardName: cardMember(account),
        Content: Content.optional(),
        ModelCardStatus: CardStatusMember.optional(),
      }),
    rule: (ctx, req) => requirePackage(ctx, req.ModelCardName.name, 'EDIT'),
    answer: async (ctx, req, { place }) => {
      const { ModelCardName: at, Content: content, ModelCardStatus } = req
      if ((content === undefined) === (ModelCardStatus === undefined)) {
        throw invalid('Send either Content or ModelCardStatus: one call changes one of them')
      }
      const { version } = await readCard(ctx, at)
      const given = { ModelCardContent: content, ModelCardStatus }
      checkCard(ctx, given, version)
      await putCard(ctx, at, given)
      return { ModelCardArn: cardArnOf(place, nameOf(at)) }
    },
  }),

  action('DescribeModelCard', {
    reads: true,
    request: (account) =>
      z.strictObject({
        ModelCardName: cardMember(account),
        ModelCardVersion: z.number().int().min(1).max(2_147_483_647).optional(),
        IncludedData: z.enum(['AllData', 'MetadataOnly']).default('AllData'),
      }),
    rule: (ctx, req) => requirePackage(ctx, req.ModelCardName.name, 'READ'),
    answer: async (ctx, req, { place }) => {
      const { ModelCardName: at, ModelCardVersion: wanted, IncludedData } = req
      const { version, current } = await readCard(ctx, at)
      const [first, shown] = await Promise.all([
        readRevision(ctx, at, { revision: 1, current }),
        readRevision(ctx, at, { revision: wanted ?? current.revision, current }),
      ])
      const content = cardContentOf(shown.card)
      return {
        ...summarizeRevision(at, { place, createdAtMs: first.updatedAtMs }),
        ModelCardVersion: shown.revision,
        Content: IncludedData === 'AllData' ? content : overviewOf(content),
        ModelCardStatus: statusIn(cardStatusOf(ctx, version), shown, current),
        CreatedBy: userContextOf(place, first.author.name),
        LastModifiedTime: secondsOf(shown.updatedAtMs),
        LastModifiedBy: userContextOf(place, shown.author.name),
      }
    },
  }),

  action('ListModelCards', {
    reads: true,
    request: () =>
      ListMembers.extend({
        ModelCardStatus: CardStatusMember.optional(),
        SortBy: z.enum(['Name', 'CreationTime']).optional(),
      }),
    rule: anyone,
    answer: async (ctx, req, { place }) => {
      const { ModelCardStatus: status } = req
      const { items, nextPageToken } = await searchCards(ctx, {
        conditions: every([
          ...conditionsOf(req, { name: 'CardName', time: 'CardTime' }),
          ...(status === undefined ? [] : [conditionOfStatus[status]]),
        ]),
        by: req.SortBy === 'Name' ? 'name' : 'time',
        isDescending: req.SortOrder === 'Descending',
        ...pageAsked(req),
      })
      return {
        ModelCardSummaries: items.map((card) => summarizeCard(card, place)),
        NextToken: nextPageToken,
      }
    },
  }),

  action('ListModelCardVersions', {
    reads: true,
    request: (account) =>
      ListMembers.omit({ NameContains: true }).extend({
        ModelCardName: cardMember(account),
        ModelCardStatus: CardStatusMember.optional(),
        SortBy: z.literal('Version').optional(),
      }),
    rule: (ctx, req) => requirePackage(ctx, req.ModelCardName.name, 'READ'),
    answer: async (ctx, req, { place }) => {
      const { ModelCardName: at, ModelCardStatus: wanted, SortOrder } = req
      const { version, current } = await readCard(ctx, at)
      const standing = cardStatusOf(ctx, version)
      const isDescending = SortOrder === 'Descending'
      const { maxResults: count, pageToken: token } = pageAsked(req)
      const times = {
        sinceMs: momentOf(req.CreationTimeAfter, Number.MIN_SAFE_INTEGER),
        untilMs: momentOf(req.CreationTimeBefore, Number.MAX_SAFE_INTEGER),
      }
      const bounds = boundsOf(wanted, standing, current.revision)
      const fingerprint = ['card-versions', version.id, isDescending, wanted ?? '', times]
      const { items, nextPageToken } = await readPage(
        { count, token, fingerprint },
        {
          first: isDescending ? Number.MAX_SAFE_INTEGER : 0,
          read: (after, most) =>
            listRevisionTimes(ctx, version, {
              ...{ after, count: most, isDescending, ...bounds, ...times },
            }),
          keyOf: ({ revision }) => revision,
        },
      )
      return {
        ModelCardVersionSummaryList: items.map((one) => ({
          ...summarizeRevision(at, { place, createdAtMs: one.writtenAtMs }),
          ModelCardVersion: one.revision,
          ModelCardStatus: statusIn(standing, one, current),
          LastModifiedTime: secondsOf(one.writtenAtMs),
        })),
        NextToken: nextPageToken,
      }
    },
  }),
]

/** Which packages have a card of a status: it is as they are, and waits where somebody asked for it. */
const conditionOfStatus: Readonly<Record<CardStatus, ConditionTree>> = {
  Approved: equals('ModelApprovalStatus', 'Approved'),
  Archived: equals('ModelApprovalStatus', 'Rejected'),
  PendingReview: every([
    equals('ModelApprovalStatus', 'PendingManualApproval'),
    { name: 'Approval', operator: 'Exists', value: '' },
  ]),
  Draft: every([
    equals('ModelApprovalStatus', 'PendingManualApproval'),
    { name: 'Approval', operator: 'NotExists', value: '' },
  ]),
}

function nameOf({ name, version }: CardName): string {
  return `${name}/${version}`
}

/** A version that has a card. @throws RESOURCE_DOES_NOT_EXIST no such version, or nobody wrote a card */
async function readCard(
  ctx: Context,
  at: CardName,
): Promise<{ readonly version: VersionDetail; readonly current: CardRevision }> {
  const version = await getVersionDetail(ctx, at.name, at.version)
  const { current } = await readCurrentRevision(ctx, version)
  if (current) return { version, current }
  throw absent(`Model card '${excerpt(nameOf(at))}' not found`)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such revision */
async function readRevision(
  ctx: Context,
  { name, version }: CardName,
  { revision, current }: { readonly revision: number; readonly current: CardRevision },
): Promise<CardRevision> {
  return revision === current.revision ? current : getRevision(ctx, name, { version, revision })
}

/** What was written before the newest revision is out of use. */
function statusIn(
  standing: CardStatus,
  { revision }: { readonly revision: number },
  current: { readonly revision: number },
): CardStatus {
  return revision === current.revision ? standing : 'Archived'
}

/** The revisions that have a status; undefined: all. */
function boundsOf(wanted: CardStatus | undefined, standing: CardStatus, newest: number) {
  const isWanted = wanted === undefined || wanted === standing
  const isArchive = wanted === undefined || wanted === 'Archived'
  return { least: isArchive ? 1 : newest, most: isWanted ? newest : isArchive ? newest - 1 : 0 }
}

function momentOf(seconds: number | undefined, otherwise: number): number {
  return seconds === undefined ? otherwise : millisecondsOf(seconds)
}

function summarizeRevision(
  at: CardName,
  { place, createdAtMs }: { readonly place: ArnPlace; readonly createdAtMs: number },
) {
  return {
    ModelCardName: nameOf(at),
    ModelCardArn: cardArnOf(place, nameOf(at)),
    CreationTime: secondsOf(createdAtMs),
  }
}

function summarizeCard(card: ListedCard, place: ArnPlace) {
  return {
    ...summarizeRevision(card.version, { place, createdAtMs: card.createdAtMs }),
    ModelCardStatus: statusOfCard(card),
    LastModifiedTime: secondsOf(card.updatedAtMs),
  }
}
