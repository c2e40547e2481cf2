import { Command } from 'commander'
import { callMlflow } from '../mlflow-calls.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type WireComment = { readonly id: string }

/** `gatehouse comments`: what people say about a version; its page shows them. */
export function commentsCommand(): Command {
  return new Command('comments')
    .description('write, change and delete comments on versions; the page of a version shows them')
    .addCommand(createCommand())
    .addCommand(updateCommand())
    .addCommand(deleteCommand())
}

function createCommand(): Command {
  const command = new Command('create')
    .description('write a comment on a version')
    .argument('<model>')
    .argument('<version>')
    .argument('<text>')
  return addServer(command, 'changes').action((name: string, version: string, text: string) =>
    callServer(command, async (client) => {
      const body = { name, version, comment: text }
      const { comment } = await callMlflow<{ comment: WireComment }>(
        client,
        'POST comments/create',
        body,
      )
      print(command, comment, [`comment ${comment.id} on ${name} version ${version}`])
    }),
  )
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change your own comment')
    .argument('<id>')
    .argument('<text>')
  return addServer(command, 'changes').action((id: string, comment: string) =>
    callServer(command, async (client) => {
      const changed = await callMlflow<{ comment: WireComment }>(client, 'PATCH comments/update', {
        id,
        comment,
      })
      print(command, changed.comment, [`changed the comment ${id}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete').description('delete your own comment').argument('<id>')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, 'DELETE comments/delete', { id })
      print(command, {}, [`deleted the comment ${id}`])
    }),
  )
}
