import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAccount } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import type { Answering } from '../support/client.ts'
import { programAt } from '../support/program.ts'
import { registryServer } from '../support/registry-server.ts'

const policy = {
  applies_to: { models: 'm', stage: 'Production' },
  approvals: { required: 1, from: ['user:rita'], allow_unverified: true },
  gates: [{ name: 'tested', type: 'check', check: 'ci' }],
  break_glass: { from: ['user:otto'] },
}

/** Model m with two versions under that policy. The clock stands at 2025-11-24 16:00:00 UTC. */
async function program() {
  const server = await registryServer({ now: () => 1_764_000_000_000 })
  await server.createModel('m')
  for (const _ of [1, 2]) await server.createVersion('m')
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-policy-')), 'policy.json')
  await writeFile(file, JSON.stringify(policy))
  // Breaking the glass, and the review afterwards, take somebody who has signed in.
  const accounts = new Map<string, Answering>()
  for (const name of ['otto', 'rita']) {
    const principal = await makeAccount(server.platform, name)
    accounts.set(
      name,
      appOf(() => server.platform, principal),
    )
  }
  const as = (name: string) =>
    programAt(accounts.get(name) ?? server.app, { 'x-gatehouse-actor': name })
  const good = (name: string) => async (line: string) => {
    const { code, out, err } = await as(name)(line.split(' '))
    expect([code, err]).toEqual([0, ''])
    return out
  }
  const ann = good('ann')
  await ann(`policies set production ${file}`)
  return { ...server, file, as, ann, rita: good('rita'), bot: good('bot'), otto: good('otto') }
}

test('a request is listed, shown whole, checked, reviewed and merged', async () => {
  const { as, ann, rita, bot } = await program()
  expect(await rita('review')).toBe('no request waits for you\n')
  expect(await ann('promotions list')).toBe('no promotion requests\n')
  const asked = ['promote', 'm', '1', '--stage', 'Production', '--reason', 'it is better']
  expect((await as('ann')(asked)).code).toBe(3)
  expect(await rita('review')).toMatch(
    /^REQUEST {2}MODEL .*\n#1 +m +1 +Production +open +ann +2025-11-24 16:00:00 +1 approval; /,
  )
  expect(await bot('check 1 ci passed --url https://ci.example.com/7')).toContain('ci passed on #1')
  expect(await rita('review 1 comment --comment soon')).toContain(
    '#1 is open\n  waits for 1 approval',
  )
  const shown = await rita('review 1')
  expect(shown).toBe(
    [
      '#1 m version 1: None -> Production',
      '  status     open',
      '  asked by   ann, 2025-11-24 16:00:00',
      '  reason     it is better',
      '  expires    2025-12-24 16:00:00',
      '  policies   production (revision 1)',
      '  approvals  0 of 1; missing user:rita',
      '  page       http://localhost/promotions/1',
      '  gates',
      "    passed tested: check 'ci' passed",
      '  checks',
      '    passed ci by bot, 2025-11-24 16:00:00: https://ci.example.com/7',
      '  reviews',
      '    rita commented, 2025-11-24 16:00:00: soon',
      '  waits for',
      '    1 approval\n',
    ].join('\n'),
  )
  expect(await ann('promotions show 1')).toBe(shown)
  expect(JSON.parse(await ann('review 1 --json'))).toMatchObject({
    id: '1',
    reason: 'it is better',
  })
  await rita('review 1 approve')
  expect(await ann('promotions merge 1')).toBe('#1 m version 1 -> Production: merged\n')
  const merged = JSON.parse(await ann('promotions list --status merged --requested-by ann --json'))
  expect(merged).toMatchObject([{ id: '1', status: 'merged' }])
  expect((await as('ann')(['review', '9'])).code).toBe(1)
})

test('promote ends with 0 where the version is there already', async () => {
  const { as, ann, rita, bot, transition } = await program()
  const promote = ['promote', 'm', '1', '--stage', 'production']
  await as('ann')(promote)
  await rita('review 1 approve')
  await bot('check 1 ci passed')
  await ann('promotions merge 1')
  for (const more of [[], ['--archive'], ['--wait']]) {
    expect(await as('ann')([...promote, ...more])).toEqual({
      ...{ code: 0, out: 'm version 1 is in Production already\n', err: '' },
    })
  }
  expect(JSON.parse((await as('ann')([...promote, '--json'])).out)).toMatchObject({
    ...{ name: 'm', version: '1', stage: 'Production' },
  })
  // That others are to be archived is a move of its own.
  await ann('policies delete production')
  await transition('m', '2', 'Production')
  expect((await as('ann')([...promote, '--archive'])).out).toContain('m version 1 -> Production')
  await ann('aliases set m champion 2')
  expect(await ann('promote m 2 --alias champion')).toBe(
    'm version 2 is in alias champion already\n',
  )
})

test('a request is closed, and another one merged by break-glass and reviewed afterwards', async () => {
  const { as, ann, rita, otto } = await program()
  await as('ann')(['promote', 'm', '1', '--stage', 'Production'])
  expect(await ann('promotions close 1 --comment later')).toBe(
    '#1 m version 1 -> Production: closed\n',
  )
  await as('ann')(['promote', 'm', '2', '--stage', 'Production'])
  expect(await otto('promotions break-glass 2 --reason production-is-burning')).toBe(
    '#2 m version 2 -> Production: merged\n',
  )
  expect(await rita('review 2')).toContain('status      merged by break-glass\n')
  expect(await rita('promotions list --follow-up')).toMatch(/^#2 /m)
  expect(await rita('review 2 follow-up')).toBe('#2 is merged\n')
  expect(await rita('promotions list --follow-up')).toBe('no promotion requests\n')
})

test('policies are listed, evaluated, replayed and read back in every revision', async () => {
  const { as, ann, file } = await program()
  expect(await ann('policies list')).toMatch(
    /^POLICY .*\nproduction +1 +m +Production +1 +1 +2025-11-24 16:00:00\n$/,
  )
  expect(await ann('policies replay production')).toBe('no requests to replay\n')
  await as('ann')(['promote', 'm', '1', '--stage', 'Production'])
  expect(await ann('policies replay production')).toMatch(
    /\n#1 +m +1 +open +blocked +1 approval; gate 'tested'/,
  )
  await writeFile(file, JSON.stringify({ applies_to: policy.applies_to }))
  expect(await ann(`policies replay production --draft ${file}`)).toMatch(
    /\n#1 +m +1 +open +could merge\n$/,
  )
  const verdict = await as('ann')(['policies', 'evaluate', 'm', '1', '--stage', 'Production'])
  expect([verdict.code, verdict.out]).toEqual([3, expect.stringContaining('blocked by 1 approval')])
  await ann(`policies set production ${file}`)
  await ann('policy delete production')
  expect(await ann('policies revisions production')).toMatch(
    /^REVISION .*\n3 +2025-11-24 16:00:00 +ann +deleted\n2 +.* m +Production\n1 +.* m +Production +tested\n$/,
  )
  expect(JSON.parse(await ann('policies revisions production --json'))).toHaveLength(3)
  expect(await ann('policies list')).toBe('no policies: versions move freely\n')
})
