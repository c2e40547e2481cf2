import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/attestations.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { momentText, print, printList } from '../print.ts'
import { resolveModel } from '../serving/pull-version.ts'
import { addServer, callServer } from '../with-server.ts'
import { readTextFile } from './verify-file.ts'

const uri = [
  '<uri>',
  'models:/<name>/<version, stage or latest> or models:/<name>@<alias>',
] as const

/** `gatehouse attestations`: what others signed about versions. */
export function attestationsCommand(): Command {
  return new Command('attestations')
    .alias('attestation')
    .description('statements about versions that others signed')
    .addCommand(sendCommand())
    .addCommand(listCommand())
}

function sendCommand(): Command {
  const command = new Command('send')
    .description('keep a statement for a version, if a trusted key signed it about these files')
    .argument(...uri)
    .argument('<file>', 'a DSSE envelope or a Sigstore bundle, as JSON')
  return addServer(command, 'changes').action((model: string, file: string) =>
    callServer(command, async (client) => {
      const body = jsonOf(file, await readTextFile(file))
      const { model: name, version } = await resolveModel(client, model)
      const params = { name, version }
      const kept = await client.call(endpoints.addAttestation, { params, body })
      print(command, kept, [
        `attestation ${kept.id} of ${name} version ${version}, by the key ${kept.key}`,
      ])
    }),
  )
}

function jsonOf(file: string, text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) }
  } catch (err) {
    throw new StartError(`${file} is no JSON`, { cause: err })
  }
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the statements about a version, the newest first')
    .argument(...uri)
  return addServer(command).action((model: string) =>
    callServer(command, async (client) => {
      const { model: name, version } = await resolveModel(client, model)
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listAttestations, {
          params: { name, version },
          query: { page_token },
        }),
      )
      printList(command, items, {
        heads: ['ID', 'SENT', 'KEY', 'RESULT', 'TYPE'],
        row: ({ id, sent_at, key, hint, result = '', predicate_type }) => [
          id,
          momentText(command, sent_at),
          key ?? `${hint.slice(0, 12)}, trusted no more`,
          result,
          predicate_type,
        ],
        empty: 'no attestations',
      })
    }),
  )
}

/** `gatehouse trusted-keys`: keys of others, by the names that policies give them. */
export function trustedKeysCommand(): Command {
  return new Command('trusted-keys')
    .description('keys of others whose statements count here')
    .addCommand(listKeysCommand())
    .addCommand(setKeyCommand())
    .addCommand(deleteKeyCommand())
}

function listKeysCommand(): Command {
  const command = new Command('list').description('which keys are trusted')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listTrustedKeys, {})
      printList(command, items, {
        heads: ['NAME', 'SET', 'BY', 'KEY'],
        row: ({ name, set_at, set_by, hint }) => [
          name,
          momentText(command, set_at),
          set_by.name,
          hint,
        ],
        empty: 'no keys are trusted',
      })
    }),
  )
}

function setKeyCommand(): Command {
  const command = new Command('set')
    .description('trust a key under a name, in place of the one that had it')
    .argument('<name>', 'as policies name it')
    .argument('<file>', 'the public key in PEM')
  return addServer(command, 'changes').action((name: string, file: string) =>
    callServer(command, async (client) => {
      const pem = await readTextFile(file)
      const set = await client.call(endpoints.putTrustedKey, { params: { name }, body: { pem } })
      print(command, set, [`${set.name} is ${set.hint}`])
    }),
  )
}

function deleteKeyCommand(): Command {
  const command = new Command('delete')
    .description('trust a key no more')
    .argument('<name>', 'as policies name it')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const gone = await client.call(endpoints.deleteTrustedKey, { params: { name } })
      print(command, gone, [`${name} is trusted no more`])
    }),
  )
}
