import { apiKeyOf } from '../support/ops/admins.js'
import { World } from '../support/world.js'
import { Browser, photograph, seriousFaults, signIn } from './browser.js'

let world: World
let url: string
let browser: Browser
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  browser = await Browser.start()
})
afterAll(async () => {
  await browser?.close()
  await world?.end()
})
afterEach(() => expect(browser.complaints.splice(0)).toEqual([]))

describe('the console', () => {
  it.each(['light', 'dark'] as const)('in %s colours lets people in, and has no serious fault', async (colorScheme) => {
    const { email } = await world.account(url)
    const page = await browser.open(url, { colorScheme })
    expect(page.url()).toBe(`${url}/console`)
    expect(await seriousFaults(page)).toEqual([])
    await photograph(page, `sign-in-${colorScheme}`)
    await signIn(page, email)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Ask something')
    expect(await seriousFaults(page)).toEqual([])
  })

  it('keeps a tab signed in over a refresh, at its address, and another tab out', async () => {
    const { email } = await world.account(url)
    const page = await browser.open(`${url}/console/account`)
    await signIn(page, email)
    await page.reload()
    await page.getByRole('heading', { name: 'Account' }).waitFor()
    const other = await page.context().newPage()
    await other.goto(`${url}/console/account`)
    await other.getByLabel('Email').waitFor()
    expect(await other.evaluate('JSON.stringify([{ ...localStorage }, document.cookie])')).not.toMatch(/[\w-]{20,}/)
  })

  it('keeps nothing of those who sign out', async () => {
    const { email } = await world.account(url)
    const page = await browser.open(`${url}/console`)
    await signIn(page, email)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Email').waitFor()
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })

  it('lets somebody in with an API key, and makes accounts', async () => {
    const key = await apiKeyOf(await world.account(url))
    const page = await browser.open(`${url}/console`)
    await page.getByRole('button', { name: 'API key' }).click()
    await page.getByLabel('API key').last().fill(key)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'New account' }).click()
    await page.getByLabel('Name').fill('Grace')
    await page.getByLabel('Email').fill('grace@example.org')
    await page.getByLabel('Password').fill('a long secret')
    await page.keyboard.press('Enter')
    await page.getByText('Grace').waitFor()
    expect(await page.getByRole('link', { name: 'Is it well' }).count()).toBe(0)
  })

  it('says what is wrong with a password, in the words of the service', async () => {
    const page = await browser.open(`${url}/console`)
    await page.getByLabel('Email').fill('nobody@example.org')
    await page.getByLabel('Password').fill('not the one')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toMatch(/password/i)
  })

  it('is usable on a narrow screen', async () => {
    const { email } = await world.account(url)
    const page = await browser.open(`${url}/console`, { viewport: { width: 360, height: 640 } })
    await signIn(page, email)
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(overflow).toBeLessThanOrEqual(0)
  })
})
