import type { FC } from 'hono/jsx'
import { bytesText } from '../parts/text.tsx'

type SandboxedFrameProps = {
  readonly address: string
  readonly title: string
  readonly bytes: number
}

/**
 * Markup that somebody uploaded, once somebody wants to see it: a frame loads when it is opened. It has an
 * origin of its own, by this attribute and by the policy of the answer.
 */
export const SandboxedFrame: FC<SandboxedFrameProps> = ({ address, title, bytes }) => (
  <details>
    <summary>Show ({bytesText(bytes)})</summary>
    <iframe
      src={address}
      title={title}
      sandbox="allow-scripts"
      referrerpolicy="no-referrer"
      loading="lazy"
    />
  </details>
)

/**
 * What a document may do that somebody uploaded: run its own scripts in an origin of its own, and load or send nothing, to
 * this server neither. Browsers that do not know `webrtc` in a policy, Chromium is one, let it open connections of WebRTC.
 */
export const sandboxHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    'sandbox allow-scripts',
    "default-src 'none'",
    "script-src 'unsafe-inline' 'unsafe-eval' data: blob:",
    "style-src 'unsafe-inline' data:",
    'img-src data: blob:',
    'media-src data: blob:',
    'font-src data:',
    'worker-src blob:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    "webrtc 'block'",
  ].join('; '),
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** Hosts of scripts that a document asks for, and does not get. @param html its beginning */
export function scriptHostsOf(html: string): string[] {
  const sources = html.matchAll(
    /<script\b[^>]{0,500}?\bsrc\s*=\s*["']?(?:https?:)?\/\/([\w.-]{1,100})/gi,
  )
  return [...new Set([...sources].map(([, host = '']) => host))].slice(0, 5)
}
