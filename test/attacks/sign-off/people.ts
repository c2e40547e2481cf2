import { makeAccount } from '../../support/accounts.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import type { Account } from './rules.ts'

/** ann owns models, bob and otto edit them, carol and dave review, erin administers, mona writes policies. */
export const names = [
  'ann',
  'bob',
  'carol',
  'dave',
  'erin',
  'mona',
  'otto',
  'service:robot',
] as const
export type Name = (typeof names)[number]

export type People = Awaited<ReturnType<typeof peopleServer>>

/** A server that all sequences share, with the accounts that take part. */
export async function peopleServer() {
  const server = await authServer()
  const { clock, call, token } = server
  const root = (await token(admin)).bearer
  const rootAccount: Account = { id: 0, name: 'admin', isAdmin: true, owners: [] }
  const accounts = new Map<string, Account>()
  const bearers = new Map<string, string>()
  const ask = (who: Name | 'root', method: string, path: string, body?: unknown) => {
    clock.pass(1000)
    return call(who === 'root' ? root : bearers.get(who), method, path, body)
  }
  let made = 0
  const makeOne = async (name: Name) => {
    clock.pass(1000)
    const isAdmin = name === 'erin'
    const owners: Account[] = []
    if (name === 'service:robot') {
      const erin = accounts.get('erin')
      await ask('erin', 'POST', '/api/v1/service-accounts', { name: 'robot' })
      owners.push(rootAccount, ...(erin ? [erin] : []))
    } else {
      await makeAccount(server.platform, name, { isAdmin })
    }
    const account: Account = { id: ++made, name, isAdmin, owners }
    accounts.set(name, account)
    bearers.set(name, (await token(root, { for: name })).bearer)
    return account
  }
  for (const name of names) await makeOne(name)
  const given = await ask('root', 'POST', '/api/v1/grants', manager)
  if (given.status !== 201) throw new Error(given.text)
  return {
    ...server,
    accounts,
    ask,
    /** Make an account that is gone; it is another one. */
    makeOne: async (name: Name) => {
      const account = await makeOne(name)
      if (name === 'mona') await ask('root', 'POST', '/api/v1/grants', manager)
      return account
    },
    deleteOne: async (name: Name) => {
      const gone =
        name === 'service:robot'
          ? await ask('root', 'DELETE', '/api/v1/service-accounts/robot')
          : await ask('root', 'DELETE', '/api/2.0/mlflow/users/delete', { username: name })
      if (gone.status === 200 || gone.status === 204) accounts.delete(name)
      return gone
    },
  }
}

const manager = { principal: 'user:mona', action: 'manage_policies', models: '*' }
