import { DeltaBuffer, joinDeltas } from '../../../src/chat/open-reply/delta-buffer.js'

const a = (offset: number, text: string) => ({ attempt: 'a', offset, text })

describe('what is written of a reply', () => {
  it('is put together from its deltas, in order, however often they come', () => {
    const buffer = new DeltaBuffer()
    expect([buffer.attempt, buffer.text]).toEqual([undefined, ''])
    for (const delta of [a(0, 'One '), a(4, 'two'), a(0, 'One '), a(2, 'e two !')]) expect(buffer.add(delta)).toBe(true)
    expect([buffer.attempt, buffer.text]).toEqual(['a', 'One two !'])
  })

  it('takes no delta before which something is missing', () => {
    const buffer = new DeltaBuffer()
    expect(buffer.add(a(4, 'two'))).toBe(false)
    buffer.add(a(0, 'One '))
    expect(buffer.add(a(5, 'wo'))).toBe(false)
    expect(buffer.text).toBe('One ')
  })

  it('begins anew with another attempt', () => {
    const buffer = new DeltaBuffer()
    buffer.add(a(0, 'One two'))
    expect(buffer.add({ attempt: 'b', offset: 0, text: 'Two' })).toBe(true)
    expect([buffer.attempt, buffer.text]).toEqual(['b', 'Two'])
  })

  it('takes all that is kept, if that is more or another attempt’s', () => {
    const buffer = new DeltaBuffer()
    buffer.addText({ attempt: 'a', text: 'One two' })
    expect(buffer.text).toBe('One two')
    buffer.addText({ attempt: 'a', text: 'One' })
    expect(buffer.text).toBe('One two')
    buffer.addText({ attempt: 'a', text: 'One two three' })
    expect(buffer.text).toBe('One two three')
    expect(buffer.add(a(13, '!'))).toBe(true)
    buffer.addText({ attempt: 'b', text: 'Two' })
    expect([buffer.attempt, buffer.text]).toEqual(['b', 'Two'])
  })
})

describe('deltas that were kept', () => {
  it('are joined up to the first hole', () => {
    expect(joinDeltas([a(0, 'One '), a(4, 'two'), a(8, '!')])).toEqual({ attempt: 'a', text: 'One two' })
  })

  it.each([[[]], [[a(3, 'two')]], [[a(0, '')]]])('are nothing: %j', (deltas) => {
    expect(joinDeltas(deltas)).toBeUndefined()
  })
})
