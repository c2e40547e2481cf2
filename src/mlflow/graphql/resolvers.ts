import { RegistryError } from '../../core/error.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { AppContext } from '../../http/app-env.ts'
import { mayReadSomeExperiment } from '../../tracking/permissions.ts'
import type { Operation } from '../operation.ts'

/** A message of the REST API, in its own names. */
export type Wire = Readonly<Record<string, unknown>>

/** What the fields of one request are resolved by. */
export type Asking = {
  readonly c: AppContext
  /** What an operation of the REST API answers to these fields, judged as there. */
  ask(operation: string, fields: object): Promise<Wire>
}

type Resolver = (asking: Asking, input: Wire) => Promise<Wire | null>

/** @param operations those of the REST API that a field may stand for */
export function askingOf(c: AppContext, operations: readonly Operation[]): Asking {
  return {
    c,
    async ask(name, fields) {
      const found = operations.find((one) => one.name === name)
      if (!found?.answer) throw new Error(`there is no operation ${name} to ask`)
      return { ...(await found.answer(c, fields)) }
    },
  }
}

/** The fields at the root, and the operation that each stands for. */
const resolvers: Readonly<Record<string, Resolver>> = {
  mlflowGetExperiment: ({ ask }, input) => ask('getExperiment', input),
  mlflowGetRun: async (asking, input) => {
    const { run } = await asking.ask('getRun', input)
    return { run: withRelated(asking, [run as Wire])[0] }
  },
  mlflowListArtifacts: ({ ask }, input) => ask('listArtifacts', input),
  mlflowGetMetricHistoryBulkInterval: ({ ask }, input) =>
    ask('getMetricHistoryBulkInterval', input),
  mlflowSearchModelVersions: ({ ask }, input) => ask('searchModelVersions', paged(input)),
  mlflowSearchDatasets: inReadable(({ ask }, input) => ask('searchDatasets', input)),
  mlflowSearchRuns: inReadable(async (asking, input) => {
    const { runs, ...page } = await asking.ask('searchRuns', paged(input))
    return { ...page, runs: withRelated(asking, (runs ?? []) as readonly Wire[]) }
  }),
}

/** One query can have ten searches; each page is as long as what the REST API answers when nothing is said. */
const pageMax = 1000

function paged(input: Wire): Wire {
  const count = Number(input.maxResults ?? pageMax)
  return count > pageMax ? { ...input, maxResults: pageMax } : input
}

/** As MLflow: null where experiments are named and the caller may read none of them. */
function inReadable(resolve: Resolver): Resolver {
  return async (asking, input) => {
    const answer = await resolve(asking, input)
    const ids = input.experimentIds
    if (!Array.isArray(ids) || ids.length === 0) return answer
    return (await mayReadSomeExperiment(asking.c.var.ctx, ids.map(Number))) ? answer : null
  }
}

/**
 * A field at the root. What the caller may not read is null, as on MLflow's server; any other refusal is
 * an error in the words of the REST API.
 */
export async function resolveRoot(
  asking: Asking,
  field: string,
  { input = {}, inputString }: { readonly input?: Wire; readonly inputString?: string },
): Promise<Wire | null> {
  const resolve = resolvers[field]
  if (!resolve) return { output: inputString }
  try {
    return await resolve(asking, input)
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return null
    throw err
  }
}

/** Runs with what MLflow's REST API answers elsewhere; read only where it is asked for. */
function withRelated(asking: Asking, runs: readonly Wire[]): readonly Wire[] {
  const experiments = new Map<unknown, Promise<unknown>>()
  let versions: Promise<ReadonlyMap<unknown, readonly Wire[]>> | undefined
  return runs.map((run) => {
    const { run_id: id, experiment_id: experimentId } = run.info as Wire
    return {
      ...run,
      experiment: () => kept(experiments, experimentId, () => experimentOf(asking, experimentId)),
      async model_versions() {
        versions ??= versionsOf(asking, runs)
        return (await versions).get(id) ?? []
      },
    }
  })
}

function kept<T>(made: Map<unknown, T>, key: unknown, make: () => T): T {
  const found = made.get(key) ?? make()
  made.set(key, found)
  return found
}

async function experimentOf({ ask }: Asking, id: unknown): Promise<unknown> {
  return (await ask('getExperiment', { experiment_id: id })).experiment
}

/** A search takes a filter of bounded length. */
const runsOfSearch = 100

/** The versions that were made from these runs and that the caller may read, by run id. */
async function versionsOf(
  { ask }: Asking,
  runs: readonly Wire[],
): Promise<ReadonlyMap<unknown, readonly Wire[]>> {
  const ids = runs.map((run) => (run.info as Wire).run_id)
  const found: Wire[] = []
  for (let at = 0; at < ids.length; at += runsOfSearch) {
    const named = ids.slice(at, at + runsOfSearch).map((id) => `'${id}'`)
    const filter = `run_id IN (${named.join(', ')})`
    let token: unknown
    do {
      const page = await ask('searchModelVersions', { filter, page_token: token })
      found.push(...((page.model_versions ?? []) as readonly Wire[]))
      token = page.next_page_token
    } while (token)
  }
  return Map.groupBy(found, (version) => version.run_id)
}

/** What a field has that nothing was written to: the defaults of proto messages, from which MLflow answers. */
const unset: Readonly<Record<string, unknown>> = {
  String: '',
  LongString: 0,
  Float: 0,
  Boolean: false,
  ApiError: null,
}

/**
 * A field below the root: the message's, under its name in the REST API.
 *
 * @param type as the schema writes it: `String`, `[MlflowRunTag!]`
 */
export function readField(message: Wire, field: string, type: string): unknown {
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const value = message[name]
  if (typeof value === 'function') return value()
  if (value === undefined)
    return type.startsWith('[') ? [] : Object.hasOwn(unset, type) ? unset[type] : {}
  if (Array.isArray(value)) return inTurns(value)
  // No number of GraphQL says it.
  return name === 'value' && value === 'NaN' ? null : value
}

const itemsOfTurn = 50

/** Each item of a longer list waits for its turn: what is chosen of each is made at once. */
function inTurns(items: readonly unknown[]): readonly unknown[] {
  if (items.length <= itemsOfTurn) return items
  let turn = Promise.resolve()
  return items.map((item, at) => {
    if (at > 0 && at % itemsOfTurn === 0) turn = turn.then(letOthersRun)
    return turn.then(() => item)
  })
}
