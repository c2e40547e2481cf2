import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/model-versions.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Flags = {
  readonly stage: string
  readonly to?: string
  readonly reason: string
}

/** `gatehouse rollback`: bring back the version that was in a stage before. */
export function rollbackCommand(): Command {
  const command = new Command('rollback')
    .description('bring the version back that held a stage before; those in it go to Archived')
    .argument('<model>', 'name of the registered model')
    .requiredOption('--stage <stage>', 'the stage')
    .option('--to <version>', 'the version to bring back, which must have been in the stage')
    .requiredOption('--reason <text>', 'why, for the audit log')
  return addServer(command, 'changes').action(async (model: string) => {
    const { stage, to, reason } = command.opts<Flags>()
    await callServer(command, async (client) => {
      const done = await client.call(endpoints.rollBackStage, {
        params: { name: model },
        body: { stage, to_version: to, reason },
      })
      const { model_version: version, replaced } = done
      print(command, done, [
        `${version.name}: version ${version.version} is in ${version.stage}; archived: ${replaced.join(', ') || 'none'}`,
      ])
    })
  })
}
