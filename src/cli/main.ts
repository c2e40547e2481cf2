import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { SettingError } from '../platform/settings/read-settings.ts'
import { StartError } from '../platform/start-error.ts'
import { grantsCommand } from './access/grants.ts'
import { groupsCommand } from './access/groups.ts'
import { identitiesCommand } from './access/identities.ts'
import { serviceAccountsCommand } from './access/service-accounts.ts'
import { tokensCommand } from './access/tokens.ts'
import { usersCommand } from './access/users.ts'
import { whoamiCommand } from './access/whoami.ts'
import { auditCommand } from './events/audit.ts'
import { eventsCommand } from './events/events.ts'
import { webhooksCommand } from './events/webhooks.ts'
import { cardCommand } from './governance/card.ts'
import { policyCommand } from './governance/policy.ts'
import { promoteCommand } from './governance/promote.ts'
import { checkCommand, reviewCommand } from './governance/review.ts'
import { diffCommand } from './registry/diff.ts'
import { lineageCommand } from './registry/lineage.ts'
import { liveCommand } from './registry/live.ts'
import { rollbackCommand } from './registry/rollback.ts'
import { stagesCommand } from './registry/stages.ts'
import { artifactsCommand } from './server/artifacts.ts'
import { gcCommand } from './server/gc.ts'
import { serverCommand } from './server/server.ts'
import { workerCommand } from './server/worker.ts'
import { importCommand } from './transfer/import.ts'

/** Every subcommand; one file each. */
const commands = [
  serverCommand(),
  gcCommand(),
  artifactsCommand(),
  importCommand(),
  liveCommand(),
  lineageCommand(),
  diffCommand(),
  rollbackCommand(),
  stagesCommand(),
  policyCommand(),
  promoteCommand(),
  reviewCommand(),
  checkCommand(),
  eventsCommand(),
  webhooksCommand(),
  usersCommand(),
  groupsCommand(),
  serviceAccountsCommand(),
  identitiesCommand(),
  tokensCommand(),
  grantsCommand(),
  cardCommand(),
  whoamiCommand(),
  auditCommand(),
  workerCommand(),
]

const gatehouse = new Command('gatehouse')
  .description("A model registry and tracking server that speaks MLflow's REST API.")
  .version(packageJson.version)
  // Without this, `--version` after a subcommand (`audit list --version 3`) would be the one above.
  .enablePositionalOptions()
for (const command of commands) gatehouse.addCommand(command)

try {
  await gatehouse.parseAsync()
} catch (err) {
  const expected = err instanceof StartError || err instanceof SettingError
  console.error(expected ? `gatehouse: ${err.message}` : err)
  process.exit(1)
}
