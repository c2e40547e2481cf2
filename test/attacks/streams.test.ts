import { expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'

/** What a stream sends, read until it ends or `ms` have passed. */
async function endsWithin(res: Response, ms: number): Promise<boolean> {
  const reader = res.body?.getReader()
  if (!reader) throw new Error('the answer has no body')
  const ended = (async () => {
    while (!(await reader.read()).done);
    return true
  })()
  const late = new Promise<boolean>((done) => setTimeout(() => done(false), ms))
  const isEnded = await Promise.race([ended, late])
  await reader.cancel()
  return isEnded
}

async function streams() {
  const server = await authServer()
  const open = (authorization: string) =>
    server.app.request('/api/v1/events', { headers: { authorization } })
  return { ...server, open }
}

test('one account takes no more than sixteen streams of events, and leaves room for others', async () => {
  const { open, user } = await streams()
  const [ann, ben] = [await user('ann'), await user('ben')]
  const taken: ReadableStreamDefaultReader[] = []
  const take = async (authorization: string) => {
    const res = await open(authorization)
    const reader = res.body?.getReader()
    await reader?.read()
    if (res.status === 200 && reader) taken.push(reader)
    return res.status
  }
  for (let i = 0; i < 16; i++) expect(await take(ann)).toBe(200)
  expect(await take(ann)).toBe(429)
  expect(await take(ben)).toBe(200)
  await taken[0]?.cancel()
  expect(await take(ann)).toBe(200)
  for (const reader of taken) await reader.cancel()
})

test('a stream ends within a second or two after its token is revoked', async () => {
  const { open, user, token, call } = await streams()
  const ann = await user('ann')
  const { id, bearer } = await token(ann)
  const res = await open(bearer)
  const ends = endsWithin(res, 4000)
  expect((await call(ann, 'DELETE', `/api/v1/tokens/${id}`)).status).toBeLessThan(300)
  expect(await ends).toBe(true)
})

test('a stream ends after its account is deleted, or its password changed, and those of others go on', async () => {
  const { open, user, mlflow } = await streams()
  const [ann, ben, eve] = [await user('ann'), await user('ben'), await user('eve')]
  const [ofAnn, ofBen, ofEve] = [await open(ann), await open(ben), await open(eve)]
  const ends = [endsWithin(ofAnn, 4000), endsWithin(ofBen, 4000), endsWithin(ofEve, 4000)]
  await mlflow(admin, 'DELETE', 'users/delete', { username: 'ann' })
  await mlflow(admin, 'PATCH', 'users/update-password', {
    username: 'ben',
    password: 'another password of ben',
  })
  expect(await Promise.all(ends)).toEqual([true, true, false])
})
