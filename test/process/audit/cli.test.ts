import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VerificationError } from '../../../src/audit/verification/verification-error.js'
import { verifyExport } from '../../../src/audit/verification/verify-export.js'
import { openCheckpoint } from '../../../src/proof/checkpoint.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { audit, ops } from '../../support/ops/command-line.js'
import { Auditor, linesOf } from '../../support/audit/auditor.js'
import { intact } from '../../support/audit/verified.js'

let world: World
let url: string
let ada: Client
let auditor: Auditor
let key: string

const offline = () => ({ folder: world.folder, environment: {} })
const file = (name: string) => join(world.folder, name)

async function talk(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await ada.post('/chat/history/send', { text: `Tell me of day ${i}.` })
  const head = (await auditor.log()).at(-1)!.position
  await eventually(
    async () => openCheckpoint((await ada.get('/checkpoint')).body, [key]).size,
    (size) => size >= head,
  )
}

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  ada = await world.account(url)
  auditor = world.closeAtEnd(await Auditor.of(world, url))
  key = (
    await eventually(
      async () => (await ada.get('/notary-key')).body as string,
      (text) => text.includes('+'),
    )
  ).trim()
  await talk(5)
  await writeFile(file('log.key'), `${key}\n`)
})
afterAll(() => world?.end())

describe('npm run audit -- verify', () => {
  it('finds the log as it was, and says what was signed', async () => {
    const { code, output, errors } = await audit(world, 'verify', '--key', key)
    expect([code, errors]).toEqual([0, expect.not.stringContaining('verbatim:')])
    expect(output).toMatch(
      /^\d+ events are unchanged; the root is [A-Za-z0-9+/=]{44}\nverbatim\.local\/[0-9a-f]{16} has signed \d+ of them\n$/,
    )
  })

  it('proves nothing without a key, and says so', async () => {
    const { code, output, errors } = await audit(world, 'verify')
    expect([code, output]).toEqual([2, expect.stringContaining('events are unchanged')])
    expect(errors).toContain('verbatim: no key was given, so nothing is proven')
  })

  it('names the event that was changed, and fails', async () => {
    const { at, position } = (await auditor.log())[7]!
    const log = auditor.db.collection('log')
    await log.updateOne({ _id: position as never }, { $set: { at: new Date(at.getTime() + 1) } })
    const { code, errors, output } = await audit(world, 'verify', '--key', 'log.key', '--json')
    await log.updateOne({ _id: position as never }, { $set: { at } })
    expect([code, errors]).toEqual([1, expect.stringContaining(`verbatim: event ${position} was changed`)])
    const found = JSON.parse(output)
    expect(found).toMatchObject({ root: null, keys: 'given', signed: { size: expect.any(Number) as number } })
    expect(found.faults).toEqual([{ message: `event ${position} was changed`, from: position, to: position }])
    expect(found.intact).toEqual([
      { from: 1, to: position - 1 },
      { from: position + 1, to: found.events },
    ])
    expect((await audit(world, 'verify', '--key', 'log.key')).code).toBe(0)
  })

  it('finds with a checkpoint that was kept that the end was cut off', async () => {
    await writeFile(file('kept.txt'), (await ada.get('/checkpoint')).body)
    expect((await audit(world, 'verify', '--key', key, '--checkpoint', 'kept.txt')).code).toBe(0)
    await writeFile(
      file('forged.txt'),
      (await readFile(file('kept.txt'), 'utf8')).replace(/\n(\d+)\n/, (_, n: string) => `\n${Number(n) + 1}\n`),
    )
    expect((await audit(world, 'verify', '--key', key, '--checkpoint', 'forged.txt')).errors).toContain(
      'does not belong to this text',
    )
  })

  it.each([
    [['--key', 'nowhere.key'], 2, 'nowhere.key cannot be read'],
    [['--key', 'a+b+c'], 1, 'not a public key'],
    [['--receipt', 'log.key'], 2, 'give --key'],
    [['--receipt', 'log.key', '--key', 'log.key'], 1, 'not JSON'],
    [['--export', 'log.key'], 1, 'not JSON'],
    [['--checkpoint'], 2, '--checkpoint'],
  ])('%j: %i, %s', async (args, code, why) => {
    const ran = await audit(world, 'verify', ...args)
    expect([ran.code, ran.errors]).toEqual([code, expect.stringContaining(why)])
  })
})

describe('npm run audit -- verify --models', () => {
  it('says that all read models are what the log says, while the service runs', async () => {
    const { code, output, errors } = await audit(world, 'verify', '--models')
    expect([code, errors]).toEqual([0, expect.not.stringContaining('verbatim:')])
    expect(output).toMatch(/^chats is what the log says up to event \d+$/m)
    expect(
      output
        .trim()
        .split('\n')
        .filter((line) => !line.includes(' is what the log says up to event ')),
    ).toEqual([])
    expect(output.trim().split('\n').length).toBeGreaterThan(10)
  })

  it('names the documents that somebody has changed, without what they say, and fails; a rebuild says it, too', async () => {
    const users = auditor.db.collection<{ _id: string }>('users')
    await users.updateOne({ _id: ada.id }, { $set: { role: 'admin' } })
    await users.insertOne({ _id: 'eve\u001b[2J', role: 'admin' } as never)
    const { code, output, errors } = await audit(world, 'verify', '--models')
    expect(code).toBe(1)
    expect(output).toMatch(/^users: 2 documents are not what the log says up to event \d+$/m)
    expect(output).toContain(`\n  changed ${ada.id}: role\n`)
    expect(output).toContain('\n  added "eve\\u001b[2J"\n')
    expect(errors).toContain('verbatim: users is not what the log says: find out who has changed that')
    const rebuilt = await ops(world, 'projections', 'rebuild', 'users')
    expect(rebuilt.output).toContain('2 documents of the model that it replaced were not what the log says')
    expect((await audit(world, 'verify', '--models')).code).toBe(0)
  })
})

describe('npm run audit -- receipt', () => {
  it('prints a proof that verifies without any database', async () => {
    const position = (await auditor.log()).find(({ type }) => type === 'PromptSent')!.position
    const { code, output } = await audit(world, 'receipt', String(position), '--open')
    expect(code).toBe(0)
    await writeFile(file('receipt.json'), output)
    const verified = await audit(offline(), 'verify', '--receipt', 'receipt.json', '--key', 'log.key')
    expect([verified.code, verified.output]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(
          `^event ${position}, PromptSent at .* is in the log .* events\nit says: {"text":"Tell me of day 0."}\n$`,
        ),
      ),
    ])
    await writeFile(file('receipt.json'), output.replace('day 0', 'day 9'))
    const forged = await audit(offline(), 'verify', '--receipt', 'receipt.json', '--key', 'log.key')
    expect([forged.code, forged.errors]).toEqual([
      1,
      `verbatim: the plaintext shown for event ${position} does not match its commitment\n`,
    ])
    expect(await auditor.evidence('operator')).toMatchObject([
      { data: { what: 'receipt', of: String(position), opened: true } },
    ])
  })
})

describe('npm run audit -- export', () => {
  const verified = (name: string, ...more: string[]) =>
    audit(offline(), 'verify', '--export', name, '--key', 'log.key', ...more)
  const verify = (name: string) => intact(verifyExport({ file: file(name), keys: [key] }))
  const eventLines = async (name: string) =>
    linesOf(await readFile(file(name), 'utf8')).filter((line) => 'event' in line)

  it('writes a file that verifies offline, and goes on with it later', async () => {
    const first = await audit(world, 'export', 'log.ndjson')
    expect([first.code, first.errors]).toEqual([0, expect.not.stringContaining('verbatim:')])
    const early = await verified('log.ndjson')
    expect([early.code, early.output]).toEqual([0, expect.stringContaining('events are unchanged')])
    await talk(2)
    expect((await audit(world, 'export', 'log.ndjson')).code).toBe(0)
    expect((await verified('log.ndjson', '--checkpoint', 'kept.txt')).code).toBe(0)
    const positions = (await eventLines('log.ndjson')).map(({ position }) => position)
    expect(positions).toEqual(positions.map((_, i) => i + 1))
    const checkpoints = linesOf(await readFile(file('log.ndjson'), 'utf8')).filter((line) => 'checkpoint' in line)
    expect(checkpoints).toHaveLength(2)
    expect(await readFile(file('log.ndjson'), 'utf8')).not.toContain('Tell me of day')
  })

  it('goes on after it was broken off anywhere', async () => {
    const whole = await readFile(file('log.ndjson'))
    for (const cut of [1, whole.indexOf('\n') + 1, whole.length >> 1, whole.length - 2]) {
      await writeFile(file('cut.ndjson'), whole.subarray(0, cut))
      await expect(verify('cut.ndjson')).rejects.toBeInstanceOf(VerificationError)
      expect((await audit(world, 'export', 'cut.ndjson')).code).toBe(0)
      const { signed, events } = await verify('cut.ndjson')
      expect([cut, events]).toEqual([cut, signed!.size])
    }
  })

  it('shows the words with what proves them when that is asked for, and verifies from a position on', async () => {
    expect((await audit(world, 'export', 'open.ndjson', '--after', '3', '--open')).code).toBe(0)
    expect((await verify('open.ndjson')).events).toBeGreaterThan(10)
    const text = await readFile(file('open.ndjson'), 'utf8')
    expect(text).toContain('Tell me of day 0.')
    expect((await eventLines('open.ndjson'))[0].position).toBe(4)
    await writeFile(file('open.ndjson'), text.replace('Tell me of day 0.', 'Tell me of day 7.'))
    await expect(verify('open.ndjson')).rejects.toThrow('does not match its commitment')
  })

  it('names what was changed in a file', async () => {
    const text = await readFile(file('log.ndjson'), 'utf8')
    const lines = text.split('\n')
    const at = (position: number) =>
      lines.findIndex((line) => line.startsWith('{"at"') && line.includes(`"position":${position},`))
    const swapped = lines.with(at(6), lines[at(7)]!).with(at(7), lines[at(6)]!)
    const cases: [string[], string][] = [
      [lines.with(at(6), lines[at(6)]!.replace(/"actor":"[^"]*"/, '"actor":"eve"')), 'event 6 was changed'],
      [lines.toSpliced(at(6), 1), 'event 6 is missing'],
      [lines.toSpliced(at(6), 0, lines[at(6)]!), 'position 6 is taken twice'],
      [swapped, 'event 6 is missing'],
      [lines.toSpliced(at(20), lines.length), 'no checkpoint'],
    ]
    for (const [changed, why] of cases) {
      await writeFile(file('changed.ndjson'), changed.join('\n'))
      await expect(verify('changed.ndjson')).rejects.toThrow(why)
    }
  })

  it('gives the same over HTTP, and to an owner what is its own', async () => {
    const response = await auditor.client.fetch('GET', '/audit/export')
    await writeFile(file('http.ndjson'), await response.text())
    expect((await verify('http.ndjson')).events).toBeGreaterThan(10)
    const own = await ada.fetch('GET', '/api/users/export')
    await writeFile(file('own.ndjson'), await own.text())
    expect((await verify('own.ndjson')).events).toBeGreaterThan(10)
    const text = await readFile(file('own.ndjson'), 'utf8')
    await writeFile(file('own.ndjson'), text.replace('"actor":"', '"actor":"e'))
    await expect(verify('own.ndjson')).rejects.toThrow(/event \d+ is not the one in the log/)
    expect((await ada.get('/audit/export')).status).toBe(403)
  })
})

describe('npm run audit -- find, accounts, chats, reads, edits, versions', () => {
  it('shows people and what they have, and leaves an event each time', async () => {
    const before = (await auditor.evidence('operator')).length
    const found = await audit(world, 'find', ada.email, '--open')
    expect(found).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${ada.email}  -          A Person`) as string,
    })
    expect((await audit(world, 'find', 'nobody@example.org')).output).toBe(
      'no account has the email nobody@example.org\n',
    )
    expect((await audit(world, 'accounts', '--role', 'auditor')).output).toMatch(
      new RegExp(`${auditor.id} .*\\n1 accounts\\n$`),
    )
    expect((await audit(world, 'accounts', '--role', 'emperor')).code).toBe(2)
    const { output } = await audit(world, 'chats', ada.id, '--open')
    expect(output).toMatch(/^id +since +last used +messages +deleted +title\n/)
    expect((await auditor.evidence('operator')).length - before).toBe(1) // searches leave events of their own
    const searches = (await auditor.log()).filter(({ type }) => type === 'AccountsSearched')
    expect(searches.map(({ data, meta }) => [meta.actor, (data as { by: string[] }).by])).toEqual(
      ['email', 'email', 'role'].map((by) => ['operator', [by]]),
    )
  })

  it('lists reads and edits, and every text of a message', async () => {
    const chat = (await ada.post('/api/chats', { title: 'Edited' })).body.data.chat.id
    const { id } = (await ada.post(`/api/chats/${chat}/messages`, { role: 'user', content: 'one' })).body.data.message
    await ada.ask('PUT', `/api/chats/${chat}/messages/${id}`, { content: 'two' })
    expect((await audit(world, 'edits', '--open')).output).toMatch(
      new RegExp(`${ada.email} +message +${id} +${chat} +${ada.email}\\n1 edits\\n$`),
    )
    const { versions } = JSON.parse((await audit(world, 'versions', chat, id)).output)
    expect(versions.map(({ content }: { content: { content: string } }) => content.content)).toEqual(['one', 'two'])
    expect((await audit(world, 'reads', '--of', id)).output).toMatch(
      new RegExp(`operator +message +${id} +yes .*\\n1 reads\\n$`),
    )
    expect((await audit(world, 'erasures')).output).toBe('0 erasures\n')
    expect((await audit(world, 'reads', '--since', 'yesterday')).code).toBe(2)
  })
})
