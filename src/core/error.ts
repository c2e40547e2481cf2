/**
 * MLflow's error codes and the HTTP status of each, the only map from one to the other.
 *
 * A duplicate is 400 as in MLflow, not 409. Clients repeat 408, 429 and 5xx for minutes, so a
 * user's mistake is never one of these.
 */
export const httpStatus = {
  INVALID_PARAMETER_VALUE: 400,
  /** MLflow answers 500, which clients repeat. */
  FEATURE_DISABLED: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  RESOURCE_CONFLICT: 409,
  /** A rule of the stages forbids the move. MLflow's clients know the code from 1.x on, unlike the one above. */
  INVALID_STATE_TRANSITION: 409,
  /** A stored file is missing or damaged: clients must not repeat, and 404 would say that it never was. */
  DATA_LOSS: 410,
  PAYLOAD_TOO_LARGE: 413,
  RANGE_NOT_SATISFIABLE: 416,
  /** MLflow answers it where spans arrive, without a code. */
  UNPROCESSABLE_ENTITY: 422,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
  RESOURCE_EXHAUSTED: 507,
} as const

export type ErrorCode = keyof typeof httpStatus

/** The one error a caller may see. Anything else that is thrown is a bug and answers 500. */
export class RegistryError extends Error {
  override name = 'RegistryError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** 429 REQUEST_LIMIT_EXCEEDED; goes out with `Retry-After`. */
export class RequestLimitError extends RegistryError {
  override name = 'RequestLimitError'
  constructor(
    message: string,
    /** Whole seconds. */
    readonly retryAfterS: number,
  ) {
    super('REQUEST_LIMIT_EXCEEDED', message)
  }
}

/** 503 TEMPORARILY_UNAVAILABLE: work goes on where it stopped when the call is made again; goes out with `Retry-After`. */
export class NotYetError extends RegistryError {
  override name = 'NotYetError'
  constructor(
    message: string,
    /** Whole seconds. */
    readonly retryAfterS: number,
  ) {
    super('TEMPORARILY_UNAVAILABLE', message)
  }
}

/** A part of a text: from `at` to before `end`, in UTF-16 units from 0. */
export type TextPlace = { readonly at: number; readonly end: number }

export type Mending = {
  /** What certainly belongs there instead. */
  readonly fix?: string | undefined
  /** Words and signs of which one belongs there; undefined: there is no end of them. */
  readonly expected?: readonly string[] | undefined
}

/** 400 INVALID_PARAMETER_VALUE for a filter, with the place of the mistake. */
export class FilterError extends RegistryError {
  constructor(
    message: string,
    /** Undefined: the mistake has no place. */
    readonly place: (TextPlace & Mending) | undefined,
  ) {
    super('INVALID_PARAMETER_VALUE', message)
  }
}

/** 409 RESOURCE_CONFLICT for a write to sealed files. Unlike a lost race, it is noted in the audit log. */
export class SealedError extends RegistryError {
  constructor(message: string) {
    super('RESOURCE_CONFLICT', message)
  }
}

/** What keeps a promotion request from being merged, as the audit log has it. */
export type Blocked = {
  readonly promotionId: number
  readonly model: string
  readonly version: number
  /** The gates that failed; none where it is approvals that are missing. */
  readonly failedGates: readonly FailedGate[]
  /** The message for the audit log, which others read than the caller. */
  readonly message: string
}
export type FailedGate = { readonly name: string; readonly policy: string; readonly detail: string }

/** 403 PERMISSION_DENIED for a move that waits in a promotion request. */
export class BlockedError extends RegistryError {
  constructor(
    message: string,
    readonly blocked: Blocked,
  ) {
    super('PERMISSION_DENIED', message)
  }
}

/** 400 INVALID_PARAMETER_VALUE: the message names the value and the remedy. */
export function invalid(message: string, options?: ErrorOptions): RegistryError {
  return new RegistryError('INVALID_PARAMETER_VALUE', message, options)
}

/** 404 RESOURCE_DOES_NOT_EXIST, e.g. `notFound('Policy', 'abc')`. */
export function notFound(what: string, id: string): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', `${what} '${excerpt(id)}' not found`)
}

/** 404 RESOURCE_DOES_NOT_EXIST, of what clients know a phrase for: `absent(messages.noRun(id))`. */
export function absent(message: string): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', message)
}

/** 409 RESOURCE_CONFLICT: somebody else was first. */
export function conflict(message: string): RegistryError {
  return new RegistryError('RESOURCE_CONFLICT', message)
}

/** A caller's value as a message may quote it: bounded, so that an error never echoes a whole body. */
export function excerpt(value: string, charsMax = 200): string {
  return value.length > charsMax ? `${cutText(value, charsMax)}...` : value
}

/** The beginning of a text, at most `charsMax` UTF-16 units of it, and no half of a character at its end. */
export function cutText(value: string, charsMax: number): string {
  const cut = value.slice(0, charsMax)
  return /[\ud800-\udbff]$/.test(cut) && cut.length < value.length ? cut.slice(0, -1) : cut
}
