import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/policies.ts'
import type { CallInput, GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { setExitCode } from '../io.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type PolicyBody = CallInput<typeof endpoints.putPolicy>['body']

/** `gatehouse policies`: what must hold before a version may enter a stage. */
export function policiesCommand(): Command {
  return new Command('policies')
    .alias('policy')
    .description('what must hold before a version may enter a stage, or an alias point at it')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand())
    .addCommand(evaluateCommand())
    .addCommand(revisionsCommand())
    .addCommand(replayCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('every policy')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listPolicies, {})
      printList(command, items, {
        heads: ['POLICY', 'REVISION', 'MODELS', 'TO', 'GATES', 'APPROVALS', 'CHANGED'],
        row: (policy) => [
          ...[policy.name, String(policy.revision), policy.applies_to.models, placeOf(policy)],
          ...[String(policy.gates.length), String(policy.approvals.required)],
          momentText(command, policy.updated_at),
        ],
        empty: 'no policies: versions move freely',
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show').description('one policy, as JSON').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const policy = await client.call(endpoints.getPolicy, { params: { name } })
      print(command, policy, JSON.stringify(policy, null, 2).split('\n'))
    }),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('write a policy from a JSON file; each change is a new revision')
    .argument('<name>')
    .argument('<file>', 'JSON, as docs/governance.md has it')
  return addServer(command, 'changes').action((name: string, file: string) =>
    callServer(command, async (client) => {
      const policy = await client.call(endpoints.putPolicy, {
        params: { name },
        query: {},
        body: await policyFile(file),
      })
      print(command, policy, [`${policy.name} is at revision ${policy.revision}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete').description('delete a policy').argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deletePolicy, { params: { name }, query: {} })
      print(command, {}, [`${name} is deleted; its revisions stay`])
    }),
  )
}

function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('what would happen to a move, changing nothing; exit code 3 when it is blocked')
    .argument('<model>')
    .argument('<version>')
    .addOption(new Option('--stage <stage>', 'the stage to enter').conflicts('alias'))
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
      if (!verdict.can_merge) setExitCode(command, exitCodes.waits)
    })
  })
}

function revisionsCommand(): Command {
  const command = new Command('revisions')
    .description('every revision of a policy, newest first; --json has them whole')
    .argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listPolicyRevisions, { params: { name }, query: { page_token } }),
      )
      printList(command, items, {
        heads: ['REVISION', 'WRITTEN', 'BY', 'MODELS', 'TO', 'GATES'],
        row: ({ revision, at, author, policy }) => [
          ...[String(revision), momentText(command, at), author.name],
          ...(policy === null ? ['deleted'] : [policy.applies_to.models, placeOf(policy)]),
          policy?.gates.map((gate) => gate.name).join(', ') ?? '',
        ],
        empty: 'no revisions',
      })
    }),
  )
}

function replayCommand(): Command {
  const command = new Command('replay')
    .description('judge the versions of past requests by a draft, changing nothing')
    .argument('<name>')
    .option('--draft <file>', 'the draft, as JSON; the policy as it stands when absent')
  return addServer(command).action(async (name: string) => {
    const { draft } = command.opts<{ draft?: string }>()
    const given = draft === undefined ? undefined : await policyFile(draft)
    await callServer(command, async (client) => {
      const params = { name }
      const body = given ?? (await client.call(endpoints.getPolicy, { params }))
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.replayPolicy, { params, query: { page_token }, body }),
      )
      printList(command, items, {
        heads: ['REQUEST', 'MODEL', 'VERSION', 'WAS', 'BY THE DRAFT', 'BLOCKED BY'],
        row: ({ promotion_id, model, version, was, can_merge, blocked_by }) => [
          ...[`#${promotion_id}`, model, version, was],
          ...[can_merge ? 'could merge' : 'blocked', blocked_by.join('; ')],
        ],
        empty: 'no requests to replay',
      })
    })
  })
}

function placeOf({ applies_to }: z.output<typeof endpoints.PolicyShape>): string {
  const { stage, alias, deployment } = applies_to
  if (deployment !== undefined) return `deployment ${deployment}`
  return stage ?? `alias ${alias}`
}

async function policyFile(path: string): Promise<PolicyBody> {
  try {
    // The server checks its form and names what is wrong.
    return JSON.parse(await readFile(path, 'utf8')) as PolicyBody
  } catch (err) {
    throw new StartError(`cannot read the policy in ${path}: ${(err as Error).message}`)
  }
}
