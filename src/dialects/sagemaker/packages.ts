import { z } from 'zod'
import { requirePromoting } from '../../access/permissions/require.ts'
import { conflict, excerpt, invalid } from '../../core/error.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import { readCurrentRevision } from '../../governance/cards/read-card.ts'
import {
  approveVersion,
  isGuarded,
  needsApproval,
  requestApproval,
  type VersionDecision,
} from '../../governance/moves/decide-version.ts'
import { mayMove } from '../../governance/permissions.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { createPackage, readPackageMembers } from '../../registry/packages/model-packages.ts'
import { packageArnOf } from '../../registry/packages/package-arn.ts'
import { readPackageApprovals } from '../../registry/packages/package-status.ts'
import { searchPackages } from '../../registry/packages/search-packages.ts'
import { requireToRegister } from '../../registry/permissions.ts'
import { type NewVersion, parseSource } from '../../registry/source/parse-source.ts'
import { firstStage, resolveStage } from '../../registry/stages/stages.ts'
import { getVersionDetail } from '../../registry/versions/version-detail.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'
import { action, type SageMakerAction } from './action.ts'
import { groupMember, packageMember, readPackageName } from './arns.ts'
import { refusePrompt, requirePackage } from './groups.ts'
import { conditionsOf, equals, every, ListMembers, orderOf, pageAsked } from './lists.ts'
import { checkCard, describeCard, ModelCardMember, putCard } from './package-cards.ts'
import { describeOrigin } from './package-origin.ts'
import { describePackage, summarizePackage } from './package-wire.ts'

const Text = z.string()
const Verbatim = z.record(Text, z.unknown()).optional()
export const InferenceSpecification = z
  .looseObject({
    Containers: z.array(z.looseObject({ ModelDataUrl: Text.optional() })).default([]),
  })
  .optional()

export const ApprovalStatusMember = z.enum(['Approved', 'Rejected', 'PendingManualApproval'])

/** Another member is refused, so that nobody believes that it was kept. */
const createRequest = (account: string) =>
  z.strictObject({
    ModelPackageGroupName: groupMember(account),
    SourceUri: Text.max(1024).optional(),
    ModelPackageDescription: Text.max(1024).default(''),
    ModelApprovalStatus: ApprovalStatusMember.default('PendingManualApproval'),
    CustomerMetadataProperties: z.record(Text, Text).default({}),
    ClientToken: Text.max(64).optional(),
    InferenceSpecification,
    ...Object.fromEntries(
      [
        ...['MetadataProperties', 'ModelMetrics', 'DriftCheckBaselines', 'ValidationSpecification'],
        ...['SourceAlgorithmSpecification', 'SecurityConfig'],
      ].map((name) => [name, Verbatim]),
    ),
    AdditionalInferenceSpecifications: z.array(z.unknown()).optional(),
    Domain: Text.optional(),
    Task: Text.optional(),
    SamplePayloadUrl: Text.optional(),
    SkipModelValidation: Text.optional(),
    ManagedStorageType: Text.optional(),
    CertifyForMarketplace: z.literal(false, 'there is no marketplace here').optional(),
    Tags: z.undefined('a package has no tags; CustomerMetadataProperties are its tags').optional(),
    ModelPackageRegistrationType: z.enum(['Registered', 'Logged']).optional(),
    ModelCard: ModelCardMember,
    // Refused by name, so that nobody believes that they were kept.
    ModelLifeCycle: z.undefined('a package begins in no stage; request one for it').optional(),
    ModelPackageName: z
      .undefined('packages outside of groups are not kept; name a group')
      .optional(),
  })

/** Members that have a place of their own in a version. */
const ownMembers: ReadonlySet<string> = new Set([
  ...['ModelPackageGroupName', 'SourceUri', 'ModelPackageDescription', 'ModelApprovalStatus'],
  ...['CustomerMetadataProperties', 'ClientToken', 'CertifyForMarketplace', 'ModelCard'],
])

/** Model packages: the versions of registered models. */
export const packageActions: readonly SageMakerAction[] = [
  action('CreateModelPackage', {
    reads: false,
    request: createRequest,
    rule: async (ctx, req) => {
      const wanted = versionFrom(ctx, req)
      await requireToRegister(ctx, wanted)
      await refusePrompt(ctx, req.ModelPackageGroupName)
      const named = parseSource(wanted.source, false, ctx)
      if (named.kind === 'version') await refusePrompt(ctx, named.name)
    },
    answer: async (ctx, req, { place, text }) => {
      const stage = await resolveStage(ctx, ctx.settings.packages.stage)
      const decision = { name: req.ModelPackageGroupName, stage }
      await refuseDecided(ctx, decision, req.ModelApprovalStatus)
      checkCard(ctx, req.ModelCard, undefined)
      const wanted = versionFrom(ctx, req)
      if (wanted.runId !== '') await getRunInfo(ctx, wanted.runId)
      const given = Object.entries(req).filter(
        ([name, value]) => !ownMembers.has(name) && value !== undefined,
      )
      const version = await createPackage(ctx, {
        version: wanted,
        given: Object.fromEntries(given),
        clientToken: req.ClientToken,
        request: text,
      })
      await keepLoggedCard(ctx, version)
      // A repeated request finds the card that it wrote; one that was logged with the model is not that.
      const { current } = await readCurrentRevision(ctx, version)
      if (current === undefined || current.importedFrom !== undefined)
        await putCard(ctx, version, req.ModelCard)
      const made = { ...decision, version: version.version }
      // A repeated request finds a package that somebody may have decided about since.
      const isUndecided = version.stage === firstStage && !(await isAsked(ctx, version.id))
      if (isUndecided) await beginApproval(ctx, made, req.ModelApprovalStatus)
      return { ModelPackageArn: packageArnOf(place, version.name, version.version) }
    },
  }),

  action('DescribeModelPackage', {
    reads: true,
    request: (account) => z.object({ ModelPackageName: packageMember(account) }),
    rule: (ctx, req) => requirePackage(ctx, req.ModelPackageName.name, 'READ'),
    answer: async (ctx, req, { place }) => {
      const { name, version: number } = req.ModelPackageName
      const version = await getVersionDetail(ctx, name, number)
      const given = (await readPackageMembers(ctx, [version.id])).get(version.id) ?? {}
      const serverUrl = ctx.serverUrl?.() ?? ''
      const described = describePackage(version, {
        ...{ given, place, serverUrl },
        packageStage: ctx.settings.packages.stage,
      })
      const [ModelCard, origin] = await Promise.all([
        describeCard(ctx, version),
        describeOrigin(ctx, version, serverUrl),
      ])
      // What the client sent stands.
      return { ...origin, ...described, ModelCard }
    },
  }),

  action('ListModelPackages', {
    reads: true,
    request: (account) =>
      ListMembers.extend({
        ModelPackageGroupName: groupMember(account).optional(),
        ModelPackageType: z.enum(['Versioned', 'Unversioned', 'Both']).optional(),
        ModelApprovalStatus: ApprovalStatusMember.optional(),
        SortBy: z.enum(['Name', 'CreationTime']).optional(),
      }),
    rule: (ctx, req) =>
      req.ModelPackageGroupName === undefined
        ? anyone()
        : requirePackage(ctx, req.ModelPackageGroupName, 'READ'),
    answer: async (ctx, req, { place }) => {
      const { ModelPackageGroupName: group, ModelPackageType: type } = req
      // Every package here is one of a group; AWS lists the others where nothing is said.
      const listsNone = type === 'Unversioned' || (group === undefined && type === undefined)
      if (listsNone) return { ModelPackageSummaryList: [] }
      const { ModelApprovalStatus: status } = req
      const { items, nextPageToken } = await searchPackages(ctx, {
        conditions: every([
          ...conditionsOf(req),
          ...(group === undefined ? [] : [equals('ModelPackageGroupName', group)]),
          ...(status === undefined ? [] : [equals('ModelApprovalStatus', status)]),
        ]),
        orderBy: orderOf(req.SortBy === 'Name' ? 'name' : 'creation_timestamp', req.SortOrder),
        ...pageAsked(req),
      })
      return {
        ModelPackageSummaryList: items.map((found) => summarizePackage(found, place)),
        NextToken: nextPageToken,
      }
    },
  }),
]

function versionFrom(ctx: Context, req: z.output<ReturnType<typeof createRequest>>): NewVersion {
  const given = req.SourceUri ?? req.InferenceSpecification?.Containers[0]?.ModelDataUrl ?? ''
  const source = sourceFrom(ctx, given)
  return {
    name: req.ModelPackageGroupName,
    source,
    ...originOf(ctx, source),
    runLink: '',
    description: req.ModelPackageDescription,
    tags: Object.entries(req.CustomerMetadataProperties).map(([key, value]) => ({ key, value })),
  }
}

/** SageMaker has no members for the run or the logged model whose files these are: the source itself names it. */
function originOf(ctx: Context, source: string): Pick<NewVersion, 'runId' | 'modelId'> {
  const named = parseSource(source, false, ctx)
  if (named.kind === 'store') {
    throw invalid(
      `SourceUri '${excerpt(source)}' lies in this server's store: name it as runs:/<run id>/<path> or models:/<model id>`,
    )
  }
  return {
    runId: named.kind === 'run' ? named.runId : '',
    modelId: named.kind === 'logged model' ? named.modelId : '',
  }
}

/** A package is made from another by its ARN: it has the same files. */
export function sourceFrom(ctx: Context, uri: string): string {
  if (!uri.startsWith('arn:')) return uri
  const { name, version } = readPackageName(uri, ctx.settings.packages.account)
  return `models:/${name}/${version}`
}

/**
 * A package is decided by a review, which needs the package. Where nobody has to be asked, who makes it
 * may approve it at once.
 */
async function refuseDecided(
  ctx: Context,
  { name, stage }: Pick<VersionDecision, 'name' | 'stage'>,
  status: string,
): Promise<void> {
  if (status === 'PendingManualApproval') return
  const isFree = status === 'Approved' && !(await isGuarded(ctx, name, stage))
  if (isFree) return requirePromoting(ctx, name, { stages: [stage, firstStage] })
  throw conflict(
    `A package of '${excerpt(name)}' is not created as '${status}': create it as PendingManualApproval, and have it reviewed`,
  )
}

async function isAsked(ctx: Context, versionId: number): Promise<boolean> {
  const approvals = await readPackageApprovals(ctx.db, [versionId], ctx.settings.packages.stage)
  return approvals.has(versionId)
}

function beginApproval(ctx: Context, made: VersionDecision, status: string): Promise<void> {
  return status === 'Approved' ? approveVersion(ctx, made) : askWhereNeeded(ctx, made)
}

/** To create a package as PendingManualApproval is to ask for its approval, where policies want one. */
async function askWhereNeeded(ctx: Context, made: VersionDecision): Promise<void> {
  const { name, version, stage } = made
  const move = { version, target: { stage }, archiveExisting: false }
  if (!(await needsApproval(ctx, name, stage)) || !(await mayMove(ctx, name, move))) return
  await requestApproval(ctx, made)
}
