import { verifyReceipt } from '../../../src/audit/receipts/receipt.js'
import { openCheckpoint } from '../../../src/proof/checkpoint.js'
import { inclusionProof, rootOf } from '../../../src/proof/merkle-proofs.js'
import { subtreesIn, tilePath, tileWidth, widthIn } from '../../../src/proof/tiles.js'
import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { Auditor } from '../../support/audit/auditor.js'
import { verifiedBySigstore } from '../../support/audit/third-party.js'

let world: World
let url: string
let ada: Client
let auditing: Auditor
let auditor: Client
let key: string
let reply: { messageId: string; promptId: string; text: string }

const get = async (client: Client, path: string) => (await client.get(path)).body
const head = async () => openCheckpoint(await get(ada, '/checkpoint'), [key])

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  ada = await world.account(url)
  auditing = world.closeAtEnd(await Auditor.of(world, url))
  auditor = auditing.client
  reply = (await ada.post('/chat/proofs/send', { text: 'What can be proven?' })).body
  key = (
    await eventually(
      () => get(ada, '/notary-key'),
      (text) => text.includes('+'),
    )
  ).trim()
})
afterAll(() => world?.end())

describe('a receipt', () => {
  it('proves what a message says to anybody who has the public key', async () => {
    for (const [id, words] of [
      [reply.promptId, 'What can be proven?'],
      [reply.messageId, reply.text],
    ] as const) {
      const receipt = await get(ada, `/message/${id}/receipt`)
      expect(verifyReceipt(receipt, [key])).toMatchObject({
        plaintext: { text: words },
        position: receipt.event.position,
      })
    }
  })

  it('verifies with an implementation that is not ours', async () => {
    const receipt = await get(ada, `/message/${reply.messageId}/receipt`)
    const { size } = await head()
    const seen = verifiedBySigstore(receipt.proof, receipt.leaf, key)
    expect(seen.size).toBeLessThanOrEqual(size)
    expect(() => verifiedBySigstore(receipt.proof, `${receipt.leaf} `, key)).toThrow(
      'calculated root hash does not match',
    )
    expect(() =>
      verifiedBySigstore(
        receipt.proof.replace(/\n(\d+)\n/, (_: string, n: string) => `\n${Number(n) + 1}\n`),
        receipt.leaf,
        key,
      ),
    ).toThrow('invalid checkpoint signature')
  })

  it('proves nothing else: other words, another event, another place, another envelope', async () => {
    const receipt = await get(ada, `/message/${reply.promptId}/receipt`)
    const other = await get(ada, `/message/${reply.messageId}/receipt`)
    const changed = (how: (event: typeof receipt.event) => object) => ({
      ...receipt,
      event: { ...receipt.event, ...how(JSON.parse(JSON.stringify(receipt.event))) },
    })
    const cases: [object, string][] = [
      [
        changed(({ opened }) => ({ opened: { ...opened, personal: { text: 'Everything!' } } })),
        'does not match its commitment',
      ],
      [
        changed(({ opened }) => ({ opened: { ...opened, salt: 'AAAAAAAAAAAAAAAAAAAAAA' } })),
        'does not match its commitment',
      ],
      [changed(({ event }) => ({ event: { ...event, meta: { ...event.meta, actor: 'eve' } } })), 'was changed'],
      [
        changed(({ event }) => ({ event: { ...event, personal: other.event.event.personal } })),
        'has the envelope of another event',
      ],
      [
        changed(({ event, opened }) => ({
          event: { ...event, commitment: other.event.event.commitment },
          opened: other.event.opened ?? opened,
        })),
        'was changed',
      ],
      [changed(() => ({ position: receipt.event.position + 1 })), 'the event shown is'],
      [changed(() => ({ version: 7 })), 'has the envelope of another event'],
      [{ ...receipt, proof: other.proof }, 'is not this one'],
      [{ ...receipt, leaf: other.leaf }, 'is not this one'],
      [{ ...other, event: receipt.event }, 'the event shown is'],
      [{ ...receipt, receipt: 'verbatim@v2' }, 'not a receipt'],
      [{}, 'not a receipt'],
    ]
    for (const [wrong, why] of cases) expect(() => verifyReceipt(wrong, [key])).toThrow(why)
    expect(() => verifyReceipt(receipt, [`${key.split('+')[0]}x+00000000+AAAA`])).toThrow('public key')
  })

  it('is for the owner and for auditors, who leave evidence', async () => {
    const bob = await world.account(url)
    expect((await bob.get(`/message/${reply.messageId}/receipt`)).status).toBe(404)
    expect((await new Client(url).get(`/message/${reply.messageId}/receipt`)).status).toBe(401)
    const closed = await get(auditor, `/message/${reply.messageId}/receipt`)
    expect(closed.event.opened).toBeUndefined()
    expect(verifyReceipt(closed, [key])).not.toHaveProperty('plaintext')
    const opened = await get(auditor, `/message/${reply.messageId}/receipt?open=true`)
    expect(verifyReceipt(opened, [key])).toMatchObject({ plaintext: { text: reply.text } })
    const { position } = opened.event
    expect(verifyReceipt(await get(auditor, `/audit/events/${position}/receipt`), [key])).toMatchObject({ position })
    expect((await ada.get(`/audit/events/${position}/receipt`)).status).toBe(403)
    const evidence = (await get(auditor, `/audit/streams/audit-${auditor.id}?type=AuditRead&open=false`)).events
    expect(evidence.map(({ data }: { data: object }) => data)).toMatchObject([
      { what: 'receipt', of: String(position), opened: false },
      { what: 'receipt', of: String(position), opened: true },
      { what: 'receipt', of: String(position), opened: false },
    ])
  })

  it.each(['0', '-1', 'x', '1.5', '99999999'])('is refused for position %s', async (position) => {
    const { status, body } = await auditor.get(`/audit/events/${position}/receipt`)
    expect([status, body.code]).toEqual(position === '99999999' ? [404, 'not_found'] : [400, 'invalid'])
  })
})

describe('what anybody may have', () => {
  const anybody = () => new Client(url)

  it('is a checkpoint that goes on by itself, and its key', async () => {
    const before = await head()
    await ada.post('/chat/proofs/send', { text: 'More.' })
    await eventually(head, ({ size }) => size > before.size)
    const response = await anybody().fetch('GET', '/checkpoint')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('cache-control')).toContain('max-age=1')
  })

  it('is tiles, from which every root and proof can be made', async () => {
    const { size, root } = await head()
    const tilesOf = (size: number) => async (level: number, index: number) => {
      const response = await anybody().fetch(
        'GET',
        `/tile/${tilePath({ level, index, width: widthIn(size, { level, index }) })}`,
      )
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
      expect(response.headers.get('cache-control')).toContain('immutable')
      return Buffer.from(await response.arrayBuffer())
    }
    expect(await rootOf(size, subtreesIn(tilesOf(size)))).toEqual(root)
    const receipt = await get(auditor, '/audit/events/3/receipt')
    const signed = openCheckpoint(receipt.proof.split('\n\n').slice(1).join('\n\n'), [key])
    const path = (await inclusionProof(2, signed.size, subtreesIn(tilesOf(signed.size)))).map((hash) =>
      hash.toString('base64'),
    )
    expect(receipt.proof).toContain(['index 2', ...path, ''].join('\n'))
    const narrow = await anybody().fetch('GET', '/tile/0/000.p/1')
    expect((await narrow.arrayBuffer()).byteLength).toBe(32)
  })

  it.each(['0/000.p/255', '0/001', '1/000', 'entries/000.p/1', '0/0', 'x', '0/000.p/0', '../../etc/passwd'])(
    'is no tile %s',
    async (path) => {
      expect((await anybody().get(`/tile/${path}`)).status).toBe(404)
    },
  )

  it('holds after erasure as before', async () => {
    const kept = [await get(ada, `/message/${reply.promptId}/receipt`), await get(auditor, '/audit/events/1/receipt')]
    const checkpoint = await get(ada, '/checkpoint')
    expect((await ada.ask('DELETE', '/api/users/profile')).status).toBe(200)
    for (const receipt of kept) expect(verifyReceipt(receipt, [key])).toBeDefined()
    expect(openCheckpoint(checkpoint, [key]).size).toBeGreaterThan(tileWidth / 100)
    const after = await get(auditor, `/audit/events/${kept[0].event.position}/receipt?open=true`)
    expect(verifyReceipt(after, [key])).toMatchObject({ position: kept[0].event.position })
    expect(after.event.opened).toBeUndefined()
    expect(after.leaf).toBe(kept[0].leaf)
  })
})
