import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { getCard, putCard } from '../../../api/endpoints/cards.ts'
import { getFacts } from '../../../api/endpoints/facts.ts'
import { getVersion } from '../../../api/endpoints/model-versions.ts'
import { noteSending, receiveVersion } from '../../../api/endpoints/transfers.ts'
import { listVersionFiles } from '../../../api/endpoints/version-files.ts'
import { ApiError, type GatehouseClient } from '../../../client/client.ts'
import { readEveryPage } from '../../../client/every-page.ts'
import { StartError } from '../../../platform/start-error.ts'
import { ioOf } from '../../io.ts'
import { callMlflow } from '../../mlflow-calls.ts'
import { startProgress } from '../../progress.ts'
import { resolveModel } from '../../serving/pull-version.ts'
import { serverOf, targetOf } from '../../with-server.ts'
import { type FileCounts, sendFiles } from './send-files.ts'
import { endRun, takeRun } from './write-run.ts'

export type PromotionTerms = {
  readonly to: string
  /** The model's name there; as here when absent. */
  readonly as?: string | undefined
  /** The experiment there that gets the run. */
  readonly experiment?: string | undefined
  readonly toWorkspace?: string | undefined
}

/** A version that is at the other server. */
export type Arrived = FileCounts & {
  readonly target: GatehouseClient
  readonly model: string
  readonly version: string
  /** Entries of the two audit logs, which name each other. */
  readonly entry: number
  readonly entryThere: number
  readonly added: boolean
}

/**
 * Bring a version to another server: its files, as far as they are not there, its facts as a run, its card.
 * Done again it goes on where it stopped.
 *
 * @param uri `models:/fraud/7`, or with a stage or an alias
 */
export async function sendVersion(
  command: Command,
  client: GatehouseClient,
  { uri, terms }: { readonly uri: string; readonly terms: PromotionTerms },
): Promise<Arrived> {
  const target = targetOf(command, terms)
  const { model: name, version, digest, download_uri: from } = await resolveModel(client, uri)
  const params = { name, version }
  if (digest === undefined) {
    throw new StartError(
      `version ${version} of '${name}' is not sealed: its files lie elsewhere, and cannot be sent`,
    )
  }
  const facts = await client.call(getFacts, { params })
  const { description, tags } = await client.call(getVersion, { params })
  const files = await readEveryPage((page_token) =>
    client.call(listVersionFiles, { params, query: { page_token } }),
  )
  const to = titleOf(terms)
  const server = serverOf(command) ?? 'a database'
  const { entry } = await client.call(noteSending, { params, body: { to } })
  const model = terms.as ?? name
  await takeModel(target, model)
  const run = await takeRun(target, {
    experiment: terms.experiment ?? `promoted-${model}`,
    key: keyOf([server, name, version, digest, model]),
    facts,
  })
  const bar = startProgress({ unit: 'files', total: files.length, output: ioOf(command).err })
  const counts = await sendFiles(files, {
    ...{ source: client, target, from, to: `${run.address}/${folder}` },
    onFile: () => bar.advance(),
  }).finally(bar.stop)
  await endRun(target, run.id)
  const received = await target.call(receiveVersion, {
    params: { name: model },
    body: {
      ...{ run_id: run.id, path: folder, digest, description, tags },
      from: { server, model: name, version, entry },
    },
  })
  const there = { name: received.name, version: received.version }
  await bringCard({ client, target }, params, there)
  await client.call(noteSending, {
    params,
    body: {
      to,
      arrived: { model: received.name, version: received.version, entry: received.entry },
    },
  })
  const { version: number, entry: entryThere, added } = received
  return { ...counts, target, model: received.name, version: number, entry, entryThere, added }
}

/** The folder of the files, below the run's artifacts. */
const folder = 'model'

/** What the audit log calls the other server: its URL and, where it is named, the workspace. */
function titleOf({ to, toWorkspace }: PromotionTerms): string {
  const url = to.replace(/\/+$/, '')
  return toWorkspace === undefined ? url : `${url} (workspace ${toWorkspace})`
}

function keyOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

async function takeModel(target: GatehouseClient, name: string): Promise<void> {
  try {
    await callMlflow(target, 'GET registered-models/get', { name })
    return
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 'RESOURCE_DOES_NOT_EXIST') throw err
  }
  try {
    await callMlflow(target, 'POST registered-models/create', { name })
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 'RESOURCE_ALREADY_EXISTS') throw err
  }
}

type Version = { readonly name: string; readonly version: string }

/** The card that people wrote, where nobody wrote one there. */
async function bringCard(
  { client, target }: { readonly client: GatehouseClient; readonly target: GatehouseClient },
  params: Version,
  there: Version,
): Promise<void> {
  const { revision, card } = await client.call(getCard, { params })
  if (revision === 0) return
  const found = await target.call(getCard, { params: there })
  if (found.revision > 0) return
  await target.call(putCard, { params: there, body: { revision: 0, card } })
}
