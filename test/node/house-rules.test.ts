import { expect, test } from 'vitest'
import { functionsWithoutVerb, typesOfOneName } from '../check/names.ts'
import { tooLarge } from '../check/sizes.ts'

test('a folder of sixteen files wants wings, unless it mirrors what others have grouped', () => {
  const folder = (name: string, files: number) =>
    Array.from({ length: files }, (_, i) => [`src/${name}/file-${i}.ts`, ''] as const)
  expect(tooLarge(new Map([...folder('registry', 15), ...folder('mlflow', 40)]))).toEqual([])
  expect(tooLarge(new Map(folder('registry/stages', 16)))).toEqual([
    'src/registry/stages: 16 files; 15 at most',
  ])
})

test('a file of more than 300 lines is refused', () => {
  const file = (lines: number) => new Map([['src/core/long.ts', '\n'.repeat(lines)]])
  expect(tooLarge(file(300))).toEqual([])
  expect(tooLarge(file(301))).toEqual(['src/core/long.ts: 301 lines; 300 at most'])
})

test('an exported async function begins with a verb, is a predicate or a maker', () => {
  const files = (name: string) =>
    new Map([['src/core/a.ts', `export async function ${name}(): Promise<void> {}`]])
  const fine = ['readModel', 'read', 'isFolder', 'mayApprove', 'targetFrom', 'versionToWire']
  expect(fine.flatMap((name) => functionsWithoutVerb(files(name)))).toEqual([])
  const refused = ['remembered', 'withServer', 'isle', 'readable', 'dryRun']
  expect(refused.filter((name) => functionsWithoutVerb(files(name)).length !== 1)).toEqual([])
})

test('two exported types of one name are refused', () => {
  const one = ['src/core/a.ts', 'export type Token = string'] as const
  const other = ['src/search/b.ts', 'export interface Token {}'] as const
  expect(typesOfOneName(new Map([one]))).toEqual([])
  expect(typesOfOneName(new Map([one, other]))).toEqual([
    'Token is a type of src/core/a.ts and src/search/b.ts',
  ])
})
