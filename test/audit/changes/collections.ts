import { type Examples, onModel, type Server } from './example.ts'

const collection = '/api/v1/collections/c'
const one = { model: 'm', version: '1' }

/** On a model `m` with a version, and a collection `c` with a link to it. */
function linked(call: (server: Server) => ReturnType<Server['call']>) {
  return async (server: Server) => {
    const change = await onModel(call)(server)
    await server.call('PUT', collection, {})
    await server.call('POST', `${collection}/links`, one)
    return change
  }
}

/** Collections and their links. */
export const collectionChanges: Examples = {
  'v1 putCollection': onModel(({ call }) => call('PUT', collection, { protect: true })),
  'v1 putCollection, of one that is there': linked(({ call }) =>
    call('PUT', collection, { protect: true, description: 'kept' }),
  ),
  'v1 deleteCollection': linked(({ call }) => call('DELETE', collection)),
  'v1 linkVersion': linked(({ call }) =>
    call('POST', `${collection}/links`, { model: 'm', version: '2' }),
  ),
  'v1 unlinkVersion': linked(({ call }) => call('DELETE', `${collection}/links/1`)),
  'v1 unlinkFrom': linked(async ({ call }) => {
    const path = '/api/v1/models/m/versions/1/links'
    const { json } = await call('GET', path)
    return call('DELETE', `${path}/${json.items[0].id}`)
  }),
}
