import { z } from 'zod'
import { canonicalManifest, type ManifestFile } from '../../artifacts/manifest.ts'
import {
  type Envelope,
  hashPayload,
  openEnvelope,
  SigstoreBundleShape,
  type Statement,
} from '../../attestations/envelope.ts'
import type { PublicKey } from '../../attestations/key-pair.ts'
import { modelStatement } from '../../attestations/model-statement.ts'
import { predicateTypes } from '../../attestations/predicate-types.ts'
import { streamBytes } from '../../core/bytes.ts'
import { excerpt } from '../../core/error.ts'
import { isPlainPath } from '../../core/names.ts'
import { hashText, measureBody, type Sha256 } from '../../platform/hash.ts'
import { bundlePaths, modelFolder } from '../statements/statement.ts'
import { BundleFormatError, type BundleReader } from './bundle-reader.ts'

type Hashing = { sha256(): Sha256 }

/** What a bundle says, once it was found to hold. */
export type VerifiedBundle = {
  readonly model: string
  readonly version: string
  /** `sha256:` and hex, of the manifest as it was read. */
  readonly digest: string
  readonly files: readonly ManifestFile[]
  /** The key that signed all of it. */
  readonly key: PublicKey
  readonly issuedAtMs: number
  /** `sha256:` and hex, of the signed release statement: it stands for the bundle, however that is packed. */
  readonly bundle: string
  /** The release statement as it lies in the bundle, which is not among the texts that it names. */
  readonly releaseText: string
  readonly release: z.output<typeof ReleaseShape>
}

/** Bytes of a text: far more than this server writes. */
export const textBytesMax = 64 * 1024 * 1024
const problemsMax = 100

const ManifestShape = z.array(
  z.strictObject({
    path: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  }),
)

const ReleaseShape = z.looseObject({
  model: z.string(),
  version: z.string(),
  digest: z.string(),
  issuedAt: z.number(),
  evidence: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })),
})

/**
 * Verify a bundle without asking anybody: every file in it is one that the manifest or the release
 * statement names, has the bytes that they name, and all is signed by one of `keys`.
 *
 * @param keys those that are trusted; a key in the bundle itself is not
 * @returns the bundle, or what is wrong with it, a sentence each
 */
export async function verifyBundle(
  on: Hashing,
  bundle: BundleReader,
  keys: readonly PublicKey[],
): Promise<VerifiedBundle | readonly string[]> {
  try {
    return await verifyAll(on, bundle, keys)
  } catch (err) {
    if (err instanceof BundleFormatError) return [err.message]
    throw err
  }
}

async function verifyAll(
  on: Hashing,
  bundle: BundleReader,
  keys: readonly PublicKey[],
): Promise<VerifiedBundle | readonly string[]> {
  const manifest = textOf(await readIn(bundle, bundlePaths.manifest, textBytesMax))
  const files = parseManifest(manifest)
  const digest = await hashText(on, manifest)
  const signed = await openSigned(bundle, bundlePaths.release, keys)
  const { key, statement, envelope } = signed
  checkStatement(statement, { path: bundlePaths.release, digest, type: predicateTypes.release })
  const release = parseAs(ReleaseShape, statement.predicate, bundlePaths.release)
  if (release.digest !== `sha256:${digest}`) {
    throw new BundleFormatError(`${bundlePaths.release} is about another digest than its subject`)
  }
  const problems = [
    ...(await findWrongTexts(on, bundle, release.evidence)),
    ...(await findWrongFiles(bundle, files)),
    ...findStrangers(bundle, files, release.evidence),
    ...(await findWrongStatements(bundle, { on, key, digest, files, release })),
  ]
  if (problems.length > 0) return problems.slice(0, problemsMax)
  const { model, version, issuedAt } = release
  return {
    ...{ model, version, digest: `sha256:${digest}`, files, key, issuedAtMs: issuedAt, release },
    bundle: `sha256:${await hashPayload(on, envelope)}`,
    releaseText: signed.text,
  }
}

async function readIn(bundle: BundleReader, path: string, bytesMax: number): Promise<Uint8Array> {
  if (!bundle.paths.includes(path)) throw new BundleFormatError(`it has no ${path}`)
  return bundle.read(path, bytesMax)
}

/** Bytes that are not UTF-8 are no text of ours. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (err) {
    throw new BundleFormatError('a text in it is not UTF-8', { cause: err })
  }
}

/** What is in a text of a bundle. @throws BundleFormatError it has another form */
export function parseAs<T extends z.ZodType>(schema: T, value: unknown, path: string): z.output<T> {
  const found = schema.safeParse(value)
  if (found.success) return found.data
  throw new BundleFormatError(`${path} is not of the form that it has in a bundle`)
}

/** @throws BundleFormatError it is no JSON */
export function parseJsonIn(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (err) {
    throw new BundleFormatError(`${path} is no JSON`, { cause: err })
  }
}

/** To the letter as this server writes it: what is read here is what its hash is of. */
function parseManifest(text: string): ManifestFile[] {
  const path = bundlePaths.manifest
  const files = parseAs(ManifestShape, parseJsonIn(text, path), path).map(({ size, ...file }) => ({
    ...file,
    sizeBytes: size,
  }))
  const isPlain = files.every((file) => isPlainPath(file.path))
  const isUnique = new Set(files.map((file) => file.path)).size === files.length
  if (isPlain && isUnique && canonicalManifest(files) === text) return files
  throw new BundleFormatError(`${path} is not of the form that it has in a bundle`)
}

/** A statement that was opened, with the text that it lay in. */
type SignedText = {
  readonly key: PublicKey
  readonly statement: Statement
  readonly envelope: Envelope
  readonly text: string
}

/** A statement that one of the keys signed. */
async function openSigned(
  bundle: BundleReader,
  path: string,
  keys: readonly PublicKey[],
): Promise<SignedText> {
  const text = textOf(await readIn(bundle, path, textBytesMax))
  const { verificationMaterial, dsseEnvelope } = parseAs(
    SigstoreBundleShape,
    parseJsonIn(text, path),
    path,
  )
  const { hint } = verificationMaterial.publicKey
  const key = keys.find((one) => one.hint === hint)
  if (!key) {
    throw new BundleFormatError(
      `${path} is signed by the key ${hint}, which is none of those given`,
    )
  }
  const statement = await openEnvelope(dsseEnvelope, key)
  if (typeof statement === 'string') throw new BundleFormatError(`${path}: ${statement}`)
  return { key, statement, envelope: dsseEnvelope, text }
}

function checkStatement(
  { subject, predicateType }: Statement,
  { path, digest, type }: { readonly path: string; readonly digest: string; readonly type: string },
): void {
  const [only] = subject
  if (predicateType === type && subject.length === 1 && only?.digest.sha256 === digest) return
  throw new BundleFormatError(`${path} is about other files, or says something else than its name`)
}

type Named = z.output<typeof ReleaseShape>['evidence']

/** Each text that the release statement names is there with these bytes. */
async function findWrongTexts(
  on: Hashing,
  bundle: BundleReader,
  named: Named,
): Promise<readonly string[]> {
  const there = new Set(bundle.paths)
  const problems: string[] = []
  for (const { name, digest } of named) {
    if (!there.has(name)) problems.push(`${shown(name)} is missing`)
    else {
      const bytes = await bundle.read(name, textBytesMax)
      const { sha256 } = await measureBody(streamBytes(bytes), on.sha256())
      if (sha256 !== digest.sha256) problems.push(`${shown(name)} was changed`)
    }
  }
  return problems
}

async function findWrongFiles(
  bundle: BundleReader,
  files: readonly ManifestFile[],
): Promise<readonly string[]> {
  const there = new Set(bundle.paths)
  const problems: string[] = []
  for (const { path, sha256, sizeBytes } of files) {
    const name = modelFolder + path
    if (!there.has(name)) problems.push(`${shown(name)} is missing`)
    else {
      const found = await bundle.measure(name, sizeBytes)
      if (found.sha256 !== sha256 || found.sizeBytes !== sizeBytes) {
        problems.push(`${shown(name)} was changed`)
      }
    }
  }
  return problems
}

/** Files that nothing signed names; the key is there for people, and trusted by nobody. */
function findStrangers(
  bundle: BundleReader,
  files: readonly ManifestFile[],
  named: Named,
): readonly string[] {
  const known = new Set<string>([
    ...[bundlePaths.manifest, bundlePaths.release, bundlePaths.key],
    ...files.map(({ path }) => modelFolder + path),
    ...named.map(({ name }) => name),
  ])
  return bundle.paths
    .filter((path) => !known.has(path))
    .map((path) => `${shown(path)} is in no list that was signed`)
}

type Signed = {
  readonly on: Hashing
  readonly key: PublicKey
  /** Hex. */
  readonly digest: string
  readonly files: readonly ManifestFile[]
  readonly release: Pick<z.output<typeof ReleaseShape>, 'model' | 'version'>
}

/** The other statements are by the same key and about the same version. */
async function findWrongStatements(
  bundle: BundleReader,
  { on, key, digest, files, release }: Signed,
): Promise<readonly string[]> {
  const model = await openSigned(bundle, bundlePaths.modelSignature, [key])
  const expected = await modelStatement(on, `${release.model}/${release.version}`, files)
  const problems =
    JSON.stringify(model.statement) === JSON.stringify(expected)
      ? []
      : [`${bundlePaths.modelSignature} is about other files than the manifest`]
  for (const [path, type] of [
    [bundlePaths.gates, predicateTypes.gates],
    [bundlePaths.provenance, predicateTypes.provenance],
  ] as const) {
    if (!bundle.paths.includes(path)) continue
    checkStatement((await openSigned(bundle, path, [key])).statement, { path, digest, type })
  }
  return problems
}

function shown(path: string): string {
  return `'${excerpt(path)}'`
}
