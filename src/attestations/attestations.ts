import { type SQL, sql } from 'drizzle-orm'
import { readAllManifestFiles } from '../artifacts/manifest.ts'
import { commit } from '../audit/commit.ts'
import { toUtf8 } from '../core/bytes.ts'
import { conflict, excerpt, invalid, notFound } from '../core/error.ts'
import { readAs } from '../core/explain.ts'
import { type PrincipalRecord, principalText } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { versionEntry } from '../registry/audit-entries.ts'
import { getVersionFiles, sealedManifest } from '../registry/files/version-manifest.ts'
import {
  type Envelope,
  EnvelopeShape,
  hashPayload,
  OtherBundleShape,
  openEnvelope,
  readStatement,
  type Statement,
} from './envelope.ts'
import { readPublicKey } from './key-pair.ts'
import { modelStatement } from './model-statement.ts'
import { predicateTypes } from './predicate-types.ts'
import type { attestations } from './tables.ts'
import { listTrustedKeys } from './trusted-keys.ts'

/** A statement about the files of a version that somebody else signed. */
export type Attestation = {
  readonly id: number
  readonly predicateType: string
  /** The key that its signature was verified by. */
  readonly hint: string
  /** The name of that key as it is trusted now; undefined: it is no more. */
  readonly key: string | undefined
  readonly result: string | undefined
  readonly sentBy: PrincipalRecord
  readonly sentAtMs: number
}

/** Of a document as UTF-8: below D1's limit for a row. */
const documentBytesMax = 1_000_000
const predicateTypeCharsMax = 500
/** What in-toto's test results say. */
const results = ['PASSED', 'WARNED', 'FAILED'] as const
/** Statements of one version. */
const attestationsMax = 1000

/**
 * Keep a statement about the files of a sealed version that one of the trusted keys signed. The same
 * statement sent again is the one that is there.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE no trusted key signed it, it is about other files, or the version is not sealed
 * @throws RESOURCE_CONFLICT the version or the keys changed meanwhile
 */
export async function addAttestation(
  ctx: Context,
  name: string,
  { version, document }: { readonly version: number; readonly document: object },
): Promise<Attestation> {
  const files = await getVersionFiles(ctx, name, version)
  const manifest = sealedManifest(files, name, version)
  const text = JSON.stringify(document)
  if (toUtf8(text).byteLength > documentBytesMax) {
    throw invalid(`The attestation has more than ${documentBytesMax} bytes`)
  }
  const envelope = envelopeIn(document)
  const { statement, hint, key } = await openTrusted(ctx, envelope)
  const digest = files.digest?.replace('sha256:', '') ?? ''
  if (!(await isAbout(ctx, statement, { digest, manifest }))) {
    throw invalid(
      `The statement is about other files: none of its subjects has the digest of version ${version}, sha256 ${digest}`,
    )
  }
  const { predicateType } = statement
  if (predicateType.length > predicateTypeCharsMax) {
    throw invalid(`'predicateType' has more than ${predicateTypeCharsMax} characters`)
  }
  const sha256 = await hashPayload(ctx, envelope)
  const id = files.modelVersionId
  const isThis = sql`a.model_version = ${id} and a.hint = ${hint} and a.payload_sha256 = ${sha256}`
  const { found } = await commit(ctx, {
    added: sql`insert into attestations (model_version, predicate_type, hint, result,
        payload_sha256, document, sent_by, sent_at_ms)
      select v.id, ${predicateType}, ${hint}, ${resultOf(statement)}, ${sha256}, ${text},
        ${principalText(ctx.principal)}, ${ctx.now()}
      from model_versions v where v.id = ${id} and v.manifest = ${manifest}
        and exists (select 1 from trusted_keys t where t.workspace = ${ctx.workspace}
          and t.name = ${key} and t.hint = ${hint})
        and not exists (select 1 from attestations a where ${isThis})
        and (select count(*) from attestations a where a.model_version = v.id) < ${attestationsMax}`,
    entry: versionEntry(ctx, sql`${id}`, {
      action: 'model_version.attested',
      after: sql`json_object('attestation', (select cast(a.id as text) from attestations a
          where ${isThis}), 'predicate_type', ${predicateType}, 'key', ${key}, 'hint', ${hint},
          'result', ${resultOf(statement)})`,
      guard: sql`changes() > 0`,
    }),
    found: attestationRead(ctx, isThis),
  })
  const [row] = found
  if (row) return attestationFrom(row)
  throw await whyNotKept(ctx, name, version)
}

/** The error for a statement that was not kept: something changed, or there is no room. */
async function whyNotKept(ctx: Context, name: string, version: number): Promise<Error> {
  const { modelVersionId } = await getVersionFiles(ctx, name, version)
  const row = await ctx.db.first(sql<{ count: number }>`select count(*) as count
    from attestations where model_version = ${modelVersionId}`)
  if (row && row.count >= attestationsMax) {
    return invalid(
      `Version ${version} of '${excerpt(name)}' has ${attestationsMax} attestations, which is as many as it may have`,
    )
  }
  return conflict('The version or the trusted keys changed meanwhile; try again')
}

/** The statements about a version, the newest first. */
export async function listAttestations(
  ctx: Context,
  of: { readonly name: string; readonly version: number },
  { before, count }: { readonly before: number; readonly count: number },
): Promise<Attestation[]> {
  const { modelVersionId } = await getVersionFiles(ctx, of.name, of.version)
  const rows = await ctx.db.all(
    attestationRead(ctx, sql`a.model_version = ${modelVersionId} and a.id < ${before}`, count),
  )
  return rows.map(attestationFrom)
}

/** A statement as it was sent, as JSON. @throws RESOURCE_DOES_NOT_EXIST */
export async function getAttestation(
  ctx: Context,
  of: { readonly name: string; readonly version: number },
  id: number,
): Promise<string> {
  const { modelVersionId } = await getVersionFiles(ctx, of.name, of.version)
  const row = await ctx.db.first(sql<{ document: string }>`select document from attestations
    where id = ${id} and model_version = ${modelVersionId}`)
  if (!row) throw notFound('Attestation', String(id))
  return row.document
}

/**
 * An attestation with what it says.
 *
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function openAttestation(
  ctx: Context,
  of: { readonly name: string; readonly version: number },
  id: number,
): Promise<{ readonly attestation: Attestation; readonly statement: Statement }> {
  const { modelVersionId } = await getVersionFiles(ctx, of.name, of.version)
  const row = await ctx.db.first(sql<AttestationRow & { document: string }>`
    select r.*, d.document from (${attestationRead(ctx, sql`a.id = ${id}`)}) r
    join attestations d on d.id = r.id where r.model_version = ${modelVersionId}`)
  if (!row) throw notFound('Attestation', String(id))
  const statement = readStatement(envelopeIn(JSON.parse(row.document)))
  if (!statement) throw new Error(`the attestation ${id} was kept and cannot be read`)
  return { attestation: attestationFrom(row), statement }
}

type AttestationRow = Omit<typeof attestations.$inferSelect, 'document'> & { key: string | null }

function attestationRead(ctx: Context, which: SQL, countMax = -1): SQL<AttestationRow> {
  return sql<AttestationRow>`select a.id, a.model_version, a.predicate_type, a.hint, a.result,
      a.payload_sha256, a.sent_by, a.sent_at_ms,
      (select min(t.name) from trusted_keys t
        where t.workspace = ${ctx.workspace} and t.hint = a.hint) as key
    from attestations a where ${which} order by a.id desc limit ${countMax}`
}

function attestationFrom(row: AttestationRow): Attestation {
  return {
    id: row.id,
    predicateType: row.predicate_type,
    hint: row.hint,
    key: row.key ?? undefined,
    result: row.result ?? undefined,
    sentBy: JSON.parse(row.sent_by),
    sentAtMs: row.sent_at_ms,
  }
}

/** The envelope of what was sent. @throws INVALID_PARAMETER_VALUE it is neither of the two forms */
function envelopeIn(document: object): Envelope {
  const isBundle = 'dsseEnvelope' in document
  if (isBundle && isKeyless(document)) {
    throw invalid(
      'The statement was signed by a certificate, as keyless signing does; statements are taken by trusted keys alone, so sign it with a key',
    )
  }
  if (!isBundle && 'messageSignature' in document) {
    throw invalid(
      'This is a signature of bytes, as cosign sign-blob makes it, and no statement about them: use cosign attest-blob',
    )
  }
  const read = isBundle ? readAs(OtherBundleShape, document) : readAs(EnvelopeShape, document)
  if (!('value' in read)) {
    const form = isBundle ? 'a Sigstore bundle' : 'a DSSE envelope'
    throw invalid(`'${excerpt(read.field)}' is not as in ${form}: ${excerpt(read.problem, 500)}`)
  }
  return 'dsseEnvelope' in read.value ? read.value.dsseEnvelope : read.value
}

function isKeyless(document: object): boolean {
  const material = 'verificationMaterial' in document ? document.verificationMaterial : undefined
  if (typeof material !== 'object' || material === null) return false
  return 'certificate' in material || 'x509CertificateChain' in material
}

/** @throws INVALID_PARAMETER_VALUE no trusted key signed it, or it is no statement */
async function openTrusted(
  ctx: Context,
  envelope: Envelope,
): Promise<{ readonly statement: Statement; readonly hint: string; readonly key: string }> {
  const keys = await listTrustedKeys(ctx)
  let problem = 'no key is trusted here; an administrator of policies adds one'
  for (const { name, hint, pem } of keys) {
    const key = await readPublicKey(ctx, pem)
    if (!key) throw new Error(`the trusted key ${name} cannot be read`)
    const statement = await openEnvelope(envelope, key)
    if (typeof statement !== 'string') return { statement, hint, key: name }
    problem = keys.length === 1 ? statement : `none of the ${keys.length} trusted keys signed it`
  }
  throw invalid(`The attestation does not verify: ${problem}`)
}

/** Whether a subject is the manifest of the version, or its files as OpenSSF's model signature has them. */
async function isAbout(
  ctx: Context,
  { subject, predicateType }: Statement,
  { digest, manifest }: { readonly digest: string; readonly manifest: number },
): Promise<boolean> {
  const named = subject.map((one) => one.digest.sha256)
  if (named.includes(digest)) return true
  if (predicateType !== predicateTypes.model) return false
  const own = await modelStatement(ctx, '', await readAllManifestFiles(ctx, manifest))
  return named.includes(own.subject[0]?.digest.sha256)
}

/** What a test result says; null: it says nothing, or something else. */
function resultOf({ predicateType, predicate }: Statement): string | null {
  if (predicateType !== predicateTypes.gates) return null
  return results.find((one) => one === predicate?.result) ?? null
}
