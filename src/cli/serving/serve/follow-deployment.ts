import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { getDeployment } from '../../../api/endpoints/deployments.ts'
import { type GatehouseClient, mayPass } from '../../../client/client.ts'
import { isMissing } from '../../../platform/node/read-file.ts'
import { note } from '../../io.ts'
import type { FollowedDeployment } from '../deployments.ts'

const everyMs = 1000

/**
 * Tell how a deployment splits requests, and each change of it within about a second. While the server is
 * away, or refuses, what was told last stays; it lies in `root`, for the next start. It stays too when the name
 * was given to a deployment of another model, which others may write.
 *
 * @throws ApiError the server refuses, and nothing was told yet
 */
export async function followDeployment(
  command: Command,
  client: GatehouseClient,
  follower: {
    readonly name: string
    readonly root: string
    readonly onSplit: (deployment: FollowedDeployment) => void
  },
): Promise<never> {
  const { name, root, onSplit } = follower
  const path = join(root, `deployment-${name}.json`)
  let known = await readKnown(path)
  if (known) onSplit(known)
  let failure = ''
  for (;;) {
    const asked = refuseOther(await askFor(client, name), known, path)
    const why = 'err' in asked ? asked.why : ''
    if ('err' in asked) {
      if (!known && !mayPass(asked.err)) throw asked.err
      if (why !== failure) {
        note(command, `the deployment cannot be followed (${why}); trying again`)
      }
    } else if (!isSame(asked.found, known)) {
      known = asked.found
      onSplit(known)
      await writeKnown(path, known)
    }
    failure = why
    await wait(everyMs)
  }
}

type Asked =
  | { readonly found: FollowedDeployment }
  | { readonly err: unknown; readonly why: string }

async function askFor(client: GatehouseClient, name: string): Promise<Asked> {
  try {
    return { found: await client.call(getDeployment, { params: { name } }) }
  } catch (err) {
    return { err, why: err instanceof Error ? err.message : String(err) }
  }
}

function refuseOther(asked: Asked, known: FollowedDeployment | undefined, path: string): Asked {
  if ('err' in asked || !known || asked.found.model === known.model) return asked
  const why = `it is of model '${asked.found.model}' by now, and this process serves '${known.model}': take away ${path} and start again to follow it`
  return { err: new Error(why), why }
}

/** One that was deleted and made anew has its revisions from 1 on. */
function isSame(found: FollowedDeployment, known: FollowedDeployment | undefined): boolean {
  return known?.id === found.id && known.revision === found.revision
}

async function readKnown(path: string): Promise<FollowedDeployment | undefined> {
  try {
    const known: FollowedDeployment = JSON.parse(await readFile(path, 'utf8'))
    return Array.isArray(known.variants) ? known : undefined
  } catch (err) {
    if (err instanceof SyntaxError || isMissing(err)) return undefined
    throw err
  }
}

async function writeKnown(path: string, deployment: FollowedDeployment): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(`${path}.part`, JSON.stringify(deployment))
  await rename(`${path}.part`, path)
}
