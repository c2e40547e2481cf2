import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/groups.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse groups`: groups of accounts. */
export function groupsCommand(): Command {
  return new Command('groups')
    .description('list, set and delete groups')
    .addCommand(list())
    .addCommand(show())
    .addCommand(set())
    .addCommand(remove())
}

function list(): Command {
  const command = addServer(new Command('list').description('list all groups'))
  return command.action(() =>
    callServer(command, async (client) => {
      const groups = await readEveryPage((page_token) =>
        client.call(endpoints.listGroups, { query: { page_token } }),
      )
      printList(command, groups, {
        heads: ['GROUP', 'MEMBERS'],
        row: ({ name, members }) => [name, members.join(' ')],
        empty: 'no groups',
      })
    }),
  )
}

function show(): Command {
  const command = new Command('show').description('list the members').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const group = await client.call(endpoints.getGroup, { params: { name } })
      print(command, group, group.members.length > 0 ? group.members : ['no members'])
    }),
  )
}

function set(): Command {
  const command = new Command('set')
    .description('make a group of exactly these: rita, service:trainer')
    .argument('<name>')
    .argument('[members...]')
  return addServer(command, 'changes').action((name: string, members: string[]) =>
    callServer(command, async (client) => {
      const group = await client.call(endpoints.putGroup, { params: { name }, body: { members } })
      print(command, group, [`${name}: ${group.members.join(', ') || 'no members'}`])
    }),
  )
}

function remove(): Command {
  const command = new Command('delete')
    .description('delete a group; its members stay')
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deleteGroup, { params: { name } })
      print(command, {}, [`deleted the group '${name}'`])
    }),
  )
}
