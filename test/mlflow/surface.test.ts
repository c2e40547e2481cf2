import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { createApp } from '../../src/app.ts'
import type { AppContext } from '../../src/http/app-env.ts'
import { served } from '../../src/mlflow/routes.ts'
import { operations } from '../../src/mlflow/surface.ts'

test('every request reaches its operation on every path that MLflow and its older clients have', async () => {
  const platform = await freshPlatform()
  let asked: AppContext | undefined
  const app = createApp((c) => {
    asked = c
    return platform
  })
  const strayed: string[] = []
  for (const { name, routes } of operations) {
    for (const { method, path } of routes) {
      await app.request(path.replace(/\{\w+\}/g, 'x'), { method })
      const reached = asked?.var.operation
      if (reached !== name) strayed.push(`${method} ${path}: ${reached}, not ${name}`)
    }
  }
  expect(strayed).toEqual([])
})

test('all of tier 1 is served', () => {
  const names = new Set(served.map(({ name }) => name))
  const absent = operations.filter(({ tier, name }) => tier === 1 && !names.has(name))
  expect(absent.map(({ name }) => name)).toEqual([])
})

test('tier 1 is served below api, ajax-api and the preview prefix of MLflow 1.x', () => {
  const run = operations.find(({ name }) => name === 'getRun')
  expect(run?.routes).toEqual([
    { method: 'GET', path: '/api/2.0/mlflow/runs/get' },
    { method: 'GET', path: '/ajax-api/2.0/mlflow/runs/get' },
    { method: 'GET', path: '/api/2.0/preview/mlflow/runs/get' },
  ])
})
