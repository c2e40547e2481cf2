import type { FC } from 'hono/jsx'
import { Given } from './text.tsx'

export const Person: FC<{ principal: { name: string; verified: boolean } }> = ({ principal }) => (
  <strong>
    <Given text={principal.name} />
    {principal.verified ? '' : ' (not verified)'}
  </strong>
)

/** To the minute, in UTC. */
export const Time: FC<{ atMs: number }> = ({ atMs }) => {
  const at = new Date(atMs).toISOString()
  return <time datetime={at}>{at.slice(0, 16).replace('T', ' ')} UTC</time>
}
