import { authServer } from '../../support/auth-server.ts'
import { sageMakerClient } from '../../support/sagemaker-client.ts'

/** A server with sign-in, and people who ask it as AWS's clients do. */
export async function sageMakerServer() {
  const server = await authServer()
  const { app, call, clock } = server
  return {
    ...server,
    /** With a key pair of the caller's. @param authorization how the caller signs in otherwise */
    signedBy: async (authorization: string, asked: object = {}, path = '/') => {
      const made = await call(authorization, 'POST', '/api/v1/tokens', {
        name: 'aws',
        aws: true,
        ...asked,
      })
      if (made.status !== 201) throw new Error(made.text)
      const { id, aws_access_key_id, aws_secret_access_key } = made.json
      const pair = { id: aws_access_key_id, secret: aws_secret_access_key }
      return { id, pair, ...sageMakerClient(app, { pair, nowMs: clock.now, path }) }
    },
  }
}
