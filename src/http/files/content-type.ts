/** What MLflow serves as plain text, JSON too, so that its pages can show it. */
const plainText = new Set(
  `txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md
   rst mlmodel mlproject`.split(/\s+/),
)

const byExtension: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  css: 'text/css',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  wav: 'audio/x-wav',
  webm: 'video/webm',
  webp: 'image/webp',
  zip: 'application/zip',
}

/** The Content-Type of a file, guessed from its name as MLflow 3.17.2 does. */
export function contentType(fileName: string): string {
  const name = fileName.toLowerCase()
  const extension = name.slice(name.lastIndexOf('.') + 1)
  if (plainText.has(extension)) return 'text/plain'
  return (
    (Object.hasOwn(byExtension, extension) && byExtension[extension]) || 'application/octet-stream'
  )
}

/**
 * A Content-Disposition with which browsers save a file and never show it. The name is a token if
 * it can be, else quoted, and has RFC 5987's form for what ASCII lacks. Nothing in a name can end
 * the header.
 */
export function attachment(fileName: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(fileName)) return `attachment; filename=${fileName}`
  const ascii = fileName.normalize('NFKD').replace(/[^ -~]/g, '')
  const quoted = `attachment; filename="${ascii.replace(/["\\]/g, '\\$&')}"`
  return /^[ -~]*$/.test(fileName) ? quoted : `${quoted}; filename*=UTF-8''${rfc5987(fileName)}`
}

function rfc5987(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
