import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/compare.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

const parts = [
  'params',
  'metrics',
  'traces',
  'datasets',
  'tags',
  'signature',
  'environment',
  'files',
  'card',
] as const

/** `gatehouse diff`: what differs between versions. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description('show what differs between versions of a model')
    .argument('<model>', 'name of the registered model')
    .argument('<versions...>', 'two or more versions: numbers, live:Production, @champion')
  return addServer(command).action((name: string, versions: string[]) =>
    callServer(command, async (client) => {
      const found = await client.call(endpoints.compareVersions, {
        params: { name },
        query: { versions: versions.join(',') },
      })
      print(command, found, () => {
        const lines = parts.flatMap((part) =>
          (found[part] ?? []).map(
            ({ key, values }) =>
              `${part} ${key}: ${values.map((value) => value ?? '-').join(' -> ')}`,
          ),
        )
        const breaks = (found.signature_breaks ?? []).flatMap((what, i) =>
          (what ?? []).map(
            (one) => `breaks callers of ${found.versions[0]}: of ${found.versions[i + 1]}, ${one}`,
          ),
        )
        return lines.length === 0 ? ['nothing differs'] : [...lines, ...breaks]
      })
    }),
  )
}
