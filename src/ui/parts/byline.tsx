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

/** `0.4 s`, `4:10`, `1 h 12 min`, `3 d 2 h`. */
export const Duration: FC<{ ms: number }> = ({ ms }) => {
  const s = Math.max(0, ms) / 1000
  if (s < 60) return <>{s < 10 ? Math.round(s * 10) / 10 : Math.round(s)} s</>
  const [min, h] = [Math.floor(s / 60), Math.floor(s / 3600)]
  if (h < 1) return <>{`${min}:${String(Math.floor(s % 60)).padStart(2, '0')}`}</>
  if (h < 24) return <>{`${h} h ${min % 60} min`}</>
  return <>{`${Math.floor(h / 24)} d ${h % 24} h`}</>
}
