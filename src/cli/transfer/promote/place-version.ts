import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { getCard, putCard } from '../../../api/endpoints/cards.ts'
import type { RequestOf } from '../../../api/endpoints/endpoint.ts'
import { receiveVersion } from '../../../api/endpoints/transfers.ts'
import { ApiError, type GatehouseClient } from '../../../client/client.ts'
import type { Card } from '../../../governance/cards/card-shape.ts'
import { ioOf } from '../../io.ts'
import { callMlflow } from '../../mlflow-calls.ts'
import { startProgress } from '../../progress.ts'
import { type FileCounts, sendFiles } from './send-files.ts'
import type { SentFile } from './sent-file.ts'
import { endRun, type RunFacts, takeRun } from './write-run.ts'

/** A version that a server is to take in: one of another server, or one in a bundle. */
export type SentVersion = {
  readonly digest: string
  readonly description: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly facts: RunFacts
  readonly files: readonly SentFile[]
  /** The bytes of a file from one on; they are checked on their way. */
  open(file: SentFile, from: number): Promise<AsyncIterable<Uint8Array>>
  readonly from: RequestOf<typeof receiveVersion>['body']['from']
  /** The card that people wrote. */
  findCard(): Promise<Card | undefined>
}

/** Where it goes at the server. */
export type SentTo = {
  readonly target: GatehouseClient
  readonly model: string
  readonly experiment: string
}

/** A version that is at a server. */
export type PlacedVersion = FileCounts & {
  readonly model: string
  readonly version: string
  /** Of the audit log there. */
  readonly entryThere: number
  readonly added: boolean
}

/** What `--json` says of a version that was placed. */
export function placedToWire({ model, version, added, ...counts }: PlacedVersion) {
  const { sent, sentBytes, known, entryThere } = counts
  return { model, version, added, sent, sent_bytes: sentBytes, known, entry_there: entryThere }
}

/** The folder of the files, below the run's artifacts. */
const folder = 'model'

/**
 * Bring a version to a server: its files, as far as they are not there, its facts as a run, its card. Done
 * again it goes on where it stopped.
 *
 * @throws ApiError the server refused, such as a version whose files have another digest there
 */
export async function placeVersion(
  command: Command,
  version: SentVersion,
  { target, model, experiment }: SentTo,
): Promise<PlacedVersion> {
  const { digest, description, tags, facts, files, from } = version
  await takeModel(target, model)
  const key = keyOf([from.server, from.model, from.version, digest, model])
  const run = await takeRun(target, { experiment, key, facts })
  const bar = startProgress({ unit: 'files', total: files.length, output: ioOf(command).err })
  const counts = await sendFiles(files, {
    ...{ open: (file, from) => version.open(file, from), target, to: `${run.address}/${folder}` },
    onFile: () => bar.advance(),
  }).finally(bar.stop)
  await endRun(target, run.id, facts)
  const received = await target.call(receiveVersion, {
    params: { name: model },
    body: { run_id: run.id, path: folder, digest, description, tags: { ...tags }, from },
  })
  const { entry: entryThere, added } = received
  await sendCard(target, received, version)
  return { ...counts, model: received.name, version: received.version, entryThere, added }
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

/** The card that people wrote, where nobody wrote one there. */
async function sendCard(
  target: GatehouseClient,
  { name, version }: { readonly name: string; readonly version: string },
  sent: SentVersion,
): Promise<void> {
  const card = await sent.findCard()
  if (!card) return
  const params = { name, version }
  const { revision } = await target.call(getCard, { params })
  if (revision > 0) return
  try {
    await target.call(putCard, { params, body: { revision: 0, card } })
  } catch (err) {
    // Somebody wrote one at this moment.
    if (!(err instanceof ApiError) || err.code !== 'RESOURCE_CONFLICT') throw err
  }
}
