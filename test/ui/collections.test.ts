import { expect, test } from 'vitest'
import { pagesOf, postedFields, textOf } from './page.ts'
import { askedWorld } from './world.ts'

async function world() {
  const made = await askedWorld()
  const { app, ann, mlflow } = made
  await made.call(ann, 'PUT', '/api/v1/collections/best', { protect: true })
  return { ...made, mlflow, as: (who: string) => pagesOf(app, who) }
}

test('a version is linked from its page, and the pages of collections tell of it', async () => {
  const { as, ann, rita, call } = await world()
  const change = '/models/fraud-detector/3/change'
  const page = await as(ann).get(change)
  expect(textOf(page.html)).toContain('Link in collection')
  const done = await as(ann).post('/models/fraud-detector/3/link', {
    ...postedFields(page.html, '/models/fraud-detector/3/link'),
    collection: 'best',
  })
  expect([done.status, done.headers.get('location')]).toEqual([303, '/models/best'])
  const listed = textOf((await as(rita).get('/collections')).html)
  expect(listed).toMatch(/best 1 – its versions/)
  const text = textOf((await as(rita).get('/models/best')).html)
  expect(text).toMatch(/Links 1 .* 1 fraud-detector 3 None/)
  const links = await call(ann, 'GET', '/api/v1/collections/best/links')
  expect(links.json.items).toHaveLength(1)
})

test('who may not link is told, and what cannot be linked is said beside the field', async () => {
  const { as, ann, rita } = await world()
  const path = '/models/fraud-detector/3/link'
  expect((await as(rita).post(path, { collection: 'best' })).status).toBe(403)
  const none = await as(ann).post(path, { collection: 'none' })
  expect([none.status, textOf(none.html)]).toEqual([404, expect.stringContaining('none')])
})
