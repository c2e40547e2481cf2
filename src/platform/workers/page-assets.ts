import type { PageFiles } from '../ports.ts'

/** The files of a built page, which the deployment uploaded as static assets. */
export function pageAssets(assets: Fetcher): PageFiles {
  return {
    async readFile(path) {
      const answer = await assets.fetch(`https://assets/${path}`)
      if (answer.status === 404) return undefined
      if (!answer.ok) throw new Error(`the static asset ${path} was answered ${answer.status}`)
      return new Uint8Array(await answer.arrayBuffer())
    },
  }
}
