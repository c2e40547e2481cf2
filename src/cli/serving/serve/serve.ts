import type { Server } from 'node:http'
import { resolve as resolvePath } from 'node:path'
import { Command } from 'commander'
import type { GatehouseClient } from '../../../client/client.ts'
import { drain } from '../../../platform/node/http-server.ts'
import { openTracing } from '../../../platform/node/observed/tracing.ts'
import { StartError } from '../../../platform/start-error.ts'
import { parseDuration } from '../../duration.ts'
import { ioOf, note } from '../../io.ts'
import { print } from '../../print.ts'
import { keepServing } from '../../server/keep-serving.ts'
import { stopSignal } from '../../server/stop-signal.ts'
import { addServer, callServer, serverOf } from '../../with-server.ts'
import { pullVersion, type ResolvedModel } from '../pull-version.ts'
import { findFetched } from '../version-folder.ts'
import { followDeployment } from './follow-deployment.ts'
import { writeLastLive } from './live-versions.ts'
import { createProxy } from './proxy.ts'
import { startCountReports } from './report-counts.ts'
import { mlflowCommandOf, type ReadyVersion } from './scorer.ts'
import { ServingMetrics } from './serving-metrics.ts'
import { Supervisor, type SupervisorEvent } from './supervisor.ts'
import { Variants } from './variants.ts'

/** Below the ten seconds that supervisors commonly allow from SIGTERM to SIGKILL. */
const drainMs = 8000

type Flags = {
  model?: string
  deployment?: string
  host: string
  port: string
  folder: string
  scorerCommand?: string
  envManager?: string
  standbyMinutes: string
  timeout: string
  startTimeout: string
  pingSeconds: string
  metrics?: boolean
}

/** `gatehouse serve`: answer invocations with the version that a URI means. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description(
      'answer /invocations with the version that a URI means; another version takes over without a failed request',
    )
    .argument('[uri]', 'models:/<name>/<stage or latest> or models:/<name>@<alias>')
    .option('--model <uri>', 'the same as the argument')
    .option('--deployment <name>', 'in place of a URI: the variants of a deployment')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', '8080')
    .option(
      '--folder <path>',
      'where versions are kept; of this process alone',
      './gatehouse-models',
    )
    .option(
      '--env-manager <name>',
      'how `mlflow models serve` makes the environment: local, virtualenv, uv or conda',
    )
    .option(
      '--scorer-command <command>',
      'what to run in place of `mlflow models serve`, with {model_uri} and {port} in it',
    )
    .option('--standby-minutes <number>', 'how long the version before is kept running', '10')
    .option('--timeout <seconds>', 'how long a scorer may be silent in a request', '60')
    .option(
      '--ping-seconds <number>',
      'how often a scorer is asked whether it lives, and how long it may take to say so; 0: never',
      '5',
    )
    .option('--metrics', 'answer /metrics for Prometheus here, in place of the scorer')
    .option('--start-timeout <duration>', 'how long a scorer may take to be ready', '10m')
  return addServer(command).action((argument?: string) =>
    callServer(command, (client) => serveVersions(command, client, argument)),
  )
}

async function serveVersions(
  command: Command,
  client: GatehouseClient,
  argument: string | undefined,
): Promise<void> {
  const flags = command.opts<Flags>()
  const uri = argument ?? flags.model
  const name = flags.deployment
  if ((uri === undefined) === (name === undefined)) {
    throw new StartError('name either a model, e.g. models:/fraud/Production, or a --deployment')
  }
  if (serverOf(command) === undefined) {
    throw new StartError('serve follows a running server; name it with --server')
  }
  const root = resolvePath(flags.folder)
  const silenceMsMax = 1000 * numberOf('timeout', flags.timeout)
  const tracing = await openTracing(process.env, 'gatehouse-serve')
  const metrics = flags.metrics ? new ServingMetrics() : undefined
  const variants = new Variants(command, client, {
    root,
    silenceMsMax,
    makeSupervisor: supervisorsOf(command, client, { flags, root, metrics }),
    metrics,
  })
  const proxy = createProxy({
    router: variants.router,
    shadows: variants.shadows,
    live: (variant) => variants.live(variant),
    silenceMsMax,
    tracing,
    metrics: metrics && { of: metrics, text: () => metrics.text(variants.listLive()) },
  })
  keepServing()
  try {
    await listen(proxy, flags, (url) =>
      print(command, { event: 'listening', url }, [`listening on ${url}`]),
    )
    if (uri !== undefined) variants.apply({ variants: [{ name: uri, uri, weight: 1 }] })
    const following =
      name === undefined
        ? []
        : [
            followDeployment(command, client, {
              name,
              root,
              onSplit: (split) => {
                variants.apply(split)
                const { revision } = split
                print(command, { event: 'split', deployment: name, revision }, [
                  `${name} is at revision ${revision}`,
                ])
              },
            }),
          ]
    const { router } = variants
    const endCounts =
      name === undefined ? () => {} : startCountReports(command, client, { router, name })
    await Promise.race([...following, variants.failed, stopSignal()])
    note(command, 'stopping')
    await Promise.all([drain(proxy, drainMs), variants.stopReports()])
    await tracing?.stop()
    await endCounts()
  } finally {
    variants.close()
    proxy.closeAllConnections()
    proxy.close()
  }
  process.exit(0)
}

/** Makes supervisors; they fetch one after the other, since their versions lie in one folder. */
function supervisorsOf(
  command: Command,
  client: GatehouseClient,
  {
    flags,
    root,
    metrics,
  }: {
    readonly flags: Flags
    readonly root: string
    readonly metrics: ServingMetrics | undefined
  },
): (variant: string, onChange: () => void) => Supervisor {
  const terms = {
    command: scorerCommandOf(flags),
    startMsMax: parseDuration(flags.startTimeout),
    health: {
      everyMs: 1000 * numberOf('ping-seconds', flags.pingSeconds),
      silenceMsMax: 1000 * numberOf('timeout', flags.timeout),
    },
    standbyMs: 60_000 * numberOf('standby-minutes', flags.standbyMinutes),
  }
  const target = { root, err: ioOf(command).err }
  let before: Promise<unknown> = Promise.resolve()
  const obtain = (resolved: ResolvedModel) => {
    const turn = before.then(() => obtainVersion(client, resolved, target))
    // Its own caller is told.
    before = turn.catch(() => {})
    return turn
  }
  return (variant, onChange) =>
    new Supervisor({
      ...terms,
      obtain,
      onLine: ({ model, version }, line) => note(command, `${model} ${version}: ${line}`),
      onEvent: (event) => {
        print(command, eventToWire(event), [eventText(event)])
        metrics?.countEvent(variant, event)
        onChange()
        if (event.is !== 'live') return
        writeLastLive(root, event.resolved).catch((err: unknown) =>
          note(command, `what is live cannot be noted in ${root}: ${err}`),
        )
      },
    })
}

/** The files of a version; what is here whole is used without asking the server. */
async function obtainVersion(
  client: GatehouseClient,
  resolved: ResolvedModel,
  target: { readonly root: string; readonly err: NodeJS.WritableStream },
): Promise<ReadyVersion> {
  const { digest } = resolved
  const here = digest === undefined ? undefined : await findFetched(target.root, digest)
  const folder = here ?? (await pullVersion(client, resolved, target)).folder
  return { resolved, folder: resolvePath(folder) }
}

/** @throws StartError it lacks a place for the model or the port */
function scorerCommandOf({ scorerCommand, envManager }: Flags): string {
  if (scorerCommand === undefined) return mlflowCommandOf(envManager)
  if (envManager !== undefined) {
    throw new StartError('--env-manager is for `mlflow models serve`; leave it out')
  }
  for (const place of ['{model_uri}', '{port}']) {
    if (!scorerCommand.includes(place)) throw new StartError(`--scorer-command lacks ${place}`)
  }
  return scorerCommand
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,5}(\.\d+)?$/.test(text)) return Number(text)
  throw new StartError(`--${flag} is '${text}'; give a number`)
}

/** @throws StartError the address cannot be listened on */
function listen(
  server: Server,
  { host, port }: Flags,
  onListening: (url: string) => void,
): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new StartError(`--port is '${port}'; give a number up to 65535`)
  }
  return new Promise((done, failed) => {
    server.once('error', (err) => {
      failed(new StartError(`cannot listen on ${host} port ${port}: ${err.message}`))
    })
    server.listen(Number(port), host, () => {
      const address = server.address()
      const taken = typeof address === 'object' && address ? address.port : port
      onListening(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`)
      done()
    })
  })
}

function eventText(event: SupervisorEvent): string {
  const { model, version, digest } = event.resolved
  const name = `${model} ${version} (${digest})`
  if (event.is === 'live') return `${name} is live${event.wasWarm ? ', from standby' : ''}`
  if (event.is === 'died') return `${name} died: ${event.why}`
  return `${name} did not come up: ${event.why}`
}

function eventToWire({ resolved, is, ...event }: SupervisorEvent) {
  const { uri, model, version, digest } = resolved
  const why = 'why' in event ? { message: event.why } : {}
  return { event: is, uri, model, version, digest, ...why }
}
