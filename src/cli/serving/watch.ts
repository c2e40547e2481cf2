import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Command } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { ioOf, note } from '../io.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { type FollowedMeaning, followUri, variablesOf, versionKeyOf } from './follow.ts'
import { type PullTarget, pulledText, pullVersion, type ResolvedModel } from './pull-version.ts'

/** Between tries of what failed, growing from the first to the second. */
const [retryMsMin, retryMsMax] = [1000, 60_000]

type Flags = { exec?: string; pull?: string; link?: string }

/** `gatehouse watch`: tell which version a URI means, and do something at each change. */
export function watchCommand(): Command {
  const command = new Command('watch')
    .description(
      'follow which version a URI means, until interrupted; run a command at each change',
    )
    .argument('<uri>', 'models:/<name>/<stage or latest> or models:/<name>@<alias>')
    .option(
      '--exec <command>',
      'run by the shell at the start and after each change, with GATEHOUSE_MODEL, _VERSION, _STAGE, _DIGEST and, with --pull, _FOLDER; tried again until it ends well',
    )
    .option('--pull <folder>', 'fetch the version into <folder>/<digest> first')
    .option('--link <path>', 'with --pull: a link that then names that folder')
  return addServer(command).action((uri: string) =>
    callServer(command, async (client) => {
      const flags = command.opts<Flags>()
      if (flags.link !== undefined && flags.pull === undefined) {
        throw new StartError('--link names what --pull fetched; give both')
      }
      const follower = new Follower(command, (resolved) =>
        act(command, client, { resolved, flags }),
      )
      await followUri(command, client, {
        uri,
        onMeaning: (meaning) => {
          print(command, meaning, [meaningText(meaning)])
          if ('version' in meaning) follower.want(meaning)
        },
      })
    }),
  )
}

/** Does one thing at a time, for the newest version alone, and again until it succeeds. */
class Follower {
  readonly #command: Command
  readonly #act: (resolved: ResolvedModel) => Promise<void>
  #wanted: ResolvedModel | undefined
  #done = ''
  #isBusy = false

  constructor(command: Command, act: (resolved: ResolvedModel) => Promise<void>) {
    this.#command = command
    this.#act = act
  }

  want(resolved: ResolvedModel): void {
    this.#wanted = resolved
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    let pauseMs = retryMsMin
    for (
      let wanted = this.#wanted;
      wanted && versionKeyOf(wanted) !== this.#done;
      wanted = this.#wanted
    ) {
      try {
        await this.#act(wanted)
        this.#done = versionKeyOf(wanted)
        pauseMs = retryMsMin
      } catch (err) {
        note(this.#command, `${err instanceof Error ? err.message : err}; trying again`)
        await wait(pauseMs)
        pauseMs = Math.min(2 * pauseMs, retryMsMax)
      }
    }
    this.#isBusy = false
  }
}

async function act(
  command: Command,
  client: GatehouseClient,
  { resolved, flags }: { readonly resolved: ResolvedModel; readonly flags: Flags },
): Promise<void> {
  const target: PullTarget | undefined =
    flags.pull === undefined
      ? undefined
      : { root: flags.pull, link: flags.link, err: ioOf(command).err }
  const pulled = target && (await pullVersion(client, resolved, target))
  if (pulled) note(command, pulledText(pulled))
  if (flags.exec !== undefined) await run(flags.exec, resolved, pulled?.folder)
}

/** @throws Error the command did not end well */
async function run(
  command: string,
  resolved: ResolvedModel,
  folder: string | undefined,
): Promise<void> {
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...variablesOf(resolved, folder) },
  })
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`'${command}' ended with ${signal ?? code}`)
}

function meaningText(meaning: FollowedMeaning): string {
  if (!('version' in meaning)) return `${meaning.uri} means no version: ${meaning.message}`
  const { uri, model, version, stage, digest } = meaning
  return `${uri} is ${model} ${version} in ${stage}${digest === undefined ? '' : ` (${digest})`}`
}
