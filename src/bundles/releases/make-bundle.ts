import { type SQL, sql } from 'drizzle-orm'
import { hashPayload, SigstoreBundleShape } from '../../attestations/envelope.ts'
import { commit } from '../../audit/commit.ts'
import { modelEntriesSql } from '../../audit/entry.ts'
import { conflict, excerpt, RegistryError } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import { settledStatement } from '../../governance/signing/signatures-due.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../../registry/audit-entries.ts'
import { prepareBundleKey } from '../signing/bundle-keys.ts'
import { bundlePaths } from '../statements/statement.ts'
import { type ReleaseEvidence, readEvidence } from './evidence.ts'
import { type ReleaseBundle, releaseBundleFrom, releaseBundleRead } from './read-bundles.ts'
import { type BundleTexts, signRelease } from './sign-release.ts'

/** Characters of one row: below D1's limit of 2 MB. */
const partChars = 1_000_000
/** What a model with 50,000 files has, and less than a Worker has memory for. */
const textsCharsMax = 24_000_000
const triesMax = 5

/**
 * Sign what is known of a sealed version now, and keep it. What the caller may not see is not in it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE it is not sealed, or has too many files
 * @throws RESOURCE_CONFLICT the version kept changing
 * @throws NOT_IMPLEMENTED the server has no key to sign with
 */
export async function createBundle(
  ctx: Context,
  name: string,
  version: number,
): Promise<ReleaseBundle> {
  for (let tries = 0; tries < triesMax; tries++) {
    const made = await tryBundle(ctx, name, { version })
    if (made) return made
  }
  throw conflict(
    `Version ${version} of '${excerpt(name)}' kept changing while it was signed; try again`,
  )
}

/**
 * As `createBundle`, once.
 *
 * @param asked.guard what has to be so in the moment of writing
 * @returns undefined: the version or the key changed meanwhile, or the guard does not hold
 */
export async function tryBundle(
  ctx: Context,
  name: string,
  { version, guard = sql`1` }: { readonly version: number; readonly guard?: SQL },
): Promise<ReleaseBundle | undefined> {
  const key = await prepareBundleKey(ctx)
  const evidence = await readEvidence(ctx, name, version)
  const signed = await signRelease(ctx, evidence, key)
  const texts = asciiJson(signed)
  if (texts.length > textsCharsMax) throw tooLarge(name, version)
  const digest = await digestRelease(ctx, signed)
  return keepBundle(ctx, { evidence, key: key.hint, texts, digest, guard })
}

function tooLarge(name: string, version: number): RegistryError {
  return new RegistryError(
    'INVALID_PARAMETER_VALUE',
    `Version ${version} of '${excerpt(name)}' has more files or a longer history than one bundle holds; put files into archives, and register it anew`,
  )
}

type NewBundle = {
  readonly evidence: ReleaseEvidence
  readonly key: string
  readonly texts: string
  /** Of the release statement, by which servers that take the version in name the bundle. */
  readonly digest: string
  readonly guard: SQL
}

async function digestRelease(ctx: Context, texts: BundleTexts): Promise<string> {
  const release = SigstoreBundleShape.parse(JSON.parse(texts[bundlePaths.release] ?? ''))
  return `sha256:${await hashPayload(ctx, release.dsseEnvelope)}`
}

/** @returns undefined: version or key are not what they were any more, or the guard does not hold */
async function keepBundle(
  ctx: Context,
  { evidence, key, texts, digest, guard }: NewBundle,
): Promise<ReleaseBundle | undefined> {
  const { version, runsOf, audit } = evidence
  const { id } = version
  const newest = sql`(select max(id) from release_bundles where model_version = ${id})`
  const { bundles } = await commit(ctx, {
    made: sql`insert into release_bundles
      (model_version, key, created_at_ms, created_by, runs_of, has_audit)
      select v.id, ${key}, ${ctx.now()}, ${principalText(ctx.principal)}, ${JSON.stringify(runsOf)},
        ${audit === undefined ? 0 : 1}
      from model_versions v join registered_models m on m.id = v.registered_model
      where v.id = ${id} and ${guard} and ${isStill(evidence, key)}`,
    parts: partsOf(texts).map(
      (text, part) => sql`insert into release_bundle_parts (bundle, part, text)
        select ${newest}, ${part}, ${text} where changes() > 0`,
    ),
    entry: versionEntry(ctx, sql`${id}`, {
      action: 'model_version.signed',
      after: sql`json_object('bundle', cast(${newest} as text), 'key', ${key}, 'digest', ${digest})`,
      guard: sql`changes() > 0`,
    }),
    bundles: releaseBundleRead(sql`b.id = ${newest} and changes() > 0`),
    settled: settledStatement(id),
  })
  const [row] = bundles
  return row && releaseBundleFrom(row)
}

/** Every change of a version is in the audit log, so what was read still stands without a later entry. */
function isStill({ version, manifestId, head }: ReleaseEvidence, key: string): SQL {
  const { registeredModelId, name } = version
  return sql`v.manifest = ${manifestId} and m.name = ${name}
    and exists (select 1 from bundle_keys k where k.hint = ${key} and k.until_ms is null)
    and not exists (select 1 from ${modelEntriesSql('e')}
      where e.registered_model = ${registeredModelId} and e.seq > ${head.seq}
        and coalesce(e.version, v.version) = v.version and e.action <> 'model_version.signed')`
}

function partsOf(text: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length; at += partChars) parts.push(text.slice(at, at + partChars))
  return parts
}

/** JSON of ASCII alone, which can be cut anywhere. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
