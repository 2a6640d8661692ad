import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import {
  arrive,
  eraseGuest,
  giveGuestFeedback,
  guest,
  type GuestEvent,
  guestEvents,
} from '../../../src/guests/guest.js'
import { isActive, refuseExpired } from '../../../src/guests/session.js'
import { guestIdOf, isGuest } from '../../../src/commands/guest-ids.js'
import { ownerStream } from '../../../src/identity/users.js'
import { expectAggregateLaws } from '../../support/aggregate-laws.js'

const guestId = 'guest-1'
const arrived: GuestEvent = { type: 'GuestArrived', data: { guestId } }
const erased: GuestEvent = { type: 'GuestErased', data: { guestId } }
const said: GuestEvent = {
  type: 'GuestFeedbackGiven',
  data: { guestId, feedbackId: 'f1' },
  personal: { text: 'Helpful' },
}

describe('a guest', () => {
  it('arrives', () => givenStream(guest).when(arrive(guestId)).then([arrived]))
  it('says what it thinks of the service', () =>
    givenStream(guest, [arrived])
      .when(giveGuestFeedback(guestId, 'f1', 'Helpful'))
      .then([said]))
  it('says nothing before it has arrived', () =>
    givenStream(guest)
      .when(giveGuestFeedback(guestId, 'f1', 'Helpful'))
      .thenRefused('not_found'))
  it('is erased', () => givenStream(guest, [arrived, said]).when(eraseGuest(guestId)).then([erased]))
  it('is erased once', () => givenStream(guest, [arrived, erased]).when(eraseGuest(guestId)).then([]))
  it('is not erased before it has arrived', () => givenStream(guest).when(eraseGuest(guestId)).then([]))
  it('says nothing after it was erased', () =>
    givenStream(guest, [arrived, erased])
      .when(giveGuestFeedback(guestId, 'f2', 'x'))
      .thenRefused('not_found'))
  it('does not come back', () =>
    expect(() => givenStream(guest, [arrived, erased]).when(arrive(guestId))).toThrow('came twice'))
})

describe('a session', () => {
  const minute = 60_000
  const session = { createdAt: new Date('2023-10-10T12:00:00Z'), lastActive: new Date('2023-10-10T12:10:00Z') }
  const at = (time: string) => new Date(`2023-10-10T${time}Z`)

  it.each([
    ['12:10:00.000', true],
    ['12:39:59.999', true],
    ['12:40:00.000', false],
    ['23:00:00.000', false],
    ['12:09:59.000', true], // the clock of another machine may be behind
  ])('of half an hour that was active at 12:10 goes on at %s: %s', (time, expected) => {
    expect(isActive(session, at(time), 30 * minute)).toBe(expected)
  })

  it('that has expired cannot be used', () => {
    expect(() => refuseExpired(session, at('12:40:00'), 30 * minute)).toThrow(
      expect.objectContaining({ code: 'session_expired' }),
    )
    expect(() => refuseExpired(session, at('12:39:00'), 30 * minute)).not.toThrow()
  })
})

describe('a guest’s id', () => {
  const secret = Buffer.alloc(32, 1)

  it('is always the same for a session id, and tells nothing of it', () => {
    const id = guestIdOf(secret, 'a session id')
    expect(id).toBe(guestIdOf(secret, 'a session id'))
    expect(id).toMatch(/^guest-[\w-]{43}$/)
    expect(id).not.toBe(guestIdOf(Buffer.alloc(32, 2), 'a session id'))
    expect(id).not.toBe(guestIdOf(secret, 'another'))
  })

  it('is the name of its stream, unlike an account’s', () => {
    const id = guestIdOf(secret, 'a session id')
    expect([isGuest(id), ownerStream(id)]).toEqual([true, id])
    expect([isGuest('0b6f2a4e'), ownerStream('0b6f2a4e')]).toEqual([false, 'user-0b6f2a4e'])
  })
})

describe('a guest, whatever it is asked to do', () => {
  expectAggregateLaws({ aggregate: guest, definitions: guestEvents, commands: 'guest' })
})
