import { Command } from 'commander'
import { SettingError } from '../platform/read-settings.ts'
import { StartError } from '../platform/start-error.ts'
import { artifactsCommand } from './artifacts.ts'
import { gcCommand } from './gc.ts'
import { grantsCommand } from './grants.ts'
import { serverCommand } from './server.ts'
import { whoamiCommand } from './whoami.ts'
import { workerCommand } from './worker.ts'

/** Every subcommand; one file each. */
const commands = [
  serverCommand(),
  gcCommand(),
  artifactsCommand(),
  whoamiCommand(),
  grantsCommand(),
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
