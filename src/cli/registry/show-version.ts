import { Command } from 'commander'
import type { z } from 'zod'
import { getVersion } from '../../api/endpoints/model-versions.ts'
import * as endpoints from '../../api/endpoints/version-files.ts'
import { getVersionScan, scanVersion } from '../../api/endpoints/version-scan.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { exitCodes } from '../exit-codes.ts'
import { ioOf, note, setExitCode } from '../io.ts'
import { pairsText } from '../mlflow-calls.ts'
import { countOf } from '../options.ts'
import { fieldLines, momentText, print, printList } from '../print.ts'
import { startProgress } from '../progress.ts'
import { addServer, callServer } from '../with-server.ts'

type Version = z.output<typeof getVersion.answer>

/** `gatehouse versions show`: one version with its seal, its approvals and its legal hold. */
export function showCommand(): Command {
  const command = new Command('show')
    .description('show a version with its seal, its approvals and its legal hold')
    .argument('<model>')
    .argument('<version>')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const found = await client.call(getVersion, { params: { name, version } })
      print(command, found, () => versionLines(command, found))
    }),
  )
}

function versionLines(command: Command, version: Version): string[] {
  const time = (ms: number) => momentText(command, ms)
  const { hold, approvals = [], sealed, digest, source_changed: isChanged } = version
  return [
    ...fieldLines({
      model: version.name,
      version: version.version,
      stage: version.stage,
      aliases: version.aliases.join(', '),
      description: version.description,
      status: [version.status, version.status_message].filter(Boolean).join(': '),
      'registered by': version.user_id,
      registered: time(version.created_at),
      updated: time(version.updated_at),
      run: version.run_id,
      'logged model': version.model_id,
      source: `${version.source}${isChanged ? ' (what lies there has changed since)' : ''}`,
      files: sealed ? digest : 'not sealed: they lie outside this server',
      tags: pairsText(Object.entries(version.tags).map(([key, value]) => ({ key, value }))),
      'legal hold':
        hold && `by ${hold.placed_by.name} since ${time(hold.placed_at)}: ${hold.reason}`,
    }),
    ...approvals.map(({ to, status, by, at, promotion_id, break_glass: isForced }) => {
      const how = isForced ? `${status}, merged by break-glass` : status
      return `for ${to.stage ?? `alias ${to.alias}`}: ${how}, ${by.name}, ${time(at)} (request #${promotion_id})`
    }),
  ]
}

/** `gatehouse versions files`: what a version is made of. */
export function filesCommand(): Command {
  const command = new Command('files')
    .description('list the sealed files of a version')
    .argument('<model>')
    .argument('<version>')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const params = { name, version }
      const files = await readEveryPage((page_token) =>
        client.call(endpoints.listVersionFiles, { params, query: { page_token } }),
      )
      printList(command, files, {
        heads: ['BYTES', 'SHA-256', 'PATH'],
        row: ({ path, size, sha256 }) => [String(size), sha256, path],
        empty: 'no sealed files: they lie outside this server, or there are none',
      })
    }),
  )
}

/** `gatehouse versions verify`: read a version's files again. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('read the files of a version again and say which are not what was sealed')
    .argument('<model>')
    .argument('<version>')
    .option(
      '--part-bytes <count>',
      'how much the server reads in one call, instead of 2 GiB',
      countOf,
    )
    .option('--from <token>', 'go on where an earlier run broke off, which told the token')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const verdict = await verifyInParts(command, client, { name, version })
      print(command, verdict, [
        ...verdict.differing.map(({ path, problem }) => `${problem} ${path}`),
        `read ${verdict.files} files of ${name} version ${version}; ${differText(verdict)}`,
      ])
      if (!verdict.ok) setExitCode(command, exitCodes.failed)
    }),
  )
}

type Differing = z.output<typeof endpoints.verifyVersion.answer>['differing'][number]
type Verdict = { ok: boolean; digest: string; files: number; differing: Differing[] }

function differText({ ok, differing }: Verdict): string {
  if (ok || differing.length > 0) return `${differing.length} differ from what was sealed`
  return 'their list, or a file that an earlier run told of, is not what was sealed'
}

/** The server reads a part in each call. What breaks off says how to go on. */
async function verifyInParts(
  command: Command,
  client: GatehouseClient,
  params: { readonly name: string; readonly version: string },
): Promise<Verdict> {
  const bar = startProgress({ unit: 'files', output: ioOf(command).err })
  const differing: Differing[] = []
  const { from, partBytes: max_bytes } = command.opts<{ from?: string; partBytes?: number }>()
  let page_token = from
  let before = 0
  try {
    for (;;) {
      const part = await client.call(endpoints.verifyVersion, {
        params,
        query: { max_bytes, page_token },
      })
      differing.push(...part.differing)
      const { ok, digest, files, next_page_token } = part
      bar.advance(files - before)
      before = files
      if (ok !== undefined) return { ok, digest, files, differing }
      page_token = next_page_token
    }
  } catch (err) {
    bar.stop()
    for (const { path, problem } of differing) note(command, `${problem} ${path}`)
    if (page_token !== from)
      note(command, `${before} files were read; to go on: --from ${page_token}`)
    throw err
  } finally {
    bar.stop()
  }
}

/** `gatehouse versions scan`: what may run when a version's files are loaded. */
export function scanCommand(): Command {
  const command = new Command('scan')
    .description('show what may run when the files of a version are loaded, as reading them told')
    .argument('<model>')
    .argument('<version>')
    .option('--again', 'read the files again that could not be read')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const { again } = command.opts<{ again?: true }>()
      const endpoint = again ? scanVersion : getVersionScan
      const { status, files, waiting, findings } = await client.call(endpoint, {
        params: { name, version },
      })
      const summary = {
        not_sealed: `${name} version ${version} is not sealed: its files lie outside this server and were not read`,
        pending: `${waiting} of ${files} files of ${name} version ${version} are not scanned yet`,
        scanned: `scanned ${files} files of ${name} version ${version}; found ${findings.length}`,
      }
      print(command, { status, files, waiting, findings }, [
        ...findings.map(({ path, what, detail }) => `${what} ${path}: ${detail}`),
        summary[status],
      ])
      if (status !== 'scanned' || findings.length > 0) setExitCode(command, exitCodes.failed)
    }),
  )
}
