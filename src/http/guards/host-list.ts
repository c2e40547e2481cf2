/** A host as a Host header or an origin spells it: `example.com`, `10.0.0.1`, `[::1]`. */
export type HostPort = { readonly host: string; readonly port: string | undefined }

/** Host and port of a Host header, or undefined when it is not one. */
export function parseHost(text: string): HostPort | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(text)
  return match?.[1] ? { host: match[1].toLowerCase(), port: match[2] } : undefined
}

/**
 * Whether a request that names `text` as its host may be answered. This stops a foreign page from
 * reaching the server under its own host name, made to resolve to this server (DNS rebinding).
 *
 * @param allowed entries `host`, `host:port`, `host:*`, where `*` stands for a part of one label,
 *   or `*` alone; empty for MLflow's default, localhost and private addresses on any port
 */
export function hostAllowed(allowed: readonly string[], text: string): boolean {
  if (allowed.includes('*')) return true
  const asked = parseHost(text)
  if (!asked) return false
  if (allowed.length === 0) return isLocal(asked.host) || isPrivate(asked.host)
  return allowed.some((entry) => matches(entry.toLowerCase(), asked))
}

/** This machine's own names. */
export function isLocal(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].includes(host)
}

/** RFC 1918 and RFC 4193, as complete address literals only: `10.0.0.1.example.com` is not one. */
function isPrivate(host: string): boolean {
  if (/^\[f[cd][0-9a-f]{2}:[0-9a-f:.]*\]$/.test(host)) return true
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1).map(Number)
  if (!octets || octets.some((octet) => octet > 255)) return false
  const [first = 0, second = 0] = octets
  return (
    first === 10 ||
    (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second <= 31)
  )
}

function matches(entry: string, asked: HostPort): boolean {
  const port = /:(\d{1,5}|\*)$/.exec(entry)?.[1]
  const name = port === undefined ? entry : entry.slice(0, -port.length - 1)
  const samePort = port === '*' || (asked.port ?? '') === (port ?? '')
  return samePort && nameMatches(name, asked.host)
}

/** Label by label; `192.168.*` stands for two labels of digits, so that no other name matches it. */
function nameMatches(name: string, host: string): boolean {
  if (!name.includes('*')) return name === host
  if (/^[\d.]+\.\*$/.test(name)) {
    return /^\d+\.\d+\.\d+\.\d+$/.test(host) && host.startsWith(name.slice(0, -1))
  }
  const labels = name.split('.')
  const hostLabels = host.split('.')
  return (
    labels.length === hostLabels.length &&
    labels.every((label, i) => labelMatches(label, hostLabels[i] ?? ''))
  )
}

function labelMatches(label: string, asked: string): boolean {
  const [start = '', ...rest] = label.split('*')
  if (rest.length === 0) return label === asked
  const end = rest.at(-1) ?? ''
  return asked.length >= start.length + end.length && asked.startsWith(start) && asked.endsWith(end)
}
