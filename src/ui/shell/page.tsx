import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from '../../http/app-env.ts'
import type { Beside } from '../../search/page.ts'
import type { RunInfo } from '../../tracking/run.ts'
import { eventTypes } from '../../webhooks/events/event-types.ts'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { ApiCalls, type ShownCall } from './api-call.tsx'
import { Bar, type Section } from './bar.tsx'
import type { Frame } from './frame.ts'

type DocumentProps = PropsWithChildren<{
  readonly frame: Frame
  readonly title: string
  /** Class of the body, for a layout other than the usual one. */
  readonly class?: string
  /** Whether it leads on from links of MLflow's own page. */
  readonly takesOldLinks?: boolean
  /** Whether the script of pages is there. */
  readonly isScripted?: boolean
}>

/** A whole document. Everything that it loads comes from this server, under the nonce of the answer. */
export const Document: FC<DocumentProps> = ({ frame, title, children, ...options }) => {
  const { to, nonce, files, preferences } = frame
  const { theme, isLocal, isCompact } = preferences
  return (
    <html
      lang="en"
      data-theme={theme}
      data-zone={isLocal ? 'local' : undefined}
      data-density={isCompact ? 'compact' : undefined}
    >
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content={theme ?? 'light dark'} />
        <title>{`${visibleText(title)} · Gatehouse`}</title>
        {options.takesOldLinks ? (
          <script
            src={`${to.prefix}/assets/${files.oldLinks}`}
            data-to={`${to.prefix}/old-links`}
            nonce={nonce}
          />
        ) : null}
        {options.isScripted ? (
          <script src={`${to.prefix}/assets/${files.script}`} type="module" nonce={nonce} />
        ) : null}
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={`${to.prefix}/assets/${files.style}`} nonce={nonce} />
      </head>
      <body class={options.class}>{children}</body>
    </html>
  )
}

export type Crumb = { readonly text: string; readonly href?: string }

/** The way to a model, or to one of its versions. */
export function modelCrumbs(to: Paths, name: string, version?: number): Crumb[] {
  return [
    { text: 'Models', href: to.models },
    { text: name, href: to.model(name) },
    ...(version === undefined
      ? []
      : [{ text: `Version ${version}`, href: to.version(name, version) }]),
  ]
}

/** What stands beside a thing, as links. */
export function linksBeside<T>(
  { before, after }: Beside<T>,
  linkOf: (one: T) => Required<Crumb>,
): Beside<Required<Crumb>> {
  return {
    before: before === undefined ? undefined : linkOf(before),
    after: after === undefined ? undefined : linkOf(after),
  }
}

/** The way to an experiment, by its name. */
export function experimentCrumbs(
  to: Paths,
  { id, name }: { readonly id: number; readonly name: string },
): Crumb[] {
  return [
    { text: 'Experiments', href: to.experiments },
    { text: name, href: to.experiment(id) },
  ]
}

type PageProps = PropsWithChildren<{
  readonly frame: Frame
  readonly title: string
  /** The first heading, where it is not the title. */
  readonly heading?: Child
  /** The way here. The last one is this page. */
  readonly crumbs?: readonly Crumb[]
  /** What stands before and after what the page shows, in their list. */
  readonly beside?: Beside<Required<Crumb>> | undefined
  readonly section?: Section
  /** Below the heading. */
  readonly about?: Child
  /** Beside the heading. */
  readonly actions?: Child
  /** The call that answers the same, or several, each for a part. */
  readonly api?: ShownCall | readonly ShownCall[] | undefined
  /** Where MLflow's own page shows the same: what follows `#` in its address. */
  readonly inMlflow?: string
  /** How many requests wait for the caller, where that is known. */
  readonly waiting?: number
  readonly takesOldLinks?: boolean
  /** Without the script of pages; it is sent with `scripts: false`. */
  readonly isUnscripted?: boolean
  /** Its parts follow what happens to models, or to this one. */
  readonly live?: LiveParts | undefined
  /** It is asked for again by itself, some times at most, first after so many seconds. */
  readonly retrySeconds?: number | undefined
}>

type LiveParts = {
  readonly model?: string
  /** Kinds of events; absent: those that pages of models and requests show. Empty: no event tells of it. */
  readonly kinds?: readonly string[]
  /** What no event tells is read again so often. */
  readonly everySeconds?: number
  /** And at least so often while nothing changes; absent: as often as ever. */
  readonly quietSeconds?: number
}

const usualKinds: readonly string[] = ['registered_model', 'model_version', 'promotion']

/** A page in the frame that all pages share. */
export const Page: FC<PageProps> = ({ frame, title, children, ...props }) => (
  <Document
    frame={frame}
    title={title}
    takesOldLinks={props.takesOldLinks ?? false}
    isScripted={!props.isUnscripted}
  >
    <a class="skip" href="#content">
      Skip to the content
    </a>
    <Bar frame={frame} section={props.section} waiting={props.waiting ?? 0} />
    <main
      class="page"
      id="content"
      tabindex={-1}
      data-retry={props.retrySeconds}
      {...liveOf(frame, props.live)}
    >
      {props.crumbs ? (
        <div class="way">
          <Crumbs of={props.crumbs} />
          {props.beside ? <BesideLinks {...props.beside} /> : null}
        </div>
      ) : null}
      <div class="head">
        <div>
          <h1>{props.heading ?? visibleText(title)}</h1>
          {props.about}
        </div>
        {props.actions ? <div class="row actions">{props.actions}</div> : null}
      </div>
      {children}
    </main>
    <Foot frame={frame} calls={[props.api ?? []].flat()} inMlflow={props.inMlflow} />
  </Document>
)

/** A page that is read again while a run goes on: no event tells of points. */
export function liveOfRuns(
  runs: readonly Pick<RunInfo, 'status' | 'lifecycleStage'>[],
  everySeconds = 2,
): LiveParts | undefined {
  const goesOn = runs.some(
    ({ status, lifecycleStage }) => status === 'RUNNING' && lifecycleStage === 'active',
  )
  return goesOn ? { kinds: [], everySeconds, quietSeconds: 15 } : undefined
}

/** What the script follows while somebody looks at the page. */
function liveOf({ to }: Frame, live: LiveParts | undefined) {
  if (live === undefined) return {}
  const { kinds = usualKinds } = live
  const again = { 'data-every': live.everySeconds, 'data-quiet': live.quietSeconds }
  if (kinds.length === 0) return again
  const query = kinds.map((kind) => `type=${encodeURIComponent(`${kind}.*`)}`).join('&')
  const types = eventTypes.filter((type) => kinds.includes(type.slice(0, type.indexOf('.'))))
  return {
    'data-live': `${to.prefix}/api/v1/events?${query}`,
    'data-types': types.join(' '),
    ...again,
    // Encoded, so that characters which nobody sees stand in no page.
    'data-model': live.model === undefined ? undefined : encodeURIComponent(live.model),
  }
}

const Crumbs: FC<{ readonly of: readonly Crumb[] }> = ({ of }) => (
  <nav class="crumbs" aria-label="The way here">
    <ol>
      {of.map(({ text, href }) => (
        <li>
          {href === undefined ? (
            <span aria-current="page">
              <Given text={text} />
            </span>
          ) : (
            <a href={href}>
              <Given text={text} />
            </a>
          )}
        </li>
      ))}
    </ol>
  </nav>
)

const BesideLinks: FC<Beside<Required<Crumb>>> = ({ before, after }) =>
  before || after ? (
    <nav class="beside" aria-label="Before and after">
      {before ? (
        <a href={before.href} rel="prev" data-key="[" data-key-text={`Before: ${before.text}`}>
          ‹ {before.text}
        </a>
      ) : null}
      {after ? (
        <a href={after.href} rel="next" data-key="]" data-key-text={`After: ${after.text}`}>
          {after.text} ›
        </a>
      ) : null}
    </nav>
  ) : null

const Foot: FC<{
  readonly frame: Frame
  readonly calls: readonly ShownCall[]
  readonly inMlflow: string | undefined
}> = ({ frame, calls, inMlflow }) => (
  <footer class="foot">
    <ApiCalls calls={calls} frame={frame} />
    <span class="zone" data-keep={`${frame.to.profile}/zone`}>
      Times are in UTC
    </span>
    <span>
      Request <code>{frame.requestId.slice(0, 8)}</code>
    </span>
    {frame.hasMlflowPage && inMlflow !== undefined ? (
      <a href={`${frame.to.prefix}/mlflow-ui/#${inMlflow}`}>In MLflow's page</a>
    ) : null}
    <a href={frame.to.docs}>API reference</a>
  </footer>
)

type Sending = {
  readonly status?: ContentfulStatusCode
  /** Whether scripts of ours may run. */
  readonly scripts?: boolean
  /** Whether it has frames, sound or films of this server. */
  readonly frames?: boolean
  /** Whether its scripts start one of their own in a worker. */
  readonly workers?: boolean
}

/**
 * Answer with a page that no cache keeps. Only what has the nonce of this answer is loaded, forms go
 * to this server alone, and no site can frame it.
 */
export async function sendPage(
  c: AppContext,
  { frame, page }: { readonly frame: Frame; readonly page: ReturnType<FC> },
  { status = 200, scripts = true, frames = false, workers = false }: Sending = {},
): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${frame.nonce}'`,
    ...(scripts ? [`script-src 'nonce-${frame.nonce}'`, "connect-src 'self'"] : []),
    "img-src 'self' data:",
    ...(frames ? ["frame-src 'self'", "media-src 'self'"] : []),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    ...(workers ? ["worker-src 'self'", 'trusted-types parquet'] : ["trusted-types 'none'"]),
  ]
  // Of a page with parts that wait for something, the text waits too.
  const html = await (await page)?.toString()
  return c.body(`<!doctype html>${html}`, status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
  })
}
