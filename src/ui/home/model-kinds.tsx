import type { FC } from 'hono/jsx'
import { Tabs } from '../parts/tabs.tsx'
import type { Paths } from '../paths.ts'

type Props = { readonly to: Paths; readonly current: 'models' | 'prompts' | 'collections' }

/** The lists of what is registered. */
export const ModelKinds: FC<Props> = ({ to, current }) => (
  <Tabs
    label="What is registered"
    items={[
      { href: to.models, text: 'Models', isCurrent: current === 'models' },
      { href: to.prompts, text: 'Prompts', isCurrent: current === 'prompts' },
      { href: to.collections, text: 'Collections', isCurrent: current === 'collections' },
    ]}
  />
)
