import { Hono } from 'hono'
import type { SignedRequest } from '../../access/signatures/sigv4.ts'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'
import { parseWholeJson, readBytes } from '../../http/body.ts'
import { admit, guardedHandler } from '../../http/guards/guard.ts'
import { forwardedHost } from '../../http/guards/reached.ts'
import { rawPath } from '../../http/guards/target.ts'
import { publicPath } from '../../platform/settings/settings.ts'
import type { SageMakerAction, SentBody } from './action.ts'
import { arnPlaceOf } from './arns.ts'
import { checkKeptNumbers } from './card-content.ts'
import { cardActions } from './cards.ts'
import { changeActions } from './change-packages.ts'
import { contentType } from './errors.ts'
import { groupActions } from './groups.ts'
import { packageActions } from './packages.ts'
import { searchActions } from './search.ts'
import { tagActions } from './tags.ts'

const actions: ReadonlyMap<string, SageMakerAction> = new Map(
  [
    ...groupActions,
    ...packageActions,
    ...changeActions,
    ...cardActions,
    ...searchActions,
    ...tagActions,
  ].map((action) => [action.name, action]),
)

/** The largest request has a card of 100,000 characters. */
const bodyBytesMax = 1_000_000
const levelsMax = 50

/** SageMaker's model registry: every action is a POST to the path of the endpoint that clients are given. */
export function sageMakerRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post('/', guardedHandler(answerAction))
    .post('/aws', guardedHandler(answerAction))
}

async function answerAction(c: AppContext): Promise<Response> {
  const body = await readBytes(c, bodyBytesMax)
  c.set('signed', signedRequestOf(c, body))
  const name = /^SageMaker\.(\w{1,100})$/.exec(c.req.header('x-amz-target') ?? '')?.[1]
  const action = actions.get(name ?? '')
  c.set('operation', `sagemaker ${action?.name ?? 'unknown'}`)
  c.set('changes', !action?.reads)
  const ctx = await admit(c)
  if (!action) throw notServed(c)
  const sent = readBody(body)
  if (!action.reads) checkKeptNumbers(sent.text, 'The request')
  const answer = await action.run(ctx, arnPlaceOf(c), sent)
  return c.body(answer === undefined ? '' : JSON.stringify(answer), 200, {
    'Content-Type': contentType,
    'x-amzn-RequestId': ctx.requestId,
  })
}

/** The request as its client may have signed it: a proxy may have changed the host or removed a prefix. */
function signedRequestOf(c: AppContext, body: Uint8Array): SignedRequest {
  const { settings } = c.var.ctx
  const path = rawPath(c) || '/'
  const prefix = publicPath(settings)?.replace(/\/$/, '')
  const hosts = [
    c.req.header('host') ?? new URL(c.req.url).host,
    forwardedHost(c),
    settings.publicUrl && new URL(settings.publicUrl).host,
  ]
  const paths = [path, prefix === undefined ? path : prefix + (path === '/' ? '' : path)]
  const places = [...new Set(hosts)].flatMap((host) =>
    host ? [...new Set(paths)].map((one) => ({ host, path: one })) : [],
  )
  return {
    method: c.req.method,
    places,
    header: (name) => c.req.header(name),
    body: new Uint8Array(body),
  }
}

/** @throws INVALID_PARAMETER_VALUE it is no JSON object */
function readBody(bytes: Uint8Array): SentBody {
  const text = new TextDecoder().decode(bytes)
  if (text.trim() === '') return { members: {}, text }
  const members = parseWholeJson(text, levelsMax)
  if (typeof members === 'object' && members !== null && !Array.isArray(members)) {
    return { members, text }
  }
  throw invalid('The request body must be a JSON object')
}

function notServed(c: AppContext): RegistryError {
  const target = c.req.header('x-amz-target')
  if (target === undefined) {
    return new RegistryError(
      'METHOD_NOT_ALLOWED',
      'A POST here is an action of SageMaker and has a header X-Amz-Target; pages are read with GET',
    )
  }
  return new RegistryError(
    'ENDPOINT_NOT_FOUND',
    `The action '${excerpt(target)}' is not served; these are: ${[...actions.keys()].join(', ')}`,
  )
}
