import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runtime } from '#platform'
import { openCourt } from './sign-off/court.ts'
import { peopleServer } from './sign-off/people.ts'
import { sequence } from './sign-off/steps.ts'

/** `npm run property` asks for more sequences, and says from which seed. */
const asked = runtime === 'node' ? process.env : {}
const runs = Number(asked.GATEHOUSE_PROPERTY_RUNS ?? (runtime === 'node' ? 500 : 6))
/** A long run says how far it is. */
const isCommand = asked.GATEHOUSE_PROPERTY_RUNS !== undefined
const seed = asked.GATEHOUSE_PROPERTY_SEED
/** Some twenty times what it takes on a machine that does nothing else. */
const timeoutMs = 60_000 + runs * 3000

/** What must come to pass in so many of a hundred sequences, or the property says nothing. */
const often: Readonly<Record<string, number>> = {
  'came in freely': 30,
  'came in by sign-off': 12,
  'came in by sign-off, others archived': 4,
  'came in by gates alone': 2,
  'came in by break-glass': 0.2,
  'came back, others archived': 1,
  'left a guarded place': 0.2,
  'a request was merged': 20,
  'a merge was refused after an approval': 3,
  'a move was refused': 20,
  'a review was refused': 10,
  'a deletion was refused': 0.4,
  'a renaming was refused': 0.6,
  'an account was deleted': 4,
  'an account was made again': 1,
}
/** Then another server takes over: what a policy change settles grows with the models that requests were opened for. */
const sequencesOfServer = 100
/** With so few sequences, chance decides what is seen. */
const fewest = 300

test('no version without a standing sign-off ever holds a guarded place', {
  timeout: timeoutMs,
}, async () => {
  let people = await peopleServer()
  const seen = new Map<string, number>()
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  let sequences = 0
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      if (++sequences % sequencesOfServer === 0) {
        if (isCommand) console.log(`${sequences - 1} of ${runs} sequences held`)
        people = await peopleServer()
      }
      const court = await openCourt(people, String(sequences), see)
      try {
        for (const step of steps) await court.take(step)
      } catch (err) {
        const text = err instanceof Error ? err.message : String(err)
        throw new Error(`${text}\n${court.log.join('\n')}`, { cause: err })
      } finally {
        await court.close()
      }
    }),
    { numRuns: runs, endOnFailure: true, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  )
  if (runs < fewest) return
  const seldom = Object.entries(often)
    .map(([what, percent]) => [what, ((seen.get(what) ?? 0) * 100) / runs, percent] as const)
    .filter(([, found, percent]) => found < percent)
  expect(seldom).toEqual([])
})
