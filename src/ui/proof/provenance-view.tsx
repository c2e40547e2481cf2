import type { FC } from 'hono/jsx'
import { z } from 'zod'
import { Table } from '../parts/table.tsx'
import { More, Said, shownMax } from './statement-parts.tsx'

const Digests = z.record(z.string(), z.string())
/** SLSA's provenance, as far as it is shown in words. */
export const ProvenanceShape = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    resolvedDependencies: z
      .array(
        z.object({
          name: z.string().optional(),
          uri: z.string().optional(),
          digest: Digests.optional(),
        }),
      )
      .default([]),
  }),
  runDetails: z.object({
    builder: z.object({ id: z.string() }),
    metadata: z
      .object({
        invocationId: z.string().optional(),
        startedOn: z.string().optional(),
        finishedOn: z.string().optional(),
      })
      .default({}),
  }),
})

/** Of one thing, by different functions. */
const digestsMax = 5

/** What a version was built by, in and from. */
export const ProvenanceView: FC<z.output<typeof ProvenanceShape>> = ({
  buildDefinition: { buildType, resolvedDependencies },
  runDetails: { builder, metadata },
}) => {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Built by', builder.id],
    ['As', buildType],
    ['In', metadata.invocationId],
    ['Started', metadata.startedOn],
    ['Finished', metadata.finishedOn],
  ]
  return (
    <>
      <dl class="facts">
        {facts.map(([what, text]) =>
          text === undefined ? null : (
            <>
              <dt>{what}</dt>
              <dd>
                <Said text={text} />
              </dd>
            </>
          ),
        )}
      </dl>
      {resolvedDependencies.length === 0 ? null : (
        <Table caption="Made from" columns={['What', 'Digest']}>
          {resolvedDependencies.slice(0, shownMax).map(({ name, uri, digest = {} }) => (
            <tr>
              <th scope="row">
                <Said text={name ?? uri ?? 'without a name'} />
              </th>
              <td>
                {Object.entries(digest)
                  .slice(0, digestsMax)
                  .map(([kind, hex]) => (
                    <code>
                      <Said text={`${kind}:${hex}`} />
                    </code>
                  ))}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <More than={resolvedDependencies.length} />
    </>
  )
}
