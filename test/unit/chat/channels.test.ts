import { Channels } from '../../../src/chat/open-reply/channels.js'
import { eventually, Place } from '../../support/event-store/engines.js'

let place: Place
let channels: Channels
beforeEach(async () => {
  place = await Place.find()
  await place.redis.ping() // a listener does not wait for a Redis that is not there
  channels = new Channels(place.redis)
})
afterEach(async () => {
  channels.onModuleDestroy()
  await place.leave()
})

const name = (channel = 'a') => `${place.db.databaseName}:${channel}`
const publish = (message: string, channel?: string) => place.redis.publish(name(channel), message)
const subscribers = async (channel?: string) => (await place.redis.pubsub('NUMSUB', name(channel)))[1]
async function listen(channel?: string) {
  const heard: string[] = []
  const stop = await channels.listen(name(channel), (message) => heard.push(message.toString()))
  return { heard, stop }
}
const heardAll = ({ heard }: { heard: string[] }, ...messages: string[]) =>
  eventually(
    async () => heard,
    (so) => so.join() === messages.join(),
  )

describe('the channels of a process', () => {
  it('bring each message to all who listen to that channel, over one subscription', async () => {
    const [one, other, elsewhere] = [await listen(), await listen(), await listen('b')]
    expect([await publish('1'), await publish('2', 'b')]).toEqual([1, 1])
    await Promise.all([heardAll(one, '1'), heardAll(other, '1'), heardAll(elsewhere, '2')])
  })

  it('bring nothing to one who has stopped, and are left with the last one', async () => {
    const [one, other] = [await listen(), await listen()]
    one.stop()
    one.stop()
    expect(await publish('1')).toBe(1)
    await heardAll(other, '1')
    expect(one.heard).toEqual([])
    other.stop()
    await eventually(subscribers, (count) => count === 0)
    other.stop()
    const again = await listen()
    expect(await publish('2')).toBe(1)
    await heardAll(again, '2')
    expect(other.heard).toEqual(['1'])
  })

  it('end with the process', async () => {
    new Channels(place.redis).onModuleDestroy() // which listens to nothing
    await listen()
    expect(await subscribers()).toBe(1)
    channels.onModuleDestroy()
    expect(await eventually(subscribers, (count) => count === 0)).toBe(0)
  })
})
