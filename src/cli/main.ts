import { commandGroups } from './program/commands.ts'
import { runProcess } from './program/run-process.ts'

await runProcess(import.meta.url, commandGroups())
