import spdxIds from 'spdx-license-ids/index.json' with { type: 'json' }
import { type ManifestFile, readAllManifestFiles } from '../artifacts/manifest.ts'
import { uuidOf } from '../core/bytes.ts'
import { getCard, type ModelCard } from '../governance/cards/read-card.ts'
import type { Context } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'
import { getVersionDetail, type VersionDetail } from '../registry/versions/version-detail.ts'
import { modelCardOf } from './bom-model-card.ts'
import { packageOf } from './bom-packages.ts'

/** The versions of CycloneDX that can be asked for; a document is the same in both but for its number. */
export const bomSpecs = ['1.6', '1.7'] as const
export type BomSpec = (typeof bomSpecs)[number]

/** The media type of a document. */
export function bomMediaType(spec: BomSpec): string {
  return `application/vnd.cyclonedx+json; version=${spec}`
}

/**
 * What a version is made of as CycloneDX JSON: its files, its packages, the datasets of its run, and its
 * card. It tells what the caller may read. The same version in the same state gives the same bytes: the
 * serial number follows from the contents, the time from the version and its card.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws DATA_LOSS a file that the card is made from is damaged
 */
export async function readMlBom(
  ctx: Context,
  name: string,
  { version: number, spec }: { readonly version: number; readonly spec: BomSpec },
): Promise<string> {
  const [version, card] = await Promise.all([
    getVersionDetail(ctx, name, number),
    getCard(ctx, name, { version: number }),
  ])
  const files =
    version.manifestId === null ? [] : await readAllManifestFiles(ctx, version.manifestId)
  const components = componentsOf(card, files)
  const changedAtMs = Math.max(version.createdAtMs, card.current?.updatedAtMs ?? 0)
  const contents = {
    version: 1,
    metadata: {
      timestamp: new Date(changedAtMs).toISOString(),
      tools: { components: [{ type: 'application', name: 'gatehouse' }] },
      component: modelOf(version, card),
    },
    components,
    dependencies: [
      { ref: modelRef, dependsOn: components.map((component) => component['bom-ref']) },
    ],
  }
  const hash = await hashText(ctx, JSON.stringify(contents))
  return `${JSON.stringify({
    $schema: `http://cyclonedx.org/schema/bom-${spec}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion: spec,
    serialNumber: `urn:uuid:${serialOf(hash)}`,
    ...contents,
  })}\n`
}

const modelRef = 'model'
function modelOf(version: VersionDetail, card: ModelCard) {
  const { digest, description } = version
  const licence = card.card.licence?.trim()
  return {
    type: 'machine-learning-model',
    'bom-ref': modelRef,
    name: version.name,
    version: String(version.version),
    ...(description && { description }),
    ...(digest !== undefined && { hashes: [sha256Of(digest.replace('sha256:', ''))] }),
    ...(licence && { licenses: [licenceOf(licence)] }),
    modelCard: modelCardOf(version, card, dataRef),
    properties: propertiesOf({
      digest,
      stage: version.stage,
      run: card.derived.run_id,
      experiment: card.derived.experiment,
      commit: card.derived.code_version,
      promotion: version.approvals.flatMap(({ status, promotion }) =>
        status === 'Approved' ? String(promotion) : [],
      ),
    }),
  }
}

const spdxByLowerCase = new Map(spdxIds.map((id) => [id.toLowerCase(), id]))

/** By its id of SPDX, in any case, as model hubs write them; else by the name that the card gives it. */
function licenceOf(text: string) {
  const id = spdxByLowerCase.get(text.toLowerCase())
  return { license: id === undefined ? { name: text } : { id } }
}

function componentsOf({ derived }: ModelCard, files: readonly ManifestFile[]) {
  const data = derived.datasets.map(({ name, digest, source }, i) => ({
    type: 'data',
    'bom-ref': dataRef(i),
    name,
    ...(digest && { version: digest }),
    data: [{ type: 'dataset', name }],
    ...(source && { properties: propertiesOf({ source }) }),
  }))
  const packages = (derived.environment ?? []).flatMap((line) => {
    const found = packageOf(line)
    return found ? [found] : []
  })
  return [
    ...data,
    ...packages.map((one, i) => ({ type: 'library', 'bom-ref': `package:${i}`, ...one })),
    ...files.map(({ path, sha256 }) => ({
      type: 'file',
      'bom-ref': `file:${path}`,
      name: path,
      hashes: [sha256Of(sha256)],
    })),
  ]
}

function dataRef(i: number): string {
  return `data:${i}`
}

function sha256Of(content: string) {
  return { alg: 'SHA-256', content }
}

/** What CycloneDX has no member for, under names of our own; what is not known is left out. */
function propertiesOf(values: Readonly<Record<string, string | readonly string[] | undefined>>) {
  return Object.entries(values).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => ({ name: `gatehouse:${name}`, value: one })),
  )
}

/** A UUID of version 8, for which everybody chooses the bits, of the first half of a hash. */
function serialOf(hash: string): string {
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16)
  return uuidOf(`${hash.slice(0, 12)}8${hash.slice(13, 16)}${variant}${hash.slice(17, 32)}`)
}
