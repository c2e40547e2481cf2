import { Command, Option } from 'commander'
import * as endpoints from '../../api/endpoints/tokens.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse tokens`: access tokens, shown once. */
export function tokensCommand(): Command {
  return new Command('tokens')
    .description('list, make and revoke access tokens')
    .addCommand(list())
    .addCommand(create())
    .addCommand(revoke())
}

function list(): Command {
  const command = new Command('list')
    .description('list your tokens; as an administrator all')
    .option('--for <account>', 'only those of rita, or of service:trainer')
  return addServer(command).action((options: { for?: string }) =>
    callServer(command, async (client) => {
      const tokens = await readEveryPage((page_token) =>
        client.call(endpoints.listTokens, { query: { page_token, for: options.for } }),
      )
      printList(command, tokens, {
        heads: ['ID', 'TOKEN', 'FOR', 'SCOPES', 'EXPIRES', 'LAST USED'],
        row: (token) => [
          ...[token.id, token.name, token.for, token.scopes.join(' ')],
          momentText(command, token.expires_at, 'never'),
          momentText(command, token.last_used_at, 'never'),
        ],
        empty: 'no tokens',
      })
    }),
  )
}

function create(): Command {
  const command = new Command('create')
    .description('make a token and print it, this once')
    .argument('<name>', 'what it is for: ci')
    .option('--for <account>', 'whose it is: rita, service:trainer; you when absent')
    .addOption(
      new Option('--scope <scope...>', 'what it may')
        .choices(['read', 'write'])
        .default(['read', 'write']),
    )
    .option('--expires-in-days <days>', 'when it ends; never when absent', Number)
    .option('--aws', "with a key pair for AWS's SDK, printed below it")
  type Options = {
    for?: string
    scope: ('read' | 'write')[]
    expiresInDays?: number
    aws?: boolean
  }
  return addServer(command, 'changes').action((name: string, options: Options) =>
    callServer(command, async (client) => {
      const made = await client.call(endpoints.createToken, {
        body: {
          name,
          for: options.for,
          scopes: options.scope,
          expires_in_days: options.expiresInDays,
          aws: options.aws,
        },
      })
      const { aws_access_key_id: id, aws_secret_access_key: secret } = made
      const pair =
        id && secret ? [`AWS_ACCESS_KEY_ID=${id}`, `AWS_SECRET_ACCESS_KEY=${secret}`] : []
      print(command, made, [made.token, ...pair])
    }),
  )
}

function revoke(): Command {
  const command = new Command('revoke')
    .description('revoke a token at once')
    .argument('<id>', 'as `tokens list` shows it')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.revokeToken, { params: { id } })
      print(command, {}, [`revoked the token ${id}`])
    }),
  )
}
