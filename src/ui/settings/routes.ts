import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { anyone, guard } from '../../http/guards/guard.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { pathsUnder } from '../paths.ts'
import {
  postPolicyDeletion,
  showPolicies,
  showPolicy,
  showPolicyDeletion,
  showRevisions,
} from './policies/policies.tsx'
import { postPolicy, postPolicyStep, showPolicyEdit } from './policies/policy-edit.tsx'
import {
  mayManageWebhooks,
  postNewWebhook,
  postRedelivery,
  postWebhook,
  postWebhookDeletion,
  postWebhookStatus,
  postWebhookTest,
  showWebhook,
  showWebhookForm,
  showWebhooks,
} from './webhooks/webhooks.tsx'

/** All below `/settings`. */
export function settingsRoutes(): Hono<AppEnv> {
  const policy = '/settings/policies/:name'
  return new Hono<AppEnv>()
    .get('/settings', guard(anyone), (c) => c.redirect(pathsUnder(pagePrefix(c)).policies, 302))
    .get('/settings/policies', guard(anyone), showPolicies)
    .get('/settings/new-policy', guard(anyone), (c) => showPolicyEdit(c))
    .post('/settings/new-policy/edit', postPolicyStep)
    .post('/settings/new-policy/save', postPolicy)
    .get(policy, guard(anyone), showPolicy)
    .get(`${policy}/edit`, guard(anyone), (c) => showPolicyEdit(c))
    .post(`${policy}/edit`, postPolicyStep)
    .post(`${policy}/save`, postPolicy)
    .get(`${policy}/revisions`, guard(anyone), showRevisions)
    .get(`${policy}/delete`, guard(anyone), (c) => showPolicyDeletion(c))
    .post(`${policy}/delete`, postPolicyDeletion)
    .route('/settings', webhookRoutes())
}

function webhookRoutes(): Hono<AppEnv> {
  const may = guard(mayManageWebhooks)
  return new Hono<AppEnv>()
    .get('/webhooks', may, showWebhooks)
    .get('/new-webhook', may, (c) => showWebhookForm(c))
    .post('/new-webhook', postNewWebhook)
    .get('/webhooks/:id', may, (c) => showWebhook(c))
    .get('/webhooks/:id/edit', may, (c) => showWebhookForm(c))
    .post('/webhooks/:id/edit', postWebhook)
    .post('/webhooks/:id/status', postWebhookStatus)
    .post('/webhooks/:id/test', postWebhookTest)
    .post('/webhooks/:id/redeliver', postRedelivery)
    .post('/webhooks/:id/delete', postWebhookDeletion)
}
