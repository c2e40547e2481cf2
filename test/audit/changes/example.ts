import type { Principal } from '../../../src/core/principal.ts'
import { person } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { client, type Reply } from '../../support/client.ts'
import type { registryServer } from '../../support/registry-server.ts'

export type Server = Awaited<ReturnType<typeof registryServer>>
type Answer = Pick<Reply, 'status'> & Partial<Reply>
export type Call = (method: string, path: string, body?: object) => Promise<Answer>

/**
 * One good call to an operation that changes what the audit log is about: what it needs is made, then
 * it is ready to be made itself. It must add exactly one entry.
 */
export type Example = (server: Server) => Promise<() => Promise<Answer>>
export type Examples = Readonly<Record<string, Example>>

/** Whoever made what an example needs, and makes the call: somebody who signed in. */
export function signedIn(server: Server, name: string, more: Partial<Principal> = {}): Call {
  const principal = person(name, more)
  const { call } = client(appOf(() => server.platform, principal))
  return async (method, path, body) => {
    const answer = await call(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }
}

/** An example on the model of `prepare`. */
export function onModel(call: (server: Server) => Promise<Answer>): Example {
  return async (server) => {
    await prepare(server)
    return () => call(server)
  }
}

/** A model `m` with two versions: the first in Production, tagged, and the alias `champion` on it. */
async function prepare(server: Server): Promise<void> {
  const { createModel, createVersion, transition, post } = server
  await createModel('m', { tags: [{ key: 'team', value: 'risk' }] })
  await createVersion('m', 's3://bucket/model', { tags: [{ key: 'team', value: 'risk' }] })
  await createVersion('m')
  await transition('m', '1', 'Production')
  await post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })
}
