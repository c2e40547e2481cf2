import { Command } from 'commander'
import { listen, openPlatform } from '../node.ts'
import { addSettings, givenSettings } from './options.ts'

/** `gatehouse server`: migrate, then serve until told to stop. */
export function serverCommand(): Command {
  const command = new Command('server').description('serve the registry over HTTP')
  return addSettings(command, ['storage', 'server']).action(async () => {
    const given = givenSettings(command, process.env)
    const platform = await openPlatform(given)
    const { url } = await listen(platform, given('host') ?? '', Number(given('port')))
    console.log(`gatehouse: listening on ${url}`)
  })
}
