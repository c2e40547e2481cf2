import { Hono } from 'hono'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'
import { admit, guardedHandler } from '../../http/guards/guard.ts'
import { type HubAddress, parseHubAddress } from './address.ts'
import { sendHubFile, sendPathsInfo, sendTree } from './files.ts'
import { sendCommits, sendModelInfo, sendRefs } from './model-info.ts'
import { enterRepository, getRevision } from './repository.ts'

/** Where clients of the Hugging Face Hub read: `HF_ENDPOINT` is the server's address and this. */
const root = '/hf'

/** Models as the Hugging Face Hub serves them, for reading. */
export function hubRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(`${root}/api/whoami-v2`, guardedHandler(sendWhoami))
    .get(`${root}/*`, guardedHandler(answerAddress))
    .post(`${root}/*`, guardedHandler(answerAddress))
}

/** The path is read here: a router would take an encoded slash in a revision for two parts. */
async function answerAddress(c: AppContext): Promise<Response> {
  c.set('changes', false)
  const address = parseHubAddress(c.req.path.slice(root.length))
  const isPost = c.req.method === 'POST'
  if (!address || isPost !== (address.ask === 'paths-info')) {
    await admit(c)
    throw notServed(c)
  }
  c.set('operation', `hub ${address.ask}`)
  return answer(c, address)
}

async function answer(c: AppContext, address: HubAddress): Promise<Response> {
  const repository = await enterRepository(c, address)
  if (address.ask === 'auth-check') return c.json({})
  if (address.ask === 'refs') return sendRefs(c, repository)
  const asked = 'revision' in address ? address.revision : 'main'
  const revision = await getRevision(c.var.ctx, repository, asked)
  const place = { repository, revision }
  switch (address.ask) {
    case 'resolve':
      return sendHubFile(c, place, address)
    case 'tree':
      return sendTree(c, place, address.path)
    case 'paths-info':
      return sendPathsInfo(c, place)
    case 'commits':
      return sendCommits(c, repository, revision)
    default:
      return sendModelInfo(c, repository, revision)
  }
}

/** Who the token is of. */
async function sendWhoami(c: AppContext): Promise<Response> {
  c.set('operation', 'hub whoami')
  c.set('needsNoWorkspace', true)
  const { principal } = await admit(c)
  const { name, token } = principal
  const role = token?.scopes.includes('write') ? 'write' : 'read'
  return c.json({
    type: 'user',
    id: name,
    name,
    fullname: name,
    orgs: [],
    auth: { type: 'access_token', accessToken: { displayName: name, role } },
  })
}

function notServed(c: AppContext): RegistryError {
  const asked = `${c.req.method} ${excerpt(c.req.path)}`
  return new RegistryError(
    'ENDPOINT_NOT_FOUND',
    `No such endpoint: ${asked}; models are read here, and nothing else of the Hub is served`,
  )
}
