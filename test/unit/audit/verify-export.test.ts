import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExportVerification, verifyExport } from '../../../src/audit/verification/verify-export.js'
import { noteSigner } from '../../../src/proof/note.js'
import { intact } from '../../support/audit/verified.js'
import { DraftedLog } from '../../support/audit/drafted-log.js'

let folder: string
let log: DraftedLog
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-export-'))
  log = new DraftedLog()
  log.write('notebook-1', ['a', 'b', 'c'])
  log.write('notebook-2', ['d'], { isSealed: false })
  log.write('notebook-1', ['e', 'f'])
  log.write('notebook-2', ['g', 'h', 'i', 'j'])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function verify(lines: readonly string[], options: Partial<ExportVerification> = {}) {
  const file = join(folder, 'log.ndjson')
  await writeFile(file, lines.map((line) => `${line}\n`).join(''))
  return intact(verifyExport({ file, keys: log.keys, ...options }))
}

/** The failure: what it says, and of which position. */
const failure = (lines: readonly string[], options: Partial<ExportVerification> = {}) =>
  verify(lines, options).then(
    () => ['none'],
    (error: Error & { position?: number }) => [error.name, error.message, error.position],
  )

const whole = async () => [await log.head(), log.leaves(), ...log.lines(), log.checkpoint()]
/** Where the line of an event is in a whole export. */
const at = (position: number) => position + 1

const signed = (size: number) => ({ origin: log.origin, size, root: log.rootAt(size) })
const other = noteSigner('log.example/drafted', randomBytes(32)).verifierKey

describe('an export of a whole log', () => {
  it('verifies', async () => {
    expect(await verify(await whole())).toEqual({ events: 10, signed: signed(10), root: log.rootAt(10) })
  })

  it('verifies from a position on', async () => {
    for (let after = 0; after < log.size; after++) {
      const lines = [await log.head(after), log.leaves(after + 1), ...log.lines(after + 1), log.checkpoint()]
      expect(await verify(lines)).toEqual({ events: 10 - after, signed: signed(10), root: log.rootAt(10) })
    }
  })

  it('verifies with a checkpoint at the end of each run', async () => {
    const lines = [
      await log.head(),
      log.leaves(1, 4),
      ...log.lines(1, 4),
      log.checkpoint(4),
      log.leaves(5, 10),
      ...log.lines(5, 10),
      log.checkpoint(),
    ]
    expect(await verify(lines)).toMatchObject({ events: 10, signed: { size: 10 } })
  })

  it('verifies without the hashes of the notary, and with some of them', async () => {
    const [head, , ...rest] = await whole()
    expect(await verify([head!, ...rest])).toMatchObject({ events: 10 })
    expect(await verify([head!, log.leaves(1, 3), ...rest])).toMatchObject({ events: 10 })
    const { after: _, edge: __, ...short } = JSON.parse(head!)
    expect(await verify([JSON.stringify(short), ...rest])).toMatchObject({ events: 10 })
  })

  it('shows what was said, if the plaintext is the one that was sealed', async () => {
    const open = [await log.head(), log.leaves(), ...log.lines(1, 10, { open: true }), log.checkpoint()]
    expect(await verify(open)).toMatchObject({ events: 10 })
    const forged = open.with(at(3), open[at(3)]!.replace('"text":"c"', '"text":"x"'))
    expect(await failure(forged)).toEqual([
      'VerificationError',
      'the plaintext shown for event 3 does not match its commitment',
      3,
    ])
  })

  it('is checked with the keys in the file only when no others are given', async () => {
    expect(await verify(await whole(), { keys: undefined })).toMatchObject({ events: 10 })
    expect(await failure(await whole(), { keys: [other] })).toEqual([
      'VerificationError',
      expect.stringContaining('none of the keys'),
      undefined,
    ])
  })

  it('is checked with checkpoints that were kept', async () => {
    expect(await verify(await whole(), { kept: [log.note(10), log.note(3)] })).toMatchObject({ events: 10 })
    const another = new DraftedLog()
    Object.assign(another, { signer: log.signer })
    another.write('notebook-1', ['a', 'b', 'x'])
    const [, message] = await failure(await whole(), { kept: [another.note()] })
    expect(message).toBe('the first 3 events are not those that log.example/drafted has signed')
    const shorter = [await log.head(), log.leaves(1, 6), ...log.lines(1, 6), log.checkpoint(6)]
    expect(await failure(shorter, { kept: [log.note()] })).toEqual([
      'VerificationError',
      'the log ends at 6, but 10 events were signed: events 7 to 10 are missing',
      7,
    ])
  })

  it('tells how far it is', async () => {
    const long = new DraftedLog()
    for (let i = 0; i < 21; i++)
      long.write(
        `notebook-${i}`,
        Array.from({ length: 100 }, (_, j) => `${j}`),
      )
    const seen: number[] = []
    const onProgress = (events: number) => seen.push(events)
    await verify([await long.head(), ...long.lines(), long.checkpoint()], { keys: long.keys, onProgress })
    expect(seen).toEqual([1000, 2000])
    await verify([await long.head(500), ...long.lines(501), long.checkpoint()], { keys: long.keys, onProgress })
    expect(seen).toEqual([1000, 2000, 500, 1500])
    expect(await verify([await long.head(), ...long.lines(), long.checkpoint()], { keys: long.keys })).toMatchObject({
      events: 2_100,
    })
  })
})

describe('who has changed something in an export is found', () => {
  const changed = (position: number, from: string | RegExp, to: string) => (lines: string[]) =>
    lines.with(at(position), lines[at(position)]!.replace(from, to))
  const swapped = (a: number, b: number) => (lines: string[]) =>
    lines.with(at(a), lines[at(b)]!).with(at(b), lines[at(a)]!)
  /** As somebody would who moves events to other positions, and numbers them as if they had always been there. */
  const renumbered = (lines: string[]) =>
    lines.map((line, i) => (i < 2 ? line : line.replace(/"position":\d+/, `"position":${i - 1}`)))

  it.each<[string, (lines: string[]) => string[], string, number | undefined]>([
    ['who did it', changed(6, 'user-ann', 'user-eve'), 'event 6 was changed', 6],
    ['in the first event', changed(1, 'user-ann', 'user-eve'), 'event 1 was changed', 1],
    ['an event without an envelope', changed(4, 'user-ann', 'user-eve'), 'event 4 was changed', 4],
    ['when', changed(6, '"at":"2023', '"at":"2022'), 'event 6 was changed', 6],
    ['a word of the public part', changed(10, '"noteId":"j"', '"noteId":"x"'), 'event 10 was changed', 10],
    ['a byte of a commitment', changed(6, /"commitment":".{4}/, '"commitment":"AAAA'), 'event 6 was changed', 6],
    ['the end of an envelope', changed(6, /.{4}","shape"/, 'AAAA","shape"'), 'event 6 was changed', 6],
    [
      'the beginning of an envelope',
      changed(6, /"personal":".{4}/, '"personal":"AAAA'),
      'the envelope of event 6 cannot be read: it was changed',
      6,
    ],
    [
      'the stream',
      changed(6, '"stream":"notebook-1"', '"stream":"notebook-2"'),
      'event 6 has the envelope of another event: it was sealed as NoteWritten, version 5 of notebook-1',
      6,
    ],
    [
      'the version',
      changed(6, '"version":5', '"version":7'),
      'event 6 has the envelope of another event: it was sealed as NoteWritten, version 5 of notebook-1',
      6,
    ],
    ['an event is gone', (lines) => lines.toSpliced(at(6), 1), 'event 6 is missing', 6],
    ['several are gone', (lines) => lines.toSpliced(at(6), 2), 'events 6 to 7 are missing', 6],
    [
      'an event is there twice',
      (lines) => lines.toSpliced(at(6), 0, lines[at(6)]!),
      'position 6 is taken twice: an event was added',
      6,
    ],
    ['two have changed places', swapped(6, 7), 'event 6 is missing', 6],
    [
      'two have changed places, and numbers',
      (lines) => renumbered(swapped(6, 7)(lines)),
      'events 6 and 7 have changed places',
      6,
    ],
    [
      'an event is gone, and those after it have moved up',
      (lines) => renumbered(lines.toSpliced(at(6), 1).toSpliced(-1, 0, lines[at(10)]!)),
      'the event that was at position 6 is missing, and those after it have moved up',
      6,
    ],
    [
      'an event was added, and those after it have moved down',
      (lines) => renumbered(lines.toSpliced(at(6), 0, lines[at(2)]!).toSpliced(-2, 1)),
      'the event at position 6 was added, and those after it have moved down',
      6,
    ],
    [
      'the end is cut off',
      (lines) => lines.slice(0, at(7)),
      'the export has no checkpoint for the events after event 0',
      undefined,
    ],
    [
      'the end is cut off before the checkpoint',
      (lines) => lines.toSpliced(at(9), 2),
      'the checkpoint after event 8 covers 10 events: events 9 to 10 are missing',
      9,
    ],
    [
      'an event was added at the end',
      (lines) => renumbered(lines.toSpliced(-1, 0, lines[at(10)]!)),
      'a checkpoint of 10 events came after event 11',
      undefined,
    ],
    ['a line is none', (lines) => lines.with(at(6), lines[at(6)]!.slice(0, -1)), 'line 8 is not JSON', undefined],
    [
      'a line is no event',
      (lines) => lines.with(at(6), '{"at":"2023"}'),
      'this is not an event of an export',
      undefined,
    ],
    ['an event has no type', changed(6, '"type"', '"kind"'), 'this is not an event of an export', undefined],
    ['a line is a number', (lines) => lines.with(at(6), '7'), 'this is not an event of an export', undefined],
    [
      'the last checkpoint is gone',
      (lines) => lines.toSpliced(-1).toSpliced(at(7), 0, log.checkpoint(6)),
      'the export has no checkpoint for the events after event 6',
      undefined,
    ],
    ['a line is no object', (lines) => lines.with(at(6), 'null'), 'this is not an event of an export', undefined],
    [
      'a checkpoint is none',
      (lines) => [...lines.slice(0, -1), '{"checkpoint":7}'],
      'a line of the export is malformed',
      undefined,
    ],
    ['the hashes are none', (lines) => lines.with(1, '{"leaves":7}'), 'a line of the export is malformed', undefined],
    ['the first line is gone', (lines) => lines.slice(1), 'its first line does not describe a log', undefined],
    ['all is gone', () => [], 'line 1 is not JSON', undefined],
  ])('%s', async (_, change, message, position) => {
    const [name, said, where] = await failure(change(await whole()))
    expect([name, where]).toEqual(['VerificationError', position])
    expect(said).toContain(message)
  })

  it('the hashes of the notary are not taken for the events', async () => {
    const lines = await whole()
    const hashes = Buffer.from(JSON.parse(lines[1]!).leaves, 'base64')
    hashes[5 * 32]! ^= 1
    const wrong = lines.with(1, JSON.stringify({ from: 1, leaves: hashes.toString('base64') }))
    expect(await verify(wrong)).toMatchObject({ events: 10 })
    const changed = wrong.with(at(8), wrong[at(8)]!.replace('user-ann', 'user-eve'))
    expect(await failure(changed)).toEqual([
      'VerificationError',
      'the first 10 events are not those that log.example/drafted has signed; the first one that differs from the stored hashes: event 6 was changed',
      6,
    ])
  })

  it('no event is named where the hashes of the notary are not known', async () => {
    const lines = (await whole()).with(1, log.leaves(5, 8))
    const changed = lines.with(at(2), lines[at(2)]!.replace('user-ann', 'user-eve'))
    expect(await failure(changed)).toEqual([
      'VerificationError',
      'the first 10 events are not those that log.example/drafted has signed',
      undefined,
    ])
  })

  it('the first of two changes is named', async () => {
    const lines = await whole()
    const changedTwice = lines
      .with(at(3), lines[at(3)]!.replace('user-ann', 'user-eve'))
      .with(at(6), lines[at(6)]!.replace('user-ann', 'user-eve'))
    expect(await failure(changedTwice)).toMatchObject([expect.anything(), 'event 3 was changed', 3])
    expect(await failure(changedTwice.toSpliced(at(8), 1))).toMatchObject([expect.anything(), 'event 3 was changed', 3])
  })
})

describe('all that is wrong in an export is named, and what is intact', () => {
  const found = async (lines: readonly string[]) => {
    const file = join(folder, 'log.ndjson')
    await writeFile(file, lines.map((line) => `${line}\n`).join(''))
    const { faults, intact: ranges } = await verifyExport({ file, keys: log.keys })
    return [faults.map(({ message }) => message), ranges]
  }
  const eve = (line: string) => line.replace('user-ann', 'user-eve')

  it('where events were changed, are missing, or cannot be read', async () => {
    const lines = await whole()
    const wrong = lines
      .with(at(2), eve(lines[at(2)]!))
      .with(at(3), eve(lines[at(3)]!))
      .with(at(8), '{')
      .toSpliced(at(5), 1)
    expect(await found(wrong)).toEqual([
      [
        'events 2 to 3 were changed',
        'event 5 is missing',
        'line 9 is not JSON: the file was changed, or it is incomplete',
        'event 8 is missing',
      ],
      [
        [1, 1],
        [4, 4],
        [6, 7],
        [9, 10],
      ],
    ])
  })

  it('up to the last checkpoint, where the end is missing', async () => {
    const lines = [await log.head(), log.leaves(), ...log.lines(1, 6), log.checkpoint(6), ...log.lines(7, 8)]
    expect(await found(lines)).toEqual([
      [expect.stringContaining('no checkpoint for the events after event 6')],
      [[1, 6]],
    ])
  })

  it('event by event, where each has its own proof', async () => {
    const proofs = await log.proofs()
    const head = { export: 'verbatim@v1', origin: log.origin, keys: log.keys, checkpoint: log.note() }
    const lines = [1, 2, 3, 5, 6].flatMap((position) => log.lines(position, position, { open: true, proofs }))
    expect(await found([JSON.stringify(head), ...lines.with(1, eve(lines[1]!)).with(4, eve(lines[4]!))])).toEqual([
      [2, 6].map((position) => `event ${position} is not the one in the log: it was changed`),
      [
        [1, 1],
        [3, 3],
        [5, 5],
      ],
    ])
  })
})

describe('an export of single events', () => {
  const single = async (positions: readonly number[], more: object = {}) => {
    const proofs = await log.proofs()
    const head = { export: 'verbatim@v1', origin: log.origin, keys: log.keys, checkpoint: log.note() }
    const lines = positions.flatMap((position) => log.lines(position, position, { open: true, proofs }))
    return [JSON.stringify({ ...head, ...more }), ...lines]
  }

  it('verifies each by its own path to the root', async () => {
    expect(await verify(await single([2, 5, 10]))).toEqual({ events: 3, signed: signed(10), root: log.rootAt(10) })
    expect(await verify(await single([]))).toMatchObject({ events: 0 })
  })

  it('is checked with the keys in the file only when no others are given', async () => {
    expect(await verify(await single([2]), { keys: undefined })).toMatchObject({ events: 1 })
    expect(await failure(await single([2]), { keys: [other] })).toEqual([
      'Unproven',
      expect.stringContaining('none of the keys'),
      undefined,
    ])
  })

  it.each<[string, (line: string) => string, string]>([
    ['who did it', (line) => line.replace('user-ann', 'user-eve'), 'event 5 is not the one in the log: it was changed'],
    ['the place', (line) => line.replace('"position":5', '"position":6'), 'event 6 is not the one in the log'],
    ['no tree has its place', (line) => line.replace('"position":5', '"position":50'), 'event 50 is not the one'],
    ['what was said', (line) => line.replace('"text":"e"', '"text":"x"'), 'does not match its commitment'],
    ['the path', (line) => line.replace(/"proof":\[".{4}/, '"proof":["AAAA'), 'event 5 is not the one in the log'],
    ['no path', (line) => line.replace(/"proof":\[[^\]]*\],/, ''), 'line 3 has no proof'],
  ])('who has changed something is found: %s', async (_, change, message) => {
    const lines = await single([2, 5])
    const [name, said, position] = await failure(lines.with(2, change(lines[2]!)))
    expect([name, said]).toEqual(['VerificationError', expect.stringContaining(message)])
    expect(position).toBe(Number(/"position":(\d+)/.exec(change(lines[2]!))![1]))
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    const [head, ...lines] = await single([1])
    const many = Array.from({ length: 2_500 }, () => lines[0]!)
    await verify([head!, ...many], { onProgress: (events) => seen.push(events) })
    expect(await verify([head!, ...many])).toMatchObject({ events: 2_500 })
    expect(seen).toEqual([1000, 2000])
  })
})
