import { afterAll, beforeAll, expect, test } from 'vitest'
import { signDirectParts } from '../../../src/artifacts/uploads/direct-parts.ts'
import { createUpload } from '../../../src/artifacts/uploads/multipart.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { S3BlobStore } from '../../../src/platform/s3/s3-blob-store.ts'
import { signsParts } from '../../../src/platform/s3/s3-options.ts'
import { contextOf, person } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { testServer } from '../../support/server.ts'
import { type Member, team } from '../../support/team.ts'
import { startS3Server } from './s3-server.ts'

const artifacts = '/api/2.0/mlflow-artifacts'
const partBytes = 5 * 1024 * 1024
const whole = `${'a'.repeat(partBytes)}tail`

let s3: Awaited<ReturnType<typeof startS3Server>>
beforeAll(async () => {
  s3 = await startS3Server()
}, 300_000)
afterAll(() => s3?.stop())

async function directServer() {
  const blobs = new S3BlobStore(await s3.bucket('some prefix/'), sha256, { signsParts: true })
  const server = await testServer({ blobs })
  return {
    ...server,
    create: async (count: number) =>
      (await server.call('POST', `${artifacts}/mpu/create/d`, { path: 'big', num_parts: count }))
        .json,
    complete: (upload_id: string, parts: object[]) =>
      server.call('POST', `${artifacts}/mpu/complete/d`, { path: 'big', upload_id, parts }),
  }
}

type Credential = { url: string; part_number: number; headers: object }

test('parts go straight to the bucket by URLs that its keys sign, and become the file', async () => {
  const { app, create, complete } = await directServer()
  const { upload_id, credentials } = await create(2)
  const parts = []
  for (const { url, part_number, headers } of credentials as Credential[]) {
    const signed = new URL(url)
    expect(signed.origin).toBe(s3.endpoint)
    expect(signed.searchParams.get('X-Amz-Expires')).toBe('86400')
    expect([signed.searchParams.get('partNumber'), headers]).toEqual([String(part_number), {}])
    const body = whole.slice((part_number - 1) * partBytes, part_number * partBytes)
    const res = await fetch(url, { method: 'PUT', body })
    expect(res.status).toBe(200)
    parts.push({ part_number, etag: res.headers.get('etag'), url })
  }
  expect((await complete(upload_id, [{ part_number: 1, etag: 'other' }])).status).toBe(400)
  expect((await complete(upload_id, parts)).status).toBe(200)
  const found = await app.request(`${artifacts}/artifacts/d/big`)
  expect(await found.text()).toBe(whole)
})

test('each URL is signed for its own part', async () => {
  const { create } = await directServer()
  const { credentials } = await create(3)
  const signatures = (credentials as Credential[]).map(({ url }) =>
    new URL(url).searchParams.get('X-Amz-Signature'),
  )
  expect(new Set(signatures).size).toBe(3)
  expect(signatures).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{64}$/)))
})

test('whom a quota counts for sends parts through the server, which counts them', async () => {
  const { platform } = await directServer()
  const settings = { ...platform.settings, storageQuotaBytes: 1000 }
  const ann = contextOf({ ...platform, settings }, person('ann', { accountId: 7 }))
  const admin = contextOf(
    { ...platform, settings },
    person('root', { accountId: 8, isAdmin: true }),
  )
  const lifetimeMs = 60_000
  const urls = async (ctx: typeof ann) =>
    signDirectParts(ctx, await createUpload(ctx, 'd/x'), { count: 2, lifetimeMs })
  expect(await urls(ann)).toBeUndefined()
  expect(await urls(admin)).toEqual([expect.any(String), expect.any(String)])
})

test('a URL ends with the credential of who got it', async () => {
  const { platform } = await directServer()
  const nowMs = platform.now()
  const validSeconds = async (endsInMs: number) => {
    const ann = contextOf(platform, person('ann', { endsAtMs: nowMs + endsInMs }))
    const given = { count: 1, lifetimeMs: 60_000 }
    const ctx = { ...ann, now: () => nowMs }
    const [url = ''] = (await signDirectParts(ctx, await createUpload(ctx, 'd/x'), given)) ?? []
    return Number(new URL(url).searchParams.get('X-Amz-Expires'))
  }
  expect(await validSeconds(3_600_000)).toBe(60)
  expect(await validSeconds(5000)).toBe(5)
  expect(await validSeconds(-5000)).toBe(1)
})

test('whoever lost the permission has URLs that make no file, and change none', async () => {
  const blobs = new S3BlobStore(await s3.bucket(), sha256, { signsParts: true })
  const { platform, member, grant, admin } = await team(
    { defaultPermission: 'NO_PERMISSIONS' },
    { blobs },
  )
  const [ann, eve] = [await member('ann'), await member('eve')]
  const made = await ann.post('experiments/create', { name: 'e' })
  const id = String(made.json.experiment_id)
  const run = await ann.post('runs/create', { experiment_id: id, start_time: 1 })
  const at = String(run.json.run.info.artifact_uri).replace('mlflow-artifacts:/', '')
  await grant('eve', 'experiment', id, 'EDIT')
  const begun = await eve.call('POST', `${artifacts}/mpu/create/${at}`, { path: 'f', num_parts: 2 })
  const [first, second] = begun.json.credentials as Credential[]
  const send = (of: Credential | undefined, body: string) =>
    fetch(of?.url ?? '', { method: 'PUT', body })
  const etagOf = async (res: Promise<Response>) => (await res).headers.get('etag')
  const parts = [
    { part_number: 1, etag: await etagOf(send(first, 'a'.repeat(partBytes))) },
    { part_number: 2, etag: await etagOf(send(second, 'tail')) },
  ]
  const { upload_id } = begun.json
  const end = (who: Member, verb: string) =>
    who.call('POST', `${artifacts}/mpu/${verb}/${at}`, { path: 'f', upload_id, parts })
  const read = async () =>
    (await appOf(() => platform, ann.principal).request(`${artifacts}/artifacts/${at}/f`)).status

  await admin.post3('users/permissions/revoke', {
    ...{ username: 'eve', resource_type: 'experiment', resource_id: id },
  })
  // The bucket takes what she sends, and nobody sees it.
  expect((await send(second, 'evil')).status).toBe(200)
  expect([(await end(eve, 'complete')).status, (await end(eve, 'abort')).status]).toEqual([
    403, 403,
  ])
  expect(await read()).toBe(404)
  // Nor does it slip into what somebody else completes.
  expect((await end(ann, 'complete')).status).toBe(400)
  await send(second, 'tail')
  expect((await end(ann, 'complete')).status).toBe(200)
  expect((await send(second, 'evil')).ok).toBe(false)
  expect(await read()).toBe(200)
})

test('a store whose URLs nobody asked for signs none', async () => {
  const store = new S3BlobStore(await s3.bucket(), sha256)
  expect(store.multipart.signPart).toBeUndefined()
})

test('the setting names the bucket where files are stored, and no other', () => {
  const given = (value?: string) => (name: string) =>
    name === 'direct-uploads' ? value : undefined
  expect(signsParts('s3://b/p', given())).toBe(false)
  expect(signsParts('s3://b/p', given('s3://b/p'))).toBe(true)
  expect(() => signsParts('s3://b/p', given('s3://b/q'))).toThrow("'s3://b/q'")
  expect(() => signsParts('./artifacts', given('s3://b/q'))).toThrow("'./artifacts'")
})
