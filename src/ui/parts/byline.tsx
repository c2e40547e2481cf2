import type { FC, PropsWithChildren } from 'hono/jsx'
import type { RunInfo, RunStatus } from '../../tracking/run.ts'
import { Chip } from './chips.tsx'
import { Given } from './text.tsx'

export const Person: FC<{ principal: { name: string; verified: boolean } }> = ({ principal }) => (
  <strong>
    <Given text={principal.name} />
    {principal.verified ? '' : ' (not verified)'}
  </strong>
)

/**
 * To the minute, in UTC; script says how long ago it was, unless it is to be exact, as behind "since".
 * Clients may log a moment that no calendar has: it stays a number.
 */
export const Time: FC<{ atMs: number; isExact?: boolean }> = ({ atMs, isExact }) => {
  const at = dateTextOf(atMs)
  const end = at.indexOf('T')
  return end === -1 ? (
    <span>{at}</span>
  ) : (
    <time
      datetime={at}
      data-exact={isExact}
    >{`${at.slice(0, end)} ${at.slice(end + 1, end + 6)} UTC`}</time>
  )
}

/** When something was made and, where its client said so, by whom. */
export const Made: FC<{ readonly atMs: number; readonly by: string | null | undefined }> = ({
  atMs,
  by,
}) => (
  <>
    <Time atMs={atMs} />
    {by ? (
      <>
        {' '}
        by <Given text={by} />
      </>
    ) : null}
  </>
)

/** In ISO 8601; a moment that no calendar has, in milliseconds since 1970. */
export function dateTextOf(atMs: number): string {
  const at = new Date(atMs)
  return Number.isNaN(at.getTime()) ? `${atMs} ms` : at.toISOString()
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

const statusWords: Readonly<Record<RunStatus, string>> = {
  RUNNING: 'running',
  SCHEDULED: 'scheduled',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'killed',
}
const statusTones: Partial<Record<RunStatus, string>> = {
  FINISHED: 'good-text',
  FAILED: 'bad-text',
  KILLED: 'warn-text',
}

const statusLooks: Readonly<Record<RunStatus, Pick<Parameters<typeof Chip>[0], 'sign' | 'tone'>>> =
  {
    RUNNING: { sign: 'half', tone: 'info' },
    SCHEDULED: { sign: 'glass', tone: '' },
    FINISHED: { sign: 'check', tone: 'good' },
    FAILED: { sign: 'cross', tone: 'bad' },
    KILLED: { sign: 'none', tone: 'warn' },
  }

/** How a run ended, or that it has not. A word alone, since a table has hundreds. */
export const RunStatusText: FC<{ readonly status: RunStatus }> = ({ status }) => (
  <span class={statusTones[status]}>{statusWords[status]}</span>
)

/** How a run went and when; it changes by itself while the run goes on. The children follow in the same row. */
export const RunByline: FC<PropsWithChildren<{ readonly run: RunInfo }>> = ({
  run: { status, startTimeMs, endTimeMs, userId },
  children,
}) => (
  <p class="row" data-part="run" data-steady>
    <Chip {...statusLooks[status]} word={statusWords[status]} />
    <span>
      began <Time atMs={Number(startTimeMs)} />
    </span>
    {endTimeMs === undefined ? null : (
      <span>
        took <Duration ms={Number(endTimeMs) - Number(startTimeMs)} />
      </span>
    )}
    {userId === '' ? null : (
      <span>
        by <Given text={userId} />
      </span>
    )}
    {children}
  </p>
)
