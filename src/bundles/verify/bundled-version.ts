import { z } from 'zod'
import type { ManifestFile } from '../../artifacts/manifest.ts'
import { streamBytes } from '../../core/bytes.ts'
import { excerpt } from '../../core/error.ts'
import { type Card, CardShape } from '../../governance/cards/card-shape.ts'
import { measureBody, type Sha256 } from '../../platform/hash.ts'
import { bundlePaths } from '../statements/statement.ts'
import { BundleFormatError, type BundleReader } from './bundle-reader.ts'
import { parseAs, parseJsonIn, textBytesMax, textOf, type VerifiedBundle } from './verify-bundle.ts'

/** The version in a verified bundle, as a server that takes it in writes it down. */
export type BundledVersion = Pick<
  VerifiedBundle,
  'model' | 'version' | 'digest' | 'bundle' | 'issuedAtMs'
> & {
  readonly files: readonly ManifestFile[]
  /** What the server that signed it calls itself. */
  readonly server: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly run: BundledRun
  /** What people wrote; undefined: nobody did. */
  readonly card: Card | undefined
  /** Everything in it that was signed, the release statement first. */
  readonly statements: readonly { readonly path: string; readonly text: string }[]
}

const texts = z.record(z.string(), z.string()).default({})

const RunShape = z.object({
  name: z.string().optional(),
  params: texts,
  metrics: z.record(z.string(), z.union([z.number(), z.literal('NaN')])).default({}),
  tags: texts,
  datasets: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string(),
        source: z.string(),
        source_type: z.string().default(''),
        context: z.string().optional(),
      }),
    )
    .default([]),
})
/** What is known of the run that a version was made of, as far as whoever made the bundle might read it. */
export type BundledRun = z.output<typeof RunShape>

const VersionShape = z.object({
  description: z.string().nullable(),
  tags: texts,
  run: RunShape.default(RunShape.parse({})),
})

const CardFileShape = z.object({
  revision: z.number(),
  card: CardShape,
  derived: RunShape.omit({ name: true, tags: true }).extend({
    code_version: z.string().optional(),
  }),
})

/** Who signed it, in words that the server that takes it in keeps. */
const OriginShape = z.object({
  issuer: z.string().min(1).max(500),
  model: z.string().min(1).max(500),
  version: z.string().regex(/^\d{1,15}$/),
  issuedAt: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
})

/**
 * What a verified bundle says of its version.
 *
 * @throws BundleFormatError a text in it has another form, or is not the one that was verified
 */
export async function readBundledVersion(
  on: { sha256(): Sha256 },
  bundle: BundleReader,
  verified: VerifiedBundle,
): Promise<BundledVersion> {
  const { digest, files, bundle: id, issuedAtMs, release, releaseText } = verified
  const origin = parseAs(OriginShape, release, bundlePaths.release)
  const read = (path: string) => readNamed(on, bundle, { release, path })
  const cardFile = await read(bundlePaths.card)
  const statements = [{ path: bundlePaths.release as string, text: releaseText }]
  for (const path of [bundlePaths.modelSignature, bundlePaths.gates, bundlePaths.provenance]) {
    const text = await read(path)
    if (text !== undefined) statements.push({ path, text })
  }
  const card =
    cardFile === undefined
      ? undefined
      : parseAs(CardFileShape, parseJsonIn(cardFile, bundlePaths.card), bundlePaths.card)
  const version = versionIn(await read(bundlePaths.version), card)
  return {
    ...{ digest, files, bundle: id, issuedAtMs, statements },
    ...{ server: origin.issuer, model: origin.model, version: origin.version },
    ...{ description: version.description ?? '', tags: version.tags, run: version.run },
    card: card && card.revision > 0 ? card.card : undefined,
  }
}

/** Bundles of before this text was in them tell of the run in what their card is derived from. */
function versionIn(
  text: string | undefined,
  card: z.output<typeof CardFileShape> | undefined,
): z.output<typeof VersionShape> {
  const path = bundlePaths.version
  if (text !== undefined) return parseAs(VersionShape, parseJsonIn(text, path), path)
  if (!card) return VersionShape.parse({ description: null })
  const { code_version: commit, ...derived } = card.derived
  const tags: Record<string, string> =
    commit === undefined ? {} : { 'mlflow.source.git.commit': commit }
  return { description: null, tags: {}, run: { ...derived, tags } }
}

/** A text that the release statement names, with the bytes that it names; undefined: it names none. */
async function readNamed(
  on: { sha256(): Sha256 },
  bundle: BundleReader,
  { release, path }: { readonly release: VerifiedBundle['release']; readonly path: string },
): Promise<string | undefined> {
  const named = release.evidence.find(({ name }) => name === path)
  if (!named) return undefined
  const bytes = await bundle.read(path, textBytesMax)
  const { sha256 } = await measureBody(streamBytes(bytes), on.sha256())
  if (sha256 !== named.digest.sha256) {
    throw new BundleFormatError(`'${excerpt(path)}' was changed while it was read`)
  }
  return textOf(bytes)
}
