import { access } from 'node:fs/promises'
import type { Server } from 'node:http'
import axe from 'axe-core'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type CDPSession,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { listen } from '../../../src/node.ts'
import type { Platform } from '../../../src/platform/context.ts'

/** Debian's; `apt-get install chromium` brings it. */
const executablePath = process.env.GATEHOUSE_CHROMIUM ?? '/usr/bin/chromium'

/** Whether a browser cannot be had, or another file that tests need besides; then they are skipped. */
export async function lacksBrowser(...needed: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    [executablePath, ...needed].map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(false)
}

/** A browser for the tests of one file. What is opened by it is closed after them, also when they fail. */
export function useBrowser(isLacking: boolean) {
  const servers = new Map<string, Server>()
  const stops: (() => Promise<unknown>)[] = []
  let browser: Browser | undefined
  beforeAll(async () => {
    if (isLacking) return
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 120_000)
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
    await browser?.close()
    for (const server of servers.values()) server.close()
  })
  return {
    /** Cookies and storage of their own. */
    async openContext(options: BrowserContextOptions): Promise<BrowserContext> {
      if (!browser) throw new Error('the browser is not started')
      const context = await browser.newContext(options)
      stops.push(() => context.close())
      return context
    },
    /** Serves the platform in this process. @param port where it was served before @returns its address */
    async serve(platform: Platform, port = 0): Promise<string> {
      const { server, url } = await listen(platform, { host: '127.0.0.1', port })
      servers.set(url, server)
      return url
    },
    /** Stops what serves at an address, with all who are connected. */
    stop(url: string): void {
      servers.get(url)?.closeAllConnections()
      servers.get(url)?.close()
    },
  }
}

/** What is wrong with the page as it stands: to axe, by its width, by sentences of which each part is a line of its own. */
export async function faultsOf(
  page: Page,
  options: { readonly isScriptOff?: boolean } = {},
): Promise<string[]> {
  const scrolls = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  const torn = await page.evaluate(() =>
    [...document.querySelectorAll('p')]
      .filter(
        (one) =>
          one.childElementCount > 0 &&
          [...one.childNodes].some(
            ({ nodeType, data }: ChildNode & { data?: string }) => nodeType === 3 && data?.trim(),
          ) &&
          getComputedStyle(one).display === 'grid',
      )
      .map(({ textContent }) => `torn into lines: ${textContent}`),
  )
  // The policy of the page lets no script in, so axe comes by the debugger's own door.
  const session = await page.context().newCDPSession(page)
  if (options.isScriptOff) await turnScriptOn(session)
  await session.send('Runtime.evaluate', { expression: axe.source })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: ${options.isScriptOff === true} } } }).then(({ violations }) => JSON.stringify(
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary))))`,
    awaitPromise: true,
  })
  await session.detach()
  return [
    ...(scrolls > 0 ? [`the page scrolls sideways by ${scrolls} px`] : []),
    ...torn,
    ...JSON.parse(String(result.value)),
  ]
}

/**
 * Lets timers run in a page whose script is off: axe waits for them. Its own scripts, which were passed over when it was
 * read, still do not run. The page is to be left afterwards.
 */
async function turnScriptOn(session: CDPSession): Promise<void> {
  // A new session believes that script is on, and passes over what changes nothing.
  for (const value of [true, false]) {
    await session.send('Emulation.setScriptExecutionDisabled', { value })
  }
}
