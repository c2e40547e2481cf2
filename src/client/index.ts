/**
 * The typed client of Gatehouse's own API, and the declarations of its endpoints. It contains no
 * server code and runs wherever there is `fetch`:
 * `import { GatehouseClient, whoami } from 'gatehouse/client'`.
 */
export * from '../api/endpoints/audit.ts'
export * from '../api/endpoints/cards.ts'
export * from '../api/endpoints/compare.ts'
export * from '../api/endpoints/events.ts'
export * from '../api/endpoints/grants.ts'
export * from '../api/endpoints/groups.ts'
export * from '../api/endpoints/holders.ts'
export * from '../api/endpoints/identities.ts'
export * from '../api/endpoints/imports.ts'
export * from '../api/endpoints/lineage.ts'
export * from '../api/endpoints/model-versions.ts'
export * from '../api/endpoints/openapi.ts'
export * from '../api/endpoints/policies.ts'
export * from '../api/endpoints/promotions.ts'
export * from '../api/endpoints/replicas.ts'
export * from '../api/endpoints/service-accounts.ts'
export * from '../api/endpoints/serving.ts'
export * from '../api/endpoints/stages.ts'
export * from '../api/endpoints/tokens.ts'
export * from '../api/endpoints/version-files.ts'
export * from '../api/endpoints/webhooks.ts'
export * from '../api/endpoints/whoami.ts'
export { ApiError, GatehouseClient } from './client.ts'
export { readEveryPage } from './every-page.ts'
