import { z } from 'zod'
import { requireModelVersion, requireRegistering } from '../../access/permissions/require.ts'
import { conflict, invalid } from '../../core/error.ts'
import {
  approveVersion,
  rejectVersion,
  requestApproval,
  type VersionDecision,
} from '../../governance/moves/decide-version.ts'
import { deleteFreeVersion } from '../../governance/moves/guarded-changes.ts'
import { moveToStage } from '../../governance/moves/move-to-stage.ts'
import { isUnreviewedSql } from '../../governance/promotions/review.ts'
import type { Context } from '../../platform/context.ts'
import type { PackageMembers } from '../../registry/packages/model-packages.ts'
import { packageArnOf } from '../../registry/packages/package-arn.ts'
import {
  checkPackageUpdate,
  type PackageChange,
  updatePackage,
} from '../../registry/packages/update-package.ts'
import { requireToDeleteVersion, requireTransition } from '../../registry/permissions.ts'
import { archivedStage, isActive, resolveStage } from '../../registry/stages/stages.ts'
import { getVersionDetail } from '../../registry/versions/version-detail.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { action, type SageMakerAction } from './action.ts'
import { packageMember } from './arns.ts'
import { refusePrompt, requirePackage } from './groups.ts'
import { checkCard, ModelCardMember, putCard } from './package-cards.ts'
import { type SaidOfLifeCycle, saidOfLifeCycle } from './package-wire.ts'
import { ApprovalStatusMember, InferenceSpecification, sourceFrom } from './packages.ts'

const Text = z.string()
const Reason = Text.max(1024).optional()

/** Another member is refused, so that nobody believes that it was kept. */
const updateRequest = (account: string) =>
  z.strictObject({
    ModelPackageArn: packageMember(account),
    ModelApprovalStatus: ApprovalStatusMember.optional(),
    ApprovalDescription: Reason,
    ModelLifeCycle: z
      .strictObject({
        Stage: Text.min(1).max(63),
        StageStatus: Text.min(1).max(63),
        StageDescription: Reason,
      })
      .optional(),
    CustomerMetadataProperties: z.record(Text, Text).default({}),
    CustomerMetadataPropertiesToRemove: z.array(Text).max(100).default([]),
    InferenceSpecification,
    AdditionalInferenceSpecificationsToAdd: z
      .array(z.looseObject({ Name: Text.min(1).max(63) }))
      .max(15)
      .default([]),
    ModelPackageRegistrationType: z.enum(['Registered', 'Logged']).optional(),
    // A repetition does nothing again, with or without it.
    ClientToken: Text.max(64).optional(),
    SourceUri: Text.min(1).max(1024).optional(),
    ModelCard: ModelCardMember,
  })
type Update = z.output<ReturnType<typeof updateRequest>>

/** What changes packages that are there. */
export const changeActions: readonly SageMakerAction[] = [
  action('UpdateModelPackage', {
    reads: false,
    request: updateRequest,
    rule: async (ctx, req) => {
      const { name } = req.ModelPackageArn
      const keys = req.CustomerMetadataPropertiesToRemove
      await requirePackage(ctx, name, 'READ')
      if (changesMembers(req) || req.ModelCard) await requireModelVersion(ctx, name, 'EDIT')
      if (keys.length > 0) await requireModelVersion(ctx, name, 'MANAGE')
      if (req.SourceUri !== undefined) await requireRegistering(ctx, name)
    },
    answer: async (ctx, req, { place }) => {
      const { name, version } = req.ModelPackageArn
      checkTogether(req)
      const hasMembers = changesMembers(req)
      await refuseCard(ctx, req)
      // The decision is first: where it has to wait, nothing else is changed either. So what may refuse
      // the rest is asked before.
      if (hasMembers && isDeciding(req)) await refuseMembers(ctx, req)
      await decide(ctx, req)
      if (hasMembers) await updatePackage(ctx, req.ModelPackageArn, await changeFrom(ctx, req))
      await putCard(ctx, req.ModelPackageArn, req.ModelCard)
      return { ModelPackageArn: packageArnOf(place, name, version) }
    },
  }),

  action('DeleteModelPackage', {
    reads: false,
    request: (account) => z.strictObject({ ModelPackageName: packageMember(account) }),
    rule: async (ctx, { ModelPackageName: { name, version } }) => {
      await requireToDeleteVersion(ctx, name, version)
      await refusePrompt(ctx, name)
    },
    answer: async (ctx, { ModelPackageName: { name, version } }) => {
      await deleteFreeVersion(ctx, name, version)
      return undefined
    },
  }),
]

function checkTogether(req: Update): void {
  if (req.ModelApprovalStatus !== undefined && req.ModelLifeCycle !== undefined) {
    throw invalid('ModelApprovalStatus and ModelLifeCycle are both decisions: send one at a time')
  }
  if (req.ApprovalDescription !== undefined && req.ModelApprovalStatus === undefined) {
    throw invalid('ApprovalDescription is that of a ModelApprovalStatus: send both')
  }
}

function isDeciding({ ModelApprovalStatus: status, ModelLifeCycle: cycle }: Update): boolean {
  return status !== undefined || (cycle !== undefined && isMove(cycle.StageStatus))
}

/** @throws what `checkCard` throws, and for a card that a decision comes before */
async function refuseCard(ctx: Context, { ModelPackageArn: at, ModelCard, ...req }: Update) {
  if (ModelCard === undefined) return
  checkCard(ctx, ModelCard, await getVersionDetail(ctx, at.name, at.version))
  const said = req.ModelApprovalStatus ?? req.ModelLifeCycle?.StageStatus ?? ''
  if (said === '' || said.startsWith('Pending')) return
  throw conflict(
    `A decision is about the card that a package has: send ModelCard first, then '${said}'`,
  )
}

/** @throws what writing the members would throw, and for a source that a decision comes before */
async function refuseMembers(ctx: Context, req: Update): Promise<void> {
  await checkPackageUpdate(ctx, req.ModelPackageArn, await changeFrom(ctx, req))
  const said = req.ModelApprovalStatus ?? req.ModelLifeCycle?.StageStatus ?? ''
  if (req.SourceUri === undefined || said.startsWith('Pending')) return
  const { source } = await getVersion(ctx, req.ModelPackageArn.name, req.ModelPackageArn.version)
  if (source === sourceFrom(ctx, req.SourceUri)) return
  throw conflict(
    `A decision is about the source that a package has: send SourceUri first, then '${said}'`,
  )
}

async function decide(ctx: Context, req: Update): Promise<void> {
  const { ModelApprovalStatus: status, ModelLifeCycle: cycle } = req
  if (status !== undefined) {
    const stage = await resolveStage(ctx, ctx.settings.packages.stage)
    return decisions[status](ctx, {
      ...{ ...req.ModelPackageArn, stage, comment: req.ApprovalDescription },
    })
  }
  if (cycle) await decideStage(ctx, req.ModelPackageArn, cycle)
}

const decisions = {
  Approved: approveVersion,
  Rejected: rejectVersion,
  PendingManualApproval: requestApproval,
  PendingApproval: (ctx: Context, decision: VersionDecision) =>
    requestApproval(ctx, decision, { always: true }),
} as const

type Package = Pick<VersionDecision, 'name' | 'version'>

/** Moves by the words that mean a decision; any other word is only kept. */
async function decideStage(
  ctx: Context,
  { name, version }: Package,
  { Stage, StageStatus, StageDescription }: NonNullable<Update['ModelLifeCycle']>,
): Promise<void> {
  const stage = await resolveStage(ctx, Stage)
  if (!isMove(StageStatus)) return
  if (isActive(stage) && isDecision(StageStatus)) {
    return decisions[StageStatus](ctx, { name, version, stage, comment: StageDescription })
  }
  if (stage !== archivedStage) {
    throw invalid(
      `ModelLifeCycle '${Stage}' and '${StageStatus}' do not go together: Retired is for the stage ${archivedStage}, decisions are for stages in which versions serve`,
    )
  }
  const move = { name, version, stage, archiveOthers: false }
  await requireTransition(ctx, move)
  await moveToStage(ctx, move, StageDescription)
}

function isDecision(status: string): status is keyof typeof decisions {
  return Object.hasOwn(decisions, status)
}

/** Whether a word for a status is more than kept. */
function isMove(status: string): boolean {
  return isDecision(status) || status === 'Retired'
}

function changesMembers(req: Update): boolean {
  const { StageStatus: status = '' } = req.ModelLifeCycle ?? {}
  return (
    Object.keys(req.CustomerMetadataProperties).length > 0 ||
    req.CustomerMetadataPropertiesToRemove.length > 0 ||
    req.InferenceSpecification !== undefined ||
    req.SourceUri !== undefined ||
    req.AdditionalInferenceSpecificationsToAdd.length > 0 ||
    req.ModelPackageRegistrationType !== undefined ||
    (status !== '' && !isMove(status))
  )
}

async function changeFrom(ctx: Context, req: Update): Promise<PackageChange> {
  const { name, version } = req.ModelPackageArn
  const { stage } = await getVersion(ctx, name, version)
  return {
    tags: req.CustomerMetadataProperties,
    tagsToRemove: req.CustomerMetadataPropertiesToRemove,
    change: (given) => membersAfter(given, req, stage),
    late:
      req.SourceUri === undefined
        ? undefined
        : { source: sourceFrom(ctx, req.SourceUri), isUnreviewed: isUnreviewedSql },
  }
}

/** @param stage that the package is in now */
function membersAfter(given: PackageMembers, req: Update, stage: string): PackageMembers {
  const { ModelLifeCycle: cycle, InferenceSpecification: inference } = req
  const isSaid = cycle && !isMove(cycle.StageStatus)
  const said: SaidOfLifeCycle | false | undefined = isSaid && { said: cycle, whileIn: stage }
  const type = req.ModelPackageRegistrationType
  const more = req.AdditionalInferenceSpecificationsToAdd
  return {
    ...given,
    ...(inference && { InferenceSpecification: inference }),
    ...(more.length > 0 && { AdditionalInferenceSpecifications: specificationsWith(given, more) }),
    ...(type && { ModelPackageRegistrationType: type }),
    ...(said && { [saidOfLifeCycle]: said }),
  }
}

/** One of a name that is there already takes its place, so that a repetition adds nothing. */
function specificationsWith(
  { AdditionalInferenceSpecifications: kept = [] }: PackageMembers,
  more: readonly { readonly Name: string }[],
): unknown[] {
  const names = new Set(more.map(({ Name }) => Name))
  // Only lists of such objects are ever kept.
  const before = kept as readonly { readonly Name?: string }[]
  return [...before.filter(({ Name = '' }) => !names.has(Name)), ...more]
}
