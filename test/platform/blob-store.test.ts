import { describe } from 'vitest'
import { freshPlatform } from '#platform'
import { blobStoreSuite } from './blob-store-suite.ts'

/** On disk in Node, in R2 in workerd; test/node/storage/s3-blob-store.test.ts has the third. */
describe("the runtime's own blob store", () => {
  blobStoreSuite(async () => (await freshPlatform()).blobs)
})
