import { checkTransfer } from '../../../api/endpoints/transfers.ts'
import type { SentTo, SentVersion } from './place-version.ts'

/** Where a version is to move to once it is there. */
export type WantedMove = {
  readonly stage?: string | undefined
  readonly alias?: string | undefined
  /** Archive the versions that are in the stage. */
  readonly archive?: true | undefined
}

/**
 * Ask a server whether it would take a version in, and move it: before a file travels and before anything is
 * noted anywhere.
 *
 * @throws ApiError it would not
 */
export async function askTarget(
  { target, model: name, experiment }: SentTo,
  { digest, from: { server, model, version } }: Pick<SentVersion, 'digest' | 'from'>,
  { stage, alias, archive }: WantedMove,
): Promise<void> {
  const isMoved = stage !== undefined || alias !== undefined
  await target.call(checkTransfer, {
    params: { name },
    body: {
      ...{ digest, from: { server, model, version }, experiment },
      ...(isMoved && { to: { stage, alias }, archive_existing: archive ?? false }),
    },
  })
}
