import { requireModelVersion, requirePromoting } from '../../../access/permissions/require.ts'
import { readManifestFiles } from '../../../artifacts/manifest.ts'
import type { SealedEntry } from '../../../audit/entry.ts'
import { findReadableBundle, type ReleaseBundle } from '../../../bundles/releases/read-bundles.ts'
import { RegistryError } from '../../../core/error.ts'
import { matchesGlob } from '../../../core/glob.ts'
import { type CardField, fieldNames, isFilled } from '../../../governance/cards/card-shape.ts'
import { getCard, type ModelCard } from '../../../governance/cards/read-card.ts'
import { findSince, type Since } from '../../../governance/history/since.ts'
import { getLineage, type Lineage } from '../../../governance/lineage.ts'
import { listPolicies } from '../../../governance/policies/policies.ts'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { Promotion } from '../../../governance/promotions/promotion.ts'
import { type PromotionView, viewPromotions } from '../../../governance/promotions/view.ts'
import type { Context } from '../../../platform/context.ts'
import { readManifestScan, type VersionScan } from '../../../registry/files/version-scan.ts'
import { firstStage } from '../../../registry/stages/stages.ts'
import { findVersionsBeside } from '../../../registry/versions/versions.ts'
import type { Beside } from '../../../search/page.ts'
import {
  readErrorsOfVersion,
  type VersionErrors,
} from '../../../serving/counts/errors-of-version.ts'
import { listReplicasOfVersion } from '../../../serving/replicas.ts'
import { attempt } from '../../attempt.ts'
import { findRefusal } from '../../forms.ts'
import { type GuardedPlace, guardedPlacesOf } from '../guarded-places.ts'
import { readHistory } from '../read-model.ts'

/** All that the page of a version shows. */
export type VersionStanding = {
  readonly lineage: Lineage
  /** Or why it cannot be read. */
  readonly card: ModelCard | RegistryError
  readonly files: readonly ShownFile[]
  readonly hasMoreFiles: boolean
  /** What may run when the files are loaded. */
  readonly scan: VersionScan
  readonly entries: readonly SealedEntry[] | undefined
  /** The numbers of the versions beside it. */
  readonly beside: Beside<number>
  /** The newest signed bundle that the caller may download. */
  readonly bundle: ReleaseBundle | undefined
  /** Processes that answer with it. */
  readonly replicas: number
  /** How it did within five minutes where deployments split requests. */
  readonly errors: readonly VersionErrors[]
  /** How it came into its stage; undefined: it was registered so, or nobody knows. */
  readonly since: Since | undefined
  /** Its open requests, newest first. */
  readonly requests: readonly PromotionView[]
  /** What policies guard, where it neither is nor is asked to go. */
  readonly places: readonly GuardedPlace[]
  /** What policies ask of its card and nobody wrote, each with the names of those policies. */
  readonly asked: ReadonlyMap<CardField, readonly string[]>
  readonly mayPromote: boolean
  readonly mayEdit: boolean
}

export type ShownFile = {
  readonly path: string
  readonly sizeBytes: number
  /** In hex. */
  readonly sha256: string
}

const filesMax = 200

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readVersionStanding(
  ctx: Context,
  name: string,
  number: number,
): Promise<VersionStanding> {
  const lineage = await getLineage(ctx, name, number)
  const { manifestId } = lineage.version
  const { stage } = lineage.version
  const [bundle, card, scan, files, entries, beside, replicas, whyNot, whyNotEdit, ...standing] =
    await Promise.all([
      findReadableBundle(ctx, { name, version: number }),
      attempt('DATA_LOSS', getCard(ctx, name, { version: number })),
      readManifestScan(ctx, manifestId),
      manifestId === null
        ? []
        : readManifestFiles(ctx, manifestId, { after: '', count: filesMax + 1 }),
      readHistory(ctx, { model: name, version: number }),
      findVersionsBeside(ctx, lineage.version),
      listReplicasOfVersion(ctx, name, number),
      findRefusal(requirePromoting(ctx, name, {})),
      findRefusal(requireModelVersion(ctx, name, 'EDIT')),
      stage === firstStage ? undefined : findSince(ctx, lineage.version),
      viewPromotions(ctx, openOf(lineage)),
      listPolicies(ctx),
      readErrorsOfVersion(ctx, lineage.version),
    ])
  const [since, requests, policies, errors] = standing
  return {
    lineage,
    card,
    scan,
    files: files.slice(0, filesMax),
    hasMoreFiles: files.length > filesMax,
    entries,
    beside,
    bundle,
    replicas: replicas.length,
    errors,
    since,
    requests,
    places: guardedPlacesOf(policies, name).filter(
      ({ key }) => !isThere(lineage.version, key) && !isAskedFor(requests, key),
    ),
    asked: card instanceof RegistryError ? new Map() : askedOf(policies, name, card),
    mayPromote: whyNot === undefined,
    mayEdit: whyNotEdit === undefined,
  }
}

const requestsMax = 20

function openOf({ promotions }: Lineage): Promotion[] {
  return promotions.filter(({ status }) => status === 'open').slice(0, requestsMax)
}

function isThere({ stage, aliases }: Lineage['version'], key: string): boolean {
  return stage === key || aliases.some((alias) => `@${alias}` === key)
}

function isAskedFor(requests: readonly PromotionView[], key: string): boolean {
  return requests.some(({ target }) => (target.stage ?? `@${target.alias}`) === key)
}

/** What gates ask for that nobody wrote; a template counts as nothing. */
function askedOf(policies: readonly Policy[], name: string, { current }: ModelCard) {
  const asked = new Map<CardField, readonly string[]>()
  for (const policy of policies) {
    const { applies_to, gates } = policy.document
    if (!matchesGlob(applies_to.models, name)) continue
    const wanted = new Set(gates.flatMap((gate) => (gate.type === 'model_card' ? gate.fields : [])))
    for (const field of fieldNames) {
      if (!wanted.has(field) || isFilled(current?.card ?? {}, field)) continue
      asked.set(field, [...(asked.get(field) ?? []), policy.name])
    }
  }
  return asked
}
