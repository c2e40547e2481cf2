import { Command } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/lineage.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Lineage = z.output<typeof endpoints.getLineage.answer>
type Trained = z.output<typeof endpoints.findTrainedOn.answer>['items'][number]

/** `gatehouse lineage`: where a version comes from, or every version that came from a dataset. */
export function lineageCommand(): Command {
  const command = new Command('lineage')
    .description('show where a version comes from, or every version trained on a dataset')
    .argument('[model]', 'name of the registered model')
    .argument('[version]', 'number of the version')
    .option('--dataset-digest <digest>', 'every version whose run read the dataset')
  return addServer(command).action((name?: string, version?: string) =>
    callServer(command, async (client) => {
      const { datasetDigest } = command.opts<{ datasetDigest?: string }>()
      if (datasetDigest !== undefined && name === undefined) {
        const items = await readEveryPage((page_token) =>
          client.call(endpoints.findTrainedOn, {
            query: { dataset_digest: datasetDigest, page_token },
          }),
        )
        print(command, { items }, () => items.map(standing))
      } else if (datasetDigest === undefined && name !== undefined && version !== undefined) {
        const found = await client.call(endpoints.getLineage, { params: { name, version } })
        print(command, found, () => lines(found))
      } else {
        throw new StartError('name a model and a version, or --dataset-digest alone')
      }
    }),
  )
}

function lines({
  run,
  datasets,
  logged_model,
  traces,
  evaluations,
  siblings,
  promotions,
  served_by,
  ...version
}: Lineage) {
  const { parent, code } = run ?? {}
  return [
    standing(version),
    ...(run ? [`  run ${run.run_id} (${run.name}) in experiment ${run.experiment}`] : []),
    ...(parent ? [`  part of run ${parent.run_id} (${parent.name})`] : []),
    ...(code?.commit ? [`  code ${code.commit}${code.source ? ` (${code.source})` : ''}`] : []),
    ...datasets.map(({ name, digest }) => `  data ${name} (digest ${digest})`),
    ...(logged_model ? [`  logged model ${logged_model.model_id} (${logged_model.name})`] : []),
    ...(traces
      ? [`  ${traces.count} traces of the last 30 days, ${traces.errors} of them errors`]
      : []),
    ...evaluations.map(({ run_id, name, datasets }) =>
      [
        `  evaluated in run ${run_id} (${name})`,
        ...datasets.map((one) => ` on ${one.name} (digest ${one.digest})`),
      ].join(''),
    ),
    ...siblings.map((sibling) => `  sibling ${standing(sibling)}`),
    ...promotions.map(
      ({ id, to, status, requested_by }) =>
        `  request #${id} to ${to.stage ?? `alias ${to.alias}`}: ${status}, asked by ${requested_by.name}`,
    ),
    ...served_by.map(({ host, uri }) => `  served by ${host} for ${uri}`),
  ]
}

function standing(version: Pick<Trained, 'model' | 'version' | 'stage' | 'aliases'>): string {
  const aliases = version.aliases.map((alias) => `@${alias}`)
  return [`${version.model} version ${version.version} in ${version.stage}`, ...aliases].join(', ')
}
