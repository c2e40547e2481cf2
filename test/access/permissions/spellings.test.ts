import type { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { AppEnv } from '../../../src/http/app-env.ts'
import { admin, authServer } from '../../support/auth-server.ts'

/** The same route as a lax router may take it. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'two slashes in front': (path) => `/${path}`,
  'two slashes within': (path) => path.replace(/(?<=.)\/(?=[^/]*$)/, '//'),
  'a slash at the end': (path) => `${path}/`,
  'upper case': (path) => path.toUpperCase(),
  'a letter encoded': (path) => path.replace('a', '%61'),
  'a slash encoded': (path) => path.replace(/(?<=.)\/(?=[^/]*$)/, '%2F'),
  'a dot segment': (path) => `/.${path}`,
  'an encoded dot segment': (path) => `/%2e${path}`,
  'a way back': (path) => `/health/..${path}`,
  'an encoded way back': (path) => `/health/%2e%2e${path}`,
  'a parameter of the path': (path) => `${path};x=/health`,
  'a NUL at the end': (path) => `${path}%00`,
  'a file type at the end': (path) => `${path}.json`,
  'the preview prefix': (path) => path.replace('/2.0/mlflow/', '/2.0/preview/mlflow/'),
  'the prefix of the web page': (path) => path.replace('/api/', '/ajax-api/'),
}

/** What answers without credentials. A page for browsers sends them to sign in. */
const open = /^(200|303|400|401|404|405)$/
const publicRoutes = [
  ...['/health', '/version', '/ready', '/signin', '/signin/callback', '/signin/oidc'],
  ...['/signout', '/api/v1/download', '/api/v1/keys', '/assets/1'],
  ...['/api/3.0/mlflow/server-info', '/ajax-api/3.0/mlflow/server-info'],
]

/** Every route that is not public, once, and the HEAD of each GET. */
function targets({ routes }: Pick<Hono<AppEnv>, 'routes'>) {
  const known = new Set<string>()
  for (const { method, path } of routes) {
    const target = path.replaceAll(/:\w+(\{[^}]*\})?/g, '1').replace('*', 'x')
    const isPublic = publicRoutes.includes(target) || target.startsWith('/api/v1/uploads/')
    if (method === 'ALL' || isPublic) continue
    known.add(`${method} ${target}`)
    if (method === 'GET') known.add(`HEAD ${target}`)
  }
  return [...known].map((route) => {
    const [method = '', path = ''] = route.split(' ')
    return { method, path }
  })
}

describe('without credentials', () => {
  test.each(Object.entries(spellings))(
    'no route answers, spelt with: %s',
    async (_, spell) => {
      const { app, as } = await authServer()
      const secret = 'world-of-secrets'
      const made = await as(admin).post('experiments/create', { name: secret })
      expect(made.status).toBe(200)
      const answered = []
      for (const { method, path } of targets(app)) {
        const res = await app.request(spell(path), { method })
        const isShut = res.status === 401 && !(await res.text()).includes(secret)
        if (!isShut) answered.push(`${method} ${spell(path)} ${res.status}`)
      }
      expect(answered).toEqual([])
    },
    60_000,
  )

  test.each(['PROPFIND', 'POST', 'PUT', 'DELETE', 'PATCH'])(
    'the method %s reaches nothing',
    async (method) => {
      const { app } = await authServer()
      const res = await app.request('/api/v1/whoami', {
        method,
        headers: { 'x-http-method-override': 'GET', 'x-method-override': 'GET' },
      })
      expect(res.status).toBe(401)
    },
  )

  test.each(publicRoutes)('%s tells nothing of what is stored', async (path) => {
    const { app } = await authServer()
    const res = await app.request(path)
    expect(String(res.status)).toMatch(open)
    expect(await res.text()).not.toMatch(/admin|sqlite|select /i)
  })
})
