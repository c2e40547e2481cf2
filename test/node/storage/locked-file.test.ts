import { join } from 'node:path'
import Libsql from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

async function serverAndOther() {
  const data = await temporaryFolder()
  const server = await startServer(data)
  onTestFinished(async () => void (await server.stop()))
  // This process is the other one.
  const other = new Libsql(join(data, 'gatehouse.db'))
  onTestFinished(() => void other.close())
  return { server, other }
}

const create = 'experiments/create'
/** Answered by the thread of all requests; searches have one of their own. */
const read = 'experiments/get?experiment_id=0'

test('while another process keeps the file locked reads are answered, and a write waits for it', async () => {
  const { server, other } = await serverAndOther()
  other.exec('BEGIN IMMEDIATE')
  let isAnswered = false
  const written = server.post(create, { name: 'waits' }).finally(() => {
    isAnswered = true
  })
  for (let i = 0; i < 3; i++) {
    expect((await server.get(read)).status).toBe(200)
    expect(isAnswered).toBe(false)
  }
  other.exec('ROLLBACK')
  expect((await written).status).toBe(200)
}, 60_000)

test('a file that stays locked refuses a write with 503 and stops nothing else', async () => {
  const { server, other } = await serverAndOther()
  other.exec('BEGIN IMMEDIATE')
  let reads = 0
  let isAnswered = false
  const written = server.post(create, { name: 'refused' }).finally(() => {
    isAnswered = true
  })
  while (!isAnswered) {
    expect((await server.get(read)).status).toBe(200)
    reads++
  }
  expect((await written).status).toBe(503)
  expect(reads).toBeGreaterThan(5)
  other.exec('ROLLBACK')
  expect((await server.post(create, { name: 'afterwards' })).status).toBe(200)
}, 60_000)

test('a server whose file stays locked ends within the time that supervisors allow', async () => {
  const { server, other } = await serverAndOther()
  other.exec('BEGIN IMMEDIATE')
  const written = server.post(create, { name: 'at the end' })
  expect((await server.get(read)).status).toBe(200)
  const stopped = server.stop()
  const killed = setTimeout(() => void server.stop('SIGKILL'), 10_000)
  expect((await written).status).toBe(503)
  expect((await stopped).code).toBe(0)
  clearTimeout(killed)
}, 60_000)
