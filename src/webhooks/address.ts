import ipaddr from 'ipaddr.js'

/**
 * Whether an address is one of the public Internet. What wraps an IPv4 address in an IPv6 one
 * (mapped, compatible, NAT64, 6to4, Teredo) never is, whatever it wraps: receivers have no need of it.
 *
 * @param address as text; what is none is not public
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  // Of IPv6 only 2000::/3 is given out.
  return parsed instanceof ipaddr.IPv4 || ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000
}

/** Names that never leave the machine or the local network, whatever a resolver says. */
export function isLocalName(host: string): boolean {
  return (
    !host.includes('.') ||
    /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|localdomain)$/.test(
      host,
    )
  )
}
