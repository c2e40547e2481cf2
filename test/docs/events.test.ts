import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findFreePort } from '../../src/cli/serving/serve/find-free-port.ts'
import { eventTypes } from '../../src/webhooks/events/event-types.ts'
import { formats } from '../../src/webhooks/formats/formats.ts'
import { client, serverAt } from '../support/client.ts'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')

test('the page on events has every type and every format', () => {
  expect(eventTypes.filter((type) => !page.includes(`\`${type}\``))).toEqual([])
  expect(formats.filter((format) => !page.includes(`\`${format}\``))).toEqual([])
})

test('the receiver of the page takes what is signed, once, and refuses the rest', async () => {
  const [, code = ''] = /<!-- receiver -->\n```js\n(.*?)```/s.exec(page) ?? []
  const folder = await temporaryFolder()
  const port = await findFreePort()
  await writeFile(join(folder, 'receiver.mjs'), code)
  const env = { ...process.env, WEBHOOK_SECRET: 's3cret', PORT: `${port}` }
  const child = spawn(process.execPath, [join(folder, 'receiver.mjs')], { env })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const server = await startServer(folder, ['--webhook-hosts', '127.0.0.1'])
  try {
    const { call } = client(serverAt(server.url))
    const api = async (method: string, path: string, body: object = {}) =>
      (await call(method, `/api/v1/${path}`, method === 'GET' ? undefined : body)).json
    const url = `http://127.0.0.1:${port}/`
    const hook = { name: 'hook', url, events: ['*'], secret: 's3cret' }
    const { id } = await api('POST', 'webhooks', hook)
    await server.post('registered-models/create', { name: 'm', description: 'd' })
    const delivered = async () => {
      const { items } = await api('GET', `webhooks/${id}/deliveries`)
      return items[0]?.status === 'delivered' ? items[0] : undefined
    }
    await expect.poll(delivered, { timeout: 10_000 }).toBeDefined()
    const { id: delivery } = await delivered()
    await api('POST', `webhooks/${id}/deliveries/${delivery}/redeliver`)
    await expect.poll(delivered, { timeout: 10_000 }).toBeDefined()
    expect(out.match(/registered_model.created: m .*"description":"d"/g)).toHaveLength(1)
    await api('PATCH', `webhooks/${id}`, { secret: 'another' })
    expect(await api('POST', `webhooks/${id}/test`)).toMatchObject({ response_status: 401 })
  } finally {
    child.kill()
    await server.stop()
  }
}, 60_000)
