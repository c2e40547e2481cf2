import { Command } from 'commander'
import { listReplicas } from '../../api/endpoints/replicas.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { momentText, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse replicas`: what really runs. */
export function replicasCommand(): Command {
  const command = new Command('replicas')
    .description('list the processes that serve a model, and which version each really runs')
    .argument('<model>', 'name of the registered model')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(listReplicas, { params: { name }, query: { page_token } }),
      )
      printList(command, items, {
        heads: ['HOST', 'REPLICA', 'FOLLOWS', 'RUNS', 'SHOULD RUN', 'SEEN', 'PROBLEM'],
        row: (item) => [
          item.host,
          item.replica,
          item.uri,
          item.version ?? 'nothing',
          item.wanted_version ?? 'nothing',
          momentText(command, item.seen_at),
          problemOf(item),
        ],
        empty: `no process has said that it serves ${name}`,
      })
    }),
  )
}

function problemOf({
  silent,
  failed,
  drifted,
}: {
  readonly silent: boolean
  readonly failed?: { readonly version: string; readonly message: string } | undefined
  readonly drifted: boolean
}): string {
  if (silent) return 'silent for 45 s'
  if (failed) return `${failed.version} does not come up: ${failed.message}`
  return drifted ? 'runs another version' : ''
}
