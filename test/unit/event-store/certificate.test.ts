import { ObjectId } from 'mongodb'
import { certificateOf, certificatesOf, storeCertificate } from '../../../src/event-store/projecting/certificate.js'
import { Place } from '../../support/event-store/engines.js'
import { writers } from '../../support/event-store/notebooks.js'

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

describe('a certificate', () => {
  it('says what a collection holds: up to where, under which root, with which digest, without which events', async () => {
    const skipped = new Set([12, 13, 2, 11])
    const certificate = certificateOf(writers, { position: 12, root: 'root of 12', digest: 'its digest', skipped })
    expect(certificate).toEqual({
      projection: 'writers',
      version: 1,
      position: 12,
      events: 12,
      root: 'root of 12',
      digest: 'its digest',
      skipped: [2, 11, 12],
      at: expect.any(Date),
    })
    await storeCertificate(place.db, certificate)
    expect(await certificatesOf(place.db, 'writers', 10)).toEqual([{ id: expect.any(String), ...certificate }])
  })

  it('is found newest first, page by page, also among those of one moment', async () => {
    const [early, late] = [new Date(1_000), new Date(2_000)]
    const stored = [early, late, early, late, late].map((at) => ({ _id: new ObjectId(), projection: 'writers', at }))
    const other = { _id: new ObjectId(), projection: 'notes', at: late }
    await place.db.collection('certificates').insertMany([...stored, other])
    const newestFirst = [4, 3, 1, 2, 0].map((i) => stored[i]!._id.toHexString())
    for (const limit of [1, 2, 10]) {
      const found: string[] = []
      let before: { at: Date; id: string } | undefined
      for (;;) {
        const page = await certificatesOf(place.db, 'writers', limit, before)
        expect(page.length).toBeLessThanOrEqual(limit)
        if (page.length === 0) break
        found.push(...page.map(({ id }) => id))
        expect(found.length).toBeLessThanOrEqual(stored.length)
        before = page.at(-1)
      }
      expect(found).toEqual(newestFirst)
    }
  })
})
