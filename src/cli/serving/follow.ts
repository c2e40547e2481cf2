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
  },
): Promise<never> {
  const { uri, onMeaning, isPatient = () => false } = follower
  let last = ''
  for (;;) {
    let isRefused = false
    try {
      for await (const block of readWatch(client, uri, last)) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        last = /^id: (.*)$/m.exec(block)?.[1] ?? last
        if (data !== undefined) onMeaning(JSON.parse(data))
      }
    } catch (err) {
      isRefused = !mayPass(err)
      if (isRefused && !isPatient()) throw err
      note(command, `the server cannot be followed (${messageOf(err)}); trying again`)
    }
    await wait(isRefused ? refusedMs : reconnectMs)
  }
}

async function* readWatch(client: GatehouseClient, uri: string, last: string) {
  const headers = { 'Last-Event-ID': last }
  const res = await client.request('GET', '/api/v1/watch', { query: { uri }, headers })
  yield* readBlocks(res, silenceMaxMs)
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
