import type { FC } from 'hono/jsx'
import type { Paths } from '../paths.ts'
import { Tabs } from './tabs.tsx'

type ExperimentTabsProps = {
  readonly to: Paths
  readonly experimentId: number
  readonly current: 'runs' | 'traces' | 'sessions' | 'reviews' | 'evaluation'
}

/** What an experiment has: runs, and traces of what was built from them. */
export const ExperimentTabs: FC<ExperimentTabsProps> = ({ to, experimentId, current }) => (
  <Tabs
    label="Parts of this experiment"
    items={[
      { href: to.experiment(experimentId), text: 'Runs', isCurrent: current === 'runs' },
      { href: to.traces(experimentId), text: 'Traces', isCurrent: current === 'traces' },
      { href: to.sessions(experimentId), text: 'Sessions', isCurrent: current === 'sessions' },
      { href: to.reviews(experimentId), text: 'Reviews', isCurrent: current === 'reviews' },
      {
        href: to.evalDatasets(experimentId),
        text: 'Evaluation',
        isCurrent: current === 'evaluation',
      },
    ]}
  />
)
