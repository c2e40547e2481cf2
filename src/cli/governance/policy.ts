import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/policies.ts'
import type { CallInput, GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type PolicyBody = CallInput<typeof endpoints.putPolicy>['body']

/** `gatehouse policy`: what must hold before a version may enter a stage. */
export function policyCommand(): Command {
  return new Command('policy')
    .description('what must hold before a version may enter a stage, or an alias point at it')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand())
    .addCommand(evaluateCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('every policy')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listPolicies, {})
      print(
        command,
        items,
        items.map(({ name, revision, applies_to }) => {
          const target = applies_to.stage ?? `alias ${applies_to.alias}`
          return `${name} (revision ${revision}): ${applies_to.models} -> ${target}`
        }),
      )
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show').description('one policy, as JSON').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const policy = await client.call(endpoints.getPolicy, { params: { name } })
      print(command, policy, [JSON.stringify(policy, null, 2)])
    }),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('write a policy from a JSON file; each change is a new revision')
    .argument('<name>')
    .argument('<file>', 'JSON, as docs/governance.md has it')
  return addServer(command).action((name: string, file: string) =>
    callServer(command, async (client) => {
      const policy = await client.call(endpoints.putPolicy, {
        params: { name },
        body: await policyFile(file),
      })
      print(command, policy, [`${policy.name} is at revision ${policy.revision}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete').description('delete a policy').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deletePolicy, { params: { name } })
      print(command, {}, [`${name} is deleted; its revisions stay`])
    }),
  )
}

function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('what would happen to a move, changing nothing; exit code 3 when it is blocked')
    .argument('<model>')
    .argument('<version>')
    .option('--stage <stage>', 'the stage to enter')
    .option('--alias <alias>', 'or the alias to point at it')
    .option('--draft <file>', 'judge by this policy in place of those that stand')
  return addServer(command).action(async (model: string, version: string) => {
    const { stage, alias, draft } = command.opts<{
      stage?: string
      alias?: string
      draft?: string
    }>()
    const policy = draft === undefined ? undefined : await policyFile(draft)
    await callServer(command, async (client: GatehouseClient) => {
      const verdict = await client.call(endpoints.evaluatePolicies, {
        body: { model, version, to: { stage, alias }, policy },
      })
      print(command, verdict, [
        ...verdict.gates.map(
          ({ name, status, detail }) => `${status.padEnd(7)} ${name}: ${detail}`,
        ),
        verdict.can_merge ? 'nothing blocks it' : `blocked by ${verdict.blocked_by.join('; ')}`,
      ])
      if (!verdict.can_merge) process.exitCode = 3
    })
  })
}

async function policyFile(path: string): Promise<PolicyBody> {
  try {
    // The server checks its form and names what is wrong.
    return JSON.parse(await readFile(path, 'utf8')) as PolicyBody
  } catch (err) {
    throw new StartError(`cannot read the policy in ${path}: ${(err as Error).message}`)
  }
}
