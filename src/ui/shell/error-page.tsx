import type { Child, FC } from 'hono/jsx'
import type { AuditEntry } from '../../audit/entry.ts'
import { sentenceOf } from '../../audit/sentences/sentence.ts'
import {
  type ErrorCode,
  httpStatus,
  NotYetError,
  type RegistryError,
  RequestLimitError,
} from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { serverPrefix } from '../../http/guards/reached.ts'
import { dateTextOf, Time } from '../parts/byline.tsx'
import { LineSearch } from '../parts/search-box.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { findDeparture } from './departed.ts'
import { type Frame, frameOf } from './frame.ts'
import { findNearest, type Nearest } from './nearest.ts'
import { Page, sendPage } from './page.tsx'

/**
 * Answer a browser's request that failed. Who is not signed in is taken to the sign-in and back, or
 * told how to keep what they typed.
 */
export async function showError(c: AppContext, error: RegistryError): Promise<Response> {
  const frame = await frameOf(c)
  const isReading = ['GET', 'HEAD'].includes(c.req.method)
  if (error.code === 'UNAUTHENTICATED' && isReading) {
    return c.redirect(signInAndBack(c, frame), 302)
  }
  const [nearest, departure] =
    error.code === 'RESOURCE_DOES_NOT_EXIST'
      ? await Promise.all([findNearest(c), findDeparture(c)])
      : []
  const retryS = secondsToRetry(error)
  if (retryS !== undefined) c.header('Retry-After', String(retryS))
  const page = <ErrorPage {...{ frame, error, nearest, departure, retryS }} />
  return sendPage(c, { frame, page }, { status: httpStatus[error.code] })
}

/** A store that does not answer says nothing of when it will. */
const awaySeconds = 5

/** After how long the same may be asked again; undefined: it would be answered the same. */
function secondsToRetry(error: RegistryError): number | undefined {
  if (error instanceof RequestLimitError || error instanceof NotYetError) return error.retryAfterS
  return error.code === 'TEMPORARILY_UNAVAILABLE' ? awaySeconds : undefined
}

function signInAndBack(c: AppContext, { to }: Frame): string {
  const { pathname, search } = new URL(c.req.url)
  const prefix = serverPrefix(c)
  const path = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname
  return to.query(to.signIn, { to: path === '/' && search === '' ? undefined : path + search })
}

const titles: Partial<Record<ErrorCode, string>> = {
  INVALID_PARAMETER_VALUE: 'This cannot be asked for',
  BAD_REQUEST: 'This cannot be asked for',
  RESOURCE_ALREADY_EXISTS: 'It is there already',
  UNAUTHENTICATED: 'You are signed out',
  PERMISSION_DENIED: 'You may not do this',
  RESOURCE_DOES_NOT_EXIST: 'Not found',
  ENDPOINT_NOT_FOUND: 'No such page',
  METHOD_NOT_ALLOWED: 'No such page',
  RESOURCE_CONFLICT: 'Something else came first',
  INVALID_STATE_TRANSITION: 'The rules of the stages forbid this',
  DATA_LOSS: 'A stored file is damaged',
  PAYLOAD_TOO_LARGE: 'Too much text',
  REQUEST_LIMIT_EXCEEDED: 'Too many requests',
  TEMPORARILY_UNAVAILABLE: 'The storage does not answer',
  RESOURCE_EXHAUSTED: 'The storage is full',
}

type ErrorPageProps = {
  readonly frame: Frame
  readonly error: RegistryError
  /** What may have been meant. */
  readonly nearest: Nearest | undefined
  /** How it went. */
  readonly departure: AuditEntry | undefined
  readonly retryS: number | undefined
}

const ErrorPage: FC<ErrorPageProps> = ({ frame, error, nearest, departure, retryS }) => (
  <Page
    frame={frame}
    title={titleOf(error)}
    // Only what was read: a change that is sent again may be done twice.
    retrySeconds={frame.isRead ? retryS : undefined}
  >
    <div class="dialog">
      <p class="notice bad" role="alert">
        {visibleText(error.message)}
      </p>
      {departure ? (
        <Departure entry={departure} to={frame.to} />
      ) : (
        <p>{remedyOf(error, frame, retryS)}</p>
      )}
      {nearest === undefined || nearest.names.length === 0 ? null : (
        <div class="near">
          <p>{nearest.kind === 'prompts' ? 'Prompts' : 'Models'} of a similar name:</p>
          <ul>
            {nearest.names.map((name) => (
              <li>
                <a href={nearest.kind === 'prompts' ? frame.to.prompt(name) : frame.to.model(name)}>
                  <Given text={name} />
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
      {isMissing(error) && (frame.caller.isVerified || !frame.caller.isJudged) ? (
        <LineSearch
          action={frame.to.find}
          label="Find by name, id or digest"
          words=""
          button="Find"
        />
      ) : null}
      <p class="row">
        <a href={frame.to.home}>Home</a>
        <a href={frame.to.models}>Models</a>
        <a href={frame.to.experiments}>Experiments</a>
        <a href={frame.to.promotions}>Promotion requests</a>
      </p>
    </div>
  </Page>
)

/** When and by whom it was deleted or renamed, and the way to it as it was. */
const Departure: FC<{ readonly entry: AuditEntry; readonly to: Paths }> = ({ entry, to }) => {
  const { seq, at, model, after } = entry
  const renamed = entry.action === 'registered_model.renamed' ? after?.name : undefined
  return (
    <>
      <p>
        <a href={`${to.audit}/${seq}`}>
          <Time atMs={at} />
        </a>{' '}
        <Given text={sentenceOf(entry)} />
      </p>
      {typeof renamed === 'string' ? (
        <p>
          <a href={to.model(renamed)}>
            <Given text={renamed} />
          </a>
        </p>
      ) : model === undefined ? null : (
        <p>
          <a href={to.query(to.model(model), { at: dateTextOf(at - 1) })}>
            The model as it was before
          </a>
        </p>
      )}
    </>
  )
}

function titleOf(error: RegistryError): string {
  if (error instanceof NotYetError) return 'Not yet'
  return titles[error.code] ?? 'This is a fault of the server'
}

function isMissing({ code }: RegistryError): boolean {
  return code === 'RESOURCE_DOES_NOT_EXIST' || code === 'ENDPOINT_NOT_FOUND'
}

function remedyOf(error: RegistryError, frame: Frame, retryS: number | undefined): Child {
  const { to } = frame
  if (retryS !== undefined) return <Wait {...{ error, frame, retryS }} />
  switch (error.code) {
    case 'UNAUTHENTICATED':
      return (
        <>
          Nothing was changed. <a href={to.signIn}>Sign in</a> in another tab; what you typed is
          still in the form that you find by going back.
        </>
      )
    case 'PERMISSION_DENIED':
      return <WhomToAsk error={error} frame={frame} />
    case 'RESOURCE_CONFLICT':
    case 'RESOURCE_ALREADY_EXISTS':
      return 'Nothing was changed. Go back, load the page again, and look at what is different.'
    case 'RESOURCE_DOES_NOT_EXIST':
    case 'ENDPOINT_NOT_FOUND':
      return 'It may have been renamed or deleted, or the address has a mistake.'
    case 'INTERNAL_ERROR':
    case 'RESOURCE_EXHAUSTED':
      return <Tell frame={frame} />
    default:
      return 'Nothing was changed.'
  }
}

/** When the same may be asked again. Of a change nobody knows whether a store that fell silent made it. */
const Wait: FC<{
  readonly error: RegistryError
  readonly frame: Frame
  readonly retryS: number
}> = ({ error, frame, retryS }) => {
  if (frame.isRead) {
    return (
      <>
        Try again in {retryS} s. {isLimit(error) ? null : <Tell frame={frame} isLater />}
      </>
    )
  }
  return (
    <>
      {isLimit(error)
        ? 'Nothing was done.'
        : 'Perhaps it was done: look at that before you send it again.'}{' '}
      What you typed is still in the form that you find by going back; send it again in {retryS} s.{' '}
      {isLimit(error) ? null : <Tell frame={frame} isLater />}
    </>
  )
}

/** Somebody asks too much, or too early, and nothing is broken. */
function isLimit(error: RegistryError): boolean {
  return error instanceof RequestLimitError || error instanceof NotYetError
}

const Tell: FC<{ readonly frame: Frame; readonly isLater?: boolean }> = ({ frame, isLater }) => (
  <>
    {isLater ? 'If it goes on, tell ' : 'Tell '}
    {frame.contact === undefined ? 'whoever runs this server' : <Given text={frame.contact} />} the
    number of the request: <code>{frame.requestId}</code>
  </>
)

/** Who can give what is missing. Nothing of the thing itself is said, nor who manages it. */
const WhomToAsk: FC<{ readonly error: RegistryError; readonly frame: Frame }> = ({
  error: { message },
  frame: { caller, contact },
}) => (
  <>
    {caller.isVerified ? `You are signed in as ${visibleText(caller.name)}. ` : ''}
    {/only administrators|a grant of/.test(message)
      ? 'An administrator can give what is missing.'
      : 'An administrator, or who has MANAGE on it, can give what is missing.'}
    {contact === undefined ? null : (
      <>
        {' '}
        Ask <Given text={contact} />.
      </>
    )}
  </>
)
