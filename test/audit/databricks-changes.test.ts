import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { registryServer } from '../registry/registry.ts'
import { Receivers } from '../webhooks/receiver.ts'
import { databricksChanges } from './databricks-changes.ts'

/** What the record calls each of them. */
const actions: Readonly<Record<string, string>> = {
  createTransitionRequest: 'promotion.opened',
  approveTransitionRequest: 'promotion.reviewed',
  rejectTransitionRequest: 'promotion.rejected',
  deleteTransitionRequest: 'promotion.closed',
  transitionDatabricksStage: 'model_version.transitioned',
  createComment: 'version_comment.created',
  updateComment: 'version_comment.updated',
  deleteComment: 'version_comment.deleted',
  createRegistryWebhook: 'webhook.created',
  updateRegistryWebhook: 'webhook.updated',
  deleteRegistryWebhook: 'webhook.deleted',
}

test.each(Object.entries(databricksChanges))('%s is on the record', async (name, prepare) => {
  const server = await registryServer({ outbound: new Receivers() })
  const entries = () =>
    server.platform.db.all<{ action: string }>(
      sql`select action from audit_entries where action = ${actions[name]}`,
    )
  const change = await prepare(server)
  expect(await entries()).toEqual([])
  expect(await change()).toMatchObject({ status: 200 })
  expect(await entries()).toHaveLength(1)
})
