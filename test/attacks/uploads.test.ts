import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { testServer } from '../support/server.ts'
import { type Member, team } from '../support/team.ts'

const artifacts = '/api/2.0/mlflow-artifacts'
/** The least that S3 and R2 take of a part that is not the last. */
const partBytes = 5 * 1024 * 1024

type Part = { readonly part_number: number; readonly etag: string }

async function uploads() {
  const server = await testServer()
  const { app, call, platform } = server
  /** Begin an upload and send these parts of it. */
  async function begin(path: string, bodies: readonly string[]) {
    const { json } = await call('POST', `${artifacts}/mpu/create/d`, {
      path,
      num_parts: bodies.length,
    })
    const parts: Part[] = []
    const putPart = async (i: number, body: string) =>
      await app.request(json.credentials[i].url, {
        method: 'PUT',
        body,
        headers: { 'content-length': String(body.length) },
      })
    for (const [i, body] of bodies.entries()) {
      const res = await putPart(i, body)
      expect(res.status).toBe(200)
      parts.push({ part_number: i + 1, etag: res.headers.get('etag') ?? '' })
    }
    const complete = (chosen: readonly Part[]) =>
      call('POST', `${artifacts}/mpu/complete/d`, {
        path,
        upload_id: json.upload_id,
        parts: chosen,
      })
    const abort = () =>
      call('POST', `${artifacts}/mpu/abort/d`, { path, upload_id: json.upload_id })
    return { parts, putPart, complete, abort }
  }
  const put = (path: string, body: string) =>
    app.request(`${artifacts}/artifacts/d/${path}`, { method: 'PUT', body })
  const read = async (path: string, range?: string) => {
    const res = await app.request(`${artifacts}/artifacts/d/${path}`, {
      headers: range ? { range } : {},
    })
    return { status: res.status, text: await res.text() }
  }
  const keys = async () => {
    const found: string[] = []
    for await (const { key } of platform.blobs.list('blobs/')) found.push(key)
    return found
  }
  return { begin, put, read, keys, platform }
}

test('of two different completions at once one wins, and the file has its bytes alone', async () => {
  const { begin, put, read } = await uploads()
  for (let round = 0; round < 12; round++) {
    const bodies = [`a${round}`.padEnd(40, 'a'), `b${round}`.padEnd(40, 'b')]
    const { parts, complete } = await begin(`f${round}`, bodies)
    const answers = await Promise.all(parts.map((part) => complete([part])))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const won = bodies[answers.findIndex(({ status }) => status === 200)] ?? ''
    expect(await read(`f${round}`)).toEqual({ status: 200, text: won })
    expect(await read(`f${round}`, 'bytes=0-9')).toEqual({ status: 206, text: won.slice(0, 10) })
    // Whoever uploads either of them afterwards gets what they sent.
    for (const body of bodies) {
      expect((await put('same', body)).status).toBe(200)
      expect((await read('same')).text).toBe(body)
    }
  }
})

test('a completion that is sent again has the same answer, at once and after its answer was lost', async () => {
  const { begin, put, read } = await uploads()
  const bodies = ['x'.repeat(partBytes), 'tail']
  const { parts, complete, abort } = await begin('big', bodies)
  const answers = await Promise.all([complete(parts), complete(parts), complete(parts)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await complete([...parts].reverse())).status).toBe(200)
  expect((await complete(parts.slice(0, 1))).status).toBe(409)
  expect((await read('big')).text.length).toBe(partBytes + 4)
  // Nor does it bring back what was written since, or fall to an abort that comes late.
  await put('big', 'newer')
  expect((await complete(parts)).status).toBe(200)
  expect((await abort()).status).toBe(200)
  expect((await read('big')).text).toBe('newer')
})

test('a completion against an abort leaves the whole file or none, and no bytes without a file', async () => {
  const { begin, read, keys } = await uploads()
  for (let round = 0; round < 8; round++) {
    const path = `r${round}`
    const { parts, complete, abort } = await begin(path, [`body ${round}`])
    const [completed] = await Promise.all([complete(parts), abort()])
    const { status, text } = await read(path)
    if (completed.status === 200) expect([status, text]).toEqual([200, `body ${round}`])
    else expect([completed.status, status]).toEqual([404, 404])
  }
  expect((await keys()).length).toBeLessThanOrEqual(8)
})

test('a completion that finds the parts of an aborted upload gone says that there is no such upload', async () => {
  const { begin, read, platform } = await uploads()
  const { parts, complete, abort } = await begin('f', ['body'])
  const { multipart } = platform.blobs
  const answers: number[] = []
  const { abort: forget } = multipart
  multipart.abort = async (...upload) => {
    await forget.apply(multipart, upload)
    // The rows of the upload are still there.
    answers.push((await complete(parts)).status)
  }
  await abort()
  expect([...answers, (await complete(parts)).status]).toEqual([404, 404])
  expect((await read('f')).status).toBe(404)
})

test('whatever comes at once with a completion, the file is one that somebody sent, and nothing fails', async () => {
  const { begin, put, read } = await uploads()
  for (let round = 0; round < 6; round++) {
    const path = `m${round}`
    const bodies = ['a', 'b', 'c', 'plain'].map((text) => `${text}${round}`.padEnd(40, text))
    const [a = '', b = '', c = '', plain = ''] = bodies
    const { parts, putPart, complete, abort } = await begin(path, [a, b])
    const statuses = await Promise.all([
      ...parts.map((part) => complete([part]).then(({ status }) => status)),
      ...(round % 2 === 1 ? [abort().then(({ status }) => status)] : []),
      ...[putPart(0, c), putPart(1, c), put(path, plain)].map(async (sent) => (await sent).status),
    ])
    expect(Math.max(...statuses)).toBeLessThan(500)
    expect([a, b, plain]).toContain((await read(path)).text)
    for (const body of bodies) {
      await put('same', body)
      expect((await read('same')).text).toBe(body)
    }
  }
})

test('a completion whose part was sent anew meanwhile is refused, and completes with the new list', async () => {
  const { begin, read } = await uploads()
  const { parts, putPart, complete } = await begin('f', ['x'.repeat(partBytes), 'old'])
  const [first] = parts
  const [answer, sent] = await Promise.all([complete(parts), putPart(1, 'new')])
  if (answer.status === 200) return expect((await read('f')).text.endsWith('old')).toBe(true)
  expect(answer.status).toBe(400)
  const second = { part_number: 2, etag: sent.headers.get('etag') ?? '' }
  expect((await complete(first ? [first, second] : [])).status).toBe(200)
  expect((await read('f')).text.endsWith('new')).toBe(true)
})

test('a list that was refused may be put right, and completes then', async () => {
  const { begin, read } = await uploads()
  const { parts, complete } = await begin('f', ['right'])
  expect((await complete([{ part_number: 2, etag: 'f'.repeat(64) }])).status).toBe(400)
  expect((await complete(parts)).status).toBe(200)
  expect((await read('f')).text).toBe('right')
})

test.each(['gone', 'cut off', 'changed'])(
  'bytes that are %s in the store are whole again once somebody uploads them',
  async (damage) => {
    const { begin, put, read, keys, platform } = await uploads()
    await put('first', 'the very same bytes')
    const [key = ''] = await keys()
    await platform.blobs.delete([key])
    if (damage === 'cut off') await platform.blobs.put(key, bytesOf('the very'), 8)
    if (damage === 'changed') await platform.blobs.put(key, bytesOf('THE VERY SAME BYTES'), 19)
    // A range too is given out only where the whole file is right; nobody has read it so far.
    expect((await read('first', 'bytes=0-2')).status).toBe(410)
    await platform.db.all(sql`delete from damaged_blobs`)
    const { parts, complete } = await begin('second', ['the very same bytes'])
    expect((await complete(parts)).status).toBe(200)
    for (const path of ['first', 'second']) {
      expect(await read(path)).toEqual({ status: 200, text: 'the very same bytes' })
    }
    expect((await keys()).length).toBe(1)
  },
)

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}

test('a range of a file that was damaged once is given out only when all of it is right', async () => {
  const { put, read, keys, platform } = await uploads()
  await put('f', 'the very same bytes')
  const [key = ''] = await keys()
  await platform.blobs.delete([key])
  await platform.blobs.put(key, bytesOf('THE VERY SAME BYTES'), 19)
  await expect(read('f')).rejects.toThrow()
  expect((await read('f', 'bytes=0-2')).status).toBe(410)
  await platform.blobs.delete([key])
  await platform.blobs.put(key, bytesOf('the very same bytes'), 19)
  expect(await read('f', 'bytes=0-2')).toEqual({ status: 206, text: 'the' })
})

test('whoever lost the permission completes no upload that they began, and replaces no part of it', async () => {
  const { platform, member, grant, admin } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const [ann, eve] = [await member('ann'), await member('eve')]
  const made = await ann.post('experiments/create', { name: 'e' })
  const id = String(made.json.experiment_id)
  const run = await ann.post('runs/create', { experiment_id: id, start_time: 1 })
  const at = String(run.json.run.info.artifact_uri).replace('mlflow-artifacts:/', '')
  await grant('eve', 'experiment', id, 'EDIT')
  const begun = await eve.call('POST', `${artifacts}/mpu/create/${at}`, { path: 'f', num_parts: 1 })
  const [{ url }] = begun.json.credentials as [{ url: string }]
  const app = appOf(() => platform, ann.principal)
  const send = async (body: string) => {
    const headers = { 'content-length': String(body.length) }
    const res = await app.request(url, { method: 'PUT', body, headers })
    return { status: res.status, part_number: 1, etag: res.headers.get('etag') ?? '' }
  }
  const good = await send('good')
  await admin.post3('users/permissions/revoke', {
    ...{ username: 'eve', resource_type: 'experiment', resource_id: id },
  })
  const end = async (who: Member, verb: string, part: Part) => {
    const body = { path: 'f', upload_id: begun.json.upload_id, parts: [part] }
    return (await who.call('POST', `${artifacts}/mpu/${verb}/${at}`, body)).status
  }
  const evil = await send('evil')
  expect([await end(eve, 'complete', evil), await end(eve, 'abort', evil)]).toEqual([403, 403])
  expect(await end(ann, 'complete', good)).toBe(400)
  expect(await end(ann, 'complete', await send('good'))).toBe(200)
  expect((await send('evil')).status).toBe(404)
  expect(await (await app.request(`${artifacts}/artifacts/${at}/f`)).text()).toBe('good')
})
