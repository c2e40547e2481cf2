import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { Followers } from '../../serving/followers.ts'
import { Differences } from '../parts/differences/differences.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Standing } from './standing.ts'

/** What differs from the version that has the target, or all of the new one where none has; and what follows it. */
export const Changes: FC<Standing & { readonly to: Paths }> = ({
  view: { model, version, target },
  live,
  comparison,
  better,
  followers,
  to,
}) => (
  <section class="near" aria-labelledby="changes">
    <h2 id="changes">What changes in {visibleText(targetText(target))}</h2>
    {live ? null : <p>Nothing is there yet: everything is new.</p>}
    {comparison ? (
      <Differences
        of={comparison}
        better={better}
        fileHref={live && to.fileDiff(model, [live.version, version])}
        names={[
          ...(live ? [`${live.version} (${live.isThere ? 'live' : 'was live'})`] : []),
          `${version} (asked for)`,
        ]}
      />
    ) : null}
    {followers ? <Following {...{ followers, model, version, to }} /> : null}
  </section>
)

type FollowingProps = {
  readonly followers: Followers
  readonly model: string
  readonly version: number
  readonly to: Paths
}

const namedMax = 5

/** Whose answers a merge changes. */
const Following: FC<FollowingProps> = ({
  followers: { replicas, deployments },
  model,
  version,
  to,
}) => {
  const named = deployments.slice(0, namedMax)
  const rest = deployments.length - named.length
  if (replicas === 0 && named.length === 0) return null
  return (
    <p>
      {replicas === 0 ? null : (
        <a href={to.serving(model)}>{plural(replicas, 'process', 'processes')}</a>
      )}
      {replicas > 0 && named.length > 0 ? ' and ' : ''}
      {named.length === 0
        ? ''
        : `${replicas > 0 ? 'the' : 'The'} ${deployments.length === 1 ? 'deployment' : 'deployments'} `}
      {named.map((name, i) => (
        <>
          {i > 0 ? ', ' : ''}
          <a href={to.deployment(name)}>
            <Given text={name} />
          </a>
        </>
      ))}
      {rest > 0 ? ` and ${rest} more` : ''}{' '}
      {replicas + deployments.length === 1 ? 'follows' : 'follow'} it, and{' '}
      {replicas + deployments.length === 1 ? 'answers' : 'answer'} with version {version} once it is
      there.
    </p>
  )
}
