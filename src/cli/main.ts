import { Command } from 'commander'
import { serverCommand } from './server.ts'

/** Every subcommand; one file each. */
const commands = [serverCommand()]

const gatehouse = new Command('gatehouse').description(
  "A model registry and tracking server that speaks MLflow's REST API.",
)
for (const command of commands) gatehouse.addCommand(command)
await gatehouse.parseAsync()
