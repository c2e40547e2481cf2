import { signStatement } from '../../src/attestations/envelope.ts'
import { makePrivateKey, readKeyPair } from '../../src/attestations/key-pair.ts'
import type { Platform } from '../../src/platform/context.ts'

/** Somebody outside with a key of their own, such as CI. */
export async function signer(platform: Platform) {
  const pair = await readKeyPair(platform, await makePrivateKey())
  if (!pair) throw new Error('no key was made')
  return {
    pem: pair.pem,
    hint: pair.hint,
    /** A Sigstore bundle about files of this digest. @param digest `sha256:` and hex */
    async sign(digest: string, predicateType: string, predicate: Record<string, unknown> = {}) {
      const statement = {
        _type: 'https://in-toto.io/Statement/v1' as const,
        subject: [{ name: 'manifest.json', digest: { sha256: digest.replace('sha256:', '') } }],
        predicateType,
        predicate,
      }
      return JSON.parse(await signStatement(statement, pair))
    },
  }
}
