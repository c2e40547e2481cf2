import { Command } from 'commander'
import { StartError } from '../../platform/start-error.ts'
import { pathsUnder } from '../../ui/paths.ts'
import { print } from '../print.ts'
import { addServer, serverOf } from '../with-server.ts'

type Flags = { readonly request?: string }

/** `gatehouse open`: the address of a page. */
export function openCommand(): Command {
  const command = new Command('open')
    .description(
      'print the address of the page of a model, a version or a request; of home without',
    )
    .argument('[model]')
    .argument('[version]')
    .option('--request <number>', 'a promotion request')
  return addServer(command).action((model?: string, version?: string) => {
    const server = serverOf(command)
    if (!server) throw new StartError('pages are of a running server; name it with --server')
    const { request } = command.opts<Flags>()
    if (request !== undefined && model !== undefined) {
      throw new StartError('give a model, or --request, but not both')
    }
    const paths = pathsUnder(server.replace(/\/+$/, ''))
    const url =
      request !== undefined
        ? paths.promotion(numberOf(request))
        : model === undefined
          ? paths.home
          : version === undefined
            ? paths.model(model)
            : paths.version(model, numberOf(version))
    print(command, { url }, [url])
  })
}

/** @throws StartError */
function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new StartError(`'${text}' is no number of a version or a request`)
}
