/**
 * `bin/gatehouse-node --experimental-transform-types bench/audit-cost.ts`: what the audit log costs a stage transition, in CPU time of
 * this process. The same calls run on two databases, one of which drops the statement that appends
 * the entry and is never sealed. See README.md here.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQL } from 'drizzle-orm'
import { createApp } from '../src/app.ts'
import { type ChainVerdict, verifyStoredChain } from '../src/audit/verify.ts'
import { runBackgroundWork } from '../src/background.ts'
import { runList, withBatches } from '../src/db/batch.ts'
import { compile } from '../src/db/compile.ts'
import type { Database } from '../src/db/database.ts'
import { openPlatform } from '../src/node.ts'
import type { Platform } from '../src/platform/context.ts'
import { givenBy } from '../src/platform/settings/setting-table.ts'

const rounds = 10
const perRound = 500
/** Transitions between two runs of the sealer: about what 50 ms hold on a busy server. */
const perSeal = 25

type Bench = {
  readonly transition: (i: number) => Promise<void>
  readonly afterwards: () => Promise<void>
  readonly verified: () => Promise<ChainVerdict>
}

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-cost-'))
const withRecord = await bench('with', (db) => db)
const without = await bench('without', unrecorded)
const costs: { withMs: number; withoutMs: number }[] = []
for (let round = 0; round <= rounds; round++) {
  const cost = { withMs: await cpuMs(withRecord), withoutMs: await cpuMs(without) }
  // The first round warms up.
  if (round > 0) costs.push(cost)
}
const withMs = median(costs.map((cost) => cost.withMs))
const withoutMs = median(costs.map((cost) => cost.withoutMs))
console.log(`transition with record, sealed: ${withMs.toFixed(3)} ms CPU`)
console.log(`transition without:             ${withoutMs.toFixed(3)} ms CPU`)
console.log(`the audit log adds:             ${(withMs - withoutMs).toFixed(3)} ms CPU`)
const { ok, sealed } = await withRecord.verified()
if (!ok || sealed < rounds * perRound)
  throw new Error('the audit log was not kept while it was measured')
await rm(folder, { recursive: true })

async function bench(name: string, databaseOf: (db: Database) => Database): Promise<Bench> {
  const opened = await openPlatform(givenBy({ GATEHOUSE_DATA: join(folder, name) }))
  const platform: Platform = { ...opened, db: databaseOf(opened.db) }
  const app = createApp(() => platform)
  const post = async (path: string, body: object) => {
    const res = await app.request(`/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
    await res.arrayBuffer()
  }
  await post('registered-models/create', { name: 'm' })
  for (let i = 0; i < 20; i++)
    await post('model-versions/create', { name: 'm', source: 's3://b/m' })
  return {
    transition: (i) =>
      post('model-versions/transition-stage', {
        ...{ name: 'm', version: String((i % 20) + 1), stage: 'Production' },
        archive_existing_versions: true,
      }),
    afterwards: () => runBackgroundWork(platform),
    verified: () => verifyStoredChain(platform, undefined),
  }
}

/** A database that leaves entries of the audit log out. */
function unrecorded(db: Database): Database {
  const isEntry = (query: SQL) => compile(query).text.startsWith('insert into audit_entries')
  return withBatches(db, async (statements) => {
    const kept = statements.filter((query) => !isEntry(query))
    const results = await runList(db, kept)
    return statements.map((query) => (isEntry(query) ? [] : (results[kept.indexOf(query)] ?? [])))
  })
}

async function cpuMs({ transition, afterwards }: Bench): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < perRound; i++) {
    await transition(i)
    if (i % perSeal === 0) await afterwards()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / perRound
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
