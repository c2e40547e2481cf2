import { freshPlatform, runtime } from '#platform'
import { databaseSuite } from './database-suite.ts'

databaseSuite(
  runtime === 'node' ? 'libSQL in memory' : 'D1',
  async () => (await freshPlatform()).db,
)
