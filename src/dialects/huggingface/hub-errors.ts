import type { MiddlewareHandler } from 'hono'
import { excerpt, httpStatus, RegistryError } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'

/** The codes that clients of the Hub know, each an exception of its own there. */
type HubCode = 'RepoNotFound' | 'RevisionNotFound' | 'EntryNotFound'

/** What is not there, in the Hub's words. */
class HubError extends RegistryError {
  override name = 'HubError'
  constructor(
    readonly hubCode: HubCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super('RESOURCE_DOES_NOT_EXIST', message, options)
  }
}

/** A model that is not there and one that the caller may not read look alike. */
export function noRepository(id: string, cause?: unknown): RegistryError {
  const message = `No model '${excerpt(id)}' here, or it takes READ on it that you lack`
  return new HubError('RepoNotFound', message, { cause })
}

/** @param why what lacks, and what to do */
export function noRevision(id: string, revision: string, why: string): RegistryError {
  return new HubError(
    'RevisionNotFound',
    `No revision '${excerpt(revision)}' of '${excerpt(id)}': ${why}`,
  )
}

export function noEntry(id: string, path: string): RegistryError {
  return new HubError('EntryNotFound', `No file '${excerpt(path)}' in '${excerpt(id)}'`)
}

/** Refusals below `/hf` in the Hub's form; a HEAD has no body, so the headers say all. */
export function answerHubErrors(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set('answerError', hubReply)
    await next()
  }
}

const unsigned = 'This server needs credentials: set HF_TOKEN to an access token of it'
/** Clients tell a wrong token by these very words. */
const wrongToken = 'Invalid credentials in Authorization header'

function hubReply(c: AppContext, err: RegistryError): Response {
  const hasCredentials = c.req.header('authorization') !== undefined
  const isUnsigned = err.code === 'UNAUTHENTICATED'
  const message = isUnsigned ? (hasCredentials ? wrongToken : unsigned) : err.message
  const code = isUnsigned && !hasCredentials ? 'RepoNotFound' : hubCodeOf(err)
  if (isUnsigned) c.header('WWW-Authenticate', 'Bearer realm="gatehouse"')
  if (code !== undefined) c.header('X-Error-Code', code)
  // A header takes no other characters.
  c.header('X-Error-Message', message.replace(/[^ -~]+/g, '?'))
  return c.json({ error: message }, httpStatus[err.code])
}

function hubCodeOf(err: RegistryError): HubCode | undefined {
  return err instanceof HubError ? err.hubCode : undefined
}
