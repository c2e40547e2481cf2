import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../../src/cli/serving/serve/find-free-port.ts'
import { collect, end, run, start } from './processes.ts'
import { pathOfProgram } from './programs.ts'
import { type Server, startAuthServer } from './servers.ts'

/** One server of nginx: how clients reach it, and what it does with a request. */
type Shape = {
  readonly port: number
  readonly isTls?: true
  readonly path: string
  /** The lines of its `location`. */
  readonly passing: readonly string[]
}

const told = [
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header X-Forwarded-Host $http_host;',
]

/**
 * nginx in the usual shapes in front of two servers with access control. Its clients find the address of
 * each shape in GATEHOUSE_BEHIND, as JSON:
 *
 * - `kept`: the prefix stays on the path, and the Host header is the client's
 * - `told`: the prefix is taken off and told, and Host is nginx's own upstream
 * - `root`: TLS, no prefix, Host is nginx's own upstream
 * - `silent`: TLS, the prefix is taken off, and nothing is told: `public-url` says where people are
 */
export async function startProxiedServers(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nginx-'))
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const one of stops.reverse()) await one()
  }
  try {
    const [kept, toldAt, root, silent] = [
      await findFreePort(),
      await findFreePort(),
      await findFreePort(),
      await findFreePort(),
    ]
    const publicUrl = `https://localhost:${silent}/hidden`
    const trusting = await startAuthServer([
      '--trusted-proxies',
      '127.0.0.1',
      '--static-prefix',
      '/kept',
    ])
    stops.push(trusting.stop)
    const published = await startAuthServer(['--public-url', publicUrl])
    stops.push(published.stop)
    const shapes = {
      kept: {
        port: kept,
        path: '/kept',
        passing: [`proxy_pass ${trusting.url};`, ...told, 'proxy_set_header Host $http_host;'],
      },
      told: {
        port: toldAt,
        path: '/told',
        passing: [
          `proxy_pass ${trusting.url}/;`,
          ...told,
          'proxy_set_header X-Forwarded-Prefix /told;',
        ],
      },
      root: {
        port: root,
        isTls: true,
        path: '',
        passing: [`proxy_pass ${trusting.url};`, ...told],
      },
      silent: {
        port: silent,
        isTls: true,
        path: '/hidden',
        passing: [`proxy_pass ${published.url}/;`],
      },
    } satisfies Record<string, Shape>
    await makeCertificate(folder)
    await writeFile(join(folder, 'nginx.conf'), configurationOf(folder, Object.values(shapes)))
    const child = start(pathOfProgram('nginx'), [
      '-e',
      'stderr',
      '-p',
      folder,
      '-c',
      join(folder, 'nginx.conf'),
    ])
    stops.push(() => end(child))
    const output = collect(child)
    await untilListening(kept, output)
    const addresses = Object.entries(shapes).map(([name, shape]) => [name, addressOf(shape)])
    return {
      url: trusting.url,
      stop,
      output: () => [output(), trusting.output(), published.output()].join('\n'),
      env: {
        ...trusting.env,
        GATEHOUSE_BEHIND: JSON.stringify(Object.fromEntries(addresses)),
        REQUESTS_CA_BUNDLE: join(folder, 'certificate.pem'),
      },
    }
  } catch (err) {
    await stop()
    throw err
  }
}

function addressOf({ port, isTls, path }: Shape): string {
  return `${isTls ? 'https' : 'http'}://localhost:${port}${path}`
}

async function makeCertificate(folder: string): Promise<void> {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const made = await run(pathOfProgram('openssl'), [
    'req',
    '-x509',
    '-days',
    '2',
    ...key,
    ...names,
    ...files,
  ])
  if (made.code !== 0) throw new Error(`openssl made no certificate: ${made.output}`)
}

function configurationOf(folder: string, shapes: readonly Shape[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  // Its workers may read and write in the folder of whoever runs this, root too.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `daemon off;
${user}
worker_processes 1;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  client_max_body_size 0;
  ${shapes.map(serverOf).join('\n  ')}
}
`
}

function serverOf({ port, isTls, path, passing }: Shape): string {
  const tls = isTls ? 'ssl_certificate certificate.pem; ssl_certificate_key key.pem;' : ''
  return `server {
    listen 127.0.0.1:${port}${isTls ? ' ssl' : ''};
    ${tls}
    location ${path}/ {
      ${passing.join('\n      ')}
    }
  }`
}

async function untilListening(port: number, output: () => string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })
      return
    } catch {
      // Not listening yet: the number of tries decides.
    }
    await wait(100)
  }
  throw new Error(`nginx did not answer: ${output()}`)
}
