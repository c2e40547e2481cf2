import { toHex } from '../../core/bytes.ts'
import type { Sha256 } from '../hash.ts'

export function sha256(): Sha256 {
  const stream = new crypto.DigestStream('SHA-256')
  const writer = stream.getWriter()
  return {
    update: (bytes) => writer.write(bytes),
    digest: async () => {
      await writer.close()
      return toHex(new Uint8Array(await stream.digest))
    },
  }
}
