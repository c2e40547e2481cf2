import { toHex } from '../../core/bytes.ts'
import { notFound } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { parquetScript, parquetWorker, script } from './script.ts'
import { style } from './style/style.ts'

/**
 * Takes people who follow a link of MLflow's own page, such as `/#/experiments/1`, to the page that it
 * means. The server never sees what follows `#`, so this has to run in the browser.
 */
const oldLinks = `{ const { hash } = location; const { to } = document.currentScript.dataset
if (/^#\\/./.test(hash)) location.replace(to + '?to=' + encodeURIComponent(hash.slice(1))) }
`

const sources = {
  style: { text: style, extension: 'css', type: 'text/css; charset=utf-8' },
  script: { text: script, extension: 'js', type: 'text/javascript; charset=utf-8' },
  oldLinks: { text: oldLinks, extension: 'js', type: 'text/javascript; charset=utf-8' },
  parquet: { text: parquetScript, extension: 'js', type: 'text/javascript; charset=utf-8' },
  parquetWorker: { text: parquetWorker, extension: 'js', type: 'text/javascript; charset=utf-8' },
} as const

type Asset = { readonly file: string; readonly text: string; readonly type: string }
type Assets = Readonly<Record<AssetName, Asset>>

export type AssetName = keyof typeof sources

let made: Promise<Assets> | undefined

/** All assets, each under a name that changes with its text. */
export function readAssets(): Promise<Assets> {
  made ??= makeAssets()
  return made
}

async function makeAssets(): Promise<Assets> {
  return {
    style: await assetOf('style'),
    script: await assetOf('script'),
    oldLinks: await assetOf('oldLinks'),
    parquet: await assetOf('parquet'),
    parquetWorker: await assetOf('parquetWorker'),
  }
}

/** The name of each, as addresses have it. */
export async function readAssetNames(): Promise<Readonly<Record<AssetName, string>>> {
  const { style, script, oldLinks, parquet, parquetWorker } = await readAssets()
  return {
    style: style.file,
    script: script.file,
    oldLinks: oldLinks.file,
    parquet: parquet.file,
    parquetWorker: parquetWorker.file,
  }
}

async function assetOf(name: AssetName): Promise<Asset> {
  const { text, extension, type } = sources[name]
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return { file: `${name}.${toHex(new Uint8Array(digest)).slice(0, 10)}.${extension}`, text, type }
}

/** `GET /assets/{file}`: for a year, since another text has another name. */
export async function sendAsset(c: AppContext): Promise<Response> {
  const file = c.req.param('file') ?? ''
  const asset = Object.values(await readAssets()).find((one) => one.file === file)
  if (!asset) {
    c.header('Cache-Control', 'no-store')
    throw notFound('Asset', file)
  }
  return c.body(asset.text, 200, {
    'Content-Type': asset.type,
    // A worker has the policy of its script: it asks this server, and loads no other script.
    'Content-Security-Policy': "default-src 'none'; connect-src 'self'",
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
}
