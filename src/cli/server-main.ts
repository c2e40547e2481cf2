/** `gatehouse server` alone: what the other commands need is neither read at its start nor kept as long as it runs. */
import { runProcess } from './program/run-process.ts'
import { serverCommand } from './server/server.ts'

await runProcess(import.meta.url, { 'Serve and keep the data:': [serverCommand()] })
