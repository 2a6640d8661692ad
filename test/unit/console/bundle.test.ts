import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { World } from '../../support/world.js'

const assets = 'console/dist/assets'
const sizeOf = (file: string) => statSync(join(assets, file)).size

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())

describe('the console as it is served', () => {
  it('is smaller than 150 kB in all, compressed', () => {
    const compressed = readdirSync(assets).filter((file) => file.endsWith('.gz'))
    expect(compressed.map(sizeOf).reduce((sum, size) => sum + size)).toBeLessThan(150_000)
  })

  it('is one page at every address under /console, which forbids all that is not its own', async () => {
    for (const path of ['/console', '/console/', '/console/chat/first-steps?before=1', '/console/no/such/page']) {
      const response = await fetch(url + path)
      expect([path, response.status]).toEqual([path, 200])
      expect(await response.text()).toBe(readFileSync('console/dist/index.html', 'utf8'))
      const policy = response.headers.get('content-security-policy')!
      expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/)
      expect(policy).not.toMatch(/unsafe|https?:/)
      expect(response.headers.get('cache-control')).toBe('no-cache')
    }
  })

  it('names files that browsers may keep for ever, compressed for those who understand it', async () => {
    const page = readFileSync('console/dist/index.html', 'utf8')
    const files = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, file]) => file!)
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const plain = await fetch(url + file, { headers: { 'accept-encoding': 'identity' } })
      expect([file, plain.status, plain.headers.get('content-encoding')]).toEqual([file, 200, null])
      expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      const compressed = await fetch(url + file, { headers: { 'accept-encoding': 'gzip, br' } })
      expect(compressed.headers.get('content-encoding')).toBe('gzip')
      expect(await compressed.text()).toBe(await plain.text())
    }
  })

  it.each(['missing-1234.js', '..%2findex.html', '%2e%2e%2f.made-from', 'console.css.gz', 'main.js%00.css'])(
    'has no other file: %s',
    async (file) => {
      const response = await fetch(`${url}/console/assets/${file}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    },
  )

  it('is where a browser gets to from the bare address, which names it to programs', async () => {
    const browser = await fetch(url, { headers: { accept: 'text/html,*/*' }, redirect: 'manual' })
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/console'])
    expect(await (await fetch(url)).json()).toMatchObject({ console: '/console' })
  })
})
