import { StartError } from '../platform/start-error.ts'

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const

/** Milliseconds of `30d`, `12h`, `1d2h30m` or `45s`, as `mlflow gc --older-than` takes them. @throws StartError */
export function parseDuration(text: string): number {
  const match = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text)
  if (!match || text === '') {
    throw new StartError(`'${text}' is no duration; give e.g. 30d, 12h or 1d2h30m`)
  }
  const [, d, h, m, s] = match.map((part) => Number(part ?? 0))
  return (d ?? 0) * unitMs.d + (h ?? 0) * unitMs.h + (m ?? 0) * unitMs.m + (s ?? 0) * unitMs.s
}
