import type { FC } from 'hono/jsx'
import { Tabs } from '../parts/tabs.tsx'
import type { Paths } from '../paths.ts'

type ModelTabsProps = {
  readonly name: string
  readonly to: Paths
  readonly current: 'stages' | 'versions' | 'serving' | 'access'
  /** How many versions it has; undefined: nobody counted. */
  readonly versions?: number
  /** Processes that serve it; undefined: nobody counted. */
  readonly replicas?: number
}

/** The pages about one model. */
export const ModelTabs: FC<ModelTabsProps> = ({ name, to, current, ...counts }) => (
  <Tabs
    label="About this model"
    items={[
      { href: to.model(name), text: 'Stages', isCurrent: current === 'stages' },
      {
        href: to.versions(name),
        text: 'Versions',
        count: counts.versions,
        isCurrent: current === 'versions',
      },
      {
        href: to.serving(name),
        text: 'Serving',
        count: counts.replicas,
        isCurrent: current === 'serving',
      },
      { href: to.modelAccess(name), text: 'Access', isCurrent: current === 'access' },
    ]}
  />
)
