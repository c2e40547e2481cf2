import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { type GatehouseClient, mayPass } from '../../client/client.ts'
import { readBlocks } from '../../client/read-blocks.ts'
import { note } from '../io.ts'
import type { ResolvedModel } from './pull-version.ts'

const reconnectMs = 1000
const refusedMs = 15_000
/** A stream has a sign of life every 15 seconds. */
const silenceMaxMs = 45_000

/** What a URI means at a moment: a version, or none. */
export type FollowedMeaning =
  | ResolvedModel
  | { readonly uri: string; readonly error_code: string; readonly message: string }

/**
 * Tell what a URI means, and each change of it. Streams end now and then, and connections break: each
 * time it goes on from what it knows.
 *
 * @param follower.isPatient whether to go on asking also where the server refuses
 * @throws ApiError the server refuses
 */
export async function followUri(
  command: Command,
  client: GatehouseClient,
  follower: {
    readonly uri: string
    readonly onMeaning: (meaning: FollowedMeaning) => void
    readonly isPatient?: () => boolean
    /** Ends it at the next sign of life. */
    readonly signal?: AbortSignal
  },
): Promise<void> {
  const { uri, onMeaning, isPatient, signal } = follower
  let last = ''
  while (!signal?.aborted) {
    let pauseMs = reconnectMs
    try {
      for await (const told of readWatch(client, uri, { last, signal })) {
        last = told.id
        onMeaning(told.meaning)
      }
    } catch (err) {
      if (!mayPass(err)) {
        if (!isPatient?.()) throw err
        pauseMs = refusedMs
      }
      note(command, `the server cannot be followed (${messageOf(err)}); trying again`)
    }
    await wait(pauseMs)
  }
}

async function* readWatch(
  client: GatehouseClient,
  uri: string,
  { last, signal }: { readonly last: string; readonly signal: AbortSignal | undefined },
) {
  const headers = { 'Last-Event-ID': last }
  const res = await client.request('GET', '/api/v1/watch', { query: { uri }, headers })
  for await (const block of readBlocks(res, silenceMaxMs)) {
    if (signal?.aborted) return
    const data = /^data: (.*)$/m.exec(block)?.[1]
    const id = /^id: (.*)$/m.exec(block)?.[1]
    if (data === undefined || id === undefined) continue
    const meaning: FollowedMeaning = JSON.parse(data)
    yield { id, meaning }
  }
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** What things are done for: an alias that moves beside it changes nothing. */
export function versionKeyOf({ model, version, digest = '' }: ResolvedModel): string {
  return `${model} ${version} ${digest}`
}

/** What a command that is run for a version finds in its environment. */
export function variablesOf(resolved: ResolvedModel, folder: string | undefined) {
  const { uri, model, version, stage, digest = '' } = resolved
  return {
    GATEHOUSE_URI: uri,
    GATEHOUSE_MODEL: model,
    GATEHOUSE_VERSION: version,
    GATEHOUSE_STAGE: stage,
    GATEHOUSE_DIGEST: digest,
    ...(folder === undefined ? {} : { GATEHOUSE_FOLDER: folder }),
  }
}
