import { runFilterKeys } from '../../tracking/runs/search-run-keys.ts'
import type { CompletedType, Completion } from '../completion.ts'

/** What a filter of runs is completed by. */
export const runCompletion: Omit<Completion, 'paths'> = {
  counted: 'run',
  attributes: attributesOfRuns(),
  kinds: [
    { kind: 'metric', prefixes: ['metrics', 'metric'], type: 'number' },
    { kind: 'param', prefixes: ['params', 'param', 'parameters', 'parameter'], type: 'label' },
    { kind: 'tag', prefixes: ['tags', 'tag'], type: 'label' },
  ],
}

/** As filters spell them. */
function attributesOfRuns(): Readonly<Record<string, CompletedType>> {
  const all = [...runFilterKeys.prefixes].flatMap(([prefix, keys]) =>
    (prefix === '' || prefix === 'datasets') && keys instanceof Map
      ? [...keys].map(([name, { type, isTime }]): [string, CompletedType] => [
          prefix === '' ? name : `${prefix}.${name}`,
          isTime ? 'time' : type === 'string' ? 'text' : 'number',
        ])
      : [],
  )
  return Object.fromEntries(all.filter(([name]) => /^[a-z_.]+$/.test(name) && name !== 'created'))
}
