import { Command } from 'commander'
import { listen, openPlatform } from '../../node.ts'
import { boundHeap } from '../../platform/node/heap/bound-heap.ts'
import { IdleCollector } from '../../platform/node/heap/idle-collector.ts'
import { drain } from '../../platform/node/http-server.ts'
import { RequestMetrics } from '../../platform/node/observed/metrics.ts'
import type { Served } from '../../platform/node/observed/served.ts'
import { openTracing } from '../../platform/node/observed/tracing.ts'
import { readChoice, readNumber, readSwitch } from '../../platform/settings/read-settings.ts'
import { addSettings, givenSettings } from '../options.ts'
import { makeFirstAdmin } from './first-admin.ts'
import { keepServing } from './keep-serving.ts'
import { stopSignal } from './stop-signal.ts'

/** Their sum is below the ten seconds that supervisors commonly allow from SIGTERM to SIGKILL. */
const drainMs = 8000
const backgroundMs = 1500

/** Flags of MLflow's server that mean nothing here but are accepted. */
const ignored = [
  '--workers <number>',
  '--gunicorn-opts <options>',
  '--uvicorn-opts <options>',
  '--serve-artifacts',
]

/** `gatehouse server`: migrate, then serve until told to stop. */
export function serverCommand(): Command {
  const command = new Command('server').description('serve the registry over HTTP')
  addSettings(command, ['storage', 'server'])
  for (const flag of ignored) command.option(flag)
  for (const option of command.options) if (option.description === '') option.hideHelp()
  return command.action(async () => {
    boundHeap()
    const given = givenSettings(command, process.env)
    const level = readChoice(given, 'log-level', ['error', 'info'])
    const metrics = readSwitch(given, 'metrics') ? new RequestMetrics() : undefined
    const port = readNumber(given, 'port', 65_535)
    const platform = await openPlatform(given, { readsAside: true })
    if (platform.settings.auth) await makeFirstAdmin(platform)
    const onServed = observer(level, metrics)
    const tracing = await openTracing(process.env, 'gatehouse')
    const { server, url } = await listen(
      platform,
      { host: given('host') ?? '', port, prefix: given('static-prefix') },
      { onServed, metrics, tracing },
    )
    keepServing()
    platform.background.start()
    new IdleCollector().start()
    console.log(`gatehouse: listening on ${url}`)
    await stopSignal()
    console.log('gatehouse: stopping')
    await drain(server, drainMs)
    await Promise.all([platform.background.stop(backgroundMs), tracing?.stop()])
    await platform.close()
    process.exit(0)
  })
}

function observer(
  level: 'error' | 'info',
  metrics: RequestMetrics | undefined,
): ((served: Served) => void) | undefined {
  if (level === 'error') return metrics && ((served) => metrics.observe(served))
  return (served) => {
    metrics?.observe(served)
    console.log(JSON.stringify({ time: new Date().toISOString(), level: 'info', ...served }))
  }
}
