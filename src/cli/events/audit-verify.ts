import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/audit.ts'
import { verdictToWire, type WireVerdict } from '../../api/events/audit.ts'
import { parseJsonLine } from '../../audit/export.ts'
import { type ChainVerdict, type ShownEntry, verifyChain } from '../../audit/verify.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { setExitCode } from '../io.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse audit verify`: verify the audit log, or an export without any server. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('compute the chain anew: of an export, or else of the log itself')
    .argument('[file]', 'an export as JSON Lines; it is read without any server')
    .option('--head <hash>', 'a head that was kept: the chain must come to it')
  return addServer(command).action(async (file: string | undefined) => {
    const { head } = command.opts<{ head?: string }>()
    if (head !== undefined && !/^sha256:[0-9a-f]{64}$/.test(head)) {
      throw new StartError(`'${head}' is no head; give sha256: and 64 hex digits`)
    }
    if (file !== undefined) tell(command, verdictToWire(await verifyFile(file, head)), head)
    else {
      await callServer(command, async (client) => {
        tell(command, await client.call(endpoints.verifyAudit, { query: { head } }), head)
      })
    }
  })
}

async function verifyFile(file: string, head: string | undefined): Promise<ChainVerdict> {
  try {
    return await verifyChain({ sha256 }, linesOf(file), { lastSeq: 0, head })
  } catch (err) {
    if (err instanceof Error && 'code' in err) {
      throw new StartError(`cannot read ${file}: ${String(err.code)}`, { cause: err })
    }
    throw err
  }
}

async function* linesOf(file: string): AsyncGenerator<ShownEntry | undefined> {
  let isFirst = true
  for await (const line of split(createReadStream(file, 'utf8'))) {
    if (isFirst && line.startsWith('seq,')) {
      throw new StartError(`${file} is an export as CSV; only one as JSON Lines can be verified`)
    }
    isFirst = false
    yield parseJsonLine(line)
  }
}

/** Splits at LF only: Node's readline also splits at U+2028, which a JSON string may contain. */
async function* split(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

const unproven = 'without --head it is not known whether entries are cut off, or all was made anew'

/** Ends the command with exit code 1 where something is wrong. */
function tell(command: Command, verdict: WireVerdict, head: string | undefined): void {
  if (!verdict.ok) setExitCode(command, exitCodes.failed)
  print(command, verdict, () => described(verdict, head))
}

function described(verdict: WireVerdict, head: string | undefined): string[] {
  if (!verdict.ok) {
    return [
      `entry ${verdict.seq} is ${verdict.problem}: ${verdict.detail}`,
      `sound up to entry ${verdict.entries}, sealed up to ${verdict.sealed}: ${verdict.head}`,
    ]
  }
  const { entries, sealed, head_seq } = verdict
  const sound = `ok: ${entries} entries, ${sealed} of them sealed, head ${verdict.head}`
  if (head === undefined) return [sound, unproven]
  return head_seq === entries
    ? [sound]
    : [sound, `the head that was given stands for the entries up to ${head_seq} alone`]
}
