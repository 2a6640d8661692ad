import { MongoClient } from 'mongodb'
import type { Page } from 'playwright-core'
import { RunProgress } from '../../src/ops/runs/run-progress.js'
import { eventually } from '../support/event-store/engines.js'
import { admin, standing } from '../support/ops/admins.js'
import { Database } from '../support/ops/database.js'
import { type Client, World } from '../support/world.js'
import { Browser, photograph, seriousFaults, signIn } from './browser.js'

let world: World
let url: string
let browser: Browser
let database: Database
let bob: Client
let page: Page
const frozen: number[] = []
beforeAll(async () => {
  world = await World.begin()
  url = await world.start({ ROLES: 'api,worker' }).url()
  await world.spawn({ ROLES: 'projector' }).url()
  database = world.closeAtEnd(await Database.of(world))
  bob = await admin(world, url)
  browser = await Browser.start()
  page = await browser.open(`${url}/console`)
  await signIn(page, bob.email)
})
afterAll(async () => {
  for (const pid of frozen) process.kill(pid, 'SIGCONT')
  await browser?.close()
  await world?.end()
})
afterEach(() => expect(browser.complaints.splice(0)).toEqual([]))

const open = (path: string) => page.goto(`${url}/console${path}`)

describe('the operator’s page', () => {
  it('is where an admin begins, and says that everything is well, with figures', async () => {
    await page.getByRole('heading', { name: 'Everything is well' }).waitFor()
    const names = await page.getByRole('rowheader').allTextContents()
    expect(names).toEqual(expect.arrayContaining(['chats', 'messages', 'users', 'analytics']))
    const prompts = { content: 'For the figures' }
    const plot = page.locator('figure', { hasText: 'Appends a second' })
    await eventually(
      async () => {
        await bob.post('/api/ai/chats/figures/messages', prompts)
        const looks = await page.locator('polyline').first().getAttribute('points')
        return { value: await plot.locator('strong').first().textContent(), looks: looks!.split(' ').length }
      },
      ({ value, looks }) => Number(value) > 0 && looks >= 5,
    )
    expect(await plot.locator('canvas').count()).toBe(1)
    const titles = await page.locator('figure h3').allTextContents()
    expect(titles).toEqual(expect.arrayContaining(['Prompts and answers a second', 'Answers from the cache']))
    expect(await seriousFaults(page)).toEqual([])
    await photograph(page, 'operator')
    await page.evaluate("document.getElementById('figures').scrollIntoView()")
    await photograph(page, 'figures')
  })

  it('shows a rebuild from its first event to its certificate, and what the next one says of it', async () => {
    const [owner] = world.processes
    await page.getByRole('link', { name: 'messages', exact: true }).click()
    // The model's owner is frozen: the rebuild has to wait until it loses its lease, and can be watched meanwhile.
    owner!.process.kill('SIGSTOP')
    frozen.push(owner!.process.pid!)
    await page.getByRole('button', { name: 'Rebuild' }).click()
    await page.getByRole('progressbar').waitFor()
    await page.getByText(/^Recorded as event \d+/).waitFor()
    await photograph(page, 'rebuild')
    await page.locator('figure', { hasText: 'Events behind' }).locator('canvas').waitFor()
    const certificates = page.getByRole('listitem').filter({ hasText: 'Digest of the documents' })
    await certificates.first().waitFor()
    owner!.process.kill('SIGCONT')
    frozen.pop()
    expect(await page.getByRole('progressbar').count()).toBe(0)
    await page.getByRole('button', { name: 'Rebuild' }).click()
    await certificates.nth(1).waitFor()
    await page.getByText('equal since').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await seriousFaults(page)).toEqual([])
    await photograph(page, 'certificates')
    await page.emulateMedia({ colorScheme: 'light' })
  })

  it('pauses a read model, says so, and resumes it', async () => {
    await open('/operate/analytics')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await page.getByRole('link', { name: 'All read models' }).click()
    await page.getByText(/^analytics is paused/).waitFor()
    await page.getByRole('link', { name: 'analytics', exact: true }).click()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    expect((await standing(bob, 'analytics')).state).toBe('live')
  })

  it('says why a read model has stopped, and lets it skip the event for a reason', async () => {
    const position = await database.poison('GuestFeedbackGiven')
    await open('/operate')
    await page.getByText(`guest_feedback has stopped at event ${position}`).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.getByRole('link', { name: 'guest_feedback', exact: true }).click()
    await page.getByRole('link', { name: 'Event by event' }).click()
    await page.getByText(`The read model cannot take the event at this position: event ${position}`).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'See the event' }).click()
    await page.getByRole('heading', { name: 'GuestFeedbackGiven' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Retry the event' }).click()
    await page.getByText(/^Recorded as event|^Done/).waitFor()
    await page.getByLabel('Why the model may go on without this event').fill('written by a release with a bug')
    await page.getByRole('button', { name: `Skip event ${position}` }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await eventually(
      () => standing(bob, 'guest_feedback'),
      ({ state, skipped }) => state === 'live' && skipped.includes(position),
    )
  })

  it('shows what each event has made of a document, forwards and back', async () => {
    const chatId = crypto.randomUUID()
    const { body } = await bob.post(`/chat/${chatId}/send`, { text: 'A secret' })
    expect(body.status).toBe('completed')
    await open('/operate/chats')
    await page.getByRole('link', { name: 'Event by event' }).click()
    await page.getByLabel('Document, by its id').fill(chatId)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Step 3 of 3').waitFor()
    const cells = (field: string) =>
      page
        .getByRole('row', { name: new RegExp(`^${field}`) })
        .getByRole('cell')
        .allTextContents()
    expect(await page.getByText(/^Event [\d,]+: ReplyCompleted/).count()).toBe(1)
    expect(await cells('messageCount')).toEqual(['1', '2'])
    expect(await page.getByRole('main').textContent()).not.toContain('A secret')
    expect(await seriousFaults(page)).toEqual([])
    await photograph(page, 'steps')
    await page.getByRole('button', { name: 'Step back' }).click()
    expect(await cells('messageCount')).toEqual(['0', '1'])
    await page.getByRole('slider').press('Home')
    await page.getByText('Before: nothing').waitFor()
    expect(await cells('messageCount')).toEqual(['', '0'])
    await page.setViewportSize({ width: 360, height: 640 })
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(await seriousFaults(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  it('shows how far retention and a rotation of the master key have come, in whichever process they run', async () => {
    const mongo = world.closeAtEnd(await MongoClient.connect(world.mongodbUri))
    const progress = new RunProgress(database.redis, mongo.db())
    await open('/operate')
    const keys = page.getByRole('region', { name: 'Rotation of the master key' })
    await keys.getByText('The master key has not been rotated yet.').waitFor()
    await progress.showing('keys', async (report) => {
      report('keys', 250, 1_000)
      await keys.getByText('keys, 250 of 1,000').waitFor()
      expect(await keys.getByRole('progressbar').getAttribute('value')).toBe('250')
      expect(await seriousFaults(page)).toEqual([])
    })
    const counts = { rewrapped: 1_000, destroyed: 2 }
    await database.append('keys', { type: 'MasterKeyRotated', data: { master: 'one', ...counts } })
    await keys.getByText('Last wrapped 1,000 keys again and destroyed 2').waitFor()
    expect(await keys.getByRole('progressbar').count()).toBe(0)
    await keys.getByRole('link').click()
    await page.getByRole('heading', { name: 'MasterKeyRotated' }).waitFor()
  })

  it('puts missing jobs back into the queue', async () => {
    await open('/operate')
    await page.getByRole('button', { name: 'Reconcile with the queue' }).click()
    await page.getByText('put back.').waitFor()
    expect(await page.getByText('put back.').textContent()).toBe('0 replies open, 0 jobs put back.')
  })

  it('is not for users, whatever address they open', async () => {
    const ada = await world.account(url)
    const other = await browser.open(`${url}/console/operate`)
    await signIn(other, ada.email)
    await other.getByRole('heading', { name: 'Not for your role' }).waitFor()
    expect(await other.getByRole('link', { name: 'Is it well' }).count()).toBe(0)
  })

  it('leads back to the sign-in when the login has ended, and from there to where one was', async () => {
    await open('/operate/users')
    await page.getByRole('heading', { name: 'users' }).waitFor()
    await bob.post(`/ops/users/${bob.id}/end-logins`)
    await page.getByLabel('Email').waitFor()
    await signIn(page, bob.email)
    await page.getByRole('heading', { name: 'users' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/operate/users')
  })
})

describe('with METRICS_TOKEN', () => {
  it('the operator’s page says that it has no figures, and goes on to look at the read models', async () => {
    const closed = await world.start({ ROLES: 'api', METRICS_TOKEN: 'for-prometheus-alone' }).url()
    const tab = await browser.open(`${closed}/console`)
    const asked: string[] = []
    tab.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await signIn(tab, bob.email)
    await tab.getByText('No figures: METRICS_TOKEN is set, and only Prometheus has it.').waitFor()
    const looks = (path: string) => asked.filter((one) => one === path).length
    await eventually(
      async () => looks('/ops/projections'),
      (times) => times >= 3,
    )
    expect(looks('/metrics')).toBeGreaterThanOrEqual(2)
    expect(await tab.getByRole('rowheader', { name: 'messages' }).count()).toBe(1)
    expect(await tab.getByRole('button', { name: 'Sign out' }).count()).toBe(1)
    expect(await seriousFaults(tab)).toEqual([])
  })
})
