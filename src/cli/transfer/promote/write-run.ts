import type { z } from 'zod'
import type { getFacts } from '../../../api/endpoints/facts.ts'
import { ApiError, type GatehouseClient } from '../../../client/client.ts'
import { callMlflow, searchMlflow } from '../../mlflow-calls.ts'
import { batchesOf } from '../export/run-batches.ts'
import { pointsOf, type RunBefore } from './run-points.ts'

/** What is known of the run of a version; `digest` tells two such facts apart. */
export type RunFacts = Pick<
  z.output<typeof getFacts.answer>,
  'run_name' | 'params' | 'metrics' | 'tags' | 'datasets' | 'at' | 'digest'
> & {
  /** The run itself, where it can be read. */
  readonly run?: RunBefore | undefined
}

/** The run at the other server that stands for the one that a version was made of. */
export type RunThere = { readonly id: string; readonly address: string }

type RunAnswer = {
  readonly info: { readonly run_id: string; readonly artifact_uri: string }
  readonly data: { readonly tags?: readonly { readonly key: string; readonly value: string }[] }
}

/** Names the transfer, so that a promotion that was cut off goes on in its run. */
const transferTag = 'gatehouse.transfer'
/** The digest of the facts that are all there. */
const factsTag = 'gatehouse.transferred_facts'

/** @param of.key of the transfer, hex */
export async function takeRun(
  target: GatehouseClient,
  { experiment, key, facts }: { experiment: string; key: string; facts: RunFacts },
): Promise<RunThere> {
  const experiment_id = await takeExperiment(target, experiment)
  const run = await takeRunOf(target, { experiment_id, key, facts })
  const { run_id, artifact_uri } = run.info
  const isWhole = run.data.tags?.some((tag) => tag.key === factsTag && tag.value === facts.digest)
  if (!isWhole) await writeFacts(target, run_id, facts)
  return { id: run_id, address: artifact_uri }
}

/** End the run, once its files are there; when it ended before, metrics that came after stay late ones. */
export async function endRun(
  target: GatehouseClient,
  run_id: string,
  { run }: RunFacts,
): Promise<void> {
  const end_time = run?.endMs ?? Date.now()
  await callMlflow(target, 'POST runs/update', { run_id, status: 'FINISHED', end_time })
}

async function takeExperiment(target: GatehouseClient, name: string): Promise<string> {
  const find = () =>
    callMlflow<{ experiment: { experiment_id: string } }>(target, 'GET experiments/get-by-name', {
      experiment_name: name,
    })
  try {
    return (await find()).experiment.experiment_id
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 'RESOURCE_DOES_NOT_EXIST') throw err
  }
  try {
    const made = { name }
    return (await callMlflow<{ experiment_id: string }>(target, 'POST experiments/create', made))
      .experiment_id
  } catch (err) {
    // Another promotion made it at this moment.
    if (!(err instanceof ApiError) || err.code !== 'RESOURCE_ALREADY_EXISTS') throw err
    return (await find()).experiment.experiment_id
  }
}

async function takeRunOf(
  target: GatehouseClient,
  { experiment_id, key, facts }: { experiment_id: string; key: string; facts: RunFacts },
): Promise<RunAnswer> {
  const { items } = await searchMlflow<RunAnswer>(target, 'POST runs/search', {
    key: 'runs',
    limit: 1,
    experiment_ids: [experiment_id],
    filter: `tags."${transferTag}" = '${key}'`,
  })
  if (items[0]) return items[0]
  const { run } = await callMlflow<{ run: RunAnswer }>(target, 'POST runs/create', {
    experiment_id,
    run_name: facts.run_name,
    start_time: facts.run?.startMs ?? Date.now(),
    tags: [{ key: transferTag, value: key }],
  })
  return run
}

/** Params, metrics, tags and datasets, and then the note that they are all there. */
async function writeFacts(target: GatehouseClient, run_id: string, facts: RunFacts): Promise<void> {
  const log = (part: object) => callMlflow(target, 'POST runs/log-batch', { run_id, ...part })
  const pairs = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([key, value]) => ({ key, value }))
  // A run that came to its server in the same way has the tags of that transfer.
  const ownTags = pairs(facts.tags).filter(({ key }) => key !== transferTag && key !== factsTag)
  const values = { params: pairs(facts.params), tags: ownTags }
  for await (const batch of batchesOf(values, pointsOf(facts, facts.run))) await log(batch)
  const datasets = facts.datasets.map(({ name, digest, source, source_type, context }) => ({
    dataset: { name, digest, source, source_type },
    tags: context ? [{ key: 'mlflow.data.context', value: context }] : [],
  }))
  if (datasets.length > 0) await callMlflow(target, 'POST runs/log-inputs', { run_id, datasets })
  await log({ tags: [{ key: factsTag, value: facts.digest }] })
}
