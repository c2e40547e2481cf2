import { invalid } from '../core/error.ts'
import type { AppContext } from '../http/app-env.ts'
import { declaredLength } from '../http/body.ts'

/** What the headers of an upload say of the bytes, as Artifactory's clients send them. */
export type UploadSum = {
  /** Of the file, lower-case hex. */
  readonly sha256: string
  /** The request has no body: the bytes are to be those that are here. */
  readonly isBodiless: boolean
}

const ofNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/**
 * The sum that an upload declares; undefined: it declares none.
 *
 * @throws INVALID_PARAMETER_VALUE it is no SHA-256, or it is needed, or a body came where none is expected
 */
export function readUploadSum(c: AppContext): UploadSum | undefined {
  const deploys = isDeploy(c)
  const given = c.req.header('x-checksum-sha256')
  if (given === undefined) {
    if (!deploys) return undefined
    throw invalid('X-Checksum-Deploy needs X-Checksum-Sha256; other sums are not taken')
  }
  if (!/^[0-9a-f]{64}$/i.test(given)) {
    throw invalid('Invalid X-Checksum-Sha256: it must be 64 hexadecimal digits')
  }
  const sha256 = given.toLowerCase()
  const isEmpty = !hasBody(c)
  if (deploys && !isEmpty) {
    throw invalid('X-Checksum-Deploy: true takes no body; leave it out to send the bytes')
  }
  return { sha256, isBodiless: isEmpty && sha256 !== ofNothing }
}

function isDeploy(c: AppContext): boolean {
  const given = c.req.header('x-checksum-deploy')?.toLowerCase()
  if (given === undefined || given === 'false') return false
  if (given === 'true') return true
  throw invalid("Invalid X-Checksum-Deploy: it must be 'true' or 'false'")
}

function hasBody(c: AppContext): boolean {
  const declared = declaredLength(c)
  if (declared !== undefined) return declared > 0
  if (c.req.header('transfer-encoding') !== undefined) return true
  return !c.var.rawBody && c.req.raw.body !== null
}
