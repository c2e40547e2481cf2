import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

/** The least that stores take of a part that is not the last. */
const part_size = 5 * 1024 * 1024
const first = 'a'.repeat(part_size)
const whole = `${first}tail`

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function resumableServer() {
  const server = await testServer()
  const { app, call } = server
  const expected = { sha256: sumOf(whole), size: whole.length, part_size }
  return {
    ...server,
    resume: (path: string, more: object = {}) =>
      call('POST', '/api/v1/uploads', { path, ...expected, ...more }),
    complete: (id: string) => call('POST', `/api/v1/uploads/${id}/complete`),
    putPart: (url: string, body: string) =>
      app.request(url, {
        method: 'PUT',
        ...{ body, headers: { 'content-length': String(body.length) } },
      }),
    read: async (path: string) => {
      const found = await app.request(`/api/2.0/mlflow-artifacts/artifacts/${path}`)
      return found.status === 200 ? found.text() : found.status
    },
  }
}

type Missing = { part: number; url: string }[]
const numbers = (missing: Missing) => missing.map(({ part }) => part)

test('who asks again gets the same upload and what is missing of it', async () => {
  const { resume, complete, putPart, read } = await resumableServer()
  const begun = await resume('1/f')
  expect([begun.status, numbers(begun.json.missing)]).toEqual([200, [1, 2]])
  const [one] = begun.json.missing as Missing
  expect((await putPart(one?.url ?? '', first)).status).toBe(200)
  const again = await resume('1/f')
  expect([again.json.upload_id, numbers(again.json.missing)]).toEqual([begun.json.upload_id, [2]])
  const early = await complete(begun.json.upload_id)
  expect([early.status, early.json.message]).toEqual([
    409,
    expect.stringContaining('1 parts of the upload'),
  ])
  expect((await putPart(again.json.missing[0].url, 'tail')).status).toBe(200)
  const done = await Promise.all([1, 2, 3].map(() => complete(begun.json.upload_id)))
  expect(done.map(({ status, json }) => [status, json])).toEqual(Array(3).fill([200, {}]))
  expect(await read('1/f')).toBe(whole)
  expect((await complete(begun.json.upload_id)).status).toBe(200)
  // The next one of the same bytes is another upload.
  expect((await resume('1/f')).json.upload_id).not.toBe(begun.json.upload_id)
})

test('another file, path, size or parts is another upload', async () => {
  const { resume } = await resumableServer()
  const { upload_id } = (await resume('1/f')).json
  const others = await Promise.all([
    resume('1/g'),
    resume('1/f', { sha256: sumOf('other') }),
    resume('1/f', { size: whole.length + 1 }),
    resume('1/f', { part_size: part_size + 1 }),
  ])
  const ids = others.map(({ json }) => json.upload_id)
  expect(new Set([upload_id, ...ids]).size).toBe(5)
})

test('parts that are not the file are refused, nothing of them stays, and it is begun anew', async () => {
  const { resume, complete, putPart, read, platform } = await resumableServer()
  const begun = (await resume('1/f')).json
  await putPart(begun.missing[0].url, first)
  await putPart(begun.missing[1].url, 'liar')
  const refused = await complete(begun.upload_id)
  expect([refused.status, refused.json.message]).toEqual([
    400,
    `The bytes of '1/f' have the SHA-256 ${sumOf(`${first}liar`)}, and not ${sumOf(whole)} as was declared; nothing was stored`,
  ])
  expect(await read('1/f')).toBe(404)
  expect(await Array.fromAsync(platform.blobs.list('blobs/'))).toEqual([])
  expect((await complete(begun.upload_id)).status).toBe(404)
  const anew = (await resume('1/f')).json
  expect([anew.upload_id === begun.upload_id, numbers(anew.missing)]).toEqual([false, [1, 2]])
})

test('a part that the store has lost is asked for again', async () => {
  const { resume, complete, putPart, read, platform } = await resumableServer()
  const begun = (await resume('1/f')).json
  await putPart(begun.missing[0].url, first)
  await putPart(begun.missing[1].url, 'tail')
  await platform.db.all(sql`update multipart_parts set etag = ${'0'.repeat(64)} where part = 2`)
  expect((await complete(begun.upload_id)).status).toBe(400)
  const again = (await resume('1/f')).json
  expect([again.upload_id, numbers(again.missing)]).toEqual([begun.upload_id, [1, 2]])
  await putPart(again.missing[0].url, first)
  await putPart(again.missing[1].url, 'tail')
  expect((await complete(begun.upload_id)).status).toBe(200)
  expect(await read('1/f')).toBe(whole)
})

test('one that a bucket has forgotten by now is not gone on with', async () => {
  const { resume, platform } = await resumableServer()
  const begun = (await resume('1/f')).json
  const weekMs = 7 * 24 * 60 * 60 * 1000
  await platform.db.all(sql`update multipart_uploads set created_at_ms = created_at_ms - ${weekMs}`)
  expect((await resume('1/f')).json.upload_id).not.toBe(begun.upload_id)
})

test('bad requests are refused with what is wrong', async () => {
  const { resume, complete, call } = await resumableServer()
  const refused: [object, string][] = [
    [{ path: '../f' }, '..'],
    [{ path: 'model-versions/1/f' }, 'cannot be written'],
    [{ sha256: 'x' }, 'sha256'],
    [{ size: 0 }, 'size'],
    [{ part_size: 5 }, 'part_size'],
    [{ size: 1e15 }, 'at most 10000 parts'],
  ]
  for (const [more, message] of refused) {
    const { status, json } = await resume('1/f', more)
    expect([status >= 400 && status < 500, json.message]).toEqual([
      true,
      expect.stringContaining(message),
    ])
  }
  const none = await complete('0'.repeat(32))
  expect([none.status, none.json.message]).toEqual([404, expect.stringContaining('upload')])
  const made = await call('POST', '/api/2.0/mlflow-artifacts/mpu/create/1', {
    path: 'f',
    num_parts: 1,
  })
  expect((await complete(made.json.upload_id)).status).toBe(404)
})
