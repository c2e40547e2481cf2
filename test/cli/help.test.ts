import { expect, test } from 'vitest'
import { runHere } from '../support/program.ts'

test('the help of a command has its own flags first, and storage apart', async () => {
  const { code, out } = await runHere(['versions', 'move', '--help'])
  expect(code).toBe(0)
  const [own = '', storage = ''] = out.split('Storage options, where no server is named:')
  expect(own).toMatch(/^Usage: gatehouse versions move \[options\] <model> <version>/)
  expect(own).toContain('--archive')
  expect(own).not.toContain('--s3-endpoint')
  expect(storage).toContain('--data <folder>')
})

test('a mistake in the arguments is one line and the exit code 1', async () => {
  for (const [args, problem] of [
    [['versions', 'show', 'm'], /^error: missing required argument 'version'\n$/],
    [['versions', 'move', 'm', '1'], /^error: required option '--stage <stage>' not specified\n$/],
    [['models', 'lst'], /^error: unknown command 'lst'\n\(Did you mean list\?\)\n$/],
    [['promotions', 'list', '--status', 'x'], /^error: option '--status <status>' argument 'x' is/],
    [['promote', 'm', '1', '--stage', 'a', '--alias', 'b'], /cannot be used with option '--alias/],
    [['models', 'list', '--limit', '0'], /^gatehouse: --limit is '0'; give a number from 1 on\n$/],
    [['models', 'tag', 'm', 'x'], /gatehouse: 'x' is no tag; give key=value\n$/],
  ] as const) {
    const ended = await runHere(args, { env: { GATEHOUSE_SERVER: 'http://127.0.0.1:1' } })
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(problem) })
  }
})

test('the version is the one of the package', async () => {
  expect((await runHere(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
})
