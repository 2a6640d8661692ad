/** Ids and items as clients of OpenAI's API see them. */
export const uuid = (last: number) => `6eff1fce-c065-8bcf-87fe-e5aa94924bb${last}`
export const id = (kind: string, last: number) => `${kind}_6eff1fcec0658bcf87fee5aa94924bb${last}`
export const call = (name: string, more = {}) => ({
  id: `call_${name}`,
  type: 'function' as const,
  function: { name, arguments: '{"a":1}' },
  ...more,
})
export const callItem = (name: string, nth: number) => ({
  type: 'function_call',
  id: `${id('fc', 0)}_${nth}`,
  status: 'completed',
  call_id: `call_${name}`,
  name,
  arguments: '{"a":1}',
})
export const output = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })
