import { createApp } from '../../../src/app.ts'
import { client } from '../../support/client.ts'
import type { Example, Examples, Server } from './example.ts'

const path = '/api/3.0/mlflow/workspaces'

function switchedOn({ platform }: Server) {
  const settings = { ...platform.settings, workspaces: true }
  return client(createApp(() => ({ ...platform, settings }))).call
}

/** A call on the workspace `team-a`. */
function onTeam(method: string, body?: object): Example {
  return async (server) => {
    const call = switchedOn(server)
    await call('POST', path, { name: 'team-a' })
    return () => call(method, `${path}/team-a`, body)
  }
}

export const workspaceChanges: Examples = {
  createWorkspace: async (server) => () => switchedOn(server)('POST', path, { name: 'team-a' }),
  updateWorkspace: onTeam('PATCH', { description: 'risk' }),
  deleteWorkspace: onTeam('DELETE'),
}
