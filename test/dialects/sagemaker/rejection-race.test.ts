import { expect, test } from 'vitest'
import type { Platform } from '../../../src/platform/context.ts'
import { admin } from '../../support/auth-server.ts'
import { reviewedPackages } from './server.ts'

/**
 * Does `meanwhile` before the nth call of the database from now on, counted up to the write of a rejection,
 * which makes it the last thing that happens before that.
 *
 * @returns puts the database back; whether `meanwhile` was done
 */
function interleave(platform: Platform, nth: number, meanwhile: () => Promise<void>) {
  const { db } = platform
  let calls = 0
  let isDone = false
  let isOver = false
  const before = async (isRejection = false) => {
    if (isOver) return
    isOver = isRejection
    if (calls++ !== nth) return
    isDone = isOver = true
    await meanwhile()
  }
  const late: Platform['db'] = {
    ...db,
    all: async (query) => {
      await before()
      return db.all(query)
    },
    first: async (query) => {
      await before()
      return db.first(query)
    },
    batch: async (statements) => {
      await before('review' in statements || 'ended' in statements)
      return db.batch(statements)
    },
  }
  Object.assign(platform, { db: late })
  return () => {
    Object.assign(platform, { db })
    return isDone
  }
}

type Reviewed = Awaited<ReturnType<typeof reviewedPackages>>

/** Makes packages one after another, and lets each come to Production at another moment of its rejection. */
async function rejectAtEachMoment(
  server: Reviewed,
  {
    reject,
    meanwhile,
  }: {
    readonly reject: (
      version: number,
    ) => Promise<{ readonly status: number; readonly text: string }>
    readonly meanwhile: (version: number) => Promise<void>
  },
): Promise<ReadonlySet<string>> {
  const { platform, ci, call } = server
  const outcomes = new Set<string>()
  for (let nth = 0; ; nth++) {
    const made = await ci.call('CreateModelPackage', {
      ...{ ModelPackageGroupName: 'fraud', SourceUri: `s3://b/${nth}` },
    })
    const version = Number(made.json.ModelPackageArn.split('/').at(-1))
    const putBack = interleave(platform, nth, () => meanwhile(version))
    const { status, text } = await reject(version)
    if (!putBack()) return outcomes
    const described = await ci.call('DescribeModelPackage', {
      ModelPackageName: `fraud/${version}`,
    })
    const { json } = await call(admin, 'GET', `/api/v1/models/fraud/versions/${version}`)
    const log = await call(admin, 'GET', `/api/v1/audit?model=fraud&version=${version}`)
    const outcome = [
      status < 300 ? 'rejected' : 'refused',
      json.stage,
      described.json.ModelApprovalStatus,
      log.json.items.some(({ action }: { action: string }) => action === 'promotion.rejected'),
    ].join(' ')
    expect(
      ['rejected Archived Rejected true', 'refused Production Approved false'],
      text,
    ).toContain(outcome)
    outcomes.add(outcome)
  }
}

const approvers = { approvals: { required: 1, from: ['user:rita', 'user:mallory'] } }

test('a version that comes to Production at any moment of its rejection is rejected and leaves it, or neither', async () => {
  const server = await reviewedPackages(null)
  const { mlflow, rita } = server
  const outcomes = await rejectAtEachMoment(server, {
    reject: async (version) => {
      const members = { ModelPackageArn: `fraud/${version}`, ModelApprovalStatus: 'Rejected' }
      const { status, json } = await rita.call('UpdateModelPackage', members)
      return { status, text: JSON.stringify(json) }
    },
    meanwhile: async (version) => {
      const moved = await mlflow(admin, 'POST', 'model-versions/transition-stage', {
        ...{ name: 'fraud', version: String(version), stage: 'Production' },
      })
      expect(moved.status, moved.text).toBe(200)
    },
  })
  expect(outcomes.size).toBe(2)
})

test('a request that is merged at any moment of its rejection by SageMaker is rejected or merged, never both', async () => {
  const server = await reviewedPackages(approvers)
  const { rita, mallory } = server
  const decide = (who: typeof rita, version: number, ModelApprovalStatus: string) =>
    who.call('UpdateModelPackage', { ModelPackageArn: `fraud/${version}`, ModelApprovalStatus })
  const outcomes = await rejectAtEachMoment(server, {
    reject: async (version) => {
      const { status, json } = await decide(rita, version, 'Rejected')
      return { status, text: JSON.stringify(json) }
    },
    meanwhile: async (version) => {
      expect((await decide(mallory, version, 'Approved')).status).toBe(200)
    },
  })
  expect(outcomes.size).toBe(2)
})

test('a request that is merged at any moment of a review that refuses it is not rejected', async () => {
  const server = await reviewedPackages(approvers)
  const { people, mallory, call } = server
  const outcomes = await rejectAtEachMoment(server, {
    reject: async (version) => {
      const open = await call(admin, 'GET', `/api/v1/promotions?model=fraud&version=${version}`)
      const id = open.json.items.find((one: { version: string }) => one.version === `${version}`).id
      return call(people.rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'reject' })
    },
    meanwhile: async (version) => {
      const members = { ModelPackageArn: `fraud/${version}`, ModelApprovalStatus: 'Approved' }
      expect((await mallory.call('UpdateModelPackage', members)).status).toBe(200)
    },
  })
  expect([...outcomes]).toEqual(['refused Production Approved false'])
})
