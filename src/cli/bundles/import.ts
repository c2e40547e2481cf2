import { createHash } from 'node:crypto'
import { Command } from 'commander'
import { listTrustedKeys } from '../../api/endpoints/attestations.ts'
import { type PublicKey, readPublicKey } from '../../attestations/key-pair.ts'
import { modelFolder } from '../../bundles/statements/statement.ts'
import { BundleFormatError } from '../../bundles/verify/bundle-reader.ts'
import { type BundledVersion, readBundledVersion } from '../../bundles/verify/bundled-version.ts'
import type { VerifiedBundle } from '../../bundles/verify/verify-bundle.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { StartError } from '../../platform/start-error.ts'
import { parseDuration } from '../duration.ts'
import {
  addMoveFlags,
  checkMoveFlags,
  type MoveFlags,
  requestMoveOfArrived,
} from '../governance/request-move.ts'
import { askTarget } from '../transfer/promote/ask-target.ts'
import {
  type PlacedVersion,
  placedToWire,
  placeVersion,
  type SentVersion,
} from '../transfer/promote/place-version.ts'
import {
  readTrustedHints,
  type SentStatements,
  type SignedStatement,
  sendStatements,
  statementLines,
  statementsToWire,
} from '../transfer/promote/send-statements.ts'
import { bytesFrom } from '../transfer/promote/sent-file.ts'
import { addServer, callServer } from '../with-server.ts'
import { isVerified, readKeyFiles, verifyFile } from './verify-file.ts'
import type { OpenZip } from './zip-reader.ts'

type Flags = MoveFlags & {
  readonly key?: readonly string[]
  readonly as?: string
  readonly experiment?: string
}

/** `gatehouse bundle import`: a version that left another server comes to this one. */
export function importCommand(): Command {
  const command = new Command('import')
    .description(
      'verify a bundle whole, then bring its version to the server: files, facts, card and what was signed',
    )
    .argument('<file>', 'the zip, or one that was packed anew')
    .option(
      '--key <files...>',
      'public keys in PEM that are trusted; without it those that the server trusts',
    )
    .option('--as <model>', "the model's name there, if it is another")
    .option('--experiment <name>', 'the experiment there for its run, else imported-<model>')
  addMoveFlags(command)
  return addServer(command, 'changes').action((file: string) =>
    callServer(command, async (target) => {
      const flags = command.opts<Flags>()
      checkMoveFlags(flags)
      const untilMs = Date.now() + parseDuration(flags.timeout)
      const keys = flags.key ? await readKeyFiles(flags.key) : await readTrustedKeys(target)
      const placed = await verifyFile(file, keys, async (verdict, zip) => {
        if (!isVerified(verdict) || !zip) throw notVerified(file, verdict)
        const version = await readVersionIn(file, zip, verdict)
        return bringVersion(command, target, { version, zip, hint: verdict.key.hint })
      })
      const told = { wire: importedToWire(placed), lines: placedLines(placed) }
      await requestMoveOfArrived(command, target, { candidate: placed, untilMs, told })
    }),
  )
}

/** @throws StartError there are none */
async function readTrustedKeys(target: GatehouseClient): Promise<PublicKey[]> {
  const { items } = await target.call(listTrustedKeys, {})
  const keys = await Promise.all(items.map(({ pem }) => readPublicKey({ sha256 }, pem)))
  const known = keys.flatMap((key) => key ?? [])
  if (known.length > 0) return known
  throw new StartError(
    'the server trusts no keys; give the one that signed the bundle with --key, or have it trusted with `gatehouse trusted-keys set`',
  )
}

async function readVersionIn(
  file: string,
  zip: OpenZip,
  verdict: VerifiedBundle,
): Promise<BundledVersion> {
  try {
    return await readBundledVersion({ sha256 }, zip, verdict)
  } catch (err) {
    if (err instanceof BundleFormatError) throw notVerified(file, [err.message])
    throw err
  }
}

function notVerified(file: string, verdict: VerifiedBundle | readonly string[]): StartError {
  const problems = isVerified(verdict) ? [] : verdict.map((problem) => `  ${problem}`)
  return new StartError([`${file} does not verify, and nothing was sent:`, ...problems].join('\n'))
}

type Opened = {
  readonly version: BundledVersion
  readonly zip: OpenZip
  /** Of the key that signed it. */
  readonly hint: string
}

/** A version that came in a bundle. */
type FromBundle = PlacedVersion & {
  readonly bundle: string
  /** The hint of the key that signed it. */
  readonly key: string
  readonly statements: SentStatements
}

async function bringVersion(
  command: Command,
  target: GatehouseClient,
  { version, zip, hint }: Opened,
): Promise<FromBundle> {
  const { as: model = version.model, experiment = `imported-${model}` } = command.opts<Flags>()
  const place = { target, model, experiment }
  const sent = sentFrom(version, zip)
  await askTarget(place, sent, command.opts<Flags>())
  const placed = await placeVersion(command, sent, place)
  const params = { name: placed.model, version: placed.version }
  const statements = await sendStatements(target, params, {
    statements: statementsOf(version, hint),
    trusted: await readTrustedHints(target),
  })
  return { ...placed, bundle: version.bundle, key: hint, statements }
}

function sentFrom(version: BundledVersion, zip: OpenZip): SentVersion {
  const { digest, description, tags, run, files, card } = version
  const { name: run_name, ...facts } = run
  // The same each time: what was cut off writes no point twice, and an older bundle puts nothing in the place of newer.
  const at = Math.min(version.issuedAtMs, Date.now())
  return {
    ...{ digest, description, tags },
    facts: { ...facts, run_name, at, digest: digestOf(run) },
    files: files.map(({ path, sizeBytes, sha256: hash }) => ({
      path,
      size: sizeBytes,
      sha256: hash,
    })),
    open: async ({ path, size }, at) => bytesFrom(zip.stream(`${modelFolder}${path}`, size), at),
    from: {
      ...{ server: version.server, model: version.model, version: version.version },
      bundle: version.bundle,
    },
    findCard: async () => card,
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

function statementsOf(version: BundledVersion, hint: string): SignedStatement[] {
  return version.statements.map(({ path, text }) => ({
    ...{ title: path, hint },
    open: async () => JSON.parse(text),
  }))
}

function importedToWire(placed: FromBundle) {
  const { bundle, key, statements } = placed
  return { ...placedToWire(placed), bundle, key, ...statementsToWire(statements) }
}

function placedLines(placed: FromBundle): readonly string[] {
  const { model, version, added, sent, known, entryThere, bundle, key, statements } = placed
  const files = `${sent} files sent, ${known} were there`
  return [
    `${model} version ${version} is there${added ? '' : ' already'}: ${files}; audit entry ${entryThere} there`,
    `bundle  ${bundle}`,
    `key     ${key}`,
    ...statementLines(statements),
  ]
}
