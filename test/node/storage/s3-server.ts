import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { findFreePort } from '../../../src/cli/serving/serve/find-free-port.ts'
import type { S3Options } from '../../../src/platform/s3/s3-client.ts'
import { S3Client } from '../../../src/platform/s3/s3-client.ts'
import { compiling, environment, programOf } from '../../runner/environments.ts'
import { collect, end, start } from '../../runner/processes.ts'

/** How many keys a page of a listing has. */
const pageKeys = 20

/**
 * A real S3 server of its own (moto), made from test/clients/s3-server.txt when it is missing.
 *
 * @throws it could not be made or started, and why: such a test fails, it is never skipped
 */
export async function startS3Server() {
  const problem = await environment('s3-server')
  if (problem) throw new Error(problem)
  const port = await findFreePort()
  const child = start(programOf('s3-server', 'moto_server'), ['-H', '127.0.0.1', '-p', `${port}`], {
    env: { ...process.env, ...compiling, MOTO_S3_DEFAULT_MAX_KEYS: `${pageKeys}` },
  })
  const output = collect(child)
  for (let i = 0; !(await answers(port)); i++) {
    if (i === 300 || child.exitCode !== null) throw new Error(`moto did not start:\n${output()}`)
    await pause(100)
  }
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    pageKeys,
    stop: () => end(child),
    /** Options for a new bucket. */
    async bucket(prefix = ''): Promise<S3Options> {
      const options: S3Options = {
        bucket: `b-${crypto.randomUUID()}`,
        prefix,
        endpoint,
        region: 'us-east-1',
        accessKeyId: 'test',
        secretAccessKey: 'test-secret',
        sessionToken: undefined,
      }
      await new S3Client(options).send('PUT', '')
      return options
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })
}
