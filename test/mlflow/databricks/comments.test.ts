import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { databricksServer, version } from './world.ts'

const said = { ...version, comment: 'accuracy looks odd' }

test('a comment is its author’s to change and delete, and an administrator’s', async () => {
  const { ada, rita, root } = await databricksServer()
  const made = await ada('POST', 'comments/create', said)
  expect(made.json.comment).toMatchObject({
    user_id: 'ada',
    comment: 'accuracy looks odd',
    available_actions: ['EDIT_COMMENT', 'DELETE_COMMENT'],
  })
  const { id } = made.json.comment
  expect((await rita('PATCH', 'comments/update', { id, comment: 'fine' })).status).toBe(403)
  expect((await rita('DELETE', 'comments/delete', { id })).status).toBe(403)
  const changed = await ada('PATCH', 'comments/update', { id, comment: 'fine now' })
  expect(changed.json.comment).toMatchObject({ id, comment: 'fine now' })
  expect(await root('DELETE', 'comments/delete', { id })).toMatchObject({ status: 200, json: {} })
  expect((await ada('DELETE', 'comments/delete', { id })).status).toBe(404)
  expect((await ada('PATCH', 'comments/update', { id, comment: 'x' })).status).toBe(404)
})

test('what was said, changed and deleted is in the audit log', async () => {
  const { ada, call } = await databricksServer()
  const { id } = (await ada('POST', 'comments/create', said)).json.comment
  await ada('PATCH', 'comments/update', { id, comment: 'fine now' })
  await ada('DELETE', 'comments/delete', { id })
  const { json } = await call(admin, 'GET', '/api/v1/audit?model=fraud&max_results=3')
  const entries = json.items.map((entry: Record<string, unknown>) => ({
    action: entry.action,
    model: entry.model,
    version: entry.version,
    before: entry.before ?? undefined,
    after: entry.after ?? undefined,
  }))
  const first = { comment: id, text: 'accuracy looks odd' }
  const then = { comment: id, text: 'fine now' }
  expect(entries).toEqual([
    { action: 'version_comment.deleted', model: 'fraud', version: '1', before: then },
    { action: 'version_comment.updated', model: 'fraud', version: '1', before: first, after: then },
    { action: 'version_comment.created', model: 'fraud', version: '1', after: first },
  ])
})

test('comments go with their version', async () => {
  const { ada, mlflow } = await databricksServer()
  const { id } = (await ada('POST', 'comments/create', said)).json.comment
  expect((await mlflow(admin, 'DELETE', 'model-versions/delete', version)).status).toBe(200)
  expect((await ada('PATCH', 'comments/update', { id, comment: 'x' })).status).toBe(404)
})

test('who may not read the model any more sees none of its comments', async () => {
  const { omar, allow } = await databricksServer()
  const { id } = (await omar('POST', 'comments/create', said)).json.comment
  await allow('omar', 'NO_PERMISSIONS')
  expect((await omar('PATCH', 'comments/update', { id, comment: 'x' })).status).toBe(403)
})

test('sixteen comments at once are all kept', async () => {
  const { ada } = await databricksServer()
  const made = await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      ada('POST', 'comments/create', { ...version, comment: `${i}` }),
    ),
  )
  expect(made.map(({ json }) => json.comment.comment)).toEqual(made.map((_, i) => `${i}`))
  expect(new Set(made.map(({ json }) => json.comment.id)).size).toBe(16)
})

test.each([
  [{ comment: '' }, 400],
  [{ comment: 'x'.repeat(10_001) }, 400],
  [{ comment: 'a\u0000b' }, 400],
  [{ comment: ['x'] }, 400],
  [{ version: '7' }, 404],
  [{ version: 'x' }, 400],
  [{ name: 'nothing' }, 404],
])('a comment with %o is refused', async (bad, status) => {
  const { ada } = await databricksServer()
  expect((await ada('POST', 'comments/create', { ...said, ...bad })).status).toBe(status)
})

test.each(['', 'x', '0', '-1', '99999999999999999999', '1 or 1=1'])(
  'the comment %o is not there',
  async (id) => {
    const { ada } = await databricksServer()
    await ada('POST', 'comments/create', said)
    const { status } = await ada('DELETE', 'comments/delete', { id })
    expect(status).toBe(id === '' ? 400 : 404)
  },
)
