import { requireModel, requirePromoting, requireRight } from '../../access/permissions/require.ts'
import type { SealedEntry } from '../../audit/entry.ts'
import { readEntriesBefore } from '../../audit/read-entries.ts'
import { readVersionsThere } from '../../governance/compare/versions-there.ts'
import { findServing, type Holder } from '../../governance/history/holders.ts'
import { readStageSpans, type StageSpan } from '../../governance/history/stage-spans.ts'
import { readablePromotion } from '../../governance/permissions.ts'
import { listPolicies, selectPolicies } from '../../governance/policies/policies.ts'
import type { Policy } from '../../governance/policies/policy.ts'
import { listPromotions } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotions } from '../../governance/promotions/view.ts'
import type { Context } from '../../platform/context.ts'
import { findCollection } from '../../registry/collections/collections.ts'
import { readLinks } from '../../registry/collections/links.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import type { Stage } from '../../registry/stages/check-stages.ts'
import { readStageBoard, type StageColumn } from '../../registry/stages/stage-board.ts'
import { listStages } from '../../registry/stages/stage-list.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { type Answering, readAnswering } from '../../serving/answering.ts'
import { findReadableSources } from '../../workspaces/shown-links.ts'
import type { ShownLinks } from '../collections/links-section.tsx'
import { findRefusal } from '../forms.ts'

/** All that the page of a model shows. */
export type ModelStanding = {
  readonly model: RegisteredModel
  readonly workspace: string
  /** In their order. */
  readonly stages: readonly BoardStage[]
  /** Newest first. */
  readonly requests: readonly PromotionView[]
  /** The version that is now where each of them leads, by its number. */
  readonly there: ReadonlyMap<number, number>
  /** Newest first; undefined: the caller may not read the audit log. */
  readonly entries: readonly SealedEntry[] | undefined
  /** Which versions were in stages that serve, and when. */
  readonly held: { readonly spans: readonly StageSpan[]; readonly isCut: boolean }
  readonly nowMs: number
  /** What the processes that serve it answer with. */
  readonly answering: Answering
  readonly mayPromote: boolean
  readonly mayEdit: boolean
  /** Of a collection. */
  readonly links: ShownLinks | undefined
}

export type BoardStage = Stage & {
  readonly column: StageColumn | undefined
  /** How the versions came there, by their numbers; of stages in which versions serve. */
  readonly since: ReadonlyMap<number, Holder>
  /** Those that guard it. */
  readonly policies: readonly Policy[]
}

const shownMax = 4
const entriesMax = 20
const linksMax = 50
const spansMax = 12

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readModelStanding(ctx: Context, name: string): Promise<ModelStanding> {
  const [model, stages, policies] = await Promise.all([
    getModel(ctx, name),
    listStages(ctx),
    listPolicies(ctx),
  ])
  const board = await readStageBoard(ctx, model.id, shownMax)
  const serving = stages
    .map((stage) => stage.name)
    .filter((stage) => isActive(stage) && board.has(stage))
  const shown = readablePromotion(ctx)
  const [holders, open, entries, spans, answering, whyNot, whyNotEdit, links] = await Promise.all([
    findServing(ctx, name, { stages: serving, count: shownMax }),
    listPromotions(ctx, { status: 'open', model: name }, { count: 20, shown }),
    readHistory(ctx, { model: name }),
    readStageSpans(ctx, model.id, {
      stages: stages.map((stage) => stage.name).filter(isActive),
      count: spansMax + 1,
    }),
    readAnswering(ctx, model.id),
    findRefusal(requirePromoting(ctx, name, {})),
    findRefusal(requireModel(ctx, name, 'EDIT')),
    readShownLinks(ctx, name),
  ])
  const [requests, there] = await Promise.all([
    viewPromotions(ctx, open),
    readVersionsThere(
      ctx,
      open.map(({ id }) => id),
    ),
  ])
  return {
    model,
    workspace: ctx.workspace,
    stages: stages.map((stage) => ({
      ...stage,
      column: board.get(stage.name),
      since: new Map((holders.get(stage.name) ?? []).map((one) => [one.version, one])),
      policies: selectPolicies(policies, name, { stage: stage.name }),
    })),
    requests,
    there,
    entries,
    held: { spans: spans.slice(0, spansMax), isCut: spans.length > spansMax },
    nowMs: ctx.now(),
    answering,
    mayPromote: whyNot === undefined,
    mayEdit: whyNotEdit === undefined,
    links,
  }
}

async function readShownLinks(ctx: Context, name: string): Promise<ShownLinks | undefined> {
  const collection = await findCollection(ctx, name)
  if (!collection) return undefined
  const newest = { before: Number.MAX_SAFE_INTEGER, count: linksMax }
  const items = await readLinks(ctx, collection.id, newest)
  const readable = await findReadableSources(ctx, items)
  return { items, readable, count: collection.links ?? 0, protect: collection.protect }
}

/** The newest audit entries of a model or version; undefined for who may not read them. */
export async function readHistory(
  ctx: Context,
  about: { readonly model: string; readonly version?: number },
): Promise<SealedEntry[] | undefined> {
  const { model } = about
  if ((await findRefusal(requireRight(ctx, 'read_audit', { model }))) !== undefined)
    return undefined
  const filter = { workspace: ctx.workspace, ...about }
  const page = { beforeSeq: Number.MAX_SAFE_INTEGER, countMax: entriesMax }
  return readEntriesBefore(ctx.db, filter, page)
}

/** The numbers of the versions in a stage, as a form carries them. */
export function versionsIn({ stages }: Pick<ModelStanding, 'stages'>, stage: string): string {
  const column = stages.find(({ name }) => name.toLowerCase() === stage.toLowerCase())?.column
  return (column?.newest ?? []).map(({ version }) => version).join(', ')
}
