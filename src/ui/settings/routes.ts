import { Hono } from 'hono'
import { requireGovernor } from '../../access/permissions/workspace-rights.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { anyone, guard } from '../../http/guards/guard.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { pathsUnder } from '../paths.ts'
import { postGrant, postGrantDeletion, showGrants } from './access/grants.tsx'
import * as groups from './access/groups.tsx'
import {
  mayReadIdentities,
  postAdmission,
  postIdentity,
  postUnlinking,
  showIdentities,
} from './access/identities.tsx'
import { mayAdministrate } from './access/may-administrate.ts'
import {
  postServiceAccount,
  postServiceAccountDeletion,
  showServiceAccounts,
} from './access/service-accounts.tsx'
import { postAnyTokenRevocation, postTokenFor, showTokens } from './access/tokens.tsx'
import * as users from './access/users.tsx'
import * as keys from './keys/keys.tsx'
import {
  postPolicyDeletion,
  showPolicies,
  showPolicy,
  showPolicyDeletion,
  showRevisions,
} from './policies/policies.tsx'
import { postPolicy, postPolicyStep, showPolicyEdit } from './policies/policy-edit.tsx'
import {
  mayRetain,
  postRule,
  postRuleDeletion,
  postRuleRun,
  showRule,
  showRuleForm,
  showRules,
} from './retention/retention.tsx'
import { showStorage } from './retention/storage.tsx'
import { postStages, showStages } from './stages/stages.tsx'
import { postTraceSettings, showTraceSettings } from './traces/trace-settings.tsx'
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
    .route('/settings', accessRoutes())
    .route('/settings', retentionRoutes())
    .route('/settings/keys', keyRoutes())
    .get('/settings/stages', guard(anyone), (c) => showStages(c))
    .post('/settings/stages', postStages)
    .get('/settings/traces', guard(anyone), (c) => showTraceSettings(c))
    .post('/settings/traces', postTraceSettings)
}

/** Who may sign in, and what they may. */
function accessRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/users', guard(anyone), (c) => users.showUsers(c))
    .post('/users', users.postUser)
    .get('/users/:name', guard(anyone), (c) => users.showUser(c))
    .post('/users/:name/admin', users.postUserAdmin)
    .post('/users/:name/password', users.postUserPassword)
    .post('/users/:name/delete', users.postUserDeletion)
    .get('/groups', guard(anyone), (c) => groups.showGroups(c))
    .post('/groups', groups.postGroup)
    .get('/groups/:name', guard(anyone), (c) => groups.showGroup(c))
    .post('/groups/:name/members', groups.postMembers)
    .post('/groups/:name/delete', groups.postGroupDeletion)
    .get('/service-accounts', guard(anyone), (c) => showServiceAccounts(c))
    .post('/service-accounts', postServiceAccount)
    .post('/service-accounts/delete', postServiceAccountDeletion)
    .get('/tokens', guard(mayAdministrate), (c) => showTokens(c))
    .post('/tokens', postTokenFor)
    .post('/tokens/revoke', postAnyTokenRevocation)
    .get('/grants', guard(requireGovernor), (c) => showGrants(c))
    .post('/grants', postGrant)
    .post('/grants/delete', postGrantDeletion)
    .get('/identities', guard(mayReadIdentities), (c) => showIdentities(c))
    .post('/identities', postIdentity)
    .post('/identities/unlink', postUnlinking)
    .post('/identities/admit', postAdmission)
}

/** Whose statements count, and by which keys this server signs. */
function keyRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/', guard(anyone), (c) => keys.showKeys(c))
    .post('/renew', keys.postRenewal)
    .get('/own/:hint', guard(anyone), keys.sendPublicKey)
    .post('/trusted', keys.postTrustedKey)
    .get('/trusted/:name', guard(anyone), (c) => keys.showTrustedKey(c))
    .post('/trusted/:name', keys.postKeyReplacement)
    .post('/trusted/:name/delete', keys.postKeyDeletion)
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

/** Which versions are deleted, and what they take. */
function retentionRoutes(): Hono<AppEnv> {
  const may = guard(mayRetain)
  return new Hono<AppEnv>()
    .get('/retention', may, showRules)
    .get('/new-retention-rule', may, (c) => showRuleForm(c))
    .post('/new-retention-rule', postRule)
    .get('/retention/:name', may, (c) => showRule(c))
    .get('/retention/:name/edit', may, (c) => showRuleForm(c))
    .post('/retention/:name/edit', postRule)
    .post('/retention/:name/run', postRuleRun)
    .post('/retention/:name/delete', postRuleDeletion)
    .get('/storage', may, showStorage)
}
