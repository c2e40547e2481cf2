import { type Examples, onModel } from './example.ts'

const card = { limitations: 'not for minors' }
const template = '/api/v1/models/m/card-template'

/** Model cards and their templates. */
export const cardChanges: Examples = {
  'v1 putModelCard': onModel(({ call }) => call('PUT', '/api/v1/models/m/versions/1/card', card)),
  'v1 putModelCardTemplate': onModel(({ call }) => call('PUT', template, card)),
  'v1 deleteModelCardTemplate': async (server) => {
    const put = await onModel(({ call }) => call('PUT', template, card))(server)
    await put()
    return () => server.call('DELETE', template)
  },
}
