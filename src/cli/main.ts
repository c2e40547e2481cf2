import { Command } from 'commander'
import { SettingError } from '../platform/read-settings.ts'
import { StartError } from '../platform/start-error.ts'
import { artifactsCommand } from './artifacts.ts'
import { auditCommand } from './audit.ts'
import { cardCommand } from './card.ts'
import { diffCommand } from './diff.ts'
import { eventsCommand } from './events.ts'
import { gcCommand } from './gc.ts'
import { grantsCommand } from './grants.ts'
import { groupsCommand } from './groups.ts'
import { lineageCommand } from './lineage.ts'
import { liveCommand } from './live.ts'
import { policyCommand } from './policy.ts'
import { promoteCommand } from './promote.ts'
import { checkCommand, reviewCommand } from './review.ts'
import { rollbackCommand } from './rollback.ts'
import { serverCommand } from './server.ts'
import { serviceAccountsCommand } from './service-accounts.ts'
import { stagesCommand } from './stages.ts'
import { tokensCommand } from './tokens.ts'
import { usersCommand } from './users.ts'
import { webhooksCommand } from './webhooks.ts'
import { whoamiCommand } from './whoami.ts'
import { workerCommand } from './worker.ts'

/** Every subcommand; one file each. */
const commands = [
  serverCommand(),
  gcCommand(),
  artifactsCommand(),
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
  tokensCommand(),
  grantsCommand(),
  cardCommand(),
  whoamiCommand(),
  auditCommand(),
  workerCommand(),
]

const gatehouse = new Command('gatehouse').description(
  "A model registry and tracking server that speaks MLflow's REST API.",
)
for (const command of commands) gatehouse.addCommand(command)

try {
  await gatehouse.parseAsync()
} catch (err) {
  const expected = err instanceof StartError || err instanceof SettingError
  console.error(expected ? `gatehouse: ${err.message}` : err)
  process.exit(1)
}
