import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/bundles.ts'
import { readPublicKey } from '../../attestations/key-pair.ts'
import type { VerifiedBundle } from '../../bundles/verify/verify-bundle.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { ioOf, note, setExitCode } from '../io.ts'
import { momentText, print, printList } from '../print.ts'
import { resolveModel } from '../serving/pull-version.ts'
import { addServer, callServer } from '../with-server.ts'
import { importCommand } from './import.ts'
import { isVerified, readKeyFiles, verifyFile } from './verify-file.ts'

/** `gatehouse bundle`: versions as signed files, and the keys that sign them. */
export function bundleCommand(): Command {
  return new Command('bundle')
    .alias('bundles')
    .description(
      'take versions out as signed bundles, verify them, bring them in, and keep the keys',
    )
    .addCommand(createCommand())
    .addCommand(verifyCommand())
    .addCommand(importCommand())
    .addCommand(keysCommand())
    .addCommand(renewCommand())
}

function createCommand(): Command {
  const command = new Command('create')
    .description('sign what is known of a version now, and fetch it as a zip')
    .argument('<uri>', 'models:/<name>/<version, stage or latest> or models:/<name>@<alias>')
    .option('-o, --output <file>', 'where it goes; <name>-<version>.zip when absent')
  return addServer(command, 'changes').action((uri: string) =>
    callServer(command, async (client) => {
      const { model: name, version } = await resolveModel(client, uri)
      const params = { name, version }
      const made = await client.call(endpoints.createBundle, { params })
      const { output = `${name.replace(/[^\w.-]+/g, '_')}-${version}.zip` } = command.opts<{
        output?: string
      }>()
      await fetchBundle(client, { ...params, id: made.id, output })
      print(command, { ...made, file: output }, [
        `${output}: ${name} version ${version}, signed by key ${made.key}`,
      ])
    }),
  )
}

type WantedBundle = {
  readonly name: string
  readonly version: string
  readonly id: string
  readonly output: string
}

/** It gets its name once it is whole and was verified. */
async function fetchBundle(
  client: GatehouseClient,
  { name, version, id, output }: WantedBundle,
): Promise<void> {
  const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/bundle.zip`
  const { items } = await client.call(endpoints.listKeys, {})
  const keys = await Promise.all(items.map(({ pem }) => readPublicKey({ sha256 }, pem)))
  const part = `${output}.part`
  try {
    const res = await client.request('GET', path, { query: { bundle: id } })
    await pipeline(res.body ?? [], createWriteStream(part))
    await verifyFile(
      part,
      keys.flatMap((key) => key ?? []),
      async (verdict) => {
        if (!isVerified(verdict)) throw new StartError(`it came damaged: ${verdict.join('; ')}`)
      },
    )
    await rename(part, output)
  } finally {
    await rm(part, { force: true })
  }
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .description('verify a bundle without any server: files, digest, and who signed it')
    .argument('<file>', 'the zip, or one that was packed anew')
    .requiredOption('--key <files...>', 'public keys in PEM that are trusted')
    .option('--json', 'print what was found as JSON')
  return command.action(async (file: string) => {
    const { key } = command.opts<{ key: string[] }>()
    await verifyFile(file, await readKeyFiles(key), async (verdict) => {
      if (!isVerified(verdict)) setExitCode(command, exitCodes.failed)
      print(command, verdictOf(verdict), linesOf(file, verdict))
    })
  })
}

function verdictOf(verdict: VerifiedBundle | readonly string[]) {
  if (!isVerified(verdict)) return { ok: false, problems: verdict }
  const { model, version, digest, bundle, files, key, issuedAtMs } = verdict
  return {
    ...{ ok: true, model, version, digest, bundle, files: files.length },
    ...{ key: key.hint, issued_at: issuedAtMs },
  }
}

function linesOf(file: string, verdict: VerifiedBundle | readonly string[]): readonly string[] {
  if (!isVerified(verdict)) return verdict.map((problem) => `${file}: ${problem}`)
  const { model, version, digest, bundle, files, key } = verdict
  return [
    `ok: ${model} version ${version}, ${files.length} files`,
    `digest  ${digest}`,
    `bundle  ${bundle}`,
    `key     ${key.hint}`,
  ]
}

function keysCommand(): Command {
  const command = new Command('keys')
    .description('the public keys of bundles of a server, the one that signs now first')
    .option('--pem', 'print the one that signs now in PEM')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listKeys, {})
      if (command.opts<{ pem?: true }>().pem) {
        const [now] = items.filter(({ until }) => until === undefined)
        if (!now)
          throw new StartError('no bundle was signed yet; `gatehouse bundle renew` makes a key')
        ioOf(command).out.write(now.pem)
      } else {
        printList(command, items, {
          heads: ['KEY', 'FROM', 'UNTIL'],
          row: ({ hint, from, until }) => [
            hint,
            momentText(command, from),
            until === undefined ? 'now' : momentText(command, until),
          ],
          empty: 'no keys',
        })
      }
    }),
  )
}

function renewCommand(): Command {
  const command = new Command('renew').description(
    'let a new key sign bundles from now on; bundles of old ones still verify by those',
  )
  return addServer(command, 'changes').action(() =>
    callServer(command, async (client) => {
      const made = await client.call(endpoints.renewKey, {})
      note(command, 'give the new key to those who verify: `gatehouse bundle keys --pem`')
      print(command, made, [made.hint])
    }),
  )
}
