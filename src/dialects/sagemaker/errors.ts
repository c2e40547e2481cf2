import type { MiddlewareHandler } from 'hono'
import { SignatureError } from '../../access/signatures/sigv4.ts'
import { BlockedError, type ErrorCode, type RegistryError } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'

/** The code for each of ours that is not a ValidationException. */
const codes: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'UnrecognizedClientException',
  PERMISSION_DENIED: 'AccessDeniedException',
  RESOURCE_CONFLICT: 'ConflictException',
  INVALID_STATE_TRANSITION: 'ConflictException',
  RESOURCE_EXHAUSTED: 'ResourceLimitExceeded',
  REQUEST_LIMIT_EXCEEDED: 'ThrottlingException',
  ENDPOINT_NOT_FOUND: 'UnknownOperationException',
  TEMPORARILY_UNAVAILABLE: 'ServiceUnavailable',
  INTERNAL_ERROR: 'InternalFailure',
}

const flaws = {
  form: 'IncompleteSignatureException',
  key: 'UnrecognizedClientException',
  signature: 'InvalidSignatureException',
}

export const contentType = 'application/x-amz-json-1.1'

/** Errors of a request that names an action of AWS's are answered in AWS's form. */
export function answerSageMakerErrors(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.req.method === 'POST' && c.req.header('x-amz-target') !== undefined) {
      c.set('answerError', sageMakerReply)
    }
    await next()
  }
}

/** Clients repeat what has a status from 500 on, so no refusal has one. */
function sageMakerReply(c: AppContext, err: RegistryError): Response {
  const status =
    err.code === 'INTERNAL_ERROR' ? 500 : err.code === 'TEMPORARILY_UNAVAILABLE' ? 503 : 400
  c.header('x-amzn-RequestId', c.var.ctx.requestId)
  const body = JSON.stringify({ __type: codeOf(c, err), message: messageOf(err) })
  return c.body(body, status, { 'Content-Type': contentType })
}

function codeOf(c: AppContext, err: RegistryError): string {
  if (err instanceof SignatureError) return flaws[err.flaw]
  if (err instanceof BlockedError) return 'ConflictException'
  if (err.code === 'RESOURCE_DOES_NOT_EXIST' && isOfCards(c)) return 'ResourceNotFound'
  if (err.code === 'UNAUTHENTICATED' && c.req.header('authorization') === undefined) {
    return 'MissingAuthenticationTokenException'
  }
  return exceptionOf(err.code)
}

/** Actions of model cards have a code of their own for what is not there. */
function isOfCards(c: AppContext): boolean {
  return /ModelCard(s|Versions)?$/.test(c.var.operation ?? '')
}

/** What AWS calls an error that is no matter of the signature. */
export function exceptionOf(code: ErrorCode): string {
  return codes[code] ?? 'ValidationException'
}

/** SageMaker's SDK knows what is not there by the last words. */
function messageOf({ code, message }: RegistryError): string {
  return code === 'RESOURCE_DOES_NOT_EXIST' ? `${message}: it does not exist.` : message
}
