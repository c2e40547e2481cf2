import { grantsCommand } from '../access/grants.ts'
import { groupsCommand } from '../access/groups.ts'
import { identitiesCommand } from '../access/identities.ts'
import { rolesCommand } from '../access/roles.ts'
import { serviceAccountsCommand } from '../access/service-accounts.ts'
import { tokensCommand } from '../access/tokens.ts'
import { usersCommand } from '../access/users.ts'
import { whoamiCommand } from '../access/whoami.ts'
import { workspacesCommand } from '../access/workspaces.ts'
import { attestationsCommand, trustedKeysCommand } from '../bundles/attestations.ts'
import { bundleCommand } from '../bundles/bundle.ts'
import { auditCommand } from '../events/audit.ts'
import { eventsCommand } from '../events/events.ts'
import { webhooksCommand } from '../events/webhooks.ts'
import { cardsCommand } from '../governance/cards.ts'
import { policiesCommand } from '../governance/policies.ts'
import { promoteCommand } from '../governance/promote.ts'
import { promotionsCommand } from '../governance/promotions.ts'
import { checkCommand, reviewCommand } from '../governance/review.ts'
import { aliasesCommand } from '../registry/aliases.ts'
import { collectionsCommand } from '../registry/collections.ts'
import { commentsCommand } from '../registry/comments.ts'
import { diffCommand } from '../registry/diff.ts'
import { holdsCommand } from '../registry/holds.ts'
import { lineageCommand } from '../registry/lineage.ts'
import { liveCommand } from '../registry/live.ts'
import { modelsCommand } from '../registry/models.ts'
import { openCommand } from '../registry/open.ts'
import { replicasCommand } from '../registry/replicas.ts'
import { retentionCommand } from '../registry/retention.ts'
import { rollbackCommand } from '../registry/rollback.ts'
import { stagesCommand } from '../registry/stages.ts'
import { versionsCommand } from '../registry/versions.ts'
import { artifactsCommand } from '../server/artifacts.ts'
import { deployCommand } from '../server/deploy.ts'
import { gcCommand } from '../server/gc.ts'
import { serverCommand } from '../server/server.ts'
import { workerCommand } from '../server/worker.ts'
import { deploymentsCommand } from '../serving/deployments.ts'
import { pullCommand } from '../serving/pull.ts'
import { resolveCommand } from '../serving/resolve.ts'
import { serveCommand } from '../serving/serve/serve.ts'
import { watchCommand } from '../serving/watch.ts'
import { experimentsCommand } from '../tracking/experiments.ts'
import { runsCommand } from '../tracking/runs.ts'
import { tracesCommand } from '../tracking/traces.ts'
import { exportCommand } from '../transfer/export/export.ts'
import { importCommand } from '../transfer/import/import.ts'
import type { CommandGroups } from './program.ts'

/** Every command, by the heading under which the help lists it. */
export function commandGroups(): CommandGroups {
  return {
    'Serve and keep the data:': [
      serverCommand(),
      workerCommand(),
      deployCommand(),
      gcCommand(),
      artifactsCommand(),
      importCommand(),
      exportCommand(),
    ],
    'Registry:': [
      modelsCommand(),
      versionsCommand(),
      aliasesCommand(),
      collectionsCommand(),
      holdsCommand(),
      stagesCommand(),
      retentionCommand(),
      liveCommand(),
      lineageCommand(),
      diffCommand(),
      rollbackCommand(),
      cardsCommand(),
      bundleCommand(),
      attestationsCommand(),
      commentsCommand(),
      openCommand(),
    ],
    'Serving:': [
      serveCommand(),
      deploymentsCommand(),
      replicasCommand(),
      resolveCommand(),
      pullCommand(),
      watchCommand(),
    ],
    'Tracking:': [experimentsCommand(), runsCommand(), tracesCommand()],
    'Review before promotion:': [
      promoteCommand(),
      promotionsCommand(),
      reviewCommand(),
      checkCommand(),
      policiesCommand(),
      trustedKeysCommand(),
    ],
    'Audit log and events:': [auditCommand(), eventsCommand(), webhooksCommand()],
    'Access:': [
      whoamiCommand(),
      usersCommand(),
      groupsCommand(),
      serviceAccountsCommand(),
      identitiesCommand(),
      tokensCommand(),
      grantsCommand(),
      rolesCommand(),
      workspacesCommand(),
    ],
  }
}
