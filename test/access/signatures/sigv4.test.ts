import { expect, test } from 'vitest'
import {
  parseSignature,
  SignatureError,
  type SignedRequest,
  verifySignature,
} from '../../../src/access/signatures/sigv4.ts'
import { toUtf8 } from '../../../src/core/bytes.ts'
import { vectors } from './sigv4-vectors.ts'

type Vector = (typeof vectors)[number]

function requestOf({ path, headers, body }: Vector): SignedRequest {
  return {
    method: 'POST',
    places: [{ host: headers.host ?? '', path }],
    header: (name) => headers[name],
    body: toUtf8(body),
  }
}

function held(vector: Vector, change: Partial<SignedRequest> = {}, now = vector.now) {
  const signature = parseSignature(vector.headers.authorization ?? '')
  const nowMs = Date.parse(now)
  const request = { ...requestOf(vector), ...change }
  return verifySignature(request, signature, { secret: vector.secret, nowMs })
}

test.each(vectors)('botocore\'s vector "$name" is judged as it says', async (vector) => {
  const outcome = await held(vector).then(
    () => true,
    (err: unknown) => err,
  )
  if (vector.holds) expect(outcome).toBe(true)
  else expect(outcome).toMatchObject({ flaw: 'signature', code: 'UNAUTHENTICATED' })
})

test('a signature holds five minutes to either side of its time, and no second more', async () => {
  const [plain] = vectors
  if (!plain) throw new Error('no vector')
  await held(plain, {}, '2026-11-26T12:05:00Z')
  await held(plain, {}, '2026-11-26T11:55:00Z')
  await expect(held(plain, {}, '2026-11-26T12:05:01Z')).rejects.toThrow(/2026-11-26T12:05:01/)
  await expect(held(plain, {}, '2026-11-26T11:54:59Z')).rejects.toThrow(SignatureError)
})

test('what was sent by way of a proxy holds at the address that the client used', async () => {
  const vector = vectors.find(({ name }) => name === 'path prefix')
  if (!vector) throw new Error('no vector')
  const host = vector.headers.host ?? ''
  const stripped = { host, path: '/' }
  await expect(held(vector, { places: [stripped] })).rejects.toThrow(SignatureError)
  await held(vector, { places: [stripped, { host, path: '/aws' }] })
})

test.each([
  'AWS4-HMAC-SHA256 Credential=GHK/20261126/us-east-1/sagemaker/aws4_request',
  'AWS4-HMAC-SHA256 Credential=GHK/20261126/us-east-1/sagemaker, SignedHeaders=host, Signature=00',
  'AWS4-HMAC-SHA256 ',
])('a header that lacks a part is refused by its form: %s', (header) => {
  expect(() => parseSignature(header)).toThrow(expect.objectContaining({ flaw: 'form' }))
})
