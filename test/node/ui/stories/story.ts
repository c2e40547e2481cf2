import { mkdir } from 'node:fs/promises'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { password } from '../../../support/auth-server.ts'
import type { askedWorld } from '../../../ui/world.ts'
import { faultsOf, useBrowser } from '../browser.ts'

export const wide: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 } }

/** Where a story is told without script too. */
export const looks: [string, BrowserContextOptions][] = [
  ['wide', wide],
  ['on a phone, without script', { ...phone, javaScriptEnabled: false }],
]

/** Where pictures of what is seen go, if somebody wants to look at them. */
const pictures = process.env.GATEHOUSE_PICTURES

/** A server in this process for one world after another, and windows for people who look at it. */
export function useStories(isLacking: boolean) {
  const { openContext, serve, stop } = useBrowser(isLacking)
  const served = async <World extends Pick<Awaited<ReturnType<typeof askedWorld>>, 'platform'>>(
    world: World,
  ) => {
    const url = await serve(world.platform)
    const windowOf = async (options: BrowserContextOptions) => {
      const page = await (await openContext(options)).newPage()
      page.setDefaultTimeout(10_000)
      return page
    }
    return { ...world, url, windowOf }
  }
  return { served, serve, stop }
}

export async function signInAs(page: Page, name: string): Promise<void> {
  await page.getByLabel('User name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

export const mainOf = (page: Page) => page.locator('main').innerText()

export const headingOf = (page: Page) => page.getByRole('heading', { level: 1 }).innerText()

/** Somebody looks: the page as it stands has no fault, and is kept as a picture if that is wanted. @param step e.g. `S2.3` */
export async function see(page: Page, step: string): Promise<void> {
  if (pictures) {
    await mkdir(pictures, { recursive: true })
    const { width } = page.viewportSize() ?? { width: 0 }
    await page.screenshot({ path: `${pictures}/${step}.${width}.png`, fullPage: true })
  }
  // Axe has no timers where nobody has script.
  const isWithout = await page.evaluate(() => matchMedia('(scripting: none)').matches)
  if (!isWithout) expect(await faultsOf(page), step).toEqual([])
}

export const sizes: [string, BrowserContextOptions][] = [
  ['wide', wide],
  ['on a phone', phone],
]

/** As somebody does who has no pointer. */
export async function press(control: Locator): Promise<void> {
  await control.focus()
  await control.press('Enter')
}

/** Whether all of it stands in the first screen. */
export async function isInView(part: Locator): Promise<boolean> {
  const box = await part.boundingBox()
  const size = part.page().viewportSize()
  if (!box || !size) return false
  return box.y >= 0 && box.y + box.height <= size.height
}
