import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { run, temporaryFolder } from '../support/gatehouse-process.ts'

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

/** Lines with the cursor at their end, and what each is completed to. */
const lines: Readonly<Record<string, string>> = {
  'gatehouse ver': 'versions',
  'gatehouse versions mo': 'move',
  'gatehouse versions move --ar': '--archive --artifacts',
  'gatehouse promotions list --status me': 'merged',
  // What is typed is not run in order to complete it.
  'gatehouse $(touch ran) ver': '',
}

/** How a shell completes the lines that it gets as arguments: the names, one line for each. */
const shells = {
  bash: {
    flags: ['--norc', '-c'],
    program: `source "$SCRIPT"; source "$SCRIPT"
      for line in "$@"; do
        COMP_LINE=$line COMP_POINT=\${#line}
        _gatehouse
        echo "\${COMPREPLY[*]}"
      done`,
  },
  fish: {
    flags: ['--no-config', '-c'],
    program: `source $SCRIPT
      for line in $argv
        echo (complete -C $line | string split -f 1 \\t)
      end`,
  },
}

/** Its completion works in a terminal alone, so that each line is waited for. */
const zsh = {
  flags: ['-f', '-c'],
  program: `zmodload zsh/zpty; zpty shell zsh -f -i
    zpty -w shell 'autoload -U compinit; compinit -u -D; source $SCRIPT; echo rea""dy'
    zpty -r -m shell seen '*ready*'
    zpty -w -n shell $'gatehouse promotions list --status m\\t'
    zpty -r -m shell seen '*erged*'
    zpty -w -n shell $'\\C-ugatehouse v\\t'
    zpty -r -m shell seen '*ersions*'`,
}

async function inShell(
  shell: string,
  { flags, program }: typeof zsh,
  args: readonly string[] = [],
) {
  const folder = await temporaryFolder()
  const script = join(folder, 'script')
  const { code, out } = await run(['completion', shell])
  expect(code).toBe(0)
  await writeFile(script, out)
  const env = { ...process.env, HOME: folder, SCRIPT: script, PATH: `${bin}:${process.env.PATH}` }
  const name = shell === 'bash' ? ['bash'] : []
  const given = [...flags, program, ...name, ...args]
  const seen = await promisify(execFile)(shell, given, { env, cwd: folder, timeout: 60_000 })
  expect(await readdir(folder)).not.toContain('ran')
  return seen.stdout.trimEnd().split('\n')
}

const bin = new URL('../../bin', import.meta.url).pathname

test.each(Object.entries(shells))(
  '%s completes what is typed',
  async (shell, how) => {
    const completed = await inShell(shell, how, Object.keys(lines))
    expect(completed.map((line) => line.split(' ').sort().join(' '))).toEqual(
      Object.values(lines).slice(0, completed.length),
    )
    expect(completed.length).toBeGreaterThanOrEqual(4)
  },
  60_000,
)

test('zsh completes what is typed', async () => {
  await inShell('zsh', zsh)
}, 60_000)

test('no other shell has a script', async () => {
  expect((await run(['completion', 'tcsh'])).code).toBe(1)
})
