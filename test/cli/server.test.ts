import { execFile } from 'node:child_process'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations.ts'
import { LibsqlFile } from '../../src/platform/node/libsql/libsql-file.ts'
import { run, startServer, temporaryFolder } from '../support/gatehouse-process.ts'

describe('starting', () => {
  test('says what it listens on, answers, and ends 0 at SIGTERM', async () => {
    const server = await startServer(await temporaryFolder())
    expect(await (await fetch(`${server.url}/health`)).text()).toBe('OK')
    const { code, out, err } = await server.stop()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(`gatehouse: listening on ${server.url}\ngatehouse: stopping\n`)
  })

  test('ends 0 too while a search goes on that nobody waits for any more', async () => {
    const data = await temporaryFolder()
    const db = new LibsqlFile(join(data, 'gatehouse.db'))
    await migrate(db, migrations)
    await db.all(sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
      insert into runs (run_id, experiment, name, user_id, status, start_time_ms, artifact_uri, lifecycle_stage)
      select printf('%032x', i), 0, 'run-' || i, 'ann', 'FINISHED', i, 'x', 'active' from n`)
    await db.close()
    const server = await startServer(data)
    const leave = new AbortController()
    const searches = Array.from({ length: 4 }, (_, i) =>
      fetch(`${server.url}/api/2.0/mlflow/runs/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          experiment_ids: ['0'],
          filter: `attributes.run_name LIKE '%${i}x%'`,
        }),
        signal: leave.signal,
      }),
    )
    await new Promise((done) => setTimeout(done, 60))
    leave.abort()
    await Promise.allSettled(searches)
    const { code, err } = await server.stop()
    expect({ code, isPanic: err.includes('panicked') }).toEqual({ code: 0, isPanic: false })
  })

  test('several that start at once on new data all serve, with one signing key', async () => {
    const data = await temporaryFolder()
    const servers = await Promise.all([1, 2, 3].map(() => startServer(data)))
    for (const { url } of servers) expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect((await readFile(join(data, 'signing-key'), 'utf8')).trim()).toMatch(/^[0-9a-f]{64}$/)
    expect((await stat(join(data, 'signing-key'))).mode & 0o777).toBe(0o600)
    await Promise.all(servers.map((server) => server.stop()))
  })

  test('works through a link to the command', async () => {
    const link = join(await temporaryFolder(), 'gatehouse')
    const command = new URL('../../bin/gatehouse', import.meta.url).pathname
    await symlink(command, link)
    const help = await new Promise<string>((done) =>
      execFile(link, ['server', '--help'], (_err, stdout) => done(stdout)),
    )
    expect(help).toContain('--database-url')
  })

  test.each<[string, (folder: string) => Promise<[string[], Record<string, string>?]>, RegExp]>([
    [
      'a folder that cannot be made',
      async (folder) => {
        await writeFile(join(folder, 'file'), '')
        return [['--data', join(folder, 'file', 'data')]]
      },
      /cannot use the folder .*file\/data: ENOTDIR/,
    ],
    [
      'a file that is no database',
      async (folder) => {
        await writeFile(join(folder, 'gatehouse.db'), 'no database at all '.repeat(100))
        return [['--data', folder]]
      },
      /cannot (?:use|open) the database .*gatehouse\.db: .*not a database/,
    ],
    [
      'a folder that the file system refuses to make',
      async () => [['--data', process.platform === 'linux' ? '/proc/gatehouse/x' : '/dev/null/x']],
      /cannot use the folder .*\/x: (?:ENOENT|ENOTDIR|EPERM|EACCES)/,
    ],
    [
      'a database of a newer release',
      async (folder) => {
        const db = new LibsqlFile(join(folder, 'gatehouse.db'))
        await db.batch({
          list: [
            sql`create table d1_migrations (id integer primary key, name text unique,
              applied_at timestamp default current_timestamp not null)`,
            sql`insert into d1_migrations (name) values ('9999_later.sql')`,
          ],
        })
        db.close()
        return [['--data', folder]]
      },
      /9999_later\.sql, which this release does not know/,
    ],
    [
      "one of MLflow's own databases",
      async (folder) => [['--data', folder], { MLFLOW_BACKEND_STORE_URI: 'sqlite:///mlflow.db' }],
      /sqlite: database cannot be used; give --database-url/,
    ],
    [
      'an unknown place for artifacts',
      async (folder) => [['--data', folder, '--artifacts', 'gs://bucket']],
      /artifacts cannot be kept in 'gs:\/\/bucket'/,
    ],
    [
      'S3 without keys',
      async (folder) => [['--data', folder, '--artifacts', 's3://bucket']],
      /needs AWS_ACCESS_KEY_ID/,
    ],
    [
      'a port that is none',
      async (folder) => [['--data', folder, '--port', '70000']],
      /--port \(GATEHOUSE_PORT\) is '70000'; expected a number from 0 to 65535/,
    ],
    [
      'a signing key that is too short',
      async (folder) => [['--data', folder], { GATEHOUSE_SIGNING_KEY: 'short' }],
      /GATEHOUSE_SIGNING_KEY has fewer than 16 characters/,
    ],
    [
      'an address of another machine',
      async (folder) => [['--data', folder, '--host', '192.0.2.1']],
      /cannot listen on 192\.0\.2\.1 port 0: EADDRNOTAVAIL/,
    ],
  ])('%s is one clear line and exit code 1', async (_what, prepare, expected) => {
    const folder = await temporaryFolder()
    await mkdir(folder, { recursive: true })
    const [args, env] = await prepare(folder)
    const { code, err } = await run(['server', '--port', '0', ...args], env)
    expect(err).toMatch(expected)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  })

  test('a port that is taken is one clear line and exit code 1', async () => {
    const server = await startServer(await temporaryFolder())
    const port = new URL(server.url).port
    const { code, err } = await run(
      ['server', '--port', port, '--data', await temporaryFolder()],
      {},
    )
    expect(err).toBe(`gatehouse: port ${port} of 127.0.0.1 is taken; choose another with --port\n`)
    expect(code).toBe(1)
    await server.stop()
  })
})

describe('settings', () => {
  test("are read from a flag, else our variable, else MLflow's", async () => {
    const env = { MLFLOW_SERVER_X_FRAME_OPTIONS: 'deny', MLFLOW_WORKERS: '4' }
    const frameOptions = async (args: string[], more: Record<string, string>) => {
      const server = await startServer(await temporaryFolder(), args, { ...env, ...more })
      const { headers } = await fetch(`${server.url}/health`)
      await server.stop()
      return headers.get('x-frame-options')
    }
    expect(await frameOptions([], {})).toBe('DENY')
    expect(await frameOptions([], { GATEHOUSE_X_FRAME_OPTIONS: 'SAMEORIGIN' })).toBe('SAMEORIGIN')
    expect(await frameOptions(['--x-frame-options', 'NONE', '--workers', '4'], {})).toBeNull()
  })

  test('metrics are there when switched on, by either name, and not else', async () => {
    const folder = await temporaryFolder()
    const quiet = await startServer(folder)
    expect((await fetch(`${quiet.url}/metrics`)).status).toBe(404)
    await quiet.stop()
    const server = await startServer(folder, ['--expose-prometheus', '/tmp/unused'])
    await fetch(`${server.url}/version`)
    const text = await (await fetch(`${server.url}/metrics`)).text()
    expect(text).toMatch(
      /gatehouse_requests_total\{method="GET",operation="version",status="200"\} 1/,
    )
    await server.stop()
  })

  test('the log tells of each request at level info, without its query', async () => {
    const server = await startServer(await temporaryFolder(), ['--log-level', 'info'])
    const res = await fetch(`${server.url}/version?signature=secret`)
    await res.text()
    const { out } = await server.stop()
    const lines = out.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: '/version',
        operation: 'version',
        status: 200,
        requestId: res.headers.get('x-request-id'),
      }),
    ])
    expect(out).not.toContain('secret')
  })

  test('a prefix that a proxy leaves on requests is understood, and not needed', async () => {
    const server = await startServer(await temporaryFolder(), ['--static-prefix', '/mlflow'])
    expect((await fetch(`${server.url}/mlflow/version`)).status).toBe(200)
    expect((await fetch(`${server.url}/version`)).status).toBe(200)
    expect((await fetch(`${server.url}/mlflowx/version`)).status).toBe(404)
    await server.stop()
  })
})

describe('connections', () => {
  test('what is not HTTP, or asks for more than a server does, gets a 4xx in the envelope', async () => {
    const server = await startServer(await temporaryFolder())
    const requests = [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
      'GET \\x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n',
      `GET /${'x'.repeat(200_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ]
    for (const text of requests) {
      const answer = await exchange(server.url, text)
      expect(answer.slice(0, 12)).toMatch(/^HTTP\/1\.1 4\d\d/)
      expect(answer, text.slice(0, 40)).toContain('X-Content-Type-Options'.toLowerCase())
    }
    await server.stop()
  })

  test('a stop waits for a request under way and not for idle or half-open connections', async () => {
    const server = await startServer(await temporaryFolder())
    const { port } = new URL(server.url)
    const half = connect(Number(port), '127.0.0.1')
    half.on('error', () => undefined)
    half.write('POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: localhost\r\n')
    await fetch(`${server.url}/health`)
    const startedAt = performance.now()
    const { code } = await server.stop()
    expect(code).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    half.destroy()
  })
})

/** Send `text` and read until the server closes, or says nothing more for two seconds. */
function exchange(url: string, text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setTimeout(20_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
      socket.setTimeout(2000)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => done(answer.toLowerCase().replace('http/', 'HTTP/')))
  })
}
