import { mendFetch } from '../../src/platform/node/mend-fetch.ts'

/** Tests end servers in the middle of their answers. */
mendFetch()
