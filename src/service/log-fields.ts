/** In the message already, for people. */
const inMessages = new Set(['method', 'route', 'status'])

/** The fields of a line for people, as name=value; a value is on one line, whatever is in it. */
export const fieldsText = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .filter(([name, value]) => !inMessages.has(name) && value !== undefined)
    .map(
      ([name, value]) => `${name}=${typeof value === 'string' && /^\S*$/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join(' ')
