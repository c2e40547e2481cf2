import { afterAll } from 'vitest'
import { endProcesses } from './gatehouse-process.ts'

/** Here, and not where they are begun: files share what they import, and only the first would have this done. */
afterAll(endProcesses)
