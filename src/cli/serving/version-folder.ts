import { createWriteStream } from 'node:fs'
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { digestManifest, type ManifestFile } from '../../artifacts/manifest.ts'
import { ApiError, type GatehouseClient, mayPass } from '../../client/client.ts'
import { isPlainPath } from '../../core/names.ts'
import { measureBody } from '../../platform/hash.ts'
import { isMissing, readFileBytes } from '../../platform/node/read-file.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { StartError } from '../../platform/start-error.ts'
import { artifactPathOf } from '../mlflow-calls.ts'

/** What is to be fetched: the files of a sealed version, and where they are. */
export type WantedVersion = {
  /** `sha256:` and hex, of the whole list. */
  readonly digest: string
  /** `mlflow-artifacts:/model-versions/<id>` */
  readonly downloadUri: string
  /** By the UTF-8 bytes of the path. */
  readonly files: readonly ManifestFile[]
}

export type FetchedVersion = {
  readonly folder: string
  readonly files: number
  /** How many files, and bytes, came from the server; the others were here already. */
  readonly fetched: number
  readonly fetchedBytes: number
}

const triesMax = 5
const filesAtOnce = 4

/**
 * Make `<root>/<hex of the digest>` hold exactly the files of a version. A file that is there is read and
 * kept if it is right; one that another version in `root` has is linked; the rest is fetched, and goes on
 * where it broke. The folder's list is written beside it, as `<hex>.json`, when all are right.
 *
 * @param onFile told of each file that is right
 * @throws StartError the server's list or a file is not what the digest says
 */
export async function fetchVersion(
  client: GatehouseClient,
  wanted: WantedVersion,
  { root, onFile }: { readonly root: string; readonly onFile: () => void },
): Promise<FetchedVersion> {
  const { digest, files } = wanted
  if ((await digestManifest({ sha256 }, files)) !== digest) {
    throw new StartError(`the server's list of files is not that of ${digest}; nothing was fetched`)
  }
  const hex = digest.slice('sha256:'.length)
  const folder = join(root, hex)
  await mkdir(folder, { recursive: true })
  const elsewhere = await readOthers(root, hex)
  // Files of the same bytes follow one another, so that they are fetched once.
  const queue = [...Map.groupBy(files, (file) => file.sha256).values()]
  let [fetched, fetchedBytes] = [0, 0]
  const work = async () => {
    for (let alike = queue.shift(); alike; alike = queue.shift()) {
      for (const file of alike) {
        const place = {
          target: placeOf(folder, file.path),
          part: join(root, `${file.sha256}.part`),
        }
        if (
          !(await isHere(place.target, file)) &&
          !(await isLinked(place.target, file, elsewhere))
        ) {
          await download(client, { wanted, file, ...place })
          fetched++
          fetchedBytes += file.sizeBytes
        }
        elsewhere.set(file.sha256, place.target)
        onFile()
      }
    }
  }
  await Promise.all(Array.from({ length: filesAtOnce }, work))
  await removeOthers(folder, files)
  await writeList(root, hex, files)
  return { folder, files: files.length, fetched, fetchedBytes }
}

/** @throws StartError a server's path that leads out of the folder */
function placeOf(folder: string, path: string): string {
  if (isPlainPath(path) && !path.includes('\\') && !path.includes('\0')) return join(folder, path)
  throw new StartError(`the server names a file '${path}', which would lie outside of the folder`)
}

/** Where the files of other versions lie, by their hash. */
async function readOthers(root: string, hex: string): Promise<Map<string, string>> {
  const places = new Map<string, string>()
  for (const name of await readdir(root)) {
    const other = /^([0-9a-f]{64})\.json$/.exec(name)?.[1]
    if (other === undefined || other === hex) continue
    for (const { path, sha256: hash } of await readList(join(root, name))) {
      if (isPlainPath(path)) places.set(hash, join(root, other, path))
    }
  }
  return places
}

/**
 * The folder of a version that was fetched before, read whole and found right.
 *
 * @returns undefined: it is not here, or not what was sealed
 */
export async function findFetched(root: string, digest: string): Promise<string | undefined> {
  const hex = digest.slice('sha256:'.length)
  const folder = join(root, hex)
  const list = await readList(join(root, `${hex}.json`))
  const files = list.map(({ size, ...file }) => ({ ...file, sizeBytes: size }))
  if ((await digestManifest({ sha256 }, files)) !== digest) return undefined
  for (const file of files) {
    try {
      if (!(await hasBytesOf(placeOf(folder, file.path), file))) return undefined
    } catch (err) {
      if (isMissing(err)) return undefined
      throw err
    }
  }
  await removeOthers(folder, files)
  return folder
}

type ListedFile = { path: string; sha256: string; size: number }

/** A list that this command wrote; one that cannot be read lists nothing that could be linked. */
async function readList(path: string): Promise<ListedFile[]> {
  try {
    const list = JSON.parse(await readFile(path, 'utf8'))
    return Array.isArray(list) ? list.filter(isListed) : []
  } catch (err) {
    if (err instanceof SyntaxError || isMissing(err)) return []
    throw err
  }
}

function isListed(file: Partial<ListedFile> | null): file is ListedFile {
  return (
    typeof file?.path === 'string' &&
    typeof file.sha256 === 'string' &&
    typeof file.size === 'number'
  )
}

async function writeList(root: string, hex: string, files: readonly ManifestFile[]): Promise<void> {
  const list = files.map(({ path, sha256, sizeBytes }) => ({ path, sha256, size: sizeBytes }))
  const path = join(root, `${hex}.json`)
  await writeFile(`${path}.part`, JSON.stringify(list))
  await rename(`${path}.part`, path)
}

/** Whether the file is at `path`; one of that name that is another is taken away. */
async function isHere(path: string, file: ManifestFile): Promise<boolean> {
  try {
    if (await hasBytesOf(path, file)) return true
    await rm(path)
    return false
  } catch (err) {
    if (isMissing(err)) return false
    throw err
  }
}

/** Whether another version has the file, which then is one file under two names. */
async function isLinked(
  target: string,
  file: ManifestFile,
  elsewhere: ReadonlyMap<string, string>,
): Promise<boolean> {
  const other = elsewhere.get(file.sha256)
  if (other === undefined) return false
  await mkdir(dirname(target), { recursive: true })
  try {
    await link(other, target)
  } catch (err) {
    if (isMissing(err)) return false
    await copyFile(other, target)
  }
  return isHere(target, file)
}

type Download = {
  readonly wanted: WantedVersion
  readonly file: ManifestFile
  readonly target: string
  readonly part: string
}

/** @throws StartError the bytes are not what was sealed; ApiError the server refuses */
async function download(client: GatehouseClient, { wanted, file, target, part }: Download) {
  await mkdir(dirname(target), { recursive: true })
  for (let tries = 1; ; tries++) {
    try {
      await fetchRest(client, artifactPathOf(`${folderOf(wanted.downloadUri)}/${file.path}`), part)
      break
    } catch (err) {
      if (!mayPass(err) || tries === triesMax) throw err
      await wait(2 ** tries * 250)
    }
  }
  if (await hasBytesOf(part, file)) {
    await rename(part, target)
    return
  }
  await rm(part)
  throw new StartError(`'${file.path}' came with other bytes than were sealed; it was thrown away`)
}

/** Fetch what `part` lacks. */
async function fetchRest(client: GatehouseClient, path: string, part: string): Promise<void> {
  const from = await sizeOf(part)
  try {
    const headers = from > 0 ? { Range: `bytes=${from}-` } : {}
    const res = await client.request('GET', path, { headers })
    const flags = res.status === 206 ? 'a' : 'w'
    await pipeline(res.body ?? [], createWriteStream(part, { flags }))
  } catch (err) {
    // The part was whole already; the hash decides whether it is right.
    if (err instanceof ApiError && err.status === 416) return
    throw err
  }
}

/** The folder of the artifact store that a `mlflow-artifacts:` URI names. */
function folderOf(uri: string): string {
  const path = /^mlflow-artifacts:\/(model-versions\/\d+)$/.exec(uri)?.[1]
  if (path === undefined) throw new StartError(`the files at ${uri} are not kept by this server`)
  return path
}

async function hasBytesOf(path: string, { sizeBytes, sha256: hash }: ManifestFile) {
  const { size } = await stat(path)
  return size === sizeBytes && (await measureBody(readFileBytes(path), sha256())).sha256 === hash
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (err) {
    if (isMissing(err)) return 0
    throw err
  }
}

/** Takes away what lies in the folder and is no file of the version. */
async function removeOthers(folder: string, files: readonly ManifestFile[]): Promise<void> {
  const known = new Set(files.map(({ path }) => join(folder, path)))
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isDirectory() && !known.has(path)) await rm(path)
  }
}
