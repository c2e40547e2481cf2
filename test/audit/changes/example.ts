import { createApp } from '../../../src/app.ts'
import type { Principal } from '../../../src/core/principal.ts'
import type { registryServer } from '../../support/registry-server.ts'

export type Server = Awaited<ReturnType<typeof registryServer>>
// biome-ignore lint/suspicious/noExplicitAny: whatever the body says
type Answer = { readonly status: number; readonly json?: any }
export type Call = (method: string, path: string, body?: object) => Promise<Answer>

/**
 * One good call to an operation that changes what the record is about: what it needs is made, then
 * it is ready to be made itself. It must add exactly one entry.
 */
export type Example = (server: Server) => Promise<() => Promise<Answer>>
export type Examples = Readonly<Record<string, Example>>

/** Whoever made what an example needs, and makes the call: somebody who signed in. */
export function signedIn(server: Server, name: string, more: Partial<Principal> = {}): Call {
  const principal = { name, kind: 'user', verified: true, groups: [], isAdmin: false, ...more }
  const app = createApp(() => server.platform, { principal: principal as Principal })
  return async (method, path, body) => {
    const res = await app.request(path, {
      method,
      ...(body && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    const text = await res.text()
    if (res.status >= 300) throw new Error(`${method} ${path}: ${res.status} ${text}`)
    return { status: res.status, json: text === '' ? undefined : JSON.parse(text) }
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
