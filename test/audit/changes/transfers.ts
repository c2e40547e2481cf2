import { type Examples, onModel } from './example.ts'

/** Versions on their way between servers. */
export const transferChanges: Examples = {
  'v1 noteSending': onModel(({ call }) =>
    call('POST', '/api/v1/models/m/versions/1/sendings', { to: 'https://prod.example.com' }),
  ),
  'v1 noteSending, of what it became there': onModel(({ call }) =>
    call('POST', '/api/v1/models/m/versions/1/sendings', {
      to: 'https://prod.example.com',
      arrived: { model: 'm', version: '4', entry: 9 },
    }),
  ),
  'v1 receiveVersion': async (server) => {
    const { call, createModel, createVersion, createRun, upload } = server
    const { runId, root } = await createRun()
    await upload(`${root}/model/a.bin`, 'weights')
    for (const name of ['m', 'n']) await createModel(name)
    await createVersion('n', `${root}/model`, { run_id: runId })
    const { digest } = (await call('GET', '/api/v1/models/n/versions/1')).json
    return () =>
      call('POST', '/api/v1/models/m/transfers', {
        ...{ run_id: runId, path: 'model', digest },
        from: { server: 'https://dev.example.com', model: 'n', version: '1', entry: 7 },
      })
  },
}
