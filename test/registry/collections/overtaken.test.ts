import { expect, test } from 'vitest'
import { appOf } from '../../support/app.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { client } from '../../support/client.ts'
import { overtakenDatabase } from '../../support/watched-database.ts'

const collection = '/api/v1/collections/c'

test('who may make a collection does not change one that somebody made just before', async () => {
  const { platform, call, user } = await authServer()
  const db = overtakenDatabase(platform.db, /^select id from registered_models/, async () => {
    expect((await call(admin, 'PUT', collection, { description: 'his' })).status).toBe(200)
  })
  const overtaken = appOf(() => ({ ...platform, db }))
  const eve = client(overtaken, { authorization: await user('eve') })
  const refused = await eve.call('PUT', collection, { description: 'hers', protect: false })
  expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  expect((await call(admin, 'GET', collection)).json.description).toBe('his')
})
