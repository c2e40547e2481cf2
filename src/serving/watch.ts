import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { OpenStreams } from '../platform/open-streams.ts'
import { type Moment, momentRead, pollerOf } from '../webhooks/events/audit-poller.ts'
import { mayBeTold, mayResolve } from './permissions.ts'
import { fingerprintOf, type ModelUri, type Resolution, resolveUri } from './resolve.ts'

const heartbeatMs = 15_000

/** A stream ends after a while, and clients go on from its last id; see `streamEventText`. */
const lifetimeMs = 240_000

/** Credentials also expire with time, which is not a change that can be noticed. */
const admittedMs = 15_000

/** A fleet of replicas has one account. */
export const watches = new OpenStreams('watches of models', { max: 4000, maxOfOne: 2000 })

/** The reader of a stream, with their present rights; undefined: they may no longer read it. */
type Readmit = () => Promise<Context | undefined>

/** What a URI means at a moment, or why it means nothing. */
export type Meaning = {
  readonly uri: string
  readonly told: Resolution | { readonly uri: string; readonly why: RegistryError }
  readonly fingerprint: string
}

/**
 * What the URIs mean, and each change of it until the reader stops, loses the right to read one of the
 * models, or `lifetimeMs` is over. Changes that follow each other within half a second may be told as one.
 *
 * @param watch.known the fingerprints that the reader has, by place in the list of URIs
 * @returns undefined: nothing was told for `heartbeatMs`
 */
export async function* streamMeanings(
  ctx: Context,
  readmit: Readmit,
  watch: {
    readonly uris: readonly ModelUri[]
    readonly known: readonly string[]
    readonly ended: AbortSignal
  },
): AsyncGenerator<Meaning | undefined> {
  const { uris, ended } = watch
  if (watches.whyNot(ctx) !== undefined) return
  const known = [...watch.known]
  const untilMs = ctx.now() + lifetimeMs
  let toldAtMs = ctx.now()
  watches.count(ctx, 1)
  try {
    let reader: Reader | undefined
    let moment = await readMoment(ctx)
    while (!ended.aborted && ctx.now() < untilMs) {
      reader = await readerNow(ctx, { readmit, uris, epoch: moment.epoch, known: reader })
      if (!reader) return
      for await (const news of streamNews(reader.ctx, uris, { known, seq: moment.seq })) {
        if (news === 'denied') return
        yield news
        toldAtMs = ctx.now()
      }
      const { seq, epoch } = moment
      const next = await pollerOf(ctx).until({ seq: seq + 1, epoch }, heartbeatMs, ended)
      moment = next ?? moment
      // What others write to the audit log is no news for this reader.
      const isQuiet = !next || ctx.now() - toldAtMs >= heartbeatMs
      if (!isQuiet) continue
      yield undefined
      toldAtMs = ctx.now()
    }
  } finally {
    watches.count(ctx, -1)
  }
}

/**
 * What the URIs mean at a moment, where that is not known yet.
 *
 * @param known by place in the list of URIs; what is told is noted in it
 */
async function* streamNews(
  ctx: Context,
  uris: readonly ModelUri[],
  { known, seq }: { readonly known: string[]; readonly seq: number },
): AsyncGenerator<Meaning | 'denied'> {
  for (const [place, uri] of uris.entries()) {
    const meaning = await meaningAt(ctx, uri, seq)
    const { told, fingerprint } = meaning
    if (fingerprint === known[place]) continue
    const mayTell = await mayBeTold(ctx, uri, 'why' in told ? undefined : told)
    known[place] = fingerprint
    yield mayTell ? meaning : 'denied'
  }
}

/**
 * What a URI means once that differs from what the reader has, or undefined if `ms` pass first.
 *
 * @throws what `resolveUri` throws
 */
export async function waitForChange(
  ctx: Context,
  readmit: Readmit,
  {
    uri,
    known,
    ms,
    ended,
  }: {
    readonly uri: ModelUri
    readonly known: string
    readonly ms: number
    readonly ended: AbortSignal
  },
): Promise<Meaning | undefined> {
  const stop = new AbortController()
  const end = () => stop.abort()
  const timer = setTimeout(end, ms)
  ended.addEventListener('abort', end)
  if (ended.aborted) end()
  try {
    const meanings = streamMeanings(ctx, readmit, {
      uris: [uri],
      known: [known],
      ended: stop.signal,
    })
    for await (const meaning of meanings) if (meaning) return meaning
    return undefined
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', end)
  }
}

/** A reader with the rights of one moment. */
type Reader = { readonly ctx: Context; readonly epoch: number; readonly atMs: number }

type Reading = {
  readonly readmit: Readmit
  readonly uris: readonly ModelUri[]
  readonly epoch: number
  readonly known: Reader | undefined
}

/** The reader with their present rights, judged again when access changed or time passed. */
async function readerNow(
  { now }: Context,
  { readmit, uris, epoch, known }: Reading,
): Promise<Reader | undefined> {
  const atMs = now()
  if (known && known.epoch === epoch && atMs - known.atMs < admittedMs) return known
  const ctx = await readmit()
  return ctx && (await mayResolve(ctx, uris)) ? { ctx, epoch, atMs } : undefined
}

/** The newest entry of the audit log, and the state of access. */
async function readMoment({ db }: Context): Promise<Moment> {
  const row = await db.first(momentRead)
  if (!row) throw new Error('access_epoch has no row')
  return row
}

/** What many watchers ask at one moment is read once for all; the next moment forgets it. */
type Answers = { readonly seq: number; readonly byUri: Map<string, Promise<Meaning>> }

const answersOf = new WeakMap<object, Answers>()

/** What a URI meant when entry `seq` was the newest, or later. */
function meaningAt(ctx: Context, uri: ModelUri, seq: number): Promise<Meaning> {
  const known = answersOf.get(ctx.timerScope)
  const answers = known?.seq === seq ? known : { seq, byUri: new Map<string, Promise<Meaning>>() }
  answersOf.set(ctx.timerScope, answers)
  const key = `${ctx.workspace} ${uri.uri}`
  const asked = answers.byUri.get(key)
  if (asked) return asked
  const reading = readMeaning(ctx, uri)
  answers.byUri.set(key, reading)
  // Whoever waits for it is told; who asks later tries again.
  reading.catch(() => answers.byUri.delete(key))
  return reading
}

/** @throws what is no answer, such as a database that fails */
export async function readMeaning(ctx: Context, uri: ModelUri): Promise<Meaning> {
  try {
    const told = await resolveUri(ctx, uri)
    return { uri: uri.uri, told, fingerprint: await fingerprintOf(ctx, told) }
  } catch (why) {
    if (!(why instanceof RegistryError) || !absent.includes(why.code)) throw why
    const { code, message } = why
    const fingerprint = await fingerprintOf(ctx, { code, message })
    return { uri: uri.uri, told: { uri: uri.uri, why }, fingerprint }
  }
}

const absent = ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE']
