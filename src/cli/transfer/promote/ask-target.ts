import type { Command } from 'commander'
import { checkTransfer } from '../../../api/endpoints/transfers.ts'
import { checkMoveFlags, type MoveFlags } from '../../governance/request-move.ts'
import type { SentTo, SentVersion } from './place-version.ts'

/**
 * Ask a server whether it would take a version in, and move it as the flags say: before a file travels and
 * before anything is noted anywhere.
 *
 * @throws ApiError it would not
 */
export async function askTarget(
  command: Command,
  { digest, from: { server, model, version } }: Pick<SentVersion, 'digest' | 'from'>,
  { target, model: name, experiment }: SentTo,
): Promise<void> {
  const flags = command.opts<MoveFlags>()
  checkMoveFlags(flags)
  const { stage, alias, archive } = flags
  const isMoved = stage !== undefined || alias !== undefined
  await target.call(checkTransfer, {
    params: { name },
    body: {
      ...{ digest, from: { server, model, version }, experiment },
      ...(isMoved && { to: { stage, alias }, archive_existing: archive ?? false }),
    },
  })
}
