import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { run } from '../support/gatehouse-process.ts'

/** What may come next, without descriptions and without the line that ends them. */
async function next(...words: string[]): Promise<string[]> {
  const { code, out } = await run(['complete', '--', ...words])
  expect(code).toBe(0)
  const lines = out.trimEnd().split('\n')
  return lines.slice(0, -1).map((line) => line.split('\t', 1)[0] ?? '')
}

test('commands, flags and choices are completed out of the program itself', async () => {
  expect(await next('ver')).toEqual(['versions'])
  expect(await next('versions', 'mo')).toEqual(['move'])
  expect(await next('versions', 'move', '--ar')).toEqual(['--archive', '--artifacts'])
  expect(await next('promotions', 'list', '--status', 'me')).toEqual(['merged'])
}, 60_000)

test('there is a script for each shell, which bash takes', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await run(['completion', shell])
    expect(code).toBe(0)
    expect(out).toContain('gatehouse complete --')
    if (shell !== 'bash') continue
    const problem = await new Promise((done) => {
      const bash = execFile('bash', ['-n'], (err) => done(err))
      bash.stdin?.end(out)
    })
    expect(problem).toBeNull()
  }
  expect((await run(['completion', 'tcsh'])).code).toBe(1)
}, 60_000)
