/** A server-sent event as it came. */
export interface Event {
  event: string
  id?: string
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
}

/** All events of a stream, when it has ended. */
export async function eventsOf(response: Response): Promise<Event[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block && !block.startsWith(':'))
  return blocks.map((block) => {
    const { event, id, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
    return { event, id, data: JSON.parse(data) }
  })
}

export const textOf = (events: readonly Event[]): string =>
  events.map(({ event, data }) => (event === 'delta' ? data.text : '')).join('')
