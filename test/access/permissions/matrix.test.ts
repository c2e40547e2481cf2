import { beforeAll, describe, expect, test } from 'vitest'
import { served as api } from '../../../src/api/routes.ts'
import { served as mlflow } from '../../../src/mlflow/routes.ts'
import { apiRows, mlflowRows, type Need, type Row } from './matrix.ts'
import { makeWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await makeWorld()
}, 120_000)

const callers = ['none', 'granted', 'READ', 'USE', 'EDIT', 'MANAGE', 'admin'] as const
type Caller = (typeof callers)[number]
const ranks = ['READ', 'USE', 'EDIT', 'MANAGE', 'admin']

/** Whether the table lets this caller make a call that takes `need`. */
function isLet(caller: Caller, need: Need): boolean {
  if (need === 'public' || need === 'signed in' || caller === 'admin') return true
  if (need === 'manage_webhooks' || need === 'manage_policies' || need === 'read_audit') {
    return caller === 'granted'
  }
  return ranks.includes(caller) && ranks.indexOf(caller) >= ranks.indexOf(need)
}

/** What a call that is let may come to besides a good answer, since nothing is there that it is about. */
const alsoRight: Readonly<Record<string, readonly number[]>> = {
  completeMultipartUpload: [400, 404],
  abortMultipartUpload: [400, 404],
  // No part of it was sent.
  completeResumedUpload: [409],
  // Of a store that clients reach by this server alone.
  createPresignedUploadUrl: [400],
  createPresignedDownloadUrl: [400],
  getLoggedModelArtifact: [404],
  serveGetTraceArtifact: [404],
  // Nothing was ever there to come back; no glass was broken.
  rollBackStage: [409],
  followUp: [409],
  // Workspaces are switched off here.
  listWorkspaces: [400],
  createWorkspace: [400],
  getWorkspace: [400],
  updateWorkspace: [400],
  deleteWorkspace: [400],
  // Nobody signed that envelope, and nothing has these ids.
  addAttestation: [400],
  getAttestation: [404],
  deleteTrustedKey: [404],
  downloadBundle: [404],
  getModelCardRevision: [404],
  getModelCardTemplate: [404],
  deleteModelCardTemplate: [404],
  getAliasHolder: [404],
  liftHold: [404],
  redeliver: [404],
  revokeToken: [404],
  endSignIn: [404],
  deleteGrant: [404],
  deleteServiceAccount: [404],
  unlinkIdentity: [404],
  admitIdentity: [404],
}

async function statusesOf([, ask]: Row, name: string) {
  const found: Record<string, number | string> = {}
  for (const caller of callers) {
    const res = await world.send(world.callers[caller], await ask(world))
    const isGood = res.status < 300 || alsoRight[name]?.includes(res.status)
    // A stream of events does not end by itself.
    const isStream = res.headers.get('content-type') === 'text/event-stream'
    const text = isStream ? '' : await res.text()
    if (isStream) await res.body?.cancel()
    found[caller] = res.status === 403 ? 'refused' : isGood ? 'let' : `${res.status} ${text}`
  }
  return found
}

describe.each([
  ["MLflow's", mlflowRows, mlflow.map(({ name }) => name)],
  ['our own', apiRows, [...api.map(({ endpoint }) => endpoint.name), 'getOpenApi']],
])('%s operations', (_, rows, names) => {
  test('are all in the table, and nothing else is', () => {
    expect(Object.keys(rows).sort()).toEqual([...names].sort())
  })

  test.each(Object.entries(rows).map(([name, row]) => [name, row[0], row] as const))(
    '%s takes: %s',
    async (name, need, row) => {
      const expected = callers.map((caller) => [caller, isLet(caller, need) ? 'let' : 'refused'])
      expect(await statusesOf(row, name)).toEqual(Object.fromEntries(expected))
      const { status } = await world.send(undefined, await row[1](world))
      expect(status).toBe(need === 'public' ? 200 : 401)
    },
    30_000,
  )
})
