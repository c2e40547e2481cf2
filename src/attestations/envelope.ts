import { z } from 'zod'
import { fromBase64, streamBytes, toBase64, toUtf8 } from '../core/bytes.ts'
import { measureBody, type Sha256 } from '../platform/hash.ts'
import { type KeyPair, type PublicKey, signingKind } from './key-pair.ts'

/** in-toto statements in DSSE envelopes, and those in Sigstore bundles. */

export const statementType = 'https://in-toto.io/Statement/v1'
/** What cosign 2 writes: the same members. */
const olderStatementType = 'https://in-toto.io/Statement/v0.1'
const payloadType = 'application/vnd.in-toto+json'
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)

/** Text that every database keeps as it is: some end it at a NUL, or write half a character as another. */
const WholeText = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'))

/** A statement that says something about things with digests. */
export const StatementShape = z.object({
  _type: z.enum([statementType, olderStatementType]),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1),
  predicateType: WholeText.min(1),
  predicate: z.record(z.string(), z.unknown()).optional(),
})
export type Statement = z.output<typeof StatementShape>

/** A signed statement by itself. */
export const EnvelopeShape = z.object({
  payload: z.string(),
  payloadType: z.literal(payloadType),
  signatures: z.array(z.object({ sig: z.string(), keyid: z.string().optional() })).min(1),
})
export type Envelope = z.output<typeof EnvelopeShape>

/** A signed statement as Sigstore's and OpenSSF's tools read it. */
export const SigstoreBundleShape = z.object({
  mediaType: z.literal(bundleType),
  verificationMaterial: z.object({ publicKey: z.object({ hint: Sha256Hex }) }),
  dsseEnvelope: EnvelopeShape,
})

/** As others write it: what tells the key is in a form of their own, and each trusted key is tried. */
export const OtherBundleShape = SigstoreBundleShape.extend({
  verificationMaterial: z.object({ publicKey: z.object({ hint: z.string() }) }),
})

/** The text of a Sigstore bundle around a signed statement. */
export async function signStatement(statement: Statement, key: KeyPair): Promise<string> {
  const body = toUtf8(JSON.stringify(statement))
  const raw = await crypto.subtle.sign(signingKind, key.privateKey, preAuthEncoding(body))
  return JSON.stringify({
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: key.hint }, tlogEntries: [] },
    dsseEnvelope: {
      payload: toBase64(body),
      payloadType,
      signatures: [{ sig: toBase64(derOf(new Uint8Array(raw))), keyid: '' }],
    },
  })
}

/**
 * What an envelope says, if `key` signed it. Only the first signature is looked at, as OpenSSF's tool does.
 *
 * @returns a sentence where it does not hold
 */
export async function openEnvelope(
  { payload, signatures }: Envelope,
  key: PublicKey,
): Promise<Statement | string> {
  const body = fromBase64(payload)
  const signature = rawOf(fromBase64(signatures[0]?.sig ?? '') ?? new Uint8Array())
  if (!body || !signature) return 'its payload or its signature is no base64 of the right form'
  const holds = await crypto.subtle.verify(signingKind, key.key, signature, preAuthEncoding(body))
  if (!holds) return 'its signature is not by this key, or what it signs was changed'
  const found = StatementShape.safeParse(jsonIn(body))
  return found.success ? found.data : 'what was signed is no in-toto statement'
}

/** What stands for a statement that was opened, in hex: the SHA-256 of what was signed. */
export async function hashPayload(
  on: { sha256(): Sha256 },
  { payload }: Envelope,
): Promise<string> {
  const bytes = fromBase64(payload)
  if (!bytes) throw new Error('a statement was opened and is no base64')
  return (await measureBody(streamBytes(bytes), on.sha256())).sha256
}

/** What an envelope says, whoever signed it: for what was verified when it was kept. */
export function readStatement({ payload }: Envelope): Statement | undefined {
  const body = fromBase64(payload)
  return body && StatementShape.safeParse(jsonIn(body)).data
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}

/** What is signed: type and body with their lengths, as DSSE has it. */
function preAuthEncoding(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = toUtf8(`DSSEv1 ${payloadType.length} ${payloadType} ${body.byteLength} `)
  const bytes = new Uint8Array(head.byteLength + body.byteLength)
  bytes.set(head)
  bytes.set(body, head.byteLength)
  return bytes
}

const halfBytes = 32
const sequenceTag = 0x30
const integerTag = 0x02

/** A signature as ASN.1, from r and s of 32 bytes each as WebCrypto has it. */
function derOf(raw: Uint8Array): Uint8Array {
  const parts = [raw.subarray(0, halfBytes), raw.subarray(halfBytes)].map(integerOf)
  const inner = parts.flatMap((part) => [integerTag, part.length, ...part])
  return Uint8Array.from([sequenceTag, inner.length, ...inner])
}

/** Without leading zeros, and with one before a set top bit, which would be a sign. */
function integerOf(half: Uint8Array): number[] {
  const start = half.findIndex((byte) => byte !== 0)
  const digits = [...half.subarray(start === -1 ? half.length - 1 : start)]
  return (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits
}

/** The other way round; undefined: it is no signature of this kind, to the byte. */
function rawOf(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der[0] !== sequenceTag || der[1] !== der.length - 2) return undefined
  const raw = new Uint8Array(2 * halfBytes)
  let at = 2
  for (const end of [halfBytes, 2 * halfBytes]) {
    const length = der[at + 1] ?? 0
    const digits = der.subarray(at + 2, at + 2 + length)
    const value = digits[0] === 0 ? digits.subarray(1) : digits
    if (der[at] !== integerTag || digits.length !== length || value.length > halfBytes)
      return undefined
    raw.set(value, end - value.length)
    at += 2 + length
  }
  // One signature has one form.
  return at === der.length && derOf(raw).every((byte, i) => byte === der[i]) ? raw : undefined
}
