import fc from 'fast-check'

/** What one step of a sequence may do; the number says how often it comes. */
const kinds = {
  version: 4,
  copy: 3,
  move: 14,
  alias: 8,
  unalias: 2,
  open: 8,
  review: 16,
  sign: 3,
  merge: 14,
  close: 1,
  'break glass': 3,
  'follow up': 3,
  policy: 6,
  'delete policy': 2,
  rename: 5,
  'delete version': 4,
  'delete model': 1,
  make: 2,
  group: 5,
  'delete account': 3,
  'make account': 4,
  grant: 2,
  'take grant': 2,
  level: 3,
  'roll back': 8,
  prompt: 1,
  stages: 2,
  time: 2,
  card: 3,
  metric: 3,
  run: 1,
  sweep: 2,
} as const

export type Kind = keyof typeof kinds

/** What a step is about. Numbers that are out of range count from the beginning again. */
const detail = {
  who: fc.nat(99),
  model: fc.nat(9),
  version: fc.nat(9),
  place: fc.nat(99),
  request: fc.nat(9),
  variant: fc.nat(999),
  flag: fc.boolean(),
}

const step = fc.record({
  kind: fc.oneof(
    ...Object.entries(kinds).map(([kind, weight]) => ({
      weight,
      // Of the keys of an object, each is one.
      arbitrary: fc.constant(kind as Kind),
    })),
  ),
  ...detail,
})

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A `request` that stands for the newest one. */
export const newest = 9

/** A step about the newest request and, as a rule, about Production. */
const stepOf = (...some: [Kind, ...Kind[]]) =>
  fc.record({
    kind: fc.constantFrom(...some),
    ...detail,
    request: fc.constant(newest),
    who: fc.nat(5),
    model: fc.nat(5),
    place: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(99) }),
  })

/** What an approval falls by, or the request. */
const change = stepOf(
  ...(['delete account', 'delete account', 'group', 'level', 'grant', 'policy'] as const),
  ...(['delete policy', 'card', 'metric', 'rename', 'time'] as const),
)

/** What seldom comes about by chance: a request that is approved and merged, with something between. */
const story = fc
  .tuple(
    stepOf('move', 'open', 'open', 'alias', 'roll back'),
    fc.array(step, { maxLength: 1, size: 'max' }),
    fc.array(stepOf('review', 'review', 'review', 'sign'), {
      minLength: 1,
      maxLength: 2,
      size: 'max',
    }),
    fc.array(fc.oneof(step, change), { maxLength: 2, size: 'max' }),
    stepOf('merge', 'merge', 'break glass', 'move', 'sweep'),
  )
  .map(([asked, before, reviews, between, done]) => [
    asked,
    ...before,
    ...reviews,
    ...between,
    done,
  ])

type Approval = { readonly before?: Pick<Step, 'kind' | 'who' | 'variant' | 'place'>; by: number[] }
const carolAndDave: Approval = { by: [0, 1] }

/** Who approves, and what they do before anybody asks them. */
const approvals = fc.constantFrom<Approval[]>(
  ...[carolAndDave, carolAndDave, carolAndDave, carolAndDave],
  { by: [0, 2] },
  // Bob, who made some of the versions, and ann, who asks.
  { by: [2] },
  { by: [4] },
  { before: { kind: 'card', who: 1, variant: 0, place: 0 }, by: [2] },
  { before: { kind: 'group', who: 0, variant: 1, place: 4 }, by: [7] },
)

/** A request for Production that ann opens, others approve and bob merges, as a rule at once. */
const signedOff = fc
  .record({
    version: fc.nat(9),
    flag: fc.boolean(),
    place: fc.constantFrom(0, 0, 0, 3),
    approval: approvals,
    changes: fc.oneof(fc.constant([]), fc.constant([]), fc.tuple(change)),
  })
  .map(({ version, flag, place, approval: { before, by }, changes }): Step[] => {
    const all = { model: 0, version, place, request: newest, variant: 0, flag }
    return [
      ...(before ? [{ ...all, ...before }] : []),
      { ...all, kind: 'open', who: 0 },
      ...by.map((who): Step => ({ ...all, kind: 'review', who })),
      ...changes,
      { ...all, kind: 'merge', who: 2 },
    ]
  })

/** What bob brought into Production under a name that nothing guards gets one that something may guard. */
const renamedIn = fc
  .record({ version: fc.nat(9), who: fc.constantFrom(2, 3), flag: fc.boolean() })
  .map(({ version, who, flag }): Step[] => {
    const all = { model: 7, version, place: 0, request: newest, variant: 1, flag }
    return [
      { ...all, kind: 'move', who: 2 },
      { ...all, kind: 'rename', who },
    ]
  })

/** One version after another comes in, and the one before is to come back. */
const thereAndBack = fc
  .tuple(signedOff, fc.array(step, { maxLength: 1, size: 'max' }), signedOff, stepOf('roll back'))
  .map(([first, between, second, back]) => [
    ...first,
    ...between,
    ...second.map((one): Step => ({ ...one, version: one.version + 1, flag: true })),
    back,
  ])

/** A policy comes first, as a rule. */
export const sequence = fc
  .tuple(
    fc.array(stepOf('policy'), { minLength: 1, maxLength: 2, size: 'max' }),
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: story },
        { weight: 4, arbitrary: signedOff },
        { weight: 5, arbitrary: thereAndBack },
        {
          weight: 4,
          arbitrary: fc.array(step, { minLength: 1, maxLength: 4, size: 'max' }),
        },
        { weight: 1, arbitrary: renamedIn },
      ),
      { minLength: 2, maxLength: 5, size: 'max' },
    ),
  )
  .map(([policies, parts]): Step[] => [...policies, ...parts.flat()])

/** One of a list, by a number of any size. */
export function pick<T>(list: readonly [T, ...T[]], i: number): T {
  return list[i % list.length] ?? list[0]
}
