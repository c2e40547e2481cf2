import { AwsV4Signer } from 'aws4fetch'
import type { Answering, Json } from './client.ts'

export type KeyPair = { readonly id: string; readonly secret: string }

export type SageMakerAnswer = { readonly status: number; readonly json: Json }

/** Signs actions of SageMaker as AWS's clients do, and sends them. */
export function sageMakerClient(
  app: Answering,
  { pair, nowMs, path = '/' }: { pair: KeyPair; nowMs: () => number; path?: string },
) {
  const signed = async (action: string, members: object) => {
    const body = JSON.stringify(members)
    const signer = new AwsV4Signer({
      method: 'POST',
      url: `http://localhost${path}`,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `SageMaker.${action}`,
      },
      body,
      accessKeyId: pair.id,
      secretAccessKey: pair.secret,
      service: 'sagemaker',
      region: 'eu-west-1',
      datetime: new Date(nowMs()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      allHeaders: true,
    })
    const { headers } = await signer.sign()
    headers.set('host', 'localhost')
    return { path, headers, body }
  }
  const send = async ({ path, headers, body }: Awaited<ReturnType<typeof signed>>) => {
    const res = await app.request(path, { method: 'POST', headers, body })
    const text = await res.text()
    return { status: res.status, json: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    signed,
    send,
    call: async (action: string, members: object = {}): Promise<SageMakerAnswer> =>
      send(await signed(action, members)),
  }
}
