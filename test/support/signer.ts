import { type Statement, signStatement } from '../../src/attestations/envelope.ts'
import { makePrivateKey, readKeyPair } from '../../src/attestations/key-pair.ts'
import type { Platform } from '../../src/platform/context.ts'

/** Somebody outside with a key of their own, such as CI. */
export async function signer(platform: Platform) {
  const pair = await readKeyPair(platform, await makePrivateKey())
  if (!pair) throw new Error('no key was made')
  const signAs = async (
    _type: Statement['_type'],
    digest: string,
    said: Pick<Statement, 'predicateType' | 'predicate'>,
  ) => {
    const sha256 = digest.replace('sha256:', '')
    const subject = [{ name: 'manifest.json', digest: { sha256 } }]
    return JSON.parse(await signStatement({ _type, subject, ...said }, pair))
  }
  return {
    pem: pair.pem,
    hint: pair.hint,
    /** A statement of any version. */
    signAs,
    /** A Sigstore bundle about files of this digest. @param digest `sha256:` and hex */
    sign: (digest: string, predicateType: string, predicate: Record<string, unknown> = {}) =>
      signAs('https://in-toto.io/Statement/v1', digest, { predicateType, predicate }),
  }
}
