import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { Result } from 'axe-core'
import type { Browser as Chromium, BrowserContextOptions, Page } from 'playwright-core'

/** Compiled tests lie in another folder than their packages. */
const load = createRequire(resolve('test/browser/package.json'))

const howToGetOne =
  'Chromium does not start. Install one that is on the path (apt-get install chromium), or what the one of ' +
  '@sparticuz/chromium lacks here (apt-get install libnss3 libnspr4), or name one with CHROMIUM.'

interface Packaged {
  default: { args: string[]; executablePath(): Promise<string> }
}

/** On the path, else the package's. */
async function chromium(): Promise<{ executablePath: string; args?: string[] }> {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const found = process.env.CHROMIUM ?? names.map(onPath).find(Boolean)
  if (found) return { executablePath: found, args: ['--no-sandbox'] }
  const { default: packaged } = (await import(load.resolve('@sparticuz/chromium'))) as Packaged
  return { executablePath: await packaged.executablePath(), args: packaged.args }
}

function onPath(name: string): string | undefined {
  try {
    return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** A real browser. What its pages complain of, or are refused by their policy, fails the test that asks. */
export class Browser {
  readonly complaints: string[] = []

  private constructor(private readonly chromium: Chromium) {}

  static async start(): Promise<Browser> {
    const { chromium: launcher } = load('playwright-core') as typeof import('playwright-core')
    const options = await chromium()
    const started = await launcher.launch({ ...options, headless: true }).catch((error: Error) => {
      throw new Error(`${howToGetOne}\n${error.message}`)
    })
    return new Browser(started)
  }

  /** A tab of somebody who has nothing in common with other tabs. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.chromium.newContext({
      locale: 'en-GB',
      reducedMotion: 'reduce', // or axe-core sees colours that are halfway from one to another
      viewport: { width: 1280, height: 800 },
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', ({ message }) => this.complaints.push(message))
    page.on('console', (said) => {
      if (said.type() === 'error' && !/Failed to load resource/.test(said.text())) this.complaints.push(said.text())
    })
    await page.goto(url)
    return page
  }

  close(): Promise<void> {
    return this.chromium.close()
  }
}

/** What axe-core holds for serious or critical on a page as it is now. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const axe = load('axe-core') as { source: string }
  // Evaluated by the debugger: the page's policy allows no script of others.
  await page.evaluate(axe.source)
  const violations = await page.evaluate<Result[]>('axe.run().then(({ violations }) => violations)')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Each page as it looked in the last run. */
export async function photograph(page: Page, name: string): Promise<void> {
  await mkdir('.cache/screenshots', { recursive: true })
  await page.screenshot({ path: `.cache/screenshots/${name}.png` })
}

/** By the form that people use. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('a long secret')
  await page.locator('form').getByRole('button', { name: 'Sign in' }).last().click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}
