import type { FC } from 'hono/jsx'

export const Person: FC<{ principal: { name: string; verified: boolean } }> = ({ principal }) => (
  <strong>{principal.verified ? principal.name : `${principal.name} (not verified)`}</strong>
)

/** To the minute, in UTC. */
export const Time: FC<{ atMs: number }> = ({ atMs }) => {
  const at = new Date(atMs).toISOString()
  return <time datetime={at}>{at.slice(0, 16).replace('T', ' ')} UTC</time>
}
