import { Command } from 'commander'
import { createToken, listTokens, revokeToken } from '../api/endpoints/tokens.ts'
import { collect, print } from './print.ts'
import { addServer, withServer } from './with-server.ts'

/** `gatehouse tokens`: what machines and people sign in with in place of a password. */
export function tokensCommand(): Command {
  return new Command('tokens')
    .description('access tokens, for MLFLOW_TRACKING_TOKEN')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(revokeCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('tokens with their last use, never their text')
  return addServer(command).action(() =>
    withServer(command, async (client) => {
      const { items } = await client.call(listTokens, { query: {} })
      print(command, items, () =>
        items.map((token) => {
          const used = token.last_used_at ? `used ${day(token.last_used_at)}` : 'never used'
          const ends = token.expires_at ? `, ends ${day(token.expires_at)}` : ''
          return `${token.id} ${token.name} of ${token.for} (${token.scopes.join(', ')}), ${used}${ends}`
        }),
      )
    }),
  )
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a token and print it, this once')
    .argument('<name>', 'what it is for')
    .option('--for <principal>', 'user or service:NAME that it signs in as; yourself when absent')
    .option('--scope <scope>', 'read or write; may be repeated', collect, [])
    .option('--days <number>', 'days until it expires')
  return addServer(command).action((name: string) =>
    withServer(command, async (client) => {
      const flags = command.opts<{ for?: string; scope: ('read' | 'write')[]; days?: string }>()
      const made = await client.call(createToken, {
        body: {
          name,
          for: flags.for,
          scopes: flags.scope.length > 0 ? flags.scope : undefined,
          expires_in_days: flags.days === undefined ? undefined : Number(flags.days),
        },
      })
      print(command, made, () => [made.token])
    }),
  )
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('end a token, at once')
    .argument('<id>', 'as `tokens list` shows it')
  return addServer(command).action((id: string) =>
    withServer(command, async (client) => {
      await client.call(revokeToken, { params: { id } })
      print(command, { id }, () => [`token ${id} is revoked`])
    }),
  )
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
