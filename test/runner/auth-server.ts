import { join } from 'node:path'
import { type Server, startServer } from './servers.ts'

const root = new URL('../..', import.meta.url).pathname

/** The administrator of the server, as test/clients/databricks/ signs in. */
const firstAdmin = ['GATEHOUSE_ADMIN_USER=admin', 'GATEHOUSE_ADMIN_PASSWORD=correct-horse-battery']

/** `gatehouse server` with access control on, on an empty temporary folder. @param flags further settings */
export function startAuthServer(flags: readonly string[] = []): Promise<Server> {
  return startServer((on, data) => [
    'env',
    [
      ...firstAdmin,
      join(root, 'bin/gatehouse'),
      ...['server', '--auth', '--port', `${on}`, '--data', data, ...flags],
    ],
  ])
}
